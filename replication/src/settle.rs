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

use crate::{
    Machine, Replica, StoreError,
    limits::BATCH,
    link::Link,
    log::EntryId,
    replica::Shared,
    snapshots::{save, written},
};

/// Takes the state that is in Redis, or puts this one there if there is none.
pub(crate) async fn begin<M: Machine>(replica: &Replica<M>, link: &Link) -> Result<(), StoreError> {
    loop {
        if let Some((at, text)) = link.snapshot().await? {
            link.look(at).await?;
            replica.lock().begin(Some(serde_json::from_str(&text)?), at);
            return Ok(());
        }
        if link.look(EntryId::default()).await?.last.is_some() {
            return Err(StoreError::Incomplete);
        }
        let (shared, _) = replica.lock().snapshot();
        let text = written::<M>(shared).await?;
        // Somebody else may have been quicker: then theirs counts.
        if let Some(at) = link.found(EntryId::default(), &text).await? {
            replica.lock().begin(None, at);
            return Ok(());
        }
    }
}

/// Brings the state to where the log is.
pub(crate) async fn settle<M: Machine>(
    replica: &Replica<M>,
    link: &Link,
) -> Result<(), StoreError> {
    let mut lost = false;
    loop {
        let at = replica.lock().at();
        let sight = link.look(at).await?;
        match (sight.known, sight.snapshot, sight.last) {
            (true, Some(_), _) => break,
            (true, None, _) => save(replica, link).await?,
            (false, Some(snapshot), _) if snapshot > at => take_snapshot(replica, link).await?,
            (false, _, last) if last.is_none_or(|last| last < at) => restore(replica, link).await?,
            (false, Some(snapshot), _) if snapshot < at => {
                lost = true;
                take_snapshot(replica, link).await?;
            }
            // The entries after the snapshot are gone, or there is none: only somebody who knows better can help.
            (false, ..) => return Err(StoreError::Incomplete),
        }
    }
    loop {
        let at = replica.lock().at();
        let batch = link.read(at, false).await?;
        let count = batch.count;
        replica.lock().follow(batch);
        if count < BATCH {
            break;
        }
    }
    if lost {
        tracing::error!("redis has lost entries of the log: a new epoch begins");
        replica.lock().begin_epoch_when_up();
    }
    Ok(())
}

/// Puts the state in Redis in the place of this one.
async fn take_snapshot<M: Machine>(replica: &Replica<M>, link: &Link) -> Result<(), StoreError> {
    let Some((at, text)) = link.snapshot().await? else {
        return Err(StoreError::Incomplete);
    };
    let shared: Shared<M> = serde_json::from_str(&text)?;
    tracing::warn!(%at, "the log does not go on from here: its state is taken");
    replica.lock().replace(shared, at);
    Ok(())
}

/// Gives Redis the state that there is here, in a new epoch.
async fn restore<M: Machine>(replica: &Replica<M>, link: &Link) -> Result<(), StoreError> {
    let (shared, at) = replica.lock().snapshot();
    let text = written::<M>(shared.in_new_epoch()).await?;
    // Nothing, if somebody has been quicker: then the next look shows their state.
    if let Some(founded) = link.found(at, &text).await? {
        tracing::error!("redis has lost its state: it was given the one from here");
        replica
            .lock()
            .replace(serde_json::from_str(&text)?, founded);
    }
    Ok(())
}
