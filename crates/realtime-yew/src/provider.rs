//! Gives a client to all components below.

use crate::{client::RealtimeClient, options::RealtimeOptions};
use yew::prelude::*;

/// What a [`RealtimeProvider`] is told.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct RealtimeProviderProps {
    /// Where the server is, such as `/ws`. A relative URL is taken against the page's; `http` and
    /// `https` become `ws` and `wss`. Another URL makes another client. Not needed with `client`.
    #[prop_or_default]
    pub url: AttrValue,
    /// How the client behaves. Only those of the first render count.
    #[prop_or_default]
    pub options: RealtimeOptions,
    /// A client that the app has made itself. The provider then connects it, but leaves it
    /// connected when it unmounts.
    #[prop_or_default]
    pub client: Option<RealtimeClient>,
    /// The app.
    #[prop_or_default]
    pub children: Html,
}

/// Gives a [`RealtimeClient`] to all components below, and connects it once mounted.
///
/// Nothing connects while a server renders the page. When the provider unmounts, the client it
/// made leaves all rooms and closes its connection.
///
/// ```
/// use realtime_yew::prelude::*;
/// use yew::prelude::*;
///
/// #[component]
/// fn App() -> Html {
///     html! {
///         <RealtimeProvider url="/ws">
///             <ConnectionStatus />
///         </RealtimeProvider>
///     }
/// }
/// ```
#[component]
pub fn RealtimeProvider(props: &RealtimeProviderProps) -> Html {
    let made = use_memo((props.url.clone(), props.client.clone()), |(url, given)| {
        given.clone().map_or_else(
            || (RealtimeClient::new(url, props.options.clone()), true),
            |client| (client, false),
        )
    });
    let (client, is_ours) = &*made;
    use_effect_with((client.clone(), *is_ours), |(client, is_ours)| {
        client.connect();
        let ours = is_ours.then(|| client.clone());
        move || {
            if let Some(client) = ours {
                client.disconnect();
            }
        }
    });
    html! {
        <ContextProvider<RealtimeClient> context={client.clone()}>
            { props.children.clone() }
        </ContextProvider<RealtimeClient>>
    }
}

/// The client of the nearest [`RealtimeProvider`].
///
/// # Panics
///
/// If there is none above this component. All other hooks of this crate do the same;
/// [`use_optional_realtime_client`] does not.
///
/// ```
/// use realtime_yew::prelude::*;
/// use yew::prelude::*;
///
/// #[component]
/// fn Reload() -> Html {
///     let client = use_realtime_client();
///     html! { <button onclick={move |_| client.invalidate(&key!["stock"])}>{ "Reload" }</button> }
/// }
/// ```
#[hook]
pub fn use_realtime_client() -> RealtimeClient {
    use_optional_realtime_client().expect(
        "no RealtimeProvider above this component: wrap the app in \
         <RealtimeProvider url=\"/ws\">…</RealtimeProvider>",
    )
}

/// The client of the nearest [`RealtimeProvider`], or `None` without one.
#[hook]
pub fn use_optional_realtime_client() -> Option<RealtimeClient> {
    use_context::<RealtimeClient>()
}
