//! Provider of a client for all components below.

use crate::{client::RealtimeClient, options::RealtimeOptions, session::Session, ssr::PageSeeds};
use std::{fmt, rc::Rc};
use yew::prelude::*;

/// What a [`RealtimeProvider`] is told. Its `Debug` does not show the URL, which may hold a token.
#[derive(Clone, Properties)]
pub struct RealtimeProviderProps {
    /// Where the server is, such as `/ws`. A relative URL is taken against the page's; `http` and
    /// `https` become `ws` and `wss`. Another URL makes another client. Not needed with `client`.
    #[prop_or_default]
    pub url: AttrValue,
    /// Who is signed in. Another session is another client, with a cache, a socket and an outbox of
    /// its own. Default: always the same.
    #[prop_or_default]
    pub session: Session,
    /// How the client behaves. Only those of its first render count.
    #[prop_or_default]
    pub options: RealtimeOptions,
    /// A client that the app has made itself. The provider then connects it, but leaves it
    /// connected when it unmounts. Where it comes with another `session` than the last time, in this
    /// provider or a later one, it is [signed out](RealtimeClient::sign_out) first; without a
    /// `session`, that is for the app to do.
    #[prop_or_default]
    pub client: Option<RealtimeClient>,
    /// What a page that a server renders takes along for the browser. Only those of its first render
    /// count. Default: nothing.
    #[prop_or_default]
    pub seeds: PageSeeds,
    /// The app.
    #[prop_or_default]
    pub children: Html,
}

/// By what makes another client, or another page: options and seeds are looked at when a client is made.
impl PartialEq for RealtimeProviderProps {
    fn eq(&self, other: &Self) -> bool {
        self.url == other.url
            && self.session == other.session
            && self.client == other.client
            && self.children == other.children
    }
}

impl fmt::Debug for RealtimeProviderProps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RealtimeProviderProps")
            .field("session", &self.session)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// Gives a [`RealtimeClient`] to all components below, and connects it once mounted.
///
/// Nothing connects while a server renders the page. When the provider unmounts, the client it
/// made leaves all rooms and closes its connection.
///
/// Another `url`, `session` or `client` is another client. The components below are then mounted
/// anew, so that nothing which they keep for themselves outlives the change either: not one render
/// shows data of the last session. The client of the last session is
/// [signed out](RealtimeClient::sign_out), and handles on it do no harm. A client that the app gives
/// for one session and then for another serves both, one after the other.
///
/// ```
/// use realtime_yew::prelude::*;
/// use yew::prelude::*;
///
/// #[component]
/// fn App() -> Html {
///     html! {
///         <RealtimeProvider url="/ws">
///             <ConnectionIndicator />
///         </RealtimeProvider>
///     }
/// }
/// ```
#[component]
pub fn RealtimeProvider(props: &RealtimeProviderProps) -> Html {
    let count = use_mut_ref(|| 0_u64);
    let whose = (
        props.url.clone(),
        props.session.clone(),
        props.client.clone(),
    );
    let made = use_memo(whose, |(url, session, given)| {
        *count.borrow_mut() += 1;
        if let Some(client) = given {
            // Now, and not once it is shown: this very render may read what it holds.
            client.serve(session);
        }
        let made = Made {
            number: *count.borrow(),
            is_ours: given.is_none(),
            client: given
                .clone()
                .unwrap_or_else(|| RealtimeClient::new(url, props.options.clone())),
        };
        if made.number == 1 {
            // Before anything below renders.
            props.seeds.begin(&made.client);
        }
        made
    });
    use_effect_with(Rc::clone(&made), |made| {
        made.client.runtime().first_pass().end();
        made.client.connect();
        let ours = made.is_ours.then(|| made.client.clone());
        move || {
            if let Some(client) = ours {
                client.sign_out();
            }
        }
    });
    html! {
        <ContextProvider<RealtimeClient> key={made.number} context={made.client.clone()}>
            { props.children.clone() }
        </ContextProvider<RealtimeClient>>
    }
}

/// The client of one session.
struct Made {
    client: RealtimeClient,
    is_ours: bool,
    /// Tells the trees of different sessions apart: one is not made over into the other.
    number: u64,
}

impl PartialEq for Made {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

/// The client of the nearest [`RealtimeProvider`].
///
/// # Panics
///
/// If there is none above this component. All other hooks of this crate do the same; a component that
/// also works without one asks `use_context::<RealtimeClient>()`.
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
    use_context::<RealtimeClient>().expect(
        "no RealtimeProvider above this component: wrap the app in \
         <RealtimeProvider url=\"/ws\">…</RealtimeProvider>",
    )
}
