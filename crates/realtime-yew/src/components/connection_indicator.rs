//! Connection indicator: how the connection stands, in words.

use crate::{
    client::RealtimeClient, hooks::use_connection, provider::use_realtime_client, runtime::Timer,
};
use realtime_core::{CloseReason, ConnectionStatus};
use std::{
    cell::OnceCell,
    rc::{Rc, Weak},
    time::Duration,
};
use yew::prelude::*;

const SECOND: Duration = Duration::from_secs(1);

/// What a [`ConnectionIndicator`] is told.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct ConnectionIndicatorProps {
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
///     html! { <header><ConnectionIndicator /></header> }
/// }
/// ```
#[component]
pub fn ConnectionIndicator(props: &ConnectionIndicatorProps) -> Html {
    let client = use_realtime_client();
    let connection = use_connection();
    let retry_in = connection.retry_in();
    use_tick(&client, retry_in.is_some());
    let uncertain = connection.is_connected() && connection.unknown_channels() > 0;
    let reason = connection.close_reason();
    let is_unauthorized = matches!(reason, Some(CloseReason::Unauthorized { .. }));
    let (word, label) = match connection.status() {
        ConnectionStatus::Connecting => ("connecting", "Connecting…"),
        ConnectionStatus::Connected if uncertain => ("connected", "Connected, updates uncertain"),
        ConnectionStatus::Connected => ("connected", "Connected"),
        ConnectionStatus::Reconnecting => ("reconnecting", "Reconnecting…"),
        ConnectionStatus::Disconnected if is_unauthorized => ("disconnected", "Sign in again"),
        ConnectionStatus::Disconnected => ("disconnected", "Disconnected"),
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
                hidden={connection.is_connected() || connection.status() == ConnectionStatus::Connecting}
                {onclick}
            >
                { "Reconnect" }
            </button>
        </div>
    }
}

/// Renders the component each second while `active`.
#[hook]
fn use_tick(client: &RealtimeClient, active: bool) {
    let trigger = use_force_update();
    use_effect_with((client.clone(), active), move |(client, active)| {
        let ticking = active.then(|| {
            let ticking = Rc::new_cyclic(|me: &Weak<OnceCell<Box<dyn Timer>>>| {
                let (me, rung) = (me.clone(), client.clone());
                let timer = client.timer(Rc::new(move || {
                    if let Some(timer) = me.upgrade() {
                        arm(&timer, &rung);
                        trigger.force_update();
                    }
                }));
                OnceCell::from(timer)
            });
            arm(&ticking, client);
            ticking
        });
        move || drop(ticking)
    });
}

fn arm(timer: &OnceCell<Box<dyn Timer>>, client: &RealtimeClient) {
    if let Some(timer) = timer.get() {
        timer.arm(Some(client.now() + SECOND));
    }
}
