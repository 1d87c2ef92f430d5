//! Disk on which clients keep things: slow, full, broken or gone when told so.

use crate::{
    Instant,
    storage::{StoreCommand, StoreError, StoreEvent, StoreTable, Stored, StoredValue},
};
use std::{collections::BTreeMap, ops::RangeInclusive, rc::Rc, time::Duration};

/// The store of one user. It outlives the clients that use it, one after the other.
#[derive(Clone, Debug)]
pub struct Disk {
    /// How long a command takes, in milliseconds.
    pub latency: RangeInclusive<u64>,
    /// Whether it answers nothing, until it does again.
    pub stalled: bool,
    /// What every command fails with, if it does.
    pub failure: Option<StoreError>,
    /// How many bytes of values there is room for.
    pub capacity: usize,
    /// How far the wall clock is ahead of the world's, after it was set.
    pub clock_ahead: Duration,
    values: BTreeMap<(StoreTable, String), (Instant, Rc<str>)>,
    commands: Vec<StoreCommand>,
}

impl Default for Disk {
    fn default() -> Self {
        Self {
            latency: 1..=5,
            stalled: false,
            failure: None,
            capacity: usize::MAX,
            clock_ahead: Duration::ZERO,
            values: BTreeMap::new(),
            commands: Vec::new(),
        }
    }
}

impl Disk {
    /// The keys of a table, in order.
    #[must_use]
    pub fn keys(&self, table: StoreTable) -> Vec<&str> {
        let keys = self.values.keys().filter(|(of, _)| *of == table);
        keys.map(|(_, key)| key.as_str()).collect()
    }

    /// What is stored.
    #[must_use]
    pub fn get(&self, table: StoreTable, key: &str) -> Option<&str> {
        let (_, value) = self.values.get(&(table, key.to_owned()))?;
        Some(value)
    }

    /// Puts something in, as another tab or a stranger would.
    pub fn put(&mut self, table: StoreTable, key: &str, at: Instant, value: &str) {
        let slot = (table, key.to_owned());
        self.values.insert(slot, (at, value.into()));
    }

    /// How many bytes of values there are.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.values.values().map(|(_, value)| value.len()).sum()
    }

    /// The commands that it has carried out or failed at since the last call.
    pub fn take_commands(&mut self) -> Vec<StoreCommand> {
        std::mem::take(&mut self.commands)
    }

    /// Does all of a command or nothing of it.
    pub(super) fn carry_out(&mut self, now: Instant, command: StoreCommand) -> StoreEvent {
        let done = match &self.failure {
            Some(error) => Err(error.clone()),
            None => self.write(now, &command),
        };
        self.commands.push(command.clone());
        match command {
            StoreCommand::Load => StoreEvent::Loaded(done.map(|()| Stored {
                seeds: self.read(now, StoreTable::Seeds),
                outbox: self.read(now, StoreTable::Outbox),
            })),
            StoreCommand::Write { batch, .. } => StoreEvent::Written {
                batch,
                result: done,
            },
            StoreCommand::Wipe => StoreEvent::Wiped(done),
        }
    }

    fn write(&mut self, now: Instant, command: &StoreCommand) -> Result<(), StoreError> {
        match command {
            StoreCommand::Load => {}
            StoreCommand::Wipe => self.values.clear(),
            StoreCommand::Write { writes, .. } => {
                let before = self.values.clone();
                for write in writes {
                    let slot = (write.table, write.key.clone());
                    match &write.value {
                        Some(value) => self.values.insert(slot, (now, Rc::clone(value))),
                        None => self.values.remove(&slot),
                    };
                }
                if self.bytes() > self.capacity {
                    self.values = before;
                    return Err(StoreError::Full);
                }
            }
        }
        Ok(())
    }

    fn read(&self, now: Instant, table: StoreTable) -> Vec<StoredValue> {
        let values = self.values.iter().filter(|((of, _), _)| *of == table);
        let read = |((_, key), (at, value)): (&(_, String), &(Instant, Rc<str>))| StoredValue {
            key: key.clone(),
            value: Rc::clone(value),
            age: now.saturating_since(*at) + self.clock_ahead,
        };
        values.map(read).collect()
    }
}
