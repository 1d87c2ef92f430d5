//! Hub: everything the server knows, behind one lock. What is read together with a position belongs to it, and
//! every socket sees the events of a channel in the order of their numbers. No lock is held across an await.

use crate::{
    clock::now_ms,
    command::{Command, Outcome},
    config::Config,
    connections::Connections,
    errors::Refusal,
    limits,
    log::{EntryId, Log},
    peer::NodeId,
    stress::Stress,
    subscriptions::Ahead,
    waiter::Waiter,
    world::{World, new_epoch},
};
use fastrand::Rng;
use serde::Serialize;
use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::{sync::oneshot, time::timeout};

pub(crate) use crate::peer::ConnectionId;

/// The state of the server, shared by all sockets and requests.
#[derive(Debug)]
pub(crate) struct Hub {
    state: Mutex<State>,
}

/// What has happened to the sockets of this process since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Stats {
    /// Frames read from sockets.
    pub(crate) frames: u64,
    /// Of these, the ones that were refused.
    pub(crate) refused: u64,
    /// Of the refused, the ones that came too fast.
    pub(crate) rate_limited: u64,
    /// Sockets turned away because the server was full.
    pub(crate) turned_away: u64,
}

/// What the lock guards.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) world: World,
    pub(crate) connections: Connections,
    pub(crate) stats: Stats,
    pub(crate) stress: Stress,
    /// The log that commands must get into before they are carried out, if the world is shared with other processes.
    pub(crate) log: Option<Log>,
    /// Subscriptions of clients that come from another process and know more than this one does yet.
    pub(crate) ahead: Vec<Ahead>,
}

impl Hub {
    /// A hub whose world is its own.
    pub(crate) fn alone(config: &Config) -> Self {
        let world = World::new(new_epoch(), now_ms(), config.history);
        Self::new(world, NodeId::random(), None)
    }

    /// A hub whose world is what a log makes of it, up to an entry.
    pub(crate) fn shared(world: World, at: EntryId) -> Self {
        let node = NodeId::random();
        let log = Log::new(node.clone(), at);
        Self::new(world, node, Some(log))
    }

    fn new(world: World, node: NodeId, log: Option<Log>) -> Self {
        let stress = Stress::new(world.history());
        Self {
            state: Mutex::new(State {
                world,
                connections: Connections::new(node),
                stats: Stats::default(),
                stress,
                log,
                ahead: Vec::new(),
            }),
        }
    }

    /// Everything, for as long as the guard lives.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        // A panic under the lock is a defect, but no reason to take every other request down with it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has a command carried out, and gives its outcome.
    pub(crate) async fn carry_out(&self, command: Command) -> Outcome {
        let (sender, outcome) = oneshot::channel();
        self.lock().submit(command, Waiter::Request(sender));
        match timeout(limits::OUTCOME_WITHIN, outcome).await {
            Ok(Ok(outcome)) => outcome,
            _ => Err(Refusal::Unconfirmed),
        }
    }
}

impl State {
    /// Has a command carried out: at once, or as soon as it comes back in the log. Whoever waits for the outcome is
    /// told.
    pub(crate) fn submit(&mut self, command: Command, waiter: Waiter) {
        let told = match &mut self.log {
            Some(log) => log.push(command, waiter),
            None => {
                let outcome = self.world.apply(command, now_ms(), &mut self.connections);
                Some((waiter, outcome))
            }
        };
        if let Some((waiter, outcome)) = told {
            self.answer(waiter, outcome);
        }
    }

    /// Whether this process does what only one of all is to do.
    pub(crate) fn leads(&self) -> bool {
        self.log.as_ref().is_none_or(|log| log.leads)
    }

    /// Moves a few prices.
    pub(crate) fn move_prices(&mut self, rng: &mut Rng) {
        if !self.leads() {
            return;
        }
        let nudges = self
            .world
            .market
            .draw(rng, self.world.clock().max(now_ms()));
        if !nudges.is_empty() {
            self.submit(Command::Prices { nudges }, Waiter::Nobody);
        }
    }

    /// How many channels there are: those in which something has happened or always can, and those that are followed.
    pub(crate) fn channels(&self) -> usize {
        let names: HashSet<&str> = self
            .world
            .channels()
            .chain(self.connections.followed())
            .collect();
        names.len()
    }
}
