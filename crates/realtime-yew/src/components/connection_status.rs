//! The connection, in words.

use crate::{
    hooks::{use_connection, use_tick},
    provider::use_realtime_client,
};
use realtime_core::{CloseReason, ConnectionStatus as Status};
use yew::prelude::*;

/// What a [`ConnectionStatus`] is told.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct ConnectionStatusProps {
    /// More class names for the outer element.
    #[prop_or_default]
    pub class: Classes,
}

/// Says in words how the connection stands, counts down to the next attempt, and offers to try
/// now. Where the connection stands but a subscription was not answered, it says that updates are
/// uncertain.
/// Where a token was refused for good it says "Sign in again".
///
/// ```
/// use realtime_yew::prelude::*;
/// use yew::prelude::*;
///
/// #[component]
/// fn Header() -> Html {
///     html! { <header><ConnectionStatus /></header> }
/// }
/// ```
#[component]
pub fn ConnectionStatus(props: &ConnectionStatusProps) -> Html {
    let client = use_realtime_client();
    let connection = use_connection();
    let retry_in = connection.retry_in();
    use_tick(&client, retry_in.is_some());
    let uncertain = connection.is_connected() && connection.unknown_channels() > 0;
    let reason = connection.close_reason();
    let is_unauthorized = matches!(reason, Some(CloseReason::Unauthorized { .. }));
    let (word, label) = match connection.status() {
        Status::Connecting => ("connecting", "Connecting…"),
        Status::Connected if uncertain => ("connected", "Connected, updates uncertain"),
        Status::Connected => ("connected", "Connected"),
        Status::Reconnecting => ("reconnecting", "Reconnecting…"),
        Status::Disconnected if is_unauthorized => ("disconnected", "Sign in again"),
        Status::Disconnected => ("disconnected", "Disconnected"),
    };
    // The countdown stands outside the live region: nobody wants to hear it each second.
    let retry = retry_in.map(|wait| format!("next try in {} s", wait.as_millis().div_ceil(1_000)));
    let onclick = connection.reconnect_callback().reform(|_: MouseEvent| ());
    let class = classes!(
        "rt-connection",
        format!("rt-connection--{word}"),
        uncertain.then_some("rt-connection--uncertain"),
        connection.trouble().then_some("rt-connection--trouble"),
        is_unauthorized.then_some("rt-connection--unauthorized"),
        props.class.clone(),
    );
    html! {
        <div {class} data-status={word}>
            <span class="rt-connection__dot" aria-hidden="true"></span>
            <span class="rt-connection__label" role="status">{ label }</span>
            <span class="rt-connection__retry">{ retry }</span>
            <button
                class="rt-connection__button"
                type="button"
                hidden={connection.is_connected() || connection.status() == Status::Connecting}
                {onclick}
            >
                { "Reconnect" }
            </button>
        </div>
    }
}
