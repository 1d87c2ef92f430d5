//! Company: who is present and who is typing. Nothing of this has a number or is kept for those who resume.

use super::World;
use crate::{
    channel::room_of,
    command::{Done, Outcome},
    connections::Connections,
    envelope::Outbound,
    peer::{ConnectionId, NodeId, Peer},
    presence::Announcement,
    typing::Typing,
};
use std::collections::BTreeSet;

impl World {
    pub(super) fn announce(
        &mut self,
        peer: &Peer,
        channel: &str,
        announcement: Announcement,
        sockets: &mut Connections,
    ) -> Outcome {
        room_of(channel)?;
        let now = self.clock;
        let room = self.open_channel(channel);
        let announced = room.roster.announce(peer, announcement, now)?;
        if announced.first {
            let sync = Outbound {
                channel: Some(channel),
                data: Some(room.roster.sync()),
                ..Outbound::new("presence:sync")
            };
            sockets.send_to(peer, sync.encode());
        }
        if let Some(left) = announced.left {
            self.broadcast(channel, "presence:leave", left, None, sockets);
        }
        self.broadcast(channel, "presence:update", announced.member, None, sockets);
        Ok(Done::Nothing)
    }

    /// Takes a socket out of a channel's presence, and tells the others.
    pub(super) fn leave(&mut self, peer: &Peer, name: &str, sockets: &mut Connections) -> Done {
        if let Some(channel) = self.channels.get_mut(name)
            && let Some(left) = channel.roster.leave(peer)
        {
            self.broadcast(name, "presence:leave", left, None, sockets);
            self.close_channel_if_unused(name);
        }
        Done::Nothing
    }

    pub(super) fn start_typing(
        &mut self,
        peer: &Peer,
        channel: &str,
        typing: Typing,
        sockets: &mut Connections,
    ) -> Outcome {
        room_of(channel)?;
        let room = self.open_channel(channel);
        if let Some(before) = room.typists.start(peer, &typing.id) {
            self.broadcast_stop(peer, channel, before, sockets);
        }
        let typing = Typing {
            channel: channel.to_owned(),
            ..typing
        };
        self.broadcast(channel, "typing:start", typing, Some(peer), sockets);
        Ok(Done::Nothing)
    }

    /// Ends a socket's typing in a channel, and tells the others.
    pub(super) fn stop_typing(
        &mut self,
        peer: &Peer,
        name: &str,
        sockets: &mut Connections,
    ) -> Done {
        if let Some(channel) = self.channels.get_mut(name)
            && let Some(id) = channel.typists.stop(peer)
        {
            self.broadcast_stop(peer, name, id, sockets);
            self.close_channel_if_unused(name);
        }
        Done::Nothing
    }

    fn broadcast_stop(&self, peer: &Peer, name: &str, id: String, sockets: &mut Connections) {
        let stopped = Typing {
            channel: name.to_owned(),
            id,
            name: None,
        };
        self.broadcast(name, "typing:stop", stopped, Some(peer), sockets);
    }

    /// Ends all that a socket was in a channel.
    pub(super) fn depart(&mut self, peer: &Peer, name: &str, sockets: &mut Connections) {
        self.stop_typing(peer, name, sockets);
        self.leave(peer, name, sockets);
    }

    /// Ends all that the sockets of a process were anywhere, but for those that are open.
    pub(super) fn prune(
        &mut self,
        node: &NodeId,
        open: &[ConnectionId],
        sockets: &mut Connections,
    ) -> Done {
        let open: BTreeSet<&ConnectionId> = open.iter().collect();
        let mut gone = Vec::new();
        for (name, channel) in &self.channels {
            let of_node = channel.peers().filter(|peer| peer.node == *node);
            gone.extend(
                of_node
                    .filter(|peer| !open.contains(&peer.connection))
                    .map(|peer| (name.clone(), peer.clone())),
            );
        }
        for (name, peer) in gone {
            self.depart(&peer, &name, sockets);
        }
        Done::Nothing
    }

    /// Drops the members that were not heard of for `life_ms`.
    pub(super) fn expire(&mut self, life_ms: u64, sockets: &mut Connections) -> Done {
        let mut gone = Vec::new();
        for (name, channel) in &mut self.channels {
            gone.extend(
                channel
                    .roster
                    .expire(self.clock, life_ms)
                    .into_iter()
                    .map(|left| (name.clone(), left)),
            );
        }
        for (name, left) in gone {
            self.totals.expired_members += 1;
            self.broadcast(&name, "presence:leave", left, None, sockets);
            self.close_channel_if_unused(&name);
        }
        Done::Nothing
    }
}
