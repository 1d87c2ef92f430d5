//! Membership: which processes live, which one leads, and what becomes of the sockets of one that is gone.

use crate::{
    Machine, NodeId, Replica, Settings, StoreError, Waiter,
    link::{Link, Store},
};
use std::{collections::BTreeMap, convert::Infallible, sync::Arc, time::Duration};
use tokio::time::{Instant, MissedTickBehavior, interval};

/// Says again and again that this process lives, and leads if nobody else does. Whoever leads declares others gone:
/// those of whom there has been no sign for half of their life, and who are then watched for the other half. After an
/// outage of Redis the watch begins anew, for then no sign of anybody is left.
pub(crate) async fn belong<M: Machine>(
    replica: &Replica<M>,
    link: &Link,
    pace: &Settings,
) -> Result<Infallible, StoreError> {
    let half = pace.node_life / 2;
    let node = replica.lock().machine.node();
    let mut missing = BTreeMap::new();
    let mut ticks = interval((pace.node_life / 10).max(Duration::from_millis(1)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let leads = link.belong(&node, half).await?;
        let others = replica.lock().others(leads);
        let live = if others.is_empty() {
            Vec::new()
        } else {
            link.live(&others).await?
        };
        let seen = others.into_iter().zip(live);
        for gone in watch(&mut missing, seen, half, Instant::now()) {
            tracing::warn!(node = %gone, "a server is gone: its sockets are taken for closed");
            replica.lock().submit(M::gone(gone), Waiter::Nobody);
        }
    }
}

/// Those who have been missing for `long`.
fn watch(
    missing: &mut BTreeMap<NodeId, Instant>,
    seen: impl Iterator<Item = (NodeId, bool)>,
    long: Duration,
    now: Instant,
) -> Vec<NodeId> {
    let before = std::mem::take(missing);
    for (node, _) in seen.filter(|(_, lives)| !lives) {
        let since = before.get(&node).copied().unwrap_or(now);
        missing.insert(node, since);
    }
    missing
        .extract_if(.., |_, since| now.duration_since(*since) >= long)
        .map(|(node, _)| node)
        .collect()
}

/// A way to leave the others in good order.
#[derive(Debug)]
pub struct Membership<M: Machine> {
    replica: Arc<Replica<M>>,
    store: Store,
}

impl<M: Machine> Membership<M> {
    pub(crate) fn new(replica: Arc<Replica<M>>, store: Store) -> Self {
        Self { replica, store }
    }

    /// Takes this process's sockets out of the state, and makes way for another leader. All sockets are to be closed
    /// before.
    ///
    /// # Errors
    /// [`StoreError`]: the others will notice by themselves.
    pub async fn leave(&self) -> Result<(), StoreError> {
        let node = {
            let mut state = self.replica.lock();
            let node = state.machine.node();
            state.submit(M::gone(node.clone()), Waiter::Nobody);
            node
        };
        self.replica.sent().await;
        self.store.connect().await?.release(&node).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_gone_when_it_was_missing_all_the_time() {
        let long = Duration::from_secs(5);
        let start = Instant::now();
        let mut missing = BTreeMap::new();
        let mut look = |second, lives: [bool; 2]| {
            let seen = ["a", "b"].map(NodeId::from).into_iter().zip(lives);
            let now = start + Duration::from_secs(second);
            let gone = watch(&mut missing, seen, long, now);
            gone.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert!(look(0, [false, false]).is_empty());
        assert!(look(2, [false, true]).is_empty());
        assert!(look(4, [false, false]).is_empty());
        assert_eq!(look(6, [false, false]), ["a"]);
        assert!(look(8, [true, false]).is_empty());
        assert_eq!(look(10, [true, false]), ["b"]);
    }
}
