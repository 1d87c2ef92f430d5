//! Steps: what happens next; frames, fetches and timers in the order of the clock.

use super::{
    Started, World,
    peer::{Fetch, Peer},
};
use crate::{
    Input, Instant, Output,
    testing::{
        link::{LinkState, Parcel},
        server::SocketId,
    },
    time::earliest,
};
use std::time::Duration;

impl World {
    pub(super) fn next_moment(&self) -> Option<Instant> {
        let forsaken = self.forsaken.iter().map(|(at, _)| *at).min();
        let server = earliest(self.server.next_moment(), forsaken);
        self.peers.iter().fold(server, |next, peer| {
            let next = earliest(next, peer.link.next_up());
            if peer.frozen {
                return next;
            }
            let fetch = peer.fetches.iter().map(|fetch| fetch.due).min();
            let own = earliest(peer.client.next_deadline(), fetch);
            let own = earliest(own, self.next_stored(peer));
            #[cfg(feature = "tabs")]
            let own = earliest(own, peer.next_of_tab());
            earliest(next, earliest(own, peer.link.next_down()))
        })
    }

    /// At how many moments anything has happened so far: few to the second when all is quiet.
    #[must_use]
    pub const fn steps(&self) -> u64 {
        self.steps
    }

    pub(super) fn step(&mut self) {
        self.steps += 1;
        self.advance_server();
        for index in 0..self.peers.len() {
            self.deliver_up(index);
            if self.peers[index].frozen {
                continue;
            }
            self.deliver_down(index);
            self.deliver_fetches(index);
            self.deliver_stored(index);
            let peer = &mut self.peers[index];
            if peer.client.next_deadline().is_some_and(|at| at <= self.now) {
                peer.client.handle(self.now, Input::Timeout);
                self.drain(index);
            }
            #[cfg(feature = "tabs")]
            self.step_tab(index);
        }
        self.deliver_from_server();
    }

    /// Lets the server's clock run with ours.
    pub(super) fn advance_server(&mut self) {
        let now = self.now;
        self.server.advance(now);
        let over: Vec<SocketId> = self
            .forsaken
            .extract_if(.., |(at, _)| *at <= now)
            .map(|(_, socket)| socket)
            .collect();
        for socket in over {
            self.server.closed(socket);
        }
    }

    fn deliver_up(&mut self, index: usize) {
        while let Some(parcel) = self.peers[index].link.arrived_up(self.now) {
            match parcel {
                Parcel::Opened => {
                    self.sockets += 1;
                    let socket = SocketId(self.sockets);
                    self.peers[index].socket = Some(socket);
                    self.server.opened(socket);
                    self.send_down(index, Parcel::Opened);
                }
                Parcel::Frame(frame) => {
                    if let Some(socket) = self.peers[index].socket {
                        self.server.received(socket, frame.as_frame_ref());
                    }
                }
                Parcel::Closed { .. } => self.close_socket(index),
            }
        }
        self.deliver_from_server();
    }

    pub(super) fn deliver_down(&mut self, index: usize) {
        while let Some((generation, parcel)) = self.peers[index].link.arrived_down(self.now) {
            let peer = &mut self.peers[index];
            let input = match &parcel {
                Parcel::Opened => Input::Opened { generation },
                Parcel::Frame(frame) => Input::Frame {
                    generation,
                    frame: frame.as_frame_ref(),
                },
                Parcel::Closed { code, reason } => Input::Closed {
                    generation,
                    code: *code,
                    reason,
                    was_clean: *code != 1006,
                },
            };
            peer.client.handle(self.now, input);
            self.drain(index);
        }
    }

    fn deliver_fetches(&mut self, index: usize) {
        let due = |peer: &Peer, now| peer.fetches.iter().position(|fetch| fetch.due <= now);
        while let Some(at) = due(&self.peers[index], self.now) {
            let Fetch { id, key, early, .. } = self.peers[index].fetches.remove(at);
            let result = early.unwrap_or_else(|| (self.fetcher)(&key, &self.server));
            let input = Input::FetchFinished { fetch: id, result };
            self.peers[index].client.handle(self.now, input);
            self.drain(index);
        }
    }

    pub(super) fn deliver_from_server(&mut self) {
        while let Some((socket, frame)) = self.server.next_frame() {
            if let Some(index) = self.peer_of(socket) {
                self.send_down(index, Parcel::Frame(frame));
            }
        }
        for (socket, code) in self.server.take_closes() {
            if let Some(index) = self.peer_of(socket) {
                self.peers[index].socket = None;
                let reason = String::new();
                self.send_down(index, Parcel::Closed { code, reason });
            }
        }
    }

    fn peer_of(&self, socket: SocketId) -> Option<usize> {
        self.peers
            .iter()
            .position(|peer| peer.socket == Some(socket))
    }

    fn send_down(&mut self, index: usize, parcel: Parcel) {
        let link = &mut self.peers[index].link;
        link.send_down(self.now, &mut self.rng, parcel);
    }

    /// The server learns that a socket is closed.
    pub(super) fn close_socket(&mut self, index: usize) {
        if let Some(socket) = self.peers[index].socket.take() {
            self.server.closed(socket);
        }
    }

    /// A client leaves its socket without a word that arrives.
    pub(super) fn forsake_socket(&mut self, index: usize) {
        if self.server_notices_after.is_zero() {
            self.close_socket(index);
        } else if let Some(socket) = self.peers[index].socket.take() {
            let until = self.now + self.server_notices_after;
            self.forsaken.push((until, socket));
        }
    }

    pub(super) fn close_link(&mut self, index: usize, code: u16, reason: &str) {
        self.close_socket(index);
        let peer = &mut self.peers[index];
        let generation = peer.link.generation;
        peer.link.drop_pending();
        peer.link.renew(generation);
        if peer.frozen {
            let reason = reason.to_owned();
            return self.send_down(index, Parcel::Closed { code, reason });
        }
        let input = Input::Closed {
            generation,
            code,
            reason,
            was_clean: code != 1006,
        };
        peer.client.handle(self.now, input);
        self.drain(index);
    }

    pub(super) fn drain(&mut self, index: usize) {
        while let Some(output) = self.peers[index].client.poll_output() {
            #[cfg(feature = "tabs")]
            let Some(output) = self.of_tab(index, output) else {
                continue;
            };
            self.carry_out(index, output);
        }
        #[cfg(feature = "tabs")]
        self.drain_tab(index);
    }

    fn carry_out(&mut self, index: usize, output: Output) {
        let now = self.now;
        match output {
            Output::RequestToken { generation } => {
                let peer = &mut self.peers[index];
                let result = peer.token.clone();
                peer.client.handle(now, Input::Token { generation, result });
            }
            Output::Connect { generation, .. } => {
                self.forsake_socket(index);
                let peer = &mut self.peers[index];
                peer.connects.push(now);
                peer.link.renew(generation);
                if peer.link.state == LinkState::Down {
                    let (code, reason) = (1006, String::new());
                    self.send_down(index, Parcel::Closed { code, reason });
                } else {
                    peer.link.send_up(now, &mut self.rng, Parcel::Opened);
                }
            }
            Output::Transmit { generation, frame } => {
                let link = &mut self.peers[index].link;
                if link.generation == generation {
                    link.send_up(now, &mut self.rng, Parcel::Frame(frame));
                }
            }
            Output::Close {
                generation,
                code,
                reason,
            } => {
                let link = &mut self.peers[index].link;
                if link.generation == generation {
                    link.send_up(now, &mut self.rng, Parcel::Closed { code, reason });
                }
            }
            Output::StartFetch { fetch, key } => {
                let due = now + Duration::from_millis(self.rng.u64(self.fetch_latency.clone()));
                let early = self
                    .fetch_reads_early
                    .then(|| (self.fetcher)(&key, &self.server));
                let peer = &mut self.peers[index];
                peer.fetched.push(key.clone());
                let id = fetch;
                peer.fetches.push(Fetch {
                    due,
                    id,
                    key,
                    early,
                });
            }
            Output::CancelFetch { fetch } => {
                self.peers[index]
                    .fetches
                    .retain(|under_way| under_way.id != fetch);
            }
            Output::Event { listener, event } => self.peers[index].events.push((listener, event)),
            Output::Settled { send, result } => self.peers[index].settled.push((send, result)),
            Output::Presence { channel, event } => {
                self.peers[index].presence.push((channel, event))
            }
            Output::StartMutation { mutation, id, data } => {
                let started = Started { mutation, id, data };
                self.peers[index].started.push(started);
            }
            Output::Mutation { mutation, event } => {
                self.peers[index].mutations.push((mutation, event));
            }
            Output::Store(command) => self.store_command(index, command),
            Output::Fault(fault) => self.peers[index].faults.push(fault),
            // What follows in other tabs has been told already.
            #[cfg(feature = "tabs")]
            Output::Tabs(_) => {}
        }
    }
}
