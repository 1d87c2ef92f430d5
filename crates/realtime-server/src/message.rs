//! Message: what a client sends to the app.

use crate::{ConnectionId, Hub, Position, PublishError, Refusal, Visitor, replica::Peer};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

/// Asks for what a client lacks of a shared text. Whoever may follow the channel may ask, and gets what is there now, also
/// when they ask a second time.
pub(crate) const TEXT_SYNC: &str = "text:sync";

/// What a client sends to the app; [`HubBuilder::on_message`](crate::HubBuilder::on_message) does what it asks for.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Message {
    /// Who sends it.
    pub visitor: Visitor,
    /// The socket that it came on.
    pub connection: ConnectionId,
    /// What it is called.
    pub event: String,
    /// The channel that it names, on which its sender [may send](crate::Right::Send).
    pub channel: Option<String>,
    /// Its id, if its sender wants an answer, or wants to know its echo.
    pub id: Option<String>,
    pub(crate) data: Box<RawValue>,
    pub(crate) hub: Hub,
}

impl Message {
    /// The data in the type that the event has.
    ///
    /// # Errors
    /// `invalid_data`, when it is not of this type.
    pub fn data<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        serde_json::from_str(self.data.get())
            .map_err(|error| Refusal::invalid(format!("{} has wrong data: {error}", self.event)))
    }

    /// The data as it came, `null` if there was none.
    #[must_use]
    pub fn raw_data(&self) -> &str {
        self.data.get()
    }

    /// The channel.
    ///
    /// # Errors
    /// `invalid_data`, when the message names none.
    pub fn channel(&self) -> Result<&str, Refusal> {
        self.channel
            .as_deref()
            .ok_or_else(|| Refusal::invalid(format!("{} needs a channel", self.event)))
    }

    /// The hub that it came to.
    #[must_use]
    pub fn hub(&self) -> &Hub {
        &self.hub
    }

    /// The name of its socket among those of all processes that share the hub.
    #[must_use]
    pub fn peer(&self) -> Peer {
        self.hub.lock().connections.peer(self.connection)
    }

    /// Publishes what the message has caused, under its id, by which its sender knows the echo.
    ///
    /// # Errors
    /// [`PublishError`]; nothing has happened then.
    pub fn publish(
        &self,
        channel: &str,
        event: &str,
        data: &(impl Serialize + ?Sized),
    ) -> Result<Position, PublishError> {
        self.hub
            .publish_because(self.id.as_deref(), channel, event, data)
    }
}

impl From<PublishError> for Refusal {
    /// What the app publishes is the app's mistake, not the client's.
    fn from(error: PublishError) -> Self {
        tracing::error!(%error, "an event could not be published");
        Self::internal()
    }
}
