//! Reader of the log: carries out what is in it.

use crate::{Machine, Replica, Settings, StoreError, link::Link};
use std::convert::Infallible;
use tokio::time::Instant;

/// Carries out every entry that comes.
///
/// Entries are dropped from the log only with a snapshot, two of which have a gap between them. A process that stalls
/// for longer might read on behind a hole without noticing, so nothing is carried out unless the last entry before was
/// seen in the log within that gap.
pub(crate) async fn read<M: Machine>(
    replica: &Replica<M>,
    link: &Link,
    pace: &Settings,
) -> Result<Infallible, StoreError> {
    let mut checked = Instant::now();
    loop {
        let at = replica.lock().at();
        if checked.elapsed() >= pace.snapshot_gap / 2 {
            let checking = Instant::now();
            if !link.has(at).await? {
                return Err(StoreError::Gone);
            }
            checked = checking;
        }
        let batch = link.read(at, true).await?;
        if checked.elapsed() < pace.snapshot_gap {
            replica.lock().follow(batch);
        }
    }
}
