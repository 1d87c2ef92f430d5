//! World: everything that all processes of this server agree on, and tell on the hub's channels.
//!
//! It changes by [`Command`]s only. Whatever else it read, such as a clock, would make it differ from the same state
//! elsewhere.

mod commands;

use crate::{
    answers::Answers,
    command::{Command, Done, Once, Outcome},
    notes::Notes,
    rooms::Rooms,
    stocks::Market,
    tasks::Board,
};
use realtime_demo_types::Notification;
use realtime_server::{Hub, Refusal, replica::Change};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// The shared state. Times are in milliseconds since the Unix epoch.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct World {
    /// What its ids end with.
    pub(crate) epoch: String,
    pub(crate) market: Market,
    pub(crate) board: Board,
    pub(crate) rooms: Rooms,
    #[serde(default)]
    pub(crate) notes: Notes,
    pub(crate) notifications: VecDeque<Notification>,
    pub(crate) totals: Totals,
    answers: Answers,
    clock: u64,
    last_id: u64,
}

/// What has happened to the shared state since its beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Totals {
    /// Messages that were answered from memory.
    pub(crate) repeated: u64,
    /// Numbered events published.
    pub(crate) events: u64,
}

impl World {
    /// The state of a fresh server, whose ids end with `epoch`.
    pub(crate) fn new(epoch: String, now: u64) -> Self {
        let mut world = Self {
            epoch,
            market: Market::seeded(now),
            board: Board::default(),
            rooms: Rooms::default(),
            notes: Notes::default(),
            notifications: VecDeque::new(),
            totals: Totals::default(),
            answers: Answers::default(),
            clock: now,
            last_id: 0,
        };
        world.board = Board::seeded(|| world.new_id("t"), now);
        world
    }

    /// Carries a command out at a time; an earlier time than before counts as the same.
    pub(crate) fn apply(&mut self, command: Command, now: u64, hub: &Hub) -> Outcome {
        self.clock = self.clock.max(now);
        match command {
            Command::Tasks { edit, once } => self.once(once, |world, cause| {
                tracing::debug!(cause, ?edit, "the board is asked");
                let outcome = world.edit_board(edit, cause, hub);
                tracing::debug!(cause, ?outcome, "the board answers");
                outcome
            }),
            Command::Message {
                peer,
                channel,
                new,
                once,
            } => self.once(once, |world, cause| {
                world.send_message(&peer, &channel, new, cause, hub)
            }),
            Command::Text { update, once } => {
                self.once(once, |world, cause| world.write(&update, cause, hub))
            }
            Command::Notify { new } => self.notify(new, hub),
            Command::Hub(change) => {
                if let Change::BeginEpoch { epoch } = &change {
                    self.epoch.clone_from(epoch);
                }
                hub.apply(change, self.clock).map(|()| Done::Nothing)
            }
            Command::Prices { nudges } => Ok(self.move_prices(&nudges, hub)),
            Command::Reserve {
                symbol,
                count,
                length_ms,
            } => self.reserve(&symbol, count, length_ms, hub),
            Command::Step { symbol } => self.step_price(&symbol, hub),
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
            self.totals.repeated += u64::from(first != Err(Refusal::duplicate_id()));
            return first;
        }
        let outcome = carry_out(self, Some(&once.id));
        self.answers.remember(once, outcome.clone(), self.clock);
        outcome
    }

    /// An id that this state has not given before, and no other one will: clients remember versions and deletions by
    /// id, and a restarted server begins anew.
    fn new_id(&mut self, prefix: &str) -> String {
        self.last_id += 1;
        format!("{prefix}{}-{}", self.last_id, self.epoch)
    }

    /// The time of the last command.
    pub(crate) fn clock(&self) -> u64 {
        self.clock
    }

    /// Tells all who follow a channel. `cause` is the id of the message that made it happen.
    fn publish(
        &mut self,
        name: &str,
        event: &str,
        data: impl Serialize,
        cause: Option<&str>,
        hub: &Hub,
    ) {
        match hub.publish_because(cause, name, event, &data) {
            Ok(_) => self.totals.events += 1,
            Err(error) => tracing::error!(%error, "an event could not be published"),
        }
    }
}
