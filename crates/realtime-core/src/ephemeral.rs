//! Ephemeral messages: what presence and typing ask to have sent.

use crate::object::ObjectWriter;

/// One ephemeral event to send on a channel: the server keeps none of it and replays none of it.
///
/// A roster or a typing room hands these out; whoever owns the socket puts them in an envelope.
/// They are only ever made while the link is up, and none is worth keeping when it goes down: both
/// machines say what is then true once the link is back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ephemeral {
    /// The event's name, such as `presence:announce`.
    pub event: &'static str,
    /// The event's data, as JSON text.
    pub data: String,
}

impl Ephemeral {
    pub(crate) fn new(event: &'static str, data: ObjectWriter) -> Self {
        let data = data.end();
        Self { event, data }
    }
}
