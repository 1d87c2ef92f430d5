//! Writer of the log: sends commands into it.

use super::{error::StoreError, link::Link};
use crate::{hub::Hub, log::Sending};
use std::convert::Infallible;

/// Sends what waits, in its order. `sending` is what an earlier link may not have brought there; it is sent again until
/// it is known to have arrived. An entry that arrives twice counts once.
pub(super) async fn write(
    hub: &Hub,
    link: &Link,
    sending: &mut Vec<Sending>,
) -> Result<Infallible, StoreError> {
    let Some((node, wake)) = hub.lock().sender() else {
        return Err(StoreError::Gone);
    };
    loop {
        if sending.is_empty() {
            *sending = hub.lock().take_sendings();
        }
        if sending.is_empty() {
            wake.notified().await;
            continue;
        }
        link.append(&node, sending).await?;
        sending.clear();
        hub.lock().arrived();
    }
}
