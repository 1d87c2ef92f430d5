//! Options of the hook on a shared text.

use super::shared::Shared;
use crate::{UPDATE, UpdatePayload};
use realtime_yew::prelude::{Patch, SubscribeOptions, UseRealtimeQueryOptions};

/// How a shared text is followed and kept. By default: it is followed, and kept nowhere.
#[derive(Clone, Debug, PartialEq)]
pub struct UseSharedTextOptions {
    is_enabled: bool,
    subscribe: SubscribeOptions,
    keep: Option<Keep>,
}

/// Where a document is kept beside the page, and what says so: by a pointer, so that only those pages carry it that do.
#[derive(Clone, Copy, Debug)]
struct Keep {
    name: &'static str,
    keep: fn(UseRealtimeQueryOptions<Shared>) -> UseRealtimeQueryOptions<Shared>,
}

impl PartialEq for Keep {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Default for UseSharedTextOptions {
    fn default() -> Self {
        Self {
            is_enabled: true,
            subscribe: SubscribeOptions::default(),
            keep: None,
        }
    }
}

impl UseSharedTextOptions {
    /// Pauses with `false`: nothing is fetched or subscribed. Default `true`.
    #[must_use]
    pub const fn with_enabled(mut self, enabled: bool) -> Self {
        self.is_enabled = enabled;
        self
    }

    /// Asks for the channel with params, with a token of its own, or with both.
    #[must_use]
    pub fn with_subscribe(mut self, subscribe: SubscribeOptions) -> Self {
        self.subscribe = subscribe;
        self
    }

    /// Lets the document be taken along to another place, such as another tab of the app, with what was not sent.
    #[must_use]
    pub const fn with_seed(mut self) -> Self {
        self.keep = Some(Keep {
            name: "seed",
            keep: UseRealtimeQueryOptions::with_seed,
        });
        self
    }

    /// Keeps the document over page loads, with what was not sent, if the client keeps anything
    /// ([`RealtimeOptions::with_persist`](realtime_yew::RealtimeOptions::with_persist)). Feature `persist`.
    #[cfg(feature = "persist")]
    #[must_use]
    pub const fn with_persist(mut self) -> Self {
        self.keep = Some(Keep {
            name: "disk",
            keep: UseRealtimeQueryOptions::with_persist,
        });
        self
    }

    /// As options of a record that events of this channel change.
    pub(super) fn into_query(self, channel: &str) -> UseRealtimeQueryOptions<Shared> {
        let patch = Patch::reduce_as(|event: UpdatePayload, shared: Option<&Shared>| {
            shared.and_then(|shared| shared.receive(&event))
        });
        let query = UseRealtimeQueryOptions::default()
            .with_enabled(self.is_enabled)
            .with_channel(channel)
            .with_subscribe(self.subscribe)
            // Updates may come twice, and in any order.
            .with_binding(UPDATE, Some(channel), patch.idempotent());
        match self.keep {
            Some(keep) => (keep.keep)(query),
            None => query,
        }
    }
}
