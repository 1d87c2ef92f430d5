//! Writer of the log: sends commands into it.

use crate::{Machine, Replica, StoreError, link::Link, log::Sending};
use std::convert::Infallible;

/// Sends what waits, in its order. `sending` is what an earlier link may not have brought there; it is sent again until
/// it is known to have arrived. An entry that arrives twice counts once.
pub(crate) async fn write<M: Machine>(
    replica: &Replica<M>,
    link: &Link,
    sending: &mut Vec<Sending>,
) -> Result<Infallible, StoreError> {
    let Some((node, wake)) = replica.lock().sender() else {
        return Err(StoreError::Gone);
    };
    loop {
        if sending.is_empty() {
            *sending = replica.lock().take_sendings();
        }
        if sending.is_empty() {
            wake.notified().await;
            continue;
        }
        link.append(&node, sending).await?;
        sending.clear();
        replica.lock().arrived();
    }
}
