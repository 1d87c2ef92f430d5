//! A banner for when there has been no connection for a while.

use realtime_yew::prelude::*;
use yew::prelude::*;

/// Says that what is shown may be old. It stays silent for the first seconds, as most
/// interruptions are over by then.
#[component]
pub(crate) fn OfflineBanner() -> Html {
    let connection = use_connection();
    let is_offline = connection.trouble() || connection.status() == ConnectionStatus::Disconnected;
    let retry = connection.reconnect_callback().reform(|_: MouseEvent| ());
    html! {
        <div class="offline-region" role="status">
            if is_offline {
                <div class="offline" data-testid="offline">
                    <p>
                        { "You are offline. What you see may be out of date; " }
                        { "it catches up by itself." }
                    </p>
                    <button class="button" type="button" onclick={retry}>{ "Try now" }</button>
                </div>
            }
        </div>
    }
}
