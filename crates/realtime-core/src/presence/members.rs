//! Everybody in the room, in a stable order.

use super::{
    Member, Metadata, PresenceEvent, PresenceOptions, PresenceStats, PresenceStatus, User,
    budget::Budget,
    connections::{Connections, Space, Upserted},
    event::Journal,
    message::{Leave, Update},
    room::Room,
};
use crate::{Instant, UserId, ordered::OrderedMap, time::earliest};
use std::{rc::Rc, time::Duration};

/// Ourselves and the peers. The maps are ordered ones because the keys are chosen by peers, who
/// must not be able to choose them so that they collide.
#[derive(Debug)]
pub(super) struct Members {
    me: Rc<Member>,
    /// What the server says of our own user: other tabs, and perhaps this one.
    own: Connections,
    /// By the number in which they joined.
    peers: OrderedMap<u64, Peer>,
    numbers: OrderedMap<UserId, u64>,
    next_number: u64,
    next_rank: u64,
    /// What all connections take, our own included.
    budget: Budget,
    pub(super) journal: Journal,
}

#[derive(Debug)]
struct Peer {
    connections: Connections,
    stale: bool,
    member: Rc<Member>,
}

impl Peer {
    /// Shows what changed, if anything did; false if nobody is left to show.
    fn refresh(&mut self, journal: &mut Journal) -> bool {
        let Some(new) = Member::peer(&self.connections, self.stale) else {
            return false;
        };
        if new != *self.member {
            let new = Rc::new(new);
            let old = std::mem::replace(&mut self.member, Rc::clone(&new));
            if new.differs_from(&old) {
                journal.record(PresenceEvent::Updated { old, new });
            } else {
                journal.touch();
            }
        }
        true
    }
}

impl Members {
    pub(super) fn new(user: User, options: &PresenceOptions) -> Self {
        Self {
            me: Rc::new(Member::me(user, options.initial_status, None, 1)),
            own: Connections::default(),
            peers: OrderedMap::new(),
            numbers: OrderedMap::new(),
            next_number: 0,
            next_rank: 0,
            budget: Budget::new(options.max_bytes),
            journal: Journal::new(options.max_events, options.max_bytes),
        }
    }

    /// Ourselves, then the others in the order in which they joined.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Rc<Member>> {
        std::iter::once(&self.me).chain(self.peers.values().map(|peer| &peer.member))
    }

    /// How many there are, ourselves included.
    pub(super) fn count(&self) -> usize {
        self.peers.len() + 1
    }

    pub(super) fn me(&self) -> &Rc<Member> {
        &self.me
    }

    /// Says what we are; true if that is news.
    pub(super) fn set_me(
        &mut self,
        user: &User,
        status: PresenceStatus,
        metadata: Option<&Metadata>,
    ) -> bool {
        let me = Member::me(user.clone(), status, metadata.cloned(), self.own.len());
        let news = me.user != self.me.user
            || me.status != self.me.status
            || me.metadata != self.me.metadata;
        if me != *self.me {
            self.me = Rc::new(me);
            self.journal.touch();
        }
        news
    }

    /// Whether the server knows no connection of ours.
    pub(super) fn nobody_knows_us(&self) -> bool {
        self.own.is_empty()
    }

    /// Who this is, as far as we have heard.
    pub(super) fn known_user(&self, id: &UserId) -> Option<&User> {
        if *id == self.me.user.id {
            return Some(&self.me.user);
        }
        let peer = self.peers.get(self.numbers.get(id)?)?;
        Some(&peer.member.user)
    }

    pub(super) fn next_rank(&mut self) -> u64 {
        self.next_rank += 1;
        self.next_rank
    }

    /// A connection says what it is. True if it is somebody else's, and was not known.
    pub(super) fn update(
        &mut self,
        update: Update,
        options: &PresenceOptions,
        stats: &mut PresenceStats,
    ) -> bool {
        let rank = self.next_rank();
        let mut space = Space {
            budget: &mut self.budget,
            options,
            stats,
        };
        if update.user_id == self.me.user.id {
            self.own.upsert(update, None, rank, &mut space);
            self.recount_me();
            return false;
        }
        let number = self.numbers.get(&update.user_id);
        if let Some(peer) = number.and_then(|number| self.peers.get_mut(number)) {
            let known = peer.member.user.clone();
            let upserted = peer
                .connections
                .upsert(update, Some(&known), rank, &mut space);
            if upserted != Upserted::Refused {
                peer.stale = false;
                peer.refresh(&mut self.journal);
            }
            upserted == Upserted::New
        } else if self.peers.len() < options.max_peers() {
            let id = update.user_id.clone();
            let mut connections = Connections::default();
            let upserted = connections.upsert(update, None, rank, &mut space);
            self.join(id, connections);
            upserted == Upserted::New
        } else {
            stats.refused_members += 1;
            false
        }
    }

    /// A connection, or a whole user, is gone.
    pub(super) fn leave(&mut self, leave: &Leave, stats: &mut PresenceStats) {
        let connection = leave.connection.as_ref();
        if leave.user_id == self.me.user.id {
            let held = self.own.bytes();
            stats.unknown_leaves += u64::from(!self.own.remove(connection));
            self.budget.change(held, self.own.bytes());
            self.recount_me();
            return;
        }
        let number = self.numbers.get(&leave.user_id).copied();
        let peer = number.and_then(|number| self.peers.get_mut(&number));
        let (Some(number), Some(peer)) = (number, peer) else {
            stats.unknown_leaves += 1;
            return;
        };
        let held = peer.connections.bytes();
        stats.unknown_leaves += u64::from(!peer.connections.remove(connection));
        self.budget.change(held, peer.connections.bytes());
        if !peer.refresh(&mut self.journal) {
            self.depart(number);
        }
    }

    /// The room is exactly this: others are gone, and nobody is stale.
    pub(super) fn replace(&mut self, mut room: Room) {
        self.own = std::mem::take(&mut room.own);
        self.recount_me();
        let budget = room.budget;
        let gone: Vec<u64> = self
            .peers
            .iter()
            .filter(|(_, peer)| !room.contains(&peer.member.user.id))
            .map(|(number, _)| *number)
            .collect();
        for number in gone {
            self.depart(number);
        }
        for (id, mut connections) in room.into_peers() {
            let number = self.numbers.get(&id);
            if let Some(peer) = number.and_then(|number| self.peers.get_mut(number)) {
                connections.inherit_ranks(&peer.connections);
                peer.connections = connections;
                peer.stale = false;
                peer.refresh(&mut self.journal);
            } else {
                self.join(id, connections);
            }
        }
        self.budget = budget;
    }

    /// The link is gone: what we know of the others is only what was.
    pub(super) fn mark_stale(&mut self) {
        let journal = &mut self.journal;
        self.peers.visit_mut(|_, peer| {
            peer.stale = true;
            peer.refresh(journal);
        });
    }

    /// Drops what was silent for `expiry`.
    pub(super) fn expire(&mut self, now: Instant, expiry: Duration, stats: &mut PresenceStats) {
        let held = self.own.bytes();
        stats.expired_connections += self.own.expire(now, expiry);
        self.budget.change(held, self.own.bytes());
        self.recount_me();
        let mut gone = Vec::new();
        let (journal, budget) = (&mut self.journal, &mut self.budget);
        self.peers.visit_mut(|number, peer| {
            let held = peer.connections.bytes();
            let expired = peer.connections.expire(now, expiry);
            budget.change(held, peer.connections.bytes());
            stats.expired_connections += expired;
            if expired > 0 && !peer.refresh(journal) {
                gone.push(*number);
            }
        });
        for number in gone {
            self.depart(number);
        }
    }

    /// When the connection unheard for longest was heard. Looks at everybody.
    pub(super) fn oldest_heard(&self) -> Option<Instant> {
        self.peers
            .values()
            .map(|peer| peer.connections.oldest_heard())
            .fold(self.own.oldest_heard(), earliest)
    }

    fn join(&mut self, id: UserId, connections: Connections) {
        let Some(member) = Member::peer(&connections, false) else {
            return;
        };
        let member = Rc::new(member);
        self.numbers.insert(id, self.next_number);
        self.peers.insert(
            self.next_number,
            Peer {
                connections,
                stale: false,
                member: Rc::clone(&member),
            },
        );
        self.next_number += 1;
        self.journal.record(PresenceEvent::Joined(member));
    }

    fn depart(&mut self, number: u64) {
        if let Some(peer) = self.peers.remove(&number) {
            self.budget.change(peer.connections.bytes(), 0);
            self.numbers.remove(&peer.member.user.id);
            self.journal.record(PresenceEvent::Left(peer.member));
        }
    }

    fn recount_me(&mut self) {
        let connections = self.own.len().max(1);
        if self.me.connections != connections {
            let mut me = Member::clone(&self.me);
            me.connections = connections;
            self.me = Rc::new(me);
            self.journal.touch();
        }
    }
}
