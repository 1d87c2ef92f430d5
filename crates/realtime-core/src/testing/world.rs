//! Clients, links and the server on one virtual clock.

use super::{
    link::{Link, LinkState, Parcel},
    server::{ScriptedServer, SocketId},
};
use crate::{
    Client, ClientOptions, FetchError, FetchId, Fetched, Input, Instant, ListenerId, MessageId,
    MutationEvent, MutationId, Output, QueryKey, ReceivedEvent, SendError, SendId, Topic,
    presence::PresenceEvent, time::earliest, wire::JsonCodec,
};
use crate::{client::Fault, id::ChannelName};
use std::{any::Any, fmt, ops::RangeInclusive, rc::Rc, time::Duration};

/// How often something may happen at one moment. A frame or a fetch that takes no time may cause
/// another, but not for ever.
const MAX_STEPS: usize = 1_000;

/// One client of a [`World`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PeerId(usize);

/// A mutation that a client wants the app to carry out: answer with
/// [`Input::MutationFinished`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// Which one.
    pub mutation: MutationId,
    /// Its key: the same each time it is asked for.
    pub id: MessageId,
    /// The input.
    pub data: Rc<str>,
}

/// A fetch under way: when it ends, which it is, and its result if that is known already.
struct Fetch {
    due: Instant,
    id: FetchId,
    key: QueryKey,
    early: Option<Result<Fetched, FetchError>>,
}

type Fetcher = Box<dyn FnMut(&QueryKey, &ScriptedServer) -> Result<Fetched, FetchError>>;

struct Peer {
    client: Client,
    link: Link,
    socket: Option<SocketId>,
    token: Result<Option<String>, String>,
    fetches: Vec<Fetch>,
    frozen: bool,
    events: Vec<(ListenerId, Rc<ReceivedEvent>)>,
    settled: Vec<(SendId, Result<Rc<str>, SendError>)>,
    faults: Vec<Fault>,
    presence: Vec<(ChannelName, PresenceEvent)>,
    mutations: Vec<(MutationId, MutationEvent)>,
    started: Vec<Started>,
    fetched: Vec<QueryKey>,
    connects: Vec<Instant>,
}

/// Everything there is: a server, clients, links, one clock, one seed.
pub struct World {
    /// The server.
    pub server: ScriptedServer,
    /// How long a fetch takes, in milliseconds.
    pub fetch_latency: RangeInclusive<u64>,
    /// Whether a fetch reads the server's state when it begins (and so answers with old state) or
    /// when it ends.
    pub fetch_reads_early: bool,
    now: Instant,
    rng: fastrand::Rng,
    peers: Vec<Peer>,
    sockets: u64,
    steps: u64,
    fetcher: Fetcher,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World")
            .field("now", &self.now)
            .field("peers", &self.peers.len())
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

impl World {
    /// A world in which all chance comes from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            server: ScriptedServer::default(),
            fetch_latency: 10..=50,
            fetch_reads_early: false,
            now: Instant::from_millis(1_000),
            rng: fastrand::Rng::with_seed(seed),
            peers: Vec::new(),
            sockets: 0,
            steps: 0,
            fetcher: Box::new(|key, _| {
                Err(FetchError::permanent(format!("nothing answers for {key}")))
            }),
        }
    }

    /// The time.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// Answers every fetch from the server's state. The value must be what the query holds: a `T`
    /// for a record, a `Vec<T>` for a list.
    pub fn on_fetch<T: Any>(
        &mut self,
        mut fetcher: impl FnMut(&QueryKey, &ScriptedServer) -> Result<T, FetchError> + 'static,
    ) {
        self.on_positioned_fetch(move |key, server| fetcher(key, server).map(Fetched::new));
    }

    /// The same, for fetchers that know the position of what they return.
    pub fn on_positioned_fetch(
        &mut self,
        fetcher: impl FnMut(&QueryKey, &ScriptedServer) -> Result<Fetched, FetchError> + 'static,
    ) {
        self.fetcher = Box::new(fetcher);
    }

    /// Adds a client with default options and tells it to connect.
    pub fn connect(&mut self) -> PeerId {
        let peer = self.add(ClientOptions::new("ws://server.test/ws"));
        self.act(peer, Client::connect);
        peer
    }

    /// Adds a client that has not been told to connect.
    pub fn add(&mut self, options: ClientOptions) -> PeerId {
        let options = options.with_seed(self.rng.u64(..));
        self.peers.push(Peer {
            client: Client::new(options, Box::new(JsonCodec::default())),
            link: Link::default(),
            socket: None,
            token: Ok(None),
            fetches: Vec::new(),
            frozen: false,
            events: Vec::new(),
            settled: Vec::new(),
            faults: Vec::new(),
            presence: Vec::new(),
            mutations: Vec::new(),
            started: Vec::new(),
            fetched: Vec::new(),
            connects: Vec::new(),
        });
        PeerId(self.peers.len() - 1)
    }

    /// Calls a command on a client and carries out what comes of it.
    pub fn act<R>(&mut self, peer: PeerId, command: impl FnOnce(&mut Client, Instant) -> R) -> R {
        let result = command(&mut self.peers[peer.0].client, self.now);
        self.drain(peer.0);
        result
    }

    /// Feeds an input to a client, such as [`Input::Visible`].
    pub fn input(&mut self, peer: PeerId, input: Input<'_>) {
        let now = self.now;
        self.peers[peer.0].client.handle(now, input);
        self.drain(peer.0);
    }

    /// A client, to look at.
    #[must_use]
    pub fn client(&self, peer: PeerId) -> &Client {
        &self.peers[peer.0].client
    }

    /// What a client's token provider answers.
    pub fn set_token(&mut self, peer: PeerId, token: Result<Option<String>, String>) {
        self.peers[peer.0].token = token;
    }

    /// A client's link, to make it slow.
    pub fn link_mut(&mut self, peer: PeerId) -> &mut Link {
        &mut self.peers[peer.0].link
    }

    /// Breaks a client's socket: both ends learn of it at once.
    pub fn cut(&mut self, peer: PeerId) {
        self.close_link(peer.0, 1006, "");
    }

    /// Lets no socket of this client open, and breaks the one there is.
    pub fn take_down(&mut self, peer: PeerId) {
        self.cut(peer);
        self.peers[peer.0].link.state = LinkState::Down;
    }

    /// Makes a client's link half open: nobody notices, nothing arrives.
    pub fn stall(&mut self, peer: PeerId) {
        self.peers[peer.0].link.state = LinkState::Stalled;
    }

    /// Heals a client's link. What a stalled link held back arrives now.
    pub fn heal(&mut self, peer: PeerId) {
        self.peers[peer.0].link.state = LinkState::Up;
    }

    /// Stops a client's clock and ears, as a laptop lid does; what was sent to it waits.
    pub fn freeze(&mut self, peer: PeerId) {
        self.peers[peer.0].frozen = true;
    }

    /// Wakes a frozen client: first its timer, late, then what waited.
    pub fn thaw(&mut self, peer: PeerId) {
        self.peers[peer.0].frozen = false;
        self.input(peer, Input::Timeout);
    }

    /// Events delivered to a client's listeners since the last call.
    pub fn take_events(&mut self, peer: PeerId) -> Vec<(ListenerId, Rc<ReceivedEvent>)> {
        std::mem::take(&mut self.peers[peer.0].events)
    }

    /// Sends of a client that were settled since the last call.
    pub fn take_settled(&mut self, peer: PeerId) -> Vec<(SendId, Result<Rc<str>, SendError>)> {
        std::mem::take(&mut self.peers[peer.0].settled)
    }

    /// Faults a client reported since the last call.
    pub fn take_faults(&mut self, peer: PeerId) -> Vec<Fault> {
        std::mem::take(&mut self.peers[peer.0].faults)
    }

    /// Presence events of a client since the last call.
    pub fn take_presence(&mut self, peer: PeerId) -> Vec<(ChannelName, PresenceEvent)> {
        std::mem::take(&mut self.peers[peer.0].presence)
    }

    /// What became of a client's mutations since the last call.
    pub fn take_mutations(&mut self, peer: PeerId) -> Vec<(MutationId, MutationEvent)> {
        std::mem::take(&mut self.peers[peer.0].mutations)
    }

    /// The mutations that a client has asked its app to carry out since the last call.
    pub fn take_started(&mut self, peer: PeerId) -> Vec<Started> {
        std::mem::take(&mut self.peers[peer.0].started)
    }

    /// What a client is to publish; as in a browser, take it once a frame.
    pub fn take_changes(&mut self, peer: PeerId) -> Vec<Topic> {
        self.peers[peer.0].client.take_changes()
    }

    /// The keys a client has fetched so far, oldest first.
    #[must_use]
    pub fn fetched(&self, peer: PeerId) -> &[QueryKey] {
        &self.peers[peer.0].fetched
    }

    /// When a client tried to connect, oldest first.
    #[must_use]
    pub fn connects(&self, peer: PeerId) -> &[Instant] {
        &self.peers[peer.0].connects
    }

    /// Lets `duration` pass, and everything that falls into it happen, in order.
    ///
    /// # Panics
    ///
    /// When time stands still, because a client asks again and again to be woken at once.
    pub fn run(&mut self, duration: Duration) {
        let end = self.now + duration;
        self.deliver_from_server();
        let mut steps = 0;
        while let Some(next) = self.next_moment().filter(|&next| next <= end) {
            steps = if next > self.now { 0 } else { steps + 1 };
            assert!(steps < MAX_STEPS, "time stands still at {}", self.now);
            self.now = self.now.max(next);
            self.step();
        }
        self.now = end;
    }

    fn next_moment(&self) -> Option<Instant> {
        self.peers.iter().fold(None, |next, peer| {
            if peer.frozen {
                return next;
            }
            let fetch = peer.fetches.iter().map(|fetch| fetch.due).min();
            let own = earliest(peer.client.next_deadline(), fetch);
            earliest(next, earliest(own, peer.link.next_arrival()))
        })
    }

    /// At how many moments anything has happened so far: few to the second when all is quiet.
    #[must_use]
    pub const fn steps(&self) -> u64 {
        self.steps
    }

    fn step(&mut self) {
        self.steps += 1;
        for index in 0..self.peers.len() {
            if self.peers[index].frozen {
                continue;
            }
            self.deliver_up(index);
            self.deliver_down(index);
            self.deliver_fetches(index);
            let peer = &mut self.peers[index];
            if peer.client.next_deadline().is_some_and(|at| at <= self.now) {
                peer.client.handle(self.now, Input::Timeout);
                self.drain(index);
            }
        }
        self.deliver_from_server();
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
                Parcel::Closed { .. } => self.forget_socket(index),
            }
        }
        self.deliver_from_server();
    }

    fn deliver_down(&mut self, index: usize) {
        while let Some(parcel) = self.peers[index].link.arrived_down(self.now) {
            let peer = &mut self.peers[index];
            let generation = peer.link.generation;
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

    fn deliver_from_server(&mut self) {
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

    fn forget_socket(&mut self, index: usize) {
        if let Some(socket) = self.peers[index].socket.take() {
            self.server.closed(socket);
        }
    }

    fn close_link(&mut self, index: usize, code: u16, reason: &str) {
        self.forget_socket(index);
        let generation = self.peers[index].link.generation;
        self.peers[index].link.renew(generation);
        let input = Input::Closed {
            generation,
            code,
            reason,
            was_clean: code != 1006,
        };
        self.peers[index].client.handle(self.now, input);
        self.drain(index);
    }

    fn drain(&mut self, index: usize) {
        while let Some(output) = self.peers[index].client.poll_output() {
            self.carry_out(index, output);
        }
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
                self.forget_socket(index);
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
            Output::Fault(fault) => self.peers[index].faults.push(fault),
        }
    }
}
