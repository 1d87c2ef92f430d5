//! Snapshots: the state, written down.

use super::{Pace, error::StoreError, link::Link};
use crate::{hub::Hub, world::World};
use std::{convert::Infallible, time::Duration};
use tokio::time::{Instant, MissedTickBehavior, interval};

/// Writes the state down after so many changes, if this process is the one to do so.
pub(super) async fn take(hub: &Hub, link: &Link, pace: Pace) -> Result<Infallible, StoreError> {
    let mut last = Instant::now();
    let mut ticks = interval((pace.snapshot_gap / 5).max(Duration::from_millis(1)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if last.elapsed() < pace.snapshot_gap || !hub.lock().owes_snapshot(pace.snapshot_every) {
            continue;
        }
        save(hub, link).await?;
        last = Instant::now();
    }
}

/// Writes the state down as it is.
pub(super) async fn save(hub: &Hub, link: &Link) -> Result<(), StoreError> {
    let (world, at) = hub.lock().snapshot();
    let text = written(world).await?;
    if link.save(at, &text).await? {
        tracing::debug!(%at, bytes = text.len(), "the state was written down");
    }
    hub.lock().saved();
    Ok(())
}

/// A state as text. That takes long enough to keep it away from the tasks that have sockets to serve.
pub(super) async fn written(world: World) -> Result<String, StoreError> {
    let writing = tokio::task::spawn_blocking(move || serde_json::to_string(&world));
    match writing.await {
        Ok(text) => Ok(text?),
        // It panicked, or the process is ending.
        Err(_) => Err(StoreError::Gone),
    }
}
