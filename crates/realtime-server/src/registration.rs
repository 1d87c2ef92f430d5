//! Registration: a socket's entry in the hub.

use crate::{ConnectionId, Hub, outbox::Outbox, replica::Pending};
use std::sync::Arc;

/// A socket's entry in the hub, taken back in whatever way its task ends.
#[derive(Debug)]
pub(crate) struct Registration {
    pub(crate) hub: Hub,
    pub(crate) connection: ConnectionId,
}

impl Registration {
    pub(crate) fn new(hub: &Hub, outbox: &Arc<Outbox>) -> Self {
        hub.keep_house();
        let connection = hub.lock().connections.add(Arc::clone(outbox));
        tracing::debug!(connection = connection.0, "socket opened");
        Self {
            hub: hub.clone(),
            connection,
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let departed = self.hub.lock().disconnect(self.connection);
        if let Some(change) = departed {
            self.hub.submit(change, Pending::nobody());
        }
        tracing::debug!(connection = self.connection.0, "socket closed");
    }
}
