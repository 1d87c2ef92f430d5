//! World: everything that all processes of this server agree on; the channels with their histories, what they are
//! about, and who is there.
//!
//! It changes by [`Command`]s only, and says what happens to the sockets of this process. Whatever else it read, such
//! as a clock or those sockets, would make it differ from the same state elsewhere.

mod commands;
mod company;
mod tickets;

use crate::{
    answers::Answers,
    channel::{Channel, Kind, NOTIFICATIONS, STOCKS, TASKS, stock_channel},
    command::{Command, Done, Once, Outcome},
    connections::Connections,
    envelope::Outbound,
    errors::{Refusal, quoted},
    peer::{NodeId, Peer},
    rooms::Rooms,
    stocks::Market,
    tasks::Board,
};
use realtime_demo_types::Notification;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap, VecDeque};
use tickets::Tickets;

/// The shared state. Times are in milliseconds since the Unix epoch.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct World {
    pub(crate) epoch: String,
    pub(crate) market: Market,
    pub(crate) board: Board,
    pub(crate) rooms: Rooms,
    pub(crate) notifications: VecDeque<Notification>,
    pub(crate) totals: Totals,
    channels: HashMap<String, Channel>,
    answers: Answers,
    pub(crate) tickets: Tickets,
    clock: u64,
    last_id: u64,
    #[serde(skip)]
    history: usize,
}

/// The position of a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) epoch: String,
    pub(crate) seq: u64,
}

/// What has happened to the shared state since its beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Totals {
    /// Messages that were answered from memory.
    pub(crate) repeated: u64,
    /// Numbered events published.
    pub(crate) events: u64,
    /// Present members dropped because they fell silent.
    pub(crate) expired_members: u64,
}

/// A name for a history that no other one has.
pub(crate) fn new_epoch() -> String {
    std::iter::repeat_with(fastrand::alphanumeric)
        .take(8)
        .collect()
}

impl World {
    /// The state of a fresh server, which keeps `history` events per channel.
    pub(crate) fn new(epoch: String, now: u64, history: usize) -> Self {
        let market = Market::seeded(now);
        let mut channels: HashMap<String, Channel> = market
            .symbols()
            .map(|symbol| (stock_channel(symbol), Channel::default()))
            .collect();
        for fixed in [STOCKS, TASKS, NOTIFICATIONS] {
            channels.insert(fixed.to_owned(), Channel::default());
        }
        let mut world = Self {
            epoch,
            market,
            board: Board::default(),
            rooms: Rooms::default(),
            notifications: VecDeque::new(),
            totals: Totals::default(),
            channels,
            answers: Answers::default(),
            tickets: Tickets::default(),
            clock: now,
            last_id: 0,
            history,
        };
        world.board = Board::seeded(|| world.new_id("t"), now);
        world
    }

    /// The state that another process wrote down, which keeps `history` events per channel from now on.
    pub(crate) fn read(text: &str, history: usize) -> serde_json::Result<Self> {
        let world: Self = serde_json::from_str(text)?;
        Ok(Self { history, ..world })
    }

    /// Carries out an entry of the log, unless it has been carried out before.
    pub(crate) fn receive(
        &mut self,
        node: &NodeId,
        ticket: u64,
        command: Command,
        now: u64,
        sockets: &mut Connections,
    ) -> Option<Outcome> {
        self.clock = self.clock.max(now);
        let is_new = self.tickets.punch(node, ticket, self.clock);
        is_new.then(|| self.apply(command, now, sockets))
    }

    /// Carries a command out at a time; an earlier time than before counts as the same.
    pub(crate) fn apply(
        &mut self,
        command: Command,
        now: u64,
        sockets: &mut Connections,
    ) -> Outcome {
        self.clock = self.clock.max(now);
        match command {
            Command::Tasks { edit, once } => self.once(once, |world, cause| {
                tracing::debug!(cause, ?edit, "the board is asked");
                let outcome = world.edit_board(edit, cause, sockets);
                tracing::debug!(cause, ?outcome, "the board answers");
                outcome
            }),
            Command::Message {
                peer,
                channel,
                new,
                once,
            } => self.once(once, |world, cause| {
                world.send_message(&peer, &channel, new, cause, sockets)
            }),
            Command::Notify { new } => self.notify(new, sockets),
            Command::Announce {
                peer,
                channel,
                announcement,
            } => self.announce(&peer, &channel, announcement, sockets),
            Command::Leave { peer, channel } => Ok(self.leave(&peer, &channel, sockets)),
            Command::StartTyping {
                peer,
                channel,
                typing,
            } => self.start_typing(&peer, &channel, typing, sockets),
            Command::StopTyping { peer, channel } => Ok(self.stop_typing(&peer, &channel, sockets)),
            Command::Depart { peer, channels } => {
                for channel in &channels {
                    self.depart(&peer, channel, sockets);
                }
                Ok(Done::Nothing)
            }
            Command::Prune { node, open } => Ok(self.prune(&node, &open, sockets)),
            Command::Expire { life_ms } => Ok(self.expire(life_ms, sockets)),
            Command::Prices { nudges } => Ok(self.move_prices(&nudges, sockets)),
            Command::Reserve {
                symbol,
                count,
                length_ms,
            } => self.reserve(&symbol, count, length_ms),
            Command::Step { symbol } => self.step_price(&symbol, sockets),
            Command::BeginEpoch { epoch } => Ok(self.begin_epoch(epoch)),
        }
    }

    /// Carries a message out, or gives the first outcome again if it has been handled before.
    fn once(
        &mut self,
        once: Option<Once>,
        carry_out: impl FnOnce(&mut Self, Option<&str>) -> Outcome,
    ) -> Outcome {
        let Some(once) = once else {
            return carry_out(self, None);
        };
        if let Some(first) = self.answers.find(&once, self.clock) {
            tracing::debug!(id = once.id, "handled before");
            self.totals.repeated += u64::from(first != Err(Refusal::DuplicateId));
            return first;
        }
        let outcome = carry_out(self, Some(&once.id));
        self.answers.remember(once, outcome.clone(), self.clock);
        outcome
    }

    /// Another history begins: what clients know of this one counts no more.
    pub(crate) fn begin_epoch(&mut self, epoch: String) -> Done {
        self.epoch = epoch;
        for channel in self.channels.values_mut() {
            channel.forget_history();
        }
        Done::Nothing
    }

    /// An id that this state has not given before, and no other one will: clients remember versions and deletions by
    /// id, and a restarted server begins anew.
    fn new_id(&mut self, prefix: &str) -> String {
        self.last_id += 1;
        format!("{prefix}{}-{}", self.last_id, self.epoch)
    }

    /// How many events are kept per channel.
    pub(crate) fn history(&self) -> usize {
        self.history
    }

    /// The time of the last command.
    pub(crate) fn clock(&self) -> u64 {
        self.clock
    }

    /// Where a channel stands; a channel in which nothing has happened yet is at its start.
    pub(crate) fn position(&self, channel: &str) -> Position {
        let seq = self.channels.get(channel).map_or(0, Channel::seq);
        Position {
            epoch: self.epoch.clone(),
            seq,
        }
    }

    pub(crate) fn channel(&self, name: &str) -> Option<&Channel> {
        self.channels.get(name)
    }

    /// The processes whose sockets are present or typing somewhere.
    pub(crate) fn nodes(&self) -> BTreeSet<NodeId> {
        let peers = self.channels.values().flat_map(Channel::peers);
        peers.map(|peer| peer.node.clone()).collect()
    }

    /// What the sockets of a process have said to be present where they are.
    pub(crate) fn announcements_of(&self, node: &NodeId) -> Vec<Command> {
        let mut said = Vec::new();
        for (channel, there) in &self.channels {
            for peer in there.roster.peers().filter(|peer| peer.node == *node) {
                said.extend(there.roster.announcement_of(peer).map(|announcement| {
                    Command::Announce {
                        peer: peer.clone(),
                        channel: channel.clone(),
                        announcement,
                    }
                }));
            }
        }
        said
    }

    /// The names of the channels in which something has happened, or always can.
    pub(crate) fn channels(&self) -> impl Iterator<Item = &str> {
        self.channels.keys().map(String::as_str)
    }

    /// Refuses the name of a channel that is not there and cannot come into being.
    pub(crate) fn check_channel(&self, name: &str) -> Result<(), Refusal> {
        let exists = self.channels.contains_key(name);
        if exists || matches!(Kind::of(name), Some(Kind::Room(_))) {
            return Ok(());
        }
        Err(Refusal::UnknownChannel(quoted(name)))
    }

    /// Finds a channel, or lets it come into being.
    fn open_channel(&mut self, name: &str) -> &mut Channel {
        if !self.channels.contains_key(name) {
            self.channels.insert(name.to_owned(), Channel::default());
        }
        self.channels.entry(name.to_owned()).or_default()
    }

    /// Forgets a room in which nothing was ever said and nobody is.
    fn close_channel_if_unused(&mut self, name: &str) {
        let is_room = matches!(Kind::of(name), Some(Kind::Room(_)));
        if is_room && self.channels.get(name).is_some_and(Channel::is_disposable) {
            self.channels.remove(name);
        }
    }

    /// Gives an event the next number of its channel, keeps it and sends it to all who follow. `cause` is the id of
    /// the message that made it happen.
    fn publish(
        &mut self,
        name: &str,
        event: &str,
        data: impl Serialize,
        cause: Option<&str>,
        sockets: &mut Connections,
    ) {
        let channel = self.channels.entry(name.to_owned()).or_default();
        let frame = Outbound {
            channel: Some(name),
            id: cause,
            seq: Some(channel.next_seq()),
            epoch: Some(&self.epoch),
            data: Some(data),
            ..Outbound::new(event)
        }
        .encode();
        channel.record(frame.clone(), self.history);
        self.totals.events += 1;
        sockets.publish(name, &frame, None);
    }

    /// Sends an event without a number to those who follow a channel, but to `except`. It is not kept.
    fn broadcast(
        &self,
        name: &str,
        event: &str,
        data: impl Serialize,
        except: Option<&Peer>,
        sockets: &mut Connections,
    ) {
        if !sockets.hear(name) {
            return;
        }
        let frame = Outbound {
            channel: Some(name),
            data: Some(data),
            ..Outbound::new(event)
        }
        .encode();
        sockets.publish(name, &frame, except);
    }
}

#[cfg(test)]
mod tests;
