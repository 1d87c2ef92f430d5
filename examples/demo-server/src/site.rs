//! Site: the world and the hub that tells of it, as one machine that several processes can have.

use crate::{
    command::{Command, Outcome},
    refusals::unavailable,
    stress,
    world::World,
};
use realtime_replication::{Class, Machine, NodeId, Replica, Waiter};
use realtime_server::{
    Hub, Refusal,
    replica::{self, Change, Pending, Replicate, Saved},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeSet,
    sync::{Arc, OnceLock, Weak},
};

/// The world, and the hub that tells of it.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) world: World,
    hub: Hub,
}

impl Site {
    pub(crate) fn new(world: World, hub: Hub) -> Self {
        Self { world, hub }
    }

    pub(crate) fn hub(&self) -> &Hub {
        &self.hub
    }
}

/// All of it that processes share.
#[derive(Serialize, Deserialize)]
pub(crate) struct Snapshot {
    world: World,
    hub: Saved,
}

impl Machine for Site {
    type Command = Command;
    type Outcome = Outcome;
    type Snapshot = Snapshot;

    fn apply(&mut self, command: Command, now_ms: u64) -> Outcome {
        self.world.apply(command, now_ms, &self.hub)
    }

    fn save(&self) -> Snapshot {
        Snapshot {
            world: self.world.clone(),
            hub: self.hub.save(stress::is_one),
        }
    }

    fn load(&mut self, snapshot: Snapshot) {
        self.world = snapshot.world;
        self.hub.load(snapshot.hub, stress::is_one);
    }

    fn in_new_epoch(snapshot: Snapshot) -> Snapshot {
        let (hub, epoch) = snapshot.hub.in_new_epoch();
        let mut world = snapshot.world;
        world.epoch = epoch;
        Snapshot { world, hub }
    }

    fn begin_epoch() -> Command {
        Command::Hub(Change::begin_epoch())
    }

    fn class(command: &Command) -> Class {
        match command {
            Command::Tasks { .. } | Command::Message { .. } | Command::Text { .. } => Class::Change,
            Command::Hub(Change::Announce { .. } | Change::Leave { .. }) => Class::Part,
            Command::Hub(Change::Depart { .. }) => Class::PartEnds,
            Command::Hub(Change::Prune { .. } | Change::BeginEpoch { .. }) => Class::Ends,
            _ => Class::Passing,
        }
    }

    fn unavailable() -> Outcome {
        Err(unavailable())
    }

    fn unconfirmed() -> Outcome {
        Err(Refusal::unconfirmed())
    }

    fn node(&self) -> NodeId {
        self.hub.node()
    }

    fn nodes(&self) -> BTreeSet<NodeId> {
        self.hub.nodes()
    }

    fn gone(node: NodeId) -> Command {
        Command::Hub(Change::Prune {
            node,
            open: Vec::new(),
        })
    }

    fn is_gone(command: &Command, node: &NodeId) -> bool {
        matches!(command, Command::Hub(Change::Prune { node: gone, .. }) if gone == node)
    }

    fn roll_call(&self) -> Command {
        Command::Hub(self.hub.roll_call())
    }

    fn announcements(&self) -> Vec<Command> {
        let said = self.hub.announcements();
        said.into_iter().map(Command::Hub).collect()
    }

    fn places(command: Command) -> Vec<(String, Command)> {
        let place = |peer: &replica::Peer, channel: &str| format!("{peer} {channel}");
        match command {
            Command::Hub(Change::Announce {
                ref peer,
                ref channel,
                ..
            }) => vec![(place(peer, channel), command)],
            Command::Hub(Change::Leave { peer, channel }) => {
                let left = Change::Depart {
                    peer: peer.clone(),
                    channels: vec![channel.clone()],
                };
                vec![(place(&peer, &channel), Command::Hub(left))]
            }
            Command::Hub(Change::Depart { peer, channels }) => {
                let left = |channel: String| {
                    let place = place(&peer, &channel);
                    let peer = peer.clone();
                    let channels = vec![channel];
                    (place, Command::Hub(Change::Depart { peer, channels }))
                };
                channels.into_iter().map(left).collect()
            }
            _ => Vec::new(),
        }
    }

    fn holds(&self, said: &Command) -> bool {
        match said {
            Command::Hub(Change::Announce { peer, .. } | Change::Depart { peer, .. }) => {
                self.hub.is_open(peer)
            }
            _ => true,
        }
    }
}

/// A reference to the site, for the hub and its callbacks, which are made before it.
#[derive(Clone, Debug, Default)]
pub(crate) struct SiteRef(Arc<OnceLock<Weak<Replica<Site>>>>);

impl SiteRef {
    /// Lets it be one to a site; only the first counts.
    pub(crate) fn set(&self, replica: &Arc<Replica<Site>>) {
        drop(self.0.set(Arc::downgrade(replica)));
    }

    /// The site.
    ///
    /// # Errors
    /// `unavailable`, before there is a site or when it is gone.
    pub(crate) fn get(&self) -> Result<Arc<Replica<Site>>, Refusal> {
        let site = self.0.get().and_then(Weak::upgrade);
        site.ok_or_else(unavailable)
    }
}

impl Replicate for SiteRef {
    fn submit(&self, change: Change, pending: Pending) {
        let replica = match self.get() {
            Ok(replica) => replica,
            Err(refusal) => return pending.tell(Err(refusal)),
        };
        let waiter = Waiter::Somebody {
            wants_answer: pending.wants_answer(),
            tell: Box::new(|outcome: Outcome| pending.tell(outcome.map(drop))),
        };
        replica.lock().submit(Command::Hub(change), waiter);
    }

    fn leads(&self) -> bool {
        self.get().is_ok_and(|replica| replica.lock().leads())
    }
}

#[cfg(test)]
mod tests;
