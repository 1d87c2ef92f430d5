//! Connection: how it stands.

use crate::{client::RealtimeClient, provider::use_realtime_client, snapshot::use_snapshot};
#[cfg(feature = "tabs")]
use realtime_core::TabRole;
use realtime_core::{
    Client, CloseReason, ConnectionError, ConnectionInfo, ConnectionStatus, Topic,
};
use std::{rc::Rc, time::Duration};
use yew::{html::ImplicitClone, prelude::*};

/// The connection, from [`use_connection`].
#[derive(Clone, Debug, PartialEq)]
pub struct UseConnectionHandle {
    client: RealtimeClient,
    info: Rc<ConnectionInfo>,
    unknown_channels: usize,
    #[cfg(feature = "tabs")]
    tab: (TabRole, usize),
    reconnect: Callback<()>,
}

impl ImplicitClone for UseConnectionHandle {}

impl UseConnectionHandle {
    /// Connecting, connected, reconnecting or disconnected. Connecting also on a server and in the
    /// first render, before the provider has begun.
    #[must_use]
    pub fn status(&self) -> ConnectionStatus {
        match self.info.status {
            ConnectionStatus::Disconnected if self.info.close_reason.is_none() => {
                ConnectionStatus::Connecting
            }
            status => status,
        }
    }

    /// Whether messages flow.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.info.status == ConnectionStatus::Connected
    }

    /// Of how many channels nobody knows whether their events arrive, although the connection
    /// stands: the server has not answered their subscription, and none of their events has come.
    /// What they feed says [`Liveness::Unknown`](realtime_core::Liveness::Unknown).
    #[must_use]
    pub const fn unknown_channels(&self) -> usize {
        self.unknown_channels
    }

    /// What this tab is to the app's others, if they [share a socket](crate::RealtimeOptions::with_tabs).
    /// Alone also before the provider has begun. Feature `tabs`.
    #[cfg(feature = "tabs")]
    #[must_use]
    pub const fn tab_role(&self) -> TabRole {
        self.tab.0
    }

    /// How many tabs share the socket, this one included: 1 where it is alone. Feature `tabs`.
    #[cfg(feature = "tabs")]
    #[must_use]
    pub const fn tab_count(&self) -> usize {
        self.tab.1
    }

    /// How many attempts were begun since the last healthy link; 0 while connected.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.info.attempt
    }

    /// How long until the next attempt, as of now; `None` if none is waited for. It does not
    /// render again as it shrinks: [`ConnectionIndicator`](crate::components::ConnectionIndicator) has a
    /// countdown.
    #[must_use]
    pub fn retry_in(&self) -> Option<Duration> {
        self.info
            .retry_at
            .map(|at| at.saturating_since(self.client.now()))
    }

    /// How long the status has been what it is, as of now.
    #[must_use]
    pub fn since(&self) -> Duration {
        self.client.now().saturating_since(self.info.since)
    }

    /// Whether the link has been missing for so long (5 s by default) that people should be told.
    /// Before that, most interruptions are over before anyone notices.
    #[must_use]
    pub fn trouble(&self) -> bool {
        self.info.trouble
    }

    /// What went wrong last; `None` once connected.
    #[must_use]
    pub fn error(&self) -> Option<&ConnectionError> {
        self.info.last_error.as_ref()
    }

    /// Why the client does not reconnect by itself, if so.
    #[must_use]
    pub fn close_reason(&self) -> Option<&CloseReason> {
        self.info.close_reason.as_ref()
    }

    /// How long the server took to answer the last ping.
    #[must_use]
    pub fn round_trip(&self) -> Option<Duration> {
        self.info.round_trip
    }

    /// Tries again now, whatever the state.
    pub fn reconnect(&self) {
        self.client.reconnect();
    }

    /// Closes the connection; it stays closed until [`reconnect`](Self::reconnect).
    pub fn disconnect(&self) {
        self.client.disconnect();
    }

    /// [`reconnect`](Self::reconnect) as a callback that is the same in every render.
    #[must_use]
    pub fn reconnect_callback(&self) -> Callback<()> {
        self.reconnect.clone()
    }
}

/// How the connection stands; renders again when that changes.
///
/// ```
/// use realtime_yew::prelude::*;
/// use yew::prelude::*;
///
/// #[component]
/// fn Banner() -> Html {
///     let connection = use_connection();
///     let onclick = {
///         let connection = connection.clone();
///         move |_| connection.reconnect()
///     };
///     html! {
///         <div role="status">
///             if connection.trouble() {
///                 { "You are offline. " }
///                 <button {onclick}>{ "Try again" }</button>
///             }
///         </div>
///     }
/// }
/// ```
#[hook]
pub fn use_connection() -> UseConnectionHandle {
    let client = use_realtime_client();
    let (info, unknown_channels) = {
        let reader = client.clone();
        let source = client.clone();
        use_snapshot(
            &client,
            (),
            move || {
                let unknown = reader.read(Client::unknown_channels);
                (Rc::new(reader.connection()), unknown.unwrap_or_default())
            },
            move |changed| Box::new(source.subscribe(vec![Topic::Connection], changed)),
        )
    };
    #[cfg(feature = "tabs")]
    let tab = {
        let (reader, source) = (client.clone(), client.clone());
        use_snapshot(
            &client,
            (),
            move || reader.tab(),
            move |changed| Box::new(source.subscribe(vec![Topic::Connection], changed)),
        )
    };
    let reconnect = use_memo(client.clone(), |client| {
        let client = client.clone();
        Callback::from(move |()| client.reconnect())
    });
    UseConnectionHandle {
        client,
        info,
        unknown_channels,
        #[cfg(feature = "tabs")]
        tab,
        reconnect: (*reconnect).clone(),
    }
}
