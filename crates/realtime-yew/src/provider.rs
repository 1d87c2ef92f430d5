//! Provider of a client for all components below.

use crate::{client::RealtimeClient, options::RealtimeOptions, session::Session, ssr::PageSeeds};
use std::{fmt, rc::Rc};
use yew::{prelude::*, virtual_dom::VText};

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
    /// Shown in place of the app while what was kept over page loads is being read: some milliseconds,
    /// and two seconds at most. Default: nothing.
    #[prop_or_else(nothing)]
    pub fallback: Html,
    /// Whether the app is shown only once what was kept over page loads has been read, so that the rows are
    /// there in its first frame. A page that a server has rendered and that takes `seeds` over is shown at
    /// once; say no where it is taken over without. Looked at when a client is made. Default: yes.
    #[prop_or(true)]
    pub wait_for_store: bool,
    /// The app.
    #[prop_or_default]
    pub children: Html,
}

/// An empty text, as Yew may crash on a component that renders nothing at all.
fn nothing() -> Html {
    VText::new("").into()
}

/// By what makes another client, or another page: options and seeds are looked at when a client is made.
impl PartialEq for RealtimeProviderProps {
    fn eq(&self, other: &Self) -> bool {
        self.url == other.url
            && self.session == other.session
            && self.client == other.client
            && self.fallback == other.fallback
            && self.wait_for_store == other.wait_for_store
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
/// [signed out](RealtimeClient::sign_out), and handles on it do no harm. What is kept over page loads
/// ([`with_persist`](RealtimeOptions::with_persist)) goes with its session; it stays where the provider
/// only unmounts, or another `url` is given. A client that the app gives
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
    // How many clients there were, and whose the newest is.
    let latest = use_mut_ref(|| (0_u64, Session::default()));
    let whose = (
        props.url.clone(),
        props.session.clone(),
        props.client.clone(),
    );
    let made = use_memo(whose, |(url, session, given)| {
        let number = latest.borrow().0 + 1;
        latest.replace((number, session.clone()));
        if let Some(client) = given {
            // Now, and not once it is shown: this very render may read what it holds.
            client.serve(session);
        }
        let client = given
            .clone()
            .unwrap_or_else(|| RealtimeClient::new(url, props.options.clone()));
        if number == 1 {
            // Before anything below renders.
            props.seeds.begin(&client);
        }
        client.keep(session);
        #[cfg(feature = "tabs")]
        client.share(session);
        Made {
            number,
            is_ours: given.is_none(),
            // What is taken over from a server is there already.
            waits: props.wait_for_store && !client.runtime().first_pass().is_on(),
            session: session.clone(),
            client,
        }
    });
    use_effect_with(Rc::clone(&made), move |made| {
        made.client.runtime().first_pass().end();
        made.client.connect();
        let made = Rc::clone(made);
        move || {
            if !made.is_ours {
                return;
            }
            if latest.borrow().1 == made.session {
                // The page goes on without it; the user has not signed out.
                made.client.close();
            } else {
                made.client.sign_out();
            }
        }
    });
    let app = match made.waits {
        true => made.client.gate(&props.fallback, &props.children),
        false => props.children.clone(),
    };
    html! {
        <ContextProvider<RealtimeClient> key={made.number} context={made.client.clone()}>
            { app }
        </ContextProvider<RealtimeClient>>
    }
}

/// The client of one session.
struct Made {
    client: RealtimeClient,
    session: Session,
    is_ours: bool,
    /// Whether the app is shown only once the store has been read.
    waits: bool,
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
