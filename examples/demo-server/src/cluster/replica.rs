//! The hub's side of the cluster: a state that follows a log.

use super::{entry::Entry, link::Batch};
use crate::{
    command::Command,
    errors::Refusal,
    hub::{Hub, State},
    log::{EntryId, Log, Sending},
    peer::NodeId,
    waiter::Waiter,
    world::{World, new_epoch},
};
use std::sync::Arc;
use tokio::sync::Notify;

impl State {
    /// The last entry that was carried out.
    pub(super) fn at(&self) -> EntryId {
        self.log
            .as_ref()
            .map_or_else(EntryId::default, |log| log.at)
    }

    /// Carries out what was read.
    pub(super) fn follow(&mut self, batch: Batch) {
        let unreadable = batch.count - batch.entries.len();
        for entry in batch.entries {
            self.carry_out(entry);
        }
        if let (Some(log), Some(last)) = (&mut self.log, batch.last) {
            log.at = last;
            log.note_read(batch.count, unreadable);
        }
        self.answer_ahead();
    }

    fn carry_out(&mut self, entry: Entry) {
        let own = self.connections.node().clone();
        let is_own = entry.node == own;
        // Somebody took this process for gone. Its sockets are still here, so they are announced again.
        let again = match &entry.command {
            Command::Prune { node, .. } if *node == own && !is_own => {
                self.world.announcements_of(&own)
            }
            _ => Vec::new(),
        };
        let begins_epoch = matches!(entry.command, Command::BeginEpoch { .. });
        let outcome = self.world.receive(
            &entry.node,
            entry.ticket,
            entry.command,
            entry.id.ms,
            &mut self.connections,
        );
        if begins_epoch {
            self.connections.start_over();
        }
        if let (true, Some(outcome), Some(log)) = (is_own, outcome, &mut self.log)
            && let Some(waiter) = log.waiter(entry.ticket)
        {
            self.answer(waiter, outcome);
        }
        for command in again {
            if let Command::Announce { peer, .. } = &command
                && self.connections.is_open(peer.connection)
            {
                self.submit(command, Waiter::Nobody);
            }
        }
    }

    /// Goes on from another state. What the sockets have heard so far does not lead to it, so they have to start over.
    pub(super) fn replace(&mut self, world: World, at: EntryId) {
        let sent = world.tickets.last(self.connections.node());
        self.world = world;
        self.connections.start_over();
        let Some(log) = &mut self.log else {
            return;
        };
        log.at = at;
        log.stats.replaced += 1;
        // These were carried out somewhere on the way to the new state.
        for waiter in log.waiters_up_to(sent) {
            if let Waiter::Request(_) = waiter {
                self.answer(waiter, Err(Refusal::Unconfirmed));
            }
        }
    }

    pub(super) fn come_up(&mut self) {
        let open = self.connections.open().collect();
        if let Some(log) = &mut self.log {
            log.come_up(open);
            if std::mem::take(&mut log.owes_epoch) {
                let epoch = new_epoch();
                self.submit(Command::BeginEpoch { epoch }, Waiter::Nobody);
            }
        }
    }

    pub(super) fn go_down(&mut self) {
        let waiters = self.log.as_mut().map(|log| log.go_down());
        for waiter in waiters.into_iter().flatten() {
            self.answer(waiter, Err(Refusal::UNAVAILABLE));
        }
    }

    /// Lets a new epoch begin as soon as that can be said.
    pub(super) fn begin_epoch_when_up(&mut self) {
        if let Some(log) = &mut self.log {
            log.owes_epoch = true;
        }
    }

    /// Who sends, and what wakes them. None if there is no log.
    pub(super) fn sender(&self) -> Option<(NodeId, Arc<Notify>)> {
        let log = self.log.as_ref()?;
        Some((self.connections.node().clone(), log.wake()))
    }

    pub(super) fn take_sendings(&mut self) -> Vec<Sending> {
        self.log.as_mut().map(|log| log.take()).unwrap_or_default()
    }

    /// A copy of the state, and the entry that it is of.
    pub(super) fn snapshot(&self) -> (World, EntryId) {
        (self.world.clone(), self.at())
    }

    /// Whether this process should write the state down, which is to be done after `every` entries.
    pub(super) fn owes_snapshot(&self, every: u64) -> bool {
        self.log
            .as_ref()
            .is_some_and(|log| log.leads && log.unsaved() >= every)
    }

    /// The state has been written down.
    pub(super) fn saved(&mut self) {
        if let Some(log) = &mut self.log {
            log.saved();
        }
    }

    /// What was handed over is in the log.
    pub(super) fn arrived(&mut self) {
        if let Some(log) = &mut self.log {
            log.arrived();
        }
    }

    /// Notes whether this process leads, and gives the others whom it then has to watch.
    pub(super) fn others(&mut self, leads: bool) -> Vec<NodeId> {
        if let Some(log) = &mut self.log {
            log.leads = leads;
        }
        if !leads {
            return Vec::new();
        }
        let mut nodes = self.world.nodes();
        nodes.remove(self.connections.node());
        nodes.into_iter().collect()
    }
}

impl Hub {
    /// Waits until all that was submitted is in the log.
    pub(super) async fn sent(&self) {
        loop {
            let busy = self.lock().log.as_ref().and_then(Log::busy);
            let Some(idle) = busy else {
                return;
            };
            idle.notified().await;
        }
    }
}
