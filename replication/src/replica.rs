//! Replica: a machine, alone or with its way into the log that several processes share.

use crate::{
    Log, Machine, NodeId, Waiter,
    entry::Entry,
    limits::OUTCOME_WITHIN,
    link::Batch,
    log::{EntryId, Sending},
    tickets::Tickets,
};
use serde::{Deserialize, Serialize};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};
use tokio::{
    sync::{Notify, oneshot},
    time::timeout,
};

/// A machine behind one lock. No lock is held across an await.
#[derive(Debug)]
pub struct Replica<M: Machine> {
    state: Mutex<State<M>>,
}

/// What the lock guards.
#[derive(Debug)]
pub struct State<M: Machine> {
    /// The machine.
    pub machine: M,
    /// The log that commands must get into before they are carried out, if there are other processes.
    pub log: Option<Log<M>>,
    tickets: Tickets,
}

/// All of the state that is shared.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub(crate) struct Shared<M: Machine> {
    machine: M::Snapshot,
    tickets: Tickets,
}

impl<M: Machine> Shared<M> {
    pub(crate) fn in_new_epoch(self) -> Self {
        Self {
            machine: M::in_new_epoch(self.machine),
            ..self
        }
    }
}

impl<M: Machine> Replica<M> {
    /// A machine that no other process has.
    pub fn alone(machine: M) -> Self {
        Self::new(machine, None)
    }

    /// A machine whose state is what a log makes of it.
    pub fn shared(machine: M) -> Self {
        Self::new(machine, Some(Log::new(EntryId::default())))
    }

    fn new(machine: M, log: Option<Log<M>>) -> Self {
        Self {
            state: Mutex::new(State {
                machine,
                log,
                tickets: Tickets::default(),
            }),
        }
    }

    /// Everything, for as long as the guard lives.
    pub fn lock(&self) -> MutexGuard<'_, State<M>> {
        // A panic under the lock is a defect, but no reason to take every other request down with it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has a command carried out, and gives its outcome, or after ten seconds that it is not known: for those who ask
    /// again by reading the state.
    pub async fn carry_out(&self, command: M::Command) -> M::Outcome {
        let outcome = timeout(OUTCOME_WITHIN, self.see_through(command)).await;
        outcome.unwrap_or_else(|_| M::unconfirmed())
    }

    /// Has a command carried out, and gives its outcome, however long that takes: for those who can wait, and ask again under
    /// the same id when they no longer can.
    pub async fn see_through(&self, command: M::Command) -> M::Outcome {
        let (sender, outcome) = oneshot::channel();
        // Whoever has given up needs no answer.
        let waiter = Waiter::new(|outcome| drop(sender.send(outcome)));
        self.lock().submit(command, waiter);
        outcome.await.unwrap_or_else(|_| M::unconfirmed())
    }

    /// Waits until all that was submitted is in the log.
    pub(crate) async fn sent(&self) {
        loop {
            let busy = self.lock().log.as_ref().and_then(Log::busy);
            let Some(idle) = busy else {
                return;
            };
            idle.notified().await;
        }
    }
}

impl<M: Machine> State<M> {
    /// Has a command carried out: at once, or as soon as it comes back in the log. Whoever waits for the outcome is told.
    pub fn submit(&mut self, command: M::Command, waiter: Waiter<M::Outcome>) {
        let told = match &mut self.log {
            Some(log) => log.push(command, waiter),
            None => Some((waiter, self.machine.apply(command, now_ms()))),
        };
        if let Some((waiter, outcome)) = told {
            waiter.tell(outcome);
        }
    }

    /// Whether this process does what only one of all is to do.
    pub fn leads(&self) -> bool {
        self.log.as_ref().is_none_or(Log::leads)
    }

    /// The last entry that was carried out.
    pub(crate) fn at(&self) -> EntryId {
        self.log.as_ref().map_or_else(EntryId::default, Log::at)
    }

    /// Begins with a state, or with the machine's own, as the one of an entry.
    pub(crate) fn begin(&mut self, shared: Option<Shared<M>>, at: EntryId) {
        if let Some(shared) = shared {
            self.machine.load(shared.machine);
            self.tickets = shared.tickets;
        }
        if let Some(log) = &mut self.log {
            log.at = at;
        }
    }

    /// Carries out what was read.
    pub(crate) fn follow(&mut self, batch: Batch<M::Command>) {
        let unreadable = batch.count - batch.entries.len();
        for entry in batch.entries {
            self.carry_out(entry);
        }
        if let (Some(log), Some(last)) = (&mut self.log, batch.last) {
            log.at = last;
            log.note_read(batch.count, unreadable);
        }
    }

    fn carry_out(&mut self, entry: Entry<M::Command>) {
        let own = self.machine.node();
        let is_own = entry.node == own;
        // Somebody took this process for gone. Its part is still here, so it is announced again.
        let again = if !is_own && M::is_gone(&entry.command, &own) {
            self.machine.announcements()
        } else {
            Vec::new()
        };
        // An entry may be in the log twice, when its process could not know that the first attempt had succeeded.
        if self.tickets.punch(&entry.node, entry.ticket, entry.id.ms) {
            let outcome = self.machine.apply(entry.command, entry.id.ms);
            if let (true, Some(log)) = (is_own, &mut self.log)
                && let Some(waiter) = log.waiter(entry.ticket)
            {
                waiter.tell(outcome);
            }
        }
        for command in again {
            self.submit(command, Waiter::Nobody);
        }
    }

    /// Goes on from another state.
    pub(crate) fn replace(&mut self, shared: Shared<M>, at: EntryId) {
        let sent = shared.tickets.last(&self.machine.node());
        self.machine.load(shared.machine);
        self.tickets = shared.tickets;
        let Some(log) = &mut self.log else {
            return;
        };
        log.at = at;
        log.stats.replaced += 1;
        // These were carried out somewhere on the way to the new state.
        for waiter in log.waiters_up_to(sent) {
            waiter.tell(M::unconfirmed());
        }
    }

    pub(crate) fn come_up(&mut self) {
        let Some(log) = &mut self.log else {
            return;
        };
        let machine = &self.machine;
        log.come_up(machine.roll_call(), |said| machine.holds(said));
        if std::mem::take(&mut log.owes_epoch) {
            self.submit(M::begin_epoch(), Waiter::Nobody);
        }
    }

    pub(crate) fn go_down(&mut self) {
        let waiters = self.log.as_mut().map(Log::go_down);
        for waiter in waiters.into_iter().flatten() {
            waiter.tell(M::unavailable());
        }
    }

    /// Lets a new epoch begin as soon as that can be said.
    pub(crate) fn begin_epoch_when_up(&mut self) {
        if let Some(log) = &mut self.log {
            log.owes_epoch = true;
        }
    }

    /// Who sends, and what wakes them. None if there is no log.
    pub(crate) fn sender(&self) -> Option<(NodeId, Arc<Notify>)> {
        let log = self.log.as_ref()?;
        Some((self.machine.node(), log.wake()))
    }

    pub(crate) fn take_sendings(&mut self) -> Vec<Sending> {
        self.log.as_mut().map(Log::take).unwrap_or_default()
    }

    /// A copy of the state, and the entry that it is of.
    pub(crate) fn snapshot(&self) -> (Shared<M>, EntryId) {
        let shared = Shared {
            machine: self.machine.save(),
            tickets: self.tickets.clone(),
        };
        (shared, self.at())
    }

    /// Whether this process should write the state down, which is to be done after `every` entries.
    pub(crate) fn owes_snapshot(&self, every: u64) -> bool {
        let log = self.log.as_ref();
        log.is_some_and(|log| log.leads && log.unsaved() >= every)
    }

    /// The state has been written down.
    pub(crate) fn saved(&mut self) {
        if let Some(log) = &mut self.log {
            log.saved();
        }
    }

    /// What was handed over is in the log.
    pub(crate) fn arrived(&mut self) {
        if let Some(log) = &mut self.log {
            log.arrived();
        }
    }

    /// Notes whether this process leads, and gives the others whom it then has to watch.
    pub(crate) fn others(&mut self, leads: bool) -> Vec<NodeId> {
        if let Some(log) = &mut self.log {
            log.leads = leads;
        }
        if !leads {
            return Vec::new();
        }
        let mut nodes = self.machine.nodes();
        nodes.remove(&self.machine.node());
        nodes.into_iter().collect()
    }
}

/// Milliseconds since the Unix epoch.
fn now_ms() -> u64 {
    let passed = SystemTime::now().duration_since(UNIX_EPOCH);
    passed.map_or(0, |passed| {
        u64::try_from(passed.as_millis()).unwrap_or(u64::MAX)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::tests::{Command, Idle};
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn one_who_can_wait_is_told_the_outcome_however_late_and_others_that_it_is_not_known() {
        let replica = Replica::shared(Idle);
        replica.lock().come_up();
        let change = || Command::Change("x".to_owned());
        assert_eq!(replica.carry_out(change()).await, "unconfirmed");
        let patient = replica.see_through(change());
        let mut patient = std::pin::pin!(patient);
        let hour = Duration::from_secs(3_600);
        assert!(timeout(hour, patient.as_mut()).await.is_err(), "it waits");
        let waiter = {
            let mut state = replica.lock();
            let log = state.log.as_mut().expect("it is shared");
            // Before it stand the roll call and the first change.
            log.waiter(3).expect("somebody waits")
        };
        waiter.tell("done");
        assert_eq!(patient.await, "done");
    }
}
