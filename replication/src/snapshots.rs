//! Snapshots: the state, written down.

use crate::{Machine, Replica, Settings, StoreError, link::Link, replica::Shared};
use std::{convert::Infallible, time::Duration};
use tokio::time::{Instant, MissedTickBehavior, interval};

/// Writes the state down after so many changes, if this process is the one to do so.
pub(crate) async fn take<M: Machine>(
    replica: &Replica<M>,
    link: &Link,
    pace: &Settings,
) -> Result<Infallible, StoreError> {
    let mut last = Instant::now();
    let mut ticks = interval((pace.snapshot_gap / 5).max(Duration::from_millis(1)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if last.elapsed() < pace.snapshot_gap || !replica.lock().owes_snapshot(pace.snapshot_every)
        {
            continue;
        }
        save(replica, link).await?;
        last = Instant::now();
    }
}

/// Writes the state down as it is.
pub(crate) async fn save<M: Machine>(replica: &Replica<M>, link: &Link) -> Result<(), StoreError> {
    let (shared, at) = replica.lock().snapshot();
    let text = written::<M>(shared).await?;
    if link.save(at, &text).await? {
        tracing::debug!(%at, bytes = text.len(), "the state was written down");
    }
    replica.lock().saved();
    Ok(())
}

/// A state as text. That takes long enough to keep it away from the tasks that have sockets to serve.
pub(crate) async fn written<M: Machine>(shared: Shared<M>) -> Result<String, StoreError> {
    let writing = tokio::task::spawn_blocking(move || serde_json::to_string(&shared));
    match writing.await {
        Ok(text) => Ok(text?),
        // It panicked, or the process is ending.
        Err(_) => Err(StoreError::Gone),
    }
}
