//! Page that a server renders once, for one request.

use super::{
    collected::Collected,
    fetching::Fetching,
    page_seeds::{End, Identity, PageSeeds},
    script,
};
use crate::{client::RealtimeClient, error::PageError, runtime::wall_clock};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// One page that a server renders, for one request: a limit in time for what its hooks fetch, and what
/// they have fetched.
///
/// Make a new one for each request, or one user is sent what another may see. Give its
/// [`seeds`](Self::seeds) to the [`RealtimeProvider`](crate::RealtimeProvider), and put its
/// [`script`](Self::script) at the end of the page's body once the page is rendered. The provider makes a
/// client that no other page shares, and never connects it.
///
/// [`use_realtime_query_suspense`](crate::use_realtime_query_suspense) and
/// [`use_realtime_list_suspense`](crate::use_realtime_list_suspense) fetch on a server, where their options
/// say `with_seed()`. Other hooks show their initial data, or that they are loading.
///
/// What is not fetched in time, and what fails, is rendered as loading and fetched by the browser. An error
/// is logged and counted, and is not in the page.
///
/// ```
/// use realtime_yew::{PageSeeds, ServerPage, prelude::*};
/// use yew::prelude::*;
///
/// #[derive(Clone, PartialEq, Properties)]
/// struct AppProps { seeds: PageSeeds }
///
/// #[component]
/// fn App(props: &AppProps) -> Html {
///     html! {
///         <RealtimeProvider url="/ws" seeds={props.seeds.clone()}>
///             <main>{ "…" }</main>
///         </RealtimeProvider>
///     }
/// }
///
/// # #[cfg(not(target_arch = "wasm32"))]
/// async fn index() -> String {
///     let page = ServerPage::new();
///     let seeds = page.seeds();
///     let app = yew::ServerRenderer::<App>::with_props(move || AppProps { seeds });
///     let body = app.render().await;
///     format!("<!doctype html><body>{body}{}</body>", page.script())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct ServerPage {
    identity: Identity,
    limits: Limits,
    collected: Arc<Mutex<Collected>>,
}

/// What rendering a page may cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) time_budget: Duration,
    pub(super) max_bytes: usize,
}

/// What a page fetched, and what it is sent without.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerPageStats {
    /// Queries and lists whose data is in the page and its script.
    pub seeds: usize,
    /// What these take in the script, in bytes.
    pub bytes: usize,
    /// Fetches that did not end in time, or were not begun as there was none left.
    pub late: usize,
    /// Fetches that failed, or brought what does not turn into JSON.
    pub failed: usize,
    /// Queries and lists that were fetched, but were too large for the page.
    pub oversized: usize,
    /// Queries and lists that suspend without `with_seed()`, which are not fetched on a server.
    pub unseeded: usize,
}

impl Default for ServerPage {
    fn default() -> Self {
        Self::new()
    }
}

impl ServerPage {
    /// A page for one request.
    #[must_use]
    pub fn new() -> Self {
        Self {
            identity: Identity::default(),
            limits: Limits {
                time_budget: Duration::from_secs(1),
                max_bytes: 1 << 20,
            },
            collected: Arc::default(),
        }
    }

    /// Waits at most this long for everything that the page fetches, from the provider's first render on.
    /// Default: one second.
    #[must_use]
    pub const fn with_time_budget(mut self, budget: Duration) -> Self {
        self.limits.time_budget = budget;
        self
    }

    /// Hands over at most so many bytes of JSON. What does not fit is rendered as loading and fetched by
    /// the browser. Default: 1 MiB.
    #[must_use]
    pub const fn with_max_bytes(mut self, bytes: usize) -> Self {
        self.limits.max_bytes = bytes;
        self
    }

    /// Names the build of the app: a page is not taken over by a module of
    /// [another one](PageSeeds::with_build). Default: none.
    #[must_use]
    pub fn with_build(mut self, build: impl Into<String>) -> Self {
        self.identity.build = build.into();
        self
    }

    /// Names the user whose page this is, which stands in the page: what was fetched for one is not shown
    /// to [another](PageSeeds::with_user). Default: none.
    #[must_use]
    pub fn with_user(mut self, user: impl Into<String>) -> Self {
        self.identity.user = user.into();
        self
    }

    /// What to give the provider.
    #[must_use]
    pub fn seeds(&self) -> PageSeeds {
        PageSeeds::of(Arc::new(ServerEnd(self.clone())))
    }

    /// A `<script type="application/json">` with what was fetched: the page's end of it, to be put at the
    /// end of the body, outside of what Yew has rendered. Call it when the page has been rendered; with
    /// yew's `render_stream`, at the end of the stream.
    ///
    /// It holds data and runs nothing, so no content security policy minds it, and nothing in it can end
    /// it early.
    #[must_use]
    pub fn script(&self) -> String {
        script::write(&self.identity, wall_clock(), &self.collected().texts)
    }

    /// What the page fetched, and what it is sent without.
    #[must_use]
    pub fn stats(&self) -> ServerPageStats {
        self.collected().stats
    }

    fn collected(&self) -> MutexGuard<'_, Collected> {
        // What is in it is whole after each step.
        self.collected
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a provider on a server does with its page.
struct ServerEnd(ServerPage);

impl End for ServerEnd {
    fn begin(&self, client: &RealtimeClient) {
        let ServerPage {
            limits, collected, ..
        } = &self.0;
        Fetching::begin(client, Some((*limits, Arc::clone(collected))));
    }

    fn error(&self) -> Option<PageError> {
        None
    }

    /// The page has said so itself.
    fn name(&self, _: &dyn Fn(&mut Identity)) {}
}
