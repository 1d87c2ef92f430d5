//! The way of commands into the log that several processes share, as one of them sees it.
//!
//! Between the state and the tasks that talk to Redis stands a queue. A command is a [`Sending`] with a number from
//! then on. What has been handed to the writer may be in the log or not, so it is sent until it is known to be there,
//! and nobody is told of an outcome before. What has not been handed over when the log becomes unreachable is refused.

mod entry_id;

pub use entry_id::{EntryId, NotAnEntryId};

use crate::{Class, Machine, Waiter, limits};
use serde::Serialize;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Instant,
};
use tokio::sync::Notify;

/// What one process knows of the log.
#[derive(Debug)]
pub struct Log<M: Machine> {
    /// The last entry that was carried out here.
    pub(crate) at: EntryId,
    /// Whether this process does what only one is to do.
    pub(crate) leads: bool,
    pub(crate) stats: LogStats,
    /// Whether a new epoch is to begin as soon as that can be said.
    pub(crate) owes_epoch: bool,
    /// Since when the log cannot be reached, if so.
    down_since: Option<Instant>,
    last_ticket: u64,
    queue: VecDeque<Sending>,
    queued_bytes: usize,
    waiting: BTreeMap<u64, Waiter<M::Outcome>>,
    /// What was said of this process's part while the log could not be reached, by the place that it is of.
    said: BTreeMap<String, M::Command>,
    wake: Arc<Notify>,
    /// How many commands the writer has in hand.
    in_hand: usize,
    idle: Arc<Notify>,
    /// Entries that were carried out since the state was written down.
    unsaved: u64,
}

/// A command on its way into the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sending {
    /// Its number among those that this process sends.
    pub(crate) ticket: u64,
    pub(crate) text: String,
    /// Whether it is also right later.
    lasts: bool,
}

/// What has happened on the way to the log and back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogStats {
    /// Entries carried out since the start.
    pub entries: u64,
    /// Entries that could not be read.
    pub unreadable: u64,
    /// Commands refused because the log could not be reached, or not fast enough.
    pub unavailable: u64,
    /// Of what nobody waits for, such as typing, what was given up for the same reason.
    pub given_up: u64,
    /// How often the log became unreachable.
    pub outages: u64,
    /// How often the state was replaced because the log did not go on from it.
    pub replaced: u64,
}

impl<M: Machine> Log<M> {
    /// A log that cannot be reached yet, of which everything up to `at` has been carried out.
    pub(crate) fn new(at: EntryId) -> Self {
        Self {
            at,
            leads: false,
            stats: LogStats::default(),
            owes_epoch: false,
            down_since: Some(Instant::now()),
            last_ticket: 0,
            queue: VecDeque::new(),
            queued_bytes: 0,
            waiting: BTreeMap::new(),
            said: BTreeMap::new(),
            wake: Arc::new(Notify::new()),
            in_hand: 0,
            idle: Arc::new(Notify::new()),
            unsaved: 0,
        }
    }

    /// Since when the log cannot be reached, if so.
    #[must_use]
    pub fn down_since(&self) -> Option<Instant> {
        self.down_since
    }

    /// The last entry that was carried out here.
    #[must_use]
    pub fn at(&self) -> EntryId {
        self.at
    }

    /// Whether this process does what only one is to do.
    #[must_use]
    pub fn leads(&self) -> bool {
        self.leads
    }

    /// What has happened on the way to the log and back.
    #[must_use]
    pub fn stats(&self) -> LogStats {
        self.stats
    }

    /// How many commands wait to be sent.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.queue.len()
    }

    /// How many outcomes are waited for.
    #[must_use]
    pub fn unanswered(&self) -> usize {
        self.waiting.len()
    }

    /// How many entries were carried out since the state was written down by this process.
    pub(crate) fn unsaved(&self) -> u64 {
        self.unsaved
    }

    /// The state has been written down.
    pub(crate) fn saved(&mut self) {
        self.unsaved = 0;
    }

    /// Notes that so many entries were read, some of which could not be understood.
    pub(crate) fn note_read(&mut self, count: usize, unreadable: usize) {
        self.stats.entries += count as u64;
        self.stats.unreadable += unreadable as u64;
        self.unsaved += count as u64;
        if unreadable > 0 {
            tracing::error!(
                unreadable,
                "the log has entries that are not of this version"
            );
        }
    }

    /// Wakes who waits for commands to send.
    pub(crate) fn wake(&self) -> Arc<Notify> {
        Arc::clone(&self.wake)
    }

    /// Sends a command on its way. Gives the waiter back with the outcome if that is known at once.
    pub(crate) fn push(
        &mut self,
        command: M::Command,
        waiter: Waiter<M::Outcome>,
    ) -> Option<(Waiter<M::Outcome>, M::Outcome)> {
        let class = M::class(&command);
        if self.down_since.is_some() {
            return self.keep_for_later(command, class, waiter);
        }
        let full = self.queue.len() >= limits::QUEUE || self.queued_bytes > limits::QUEUE_BYTES;
        // Those that end something are few, as there must be something to end.
        if full && !class.ends() {
            return self.refuse(waiter);
        }
        match serde_json::to_string(&command) {
            Ok(text) => {
                self.last_ticket += 1;
                self.queued_bytes += text.len();
                let ticket = self.last_ticket;
                self.queue.push_back(Sending {
                    ticket,
                    text,
                    lasts: class.ends() || class.is_part(),
                });
                if !matches!(waiter, Waiter::Nobody) {
                    self.waiting.insert(ticket, waiter);
                }
                self.wake.notify_one();
                None
            }
            Err(error) => {
                tracing::error!(%error, ?command, "a command could not be written");
                self.refuse(waiter)
            }
        }
    }

    /// What is known of this process's part counts when the log can be reached again; all else is refused, or given up if it
    /// has no meaning later and nobody waits for it.
    fn keep_for_later(
        &mut self,
        command: M::Command,
        class: Class,
        waiter: Waiter<M::Outcome>,
    ) -> Option<(Waiter<M::Outcome>, M::Outcome)> {
        if waiter.wants_answer() || class == Class::Change {
            return self.refuse(waiter);
        }
        if !class.is_part() {
            self.stats.given_up += 1;
            return None;
        }
        for (place, said) in M::places(command) {
            if self.said.len() >= limits::QUEUE && !self.said.contains_key(&place) {
                self.stats.given_up += 1;
            } else {
                self.said.insert(place, said);
            }
        }
        None
    }

    fn refuse(&mut self, waiter: Waiter<M::Outcome>) -> Option<(Waiter<M::Outcome>, M::Outcome)> {
        self.stats.unavailable += 1;
        Some((waiter, M::unavailable()))
    }

    /// Takes the next commands to send, in the order in which they must get into the log.
    pub(crate) fn take(&mut self) -> Vec<Sending> {
        let mut bytes = 0;
        let fits = |sending: &&Sending| {
            let first = bytes == 0;
            bytes += sending.text.len();
            first || bytes <= limits::BATCH_BYTES
        };
        let count = self
            .queue
            .iter()
            .take(limits::BATCH)
            .take_while(fits)
            .count();
        let batch: Vec<_> = self.queue.drain(..count).collect();
        self.queued_bytes -= batch.iter().map(|one| one.text.len()).sum::<usize>();
        self.in_hand = batch.len();
        batch
    }

    /// What was taken is in the log.
    pub(crate) fn arrived(&mut self) {
        self.in_hand = 0;
        if self.queue.is_empty() {
            self.idle.notify_one();
        }
    }

    /// What tells when nothing is to be sent any more, unless nothing is.
    pub(crate) fn busy(&self) -> Option<Arc<Notify>> {
        (self.in_hand > 0 || !self.queue.is_empty()).then(|| Arc::clone(&self.idle))
    }

    /// Who waits for the outcome of an entry of this process.
    pub(crate) fn waiter(&mut self, ticket: u64) -> Option<Waiter<M::Outcome>> {
        self.waiting.remove(&ticket)
    }

    /// Those who wait for the outcomes of entries up to one, which will not be carried out here.
    pub(crate) fn waiters_up_to(&mut self, ticket: u64) -> Vec<Waiter<M::Outcome>> {
        let later = self.waiting.split_off(&(ticket.saturating_add(1)));
        let waiters = std::mem::replace(&mut self.waiting, later);
        waiters.into_values().collect()
    }

    /// The log can be reached, and all that was in it has been carried out. What was said of this process's part meanwhile
    /// follows, if it still holds, and before it what there still is of it.
    pub(crate) fn come_up(&mut self, roll_call: M::Command, holds: impl Fn(&M::Command) -> bool) {
        self.down_since = None;
        let mut said = std::mem::take(&mut self.said);
        said.retain(|_, command| holds(command));
        self.push(roll_call, Waiter::Nobody);
        for command in said.into_values() {
            self.push(command, Waiter::Nobody);
        }
    }

    /// The log cannot be reached any more. Gives those whose commands have not been handed over and will not be.
    pub(crate) fn go_down(&mut self) -> Vec<Waiter<M::Outcome>> {
        if self.down_since.is_some() {
            return Vec::new();
        }
        self.down_since = Some(Instant::now());
        self.leads = false;
        self.stats.outages += 1;
        let (kept, dropped): (VecDeque<_>, VecDeque<_>) =
            self.queue.drain(..).partition(|sending| sending.lasts);
        self.queued_bytes = kept.iter().map(|sending| sending.text.len()).sum();
        self.queue = kept;
        let mut waiters = Vec::new();
        for sending in dropped {
            match self.waiting.remove(&sending.ticket) {
                Some(waiter) => {
                    self.stats.unavailable += 1;
                    waiters.push(waiter);
                }
                None => self.stats.given_up += 1,
            }
        }
        waiters
    }
}

#[cfg(test)]
pub(crate) mod tests;
