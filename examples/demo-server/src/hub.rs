//! Everything the server knows, behind one lock: what is read together with a position belongs to it, and every
//! socket sees the events of a channel in the order of their numbers. No lock is held across an await.

use crate::{
    answers::Answers,
    channel::{Channel, Kind, NOTIFICATIONS, STOCKS, TASKS, stock_channel},
    clock::now_ms,
    config::Config,
    connections::Connections,
    envelope::Outbound,
    errors::{Refusal, quoted},
    limits,
    rooms::Rooms,
    stocks::Market,
    tasks::Board,
};
use realtime_demo_types::Notification;
use serde::Serialize;
use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

pub(crate) use crate::connections::ConnectionId;

/// The state of the server, shared by all sockets and requests.
#[derive(Debug)]
pub(crate) struct Hub {
    state: Mutex<State>,
}

/// The position of a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) epoch: String,
    pub(crate) seq: u64,
}

/// What has happened since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Stats {
    /// Frames read from sockets.
    pub(crate) frames: u64,
    /// Of these, the ones that were refused.
    pub(crate) refused: u64,
    /// Of the refused, the ones that came too fast.
    pub(crate) rate_limited: u64,
    /// Messages that were answered from memory.
    pub(crate) repeated: u64,
    /// Numbered events published.
    pub(crate) events: u64,
    /// Present members dropped because they fell silent.
    pub(crate) expired_members: u64,
    /// Sockets turned away because the server was full.
    pub(crate) turned_away: u64,
}

/// What the lock guards.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) epoch: String,
    pub(crate) channels: HashMap<String, Channel>,
    pub(crate) connections: Connections,
    pub(crate) market: Market,
    pub(crate) board: Board,
    pub(crate) rooms: Rooms,
    pub(crate) notifications: VecDeque<Notification>,
    pub(crate) answers: Answers,
    pub(crate) stats: Stats,
    fixed_channels: usize,
    history: usize,
    last_id: u64,
}

impl Hub {
    pub(crate) fn new(config: &Config) -> Self {
        let epoch: String = std::iter::repeat_with(fastrand::alphanumeric)
            .take(8)
            .collect();
        let market = Market::seeded(now_ms());
        let mut channels: HashMap<String, Channel> = market
            .symbols()
            .map(|symbol| (stock_channel(symbol), Channel::default()))
            .collect();
        for fixed in [STOCKS, TASKS, NOTIFICATIONS] {
            channels.insert(fixed.to_owned(), Channel::default());
        }
        let mut state = State {
            connections: Connections::new(&epoch),
            epoch,
            fixed_channels: channels.len(),
            channels,
            market,
            board: Board::default(),
            rooms: Rooms::default(),
            notifications: VecDeque::new(),
            answers: Answers::default(),
            stats: Stats::default(),
            history: config.history,
            last_id: 0,
        };
        state.board = Board::seeded(|| state.new_id("t"), now_ms());
        Self {
            state: Mutex::new(state),
        }
    }

    /// Everything, for as long as the guard lives.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        // A panic under the lock is a defect, but no reason to take every other request down with it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// An id that this server run has not given before, and no other one will: clients remember versions and
    /// deletions by id, and a restarted server begins anew.
    pub(crate) fn new_id(&mut self, prefix: &str) -> String {
        self.last_id += 1;
        format!("{prefix}{}-{}", self.last_id, self.epoch)
    }

    /// Where a channel stands; a channel that nobody has opened yet is at its start.
    pub(crate) fn position(&self, channel: &str) -> Position {
        let seq = self.channels.get(channel).map_or(0, Channel::seq);
        Position {
            epoch: self.epoch.clone(),
            seq,
        }
    }

    /// Finds a channel; a room comes into being when it is first used.
    pub(crate) fn open_channel(&mut self, name: &str) -> Result<&mut Channel, Refusal> {
        if !self.channels.contains_key(name) {
            let Some(Kind::Room(_)) = Kind::of(name) else {
                return Err(Refusal::UnknownChannel(quoted(name)));
            };
            if self.channels.len() - self.fixed_channels >= limits::ROOMS {
                let message = format!("use an existing room: there are {} already", limits::ROOMS);
                return Err(Refusal::LimitReached(message));
            }
        }
        Ok(self.channels.entry(name.to_owned()).or_default())
    }

    /// Forgets a room in which nothing was ever said and nobody is.
    pub(crate) fn close_channel_if_unused(&mut self, name: &str) {
        let is_room = matches!(Kind::of(name), Some(Kind::Room(_)));
        if is_room && self.channels.get(name).is_some_and(Channel::is_disposable) {
            self.channels.remove(name);
        }
    }

    /// Gives an event the next number of its channel, keeps it and sends it to all subscribers. `cause` is the id
    /// of the message that made it happen.
    pub(crate) fn publish(
        &mut self,
        name: &str,
        event: &str,
        data: impl Serialize,
        cause: Option<&str>,
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
        self.stats.events += 1;
        for subscriber in &channel.subscribers {
            self.connections.send(*subscriber, frame.clone());
        }
    }

    /// Sends an event without a number to the subscribers, but to `except`. It is not kept.
    pub(crate) fn broadcast(
        &mut self,
        name: &str,
        event: &str,
        data: impl Serialize,
        except: Option<ConnectionId>,
    ) {
        let Some(channel) = self.channels.get(name) else {
            return;
        };
        let frame = Outbound {
            channel: Some(name),
            data: Some(data),
            ..Outbound::new(event)
        }
        .encode();
        for subscriber in channel
            .subscribers
            .iter()
            .filter(|one| Some(**one) != except)
        {
            self.connections.send(*subscriber, frame.clone());
        }
    }

    /// Drops the members that were not heard of for `life`.
    pub(crate) fn expire_members(&mut self, now: Instant, life: Duration) {
        let mut gone = Vec::new();
        for (name, channel) in &mut self.channels {
            gone.extend(
                channel
                    .roster
                    .expire(now, life)
                    .into_iter()
                    .map(|left| (name.clone(), left)),
            );
        }
        for (name, left) in gone {
            self.stats.expired_members += 1;
            self.broadcast(&name, "presence:leave", left, None);
        }
    }
}
