//! Shown: what goes in and out, for logs. Tokens, addresses and payloads are not.

use super::{ClientOptions, Input, Output, ReceivedEvent};
use crate::excerpt::{Address, Size};
use std::{
    fmt::{Debug, Formatter, Result},
    rc::Rc,
};

/// The size of what went well, or what went wrong.
fn size<E>(result: &std::result::Result<Rc<str>, E>) -> std::result::Result<Size, &E> {
    result.as_ref().map(|data| Size(data.len()))
}

impl Debug for Input<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Token { generation, result } => {
                let has_token = result.as_ref().map(Option::is_some);
                let mut shown = f.debug_struct("Token");
                shown.field("generation", generation);
                shown.field("has_token", &has_token).finish()
            }
            Self::Opened { generation } => {
                let mut shown = f.debug_struct("Opened");
                shown.field("generation", generation).finish()
            }
            Self::AddressRefused { generation, error } => {
                let mut shown = f.debug_struct("AddressRefused");
                shown.field("generation", generation);
                shown.field("error", error).finish()
            }
            Self::Frame { generation, frame } => {
                let mut shown = f.debug_struct("Frame");
                shown.field("generation", generation);
                shown.field("frame", frame).finish()
            }
            Self::Closed {
                generation,
                code,
                reason,
                was_clean,
            } => {
                let mut shown = f.debug_struct("Closed");
                shown.field("generation", generation);
                shown.field("code", code).field("reason", reason);
                shown.field("was_clean", was_clean).finish()
            }
            Self::FetchFinished { fetch, result } => {
                let mut shown = f.debug_struct("FetchFinished");
                shown.field("fetch", fetch).field("result", result).finish()
            }
            Self::MutationFinished { mutation, result } => {
                let mut shown = f.debug_struct("MutationFinished");
                shown.field("mutation", mutation);
                shown.field("result", &size(result)).finish()
            }
            Self::Timeout => f.write_str("Timeout"),
            Self::Visible(visible) => f.debug_tuple("Visible").field(visible).finish(),
            Self::Online(online) => f.debug_tuple("Online").field(online).finish(),
            Self::PageHide => f.write_str("PageHide"),
            Self::PageShow => f.write_str("PageShow"),
            Self::Activity => f.write_str("Activity"),
            Self::Blocked(blocked) => f.debug_tuple("Blocked").field(blocked).finish(),
            Self::Store(event) => f.debug_tuple("Store").field(event).finish(),
        }
    }
}

impl Debug for Output {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::RequestToken { generation } => {
                let mut shown = f.debug_struct("RequestToken");
                shown.field("generation", generation).finish()
            }
            Self::Connect {
                generation,
                url,
                protocols,
            } => {
                let mut shown = f.debug_struct("Connect");
                shown.field("generation", generation);
                shown.field("url", &Address(url));
                shown.field("protocols", &protocols.len()).finish()
            }
            Self::Transmit { generation, frame } => {
                let mut shown = f.debug_struct("Transmit");
                shown.field("generation", generation);
                shown.field("frame", frame).finish()
            }
            Self::Close {
                generation,
                code,
                reason,
            } => {
                let mut shown = f.debug_struct("Close");
                shown.field("generation", generation);
                shown.field("code", code).field("reason", reason).finish()
            }
            Self::StartFetch { fetch, key } => {
                let mut shown = f.debug_struct("StartFetch");
                shown.field("fetch", fetch).field("key", key).finish()
            }
            Self::CancelFetch { fetch } => {
                f.debug_struct("CancelFetch").field("fetch", fetch).finish()
            }
            Self::Event { listener, event } => {
                let mut shown = f.debug_struct("Event");
                shown.field("listener", listener);
                shown.field("event", event).finish()
            }
            Self::Settled { send, result } => {
                let mut shown = f.debug_struct("Settled");
                shown.field("send", send);
                shown.field("result", &size(result)).finish()
            }
            Self::StartMutation { mutation, id, data } => {
                let mut shown = f.debug_struct("StartMutation");
                shown.field("mutation", mutation).field("id", id);
                shown.field("data", &Size(data.len())).finish()
            }
            Self::Store(command) => f.debug_tuple("Store").field(command).finish(),
            Self::Mutation { mutation, event } => {
                let mut shown = f.debug_struct("Mutation");
                shown.field("mutation", mutation);
                shown.field("event", event).finish()
            }
            Self::Presence { channel, event } => {
                let mut shown = f.debug_struct("Presence");
                shown.field("channel", channel);
                shown.field("event", event).finish()
            }
            #[cfg(feature = "tabs")]
            Self::Tabs(said) => f.debug_tuple("Tabs").field(said).finish(),
            Self::Fault(fault) => f.debug_tuple("Fault").field(fault).finish(),
        }
    }
}

impl Debug for ReceivedEvent {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.debug_struct("ReceivedEvent")
            .field("event", &self.event)
            .field("channel", &self.channel)
            .field("data", &Size(self.data.len()))
            .field("position", &self.position)
            .field("id", &self.id)
            .finish()
    }
}

impl Debug for ClientOptions {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.debug_struct("ClientOptions")
            .field("url", &Address(&self.url))
            .field("connection", &self.connection)
            .field("channels", &self.channels)
            .field("outbox", &self.outbox)
            .field("queries", &self.queries)
            .field("mutations", &self.mutations)
            .field("max_listeners", &self.max_listeners)
            .finish_non_exhaustive()
    }
}
