//! Access: what somebody asks to do on a channel.

use crate::{Refusal, Visitor};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

/// What may be done on a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Right {
    /// To be sent its events.
    Follow,
    /// To send messages on it.
    Send,
    /// To be seen in it: presence and typing.
    Appear,
}

/// What somebody asks to do on a channel; [`HubBuilder::authorize`](crate::HubBuilder::authorize) decides it.
///
/// It is asked for every subscription, message, announcement and start of typing, so a right that was taken away counts
/// from the next one on; [`Hub::sign_out`](crate::Hub::sign_out) ends what somebody follows already.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Access {
    /// Who asks.
    pub visitor: Visitor,
    /// What for.
    pub right: Right,
    /// On which channel: a text of 1 to 128 bytes that the client chose.
    pub channel: String,
    /// The token of its own that a `subscribe` brought for this channel.
    pub token: Option<String>,
    pub(crate) params: Option<Box<RawValue>>,
}

impl Access {
    /// The `params` that a `subscribe` brought, any JSON that the app understands; `null` if it brought none.
    ///
    /// # Errors
    /// `invalid_data`, when they are not of this type.
    pub fn params<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        let text = self.params.as_deref().map_or("null", RawValue::get);
        serde_json::from_str(text)
            .map_err(|error| Refusal::invalid(format!("subscribe has wrong params: {error}")))
    }
}
