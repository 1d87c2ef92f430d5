//! Settling: whether the log goes on from the state that there is here, and what to do if not.
//!
//! | the log … | what is done |
//! |---|---|
//! | holds the last entry that was carried out here | go on from there |
//! | does not, but the snapshot is of a later entry | this process was away for long: take the snapshot |
//! | does not, and ends before it, or is not there at all | Redis has lost something: give it the state from here |
//! | does not, and goes beyond it | Redis has lost something, and others went on from the rest: take theirs |
//!
//! Where something was lost, a new epoch begins: what clients have seen may not be what there is now, so they fetch.

use super::{
    error::StoreError,
    link::{BATCH, Link},
    snapshots::{save, written},
};
use crate::{
    hub::Hub,
    log::EntryId,
    world::{World, new_epoch},
};

/// The state that is in Redis, or that of a fresh server if there is none; and the entry it is of.
pub(super) async fn begin(link: &Link, history: usize) -> Result<(World, EntryId), StoreError> {
    loop {
        if let Some((at, text)) = link.snapshot().await? {
            link.look(at).await?;
            return Ok((World::read(&text, history)?, at));
        }
        if link.look(EntryId::default()).await?.last.is_some() {
            return Err(StoreError::Incomplete);
        }
        let world = World::new(new_epoch(), link.time().await?, history);
        let text = written(world.clone()).await?;
        // Somebody else may have been quicker: then theirs counts.
        if let Some(at) = link.found(EntryId::default(), &text).await? {
            return Ok((world, at));
        }
    }
}

/// Brings the hub's state to where the log is.
pub(super) async fn settle(hub: &Hub, link: &Link) -> Result<(), StoreError> {
    let mut lost = false;
    loop {
        let at = hub.lock().at();
        let sight = link.look(at).await?;
        match (sight.known, sight.snapshot, sight.last) {
            (true, Some(_), _) => break,
            (true, None, _) => save(hub, link).await?,
            (false, Some(snapshot), _) if snapshot > at => take_snapshot(hub, link).await?,
            (false, _, last) if last.is_none_or(|last| last < at) => restore(hub, link).await?,
            (false, Some(snapshot), _) if snapshot < at => {
                lost = true;
                take_snapshot(hub, link).await?;
            }
            // The entries after the snapshot are gone, or there is none: only somebody who knows better can help.
            (false, ..) => return Err(StoreError::Incomplete),
        }
    }
    loop {
        let at = hub.lock().at();
        let batch = link.read(at, false).await?;
        let count = batch.count;
        hub.lock().follow(batch);
        if count < BATCH {
            break;
        }
    }
    if lost {
        tracing::error!("redis has lost entries of the log: a new epoch begins");
        hub.lock().begin_epoch_when_up();
    }
    Ok(())
}

/// Puts the state in Redis in the place of this one.
async fn take_snapshot(hub: &Hub, link: &Link) -> Result<(), StoreError> {
    let Some((at, text)) = link.snapshot().await? else {
        return Err(StoreError::Incomplete);
    };
    let history = hub.lock().world.history();
    let world = World::read(&text, history)?;
    tracing::warn!(%at, "the log does not go on from here: its state is taken");
    hub.lock().replace(world, at);
    Ok(())
}

/// Gives Redis the state that there is here, in a new epoch.
async fn restore(hub: &Hub, link: &Link) -> Result<(), StoreError> {
    let (mut world, at) = hub.lock().snapshot();
    world.begin_epoch(new_epoch());
    let text = written(world.clone()).await?;
    // Nothing, if somebody has been quicker: then the next look shows their state.
    if let Some(founded) = link.found(at, &text).await? {
        tracing::error!("redis has lost its state: it was given the one from here");
        hub.lock().replace(world, founded);
    }
    Ok(())
}
