//! Seeds of a page, as its provider takes them: a server's end, or a browser's.

use super::script;
use crate::{
    client::RealtimeClient,
    error::{PageError, RealtimeError},
    runtime::{data_block, wall_clock},
};
use realtime_core::{Client, Fit};
use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What a page brings along of what its server has fetched, for
/// [`RealtimeProvider`](crate::RealtimeProvider). Default: nothing.
///
/// On a server it comes from [`ServerPage::seeds`](crate::ServerPage::seeds), in the browser from
/// [`from_page`](Self::from_page). The provider's first render takes it in, before the components below
/// render. Those then come to the same elements as on the server, fetch nothing, and do not suspend;
/// each channel goes on from where it stood when the server read the data. Where the server cannot say
/// what has happened since, there is one fetch.
///
/// One provider of a page takes it.
///
/// ```
/// use realtime_yew::{PageSeeds, prelude::*};
/// use yew::prelude::*;
///
/// # #[derive(Clone, PartialEq, Properties)]
/// # struct AppProps { seeds: PageSeeds }
/// # #[component]
/// # fn App(props: &AppProps) -> Html {
/// #     html! { <RealtimeProvider url="/ws" seeds={props.seeds.clone()} /> }
/// # }
/// // The page's `main`; yew's feature `hydration` has `hydrate`.
/// fn start() {
///     let seeds = PageSeeds::from_page();
///     let is_current = seeds.error().is_none();
///     let app = yew::Renderer::<App>::with_props(AppProps { seeds });
///     if is_current {
///         app.hydrate();
///     } else {
///         app.render();
///     }
/// }
/// ```
#[derive(Clone, Default)]
pub struct PageSeeds(Option<Arc<dyn End>>);

/// Whose page it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) build: String,
    pub(super) user: String,
}

/// What a provider does with its page's seeds, in its first render. A page without any carries neither.
pub(super) trait End: Send + Sync {
    fn begin(&self, client: &RealtimeClient);

    fn error(&self) -> Option<PageError>;

    /// Says whose page it should be, where that is for the browser to say.
    fn name(&self, name: &dyn Fn(&mut Identity));
}

impl PageSeeds {
    /// What the page brings along that the browser has loaded. Reads nothing but the element that
    /// [`ServerPage::script`](crate::ServerPage::script) has made.
    #[must_use]
    pub fn from_page() -> Self {
        let found = match data_block(script::ID) {
            Some(text) => script::read(&text).ok_or(PageError::Damaged),
            None => Err(PageError::Missing),
        };
        Self::of(Arc::new(BrowserEnd(Mutex::new(Found {
            identity: Identity::default(),
            contents: found,
        }))))
    }

    pub(super) fn of(end: Arc<dyn End>) -> Self {
        Self(Some(end))
    }

    /// Names the build of the app; see [`ServerPage::with_build`](crate::ServerPage::with_build).
    #[must_use]
    pub fn with_build(self, build: &str) -> Self {
        self.named(&|identity| build.clone_into(&mut identity.build))
    }

    /// Names who is signed in; see [`ServerPage::with_user`](crate::ServerPage::with_user).
    #[must_use]
    pub fn with_user(self, user: &str) -> Self {
        self.named(&|identity| user.clone_into(&mut identity.user))
    }

    fn named(self, name: &dyn Fn(&mut Identity)) -> Self {
        if let Some(end) = &self.0 {
            end.name(name);
        }
        self
    }

    /// Why the page cannot be taken over by `hydrate`, if so: its elements may be others than those that
    /// this app renders. Ask before the app is rendered, and use `render` then.
    #[must_use]
    pub fn error(&self) -> Option<PageError> {
        match &self.0 {
            Some(end) => end.error(),
            None => Some(PageError::Missing),
        }
    }

    /// The provider's first render begins, with this client.
    pub(crate) fn begin(&self, client: &RealtimeClient) {
        if let Some(end) = &self.0 {
            end.begin(client);
        }
        super::fetch_on_server(client);
    }
}

/// The same end of the same page.
impl PartialEq for PageSeeds {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(one), Some(two)) => Arc::ptr_eq(one, two),
            (None, None) => true,
            _ => false,
        }
    }
}

impl fmt::Debug for PageSeeds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PageSeeds(…)")
    }
}

/// What the page brings, until somebody takes it.
struct BrowserEnd(Mutex<Found>);

struct Found {
    /// Whose page it should be.
    identity: Identity,
    contents: Result<script::Contents, PageError>,
}

impl BrowserEnd {
    fn found(&self) -> MutexGuard<'_, Found> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the page brings; nobody else gets it.
    fn take(&self) -> Result<(script::Contents, Fit), PageError> {
        let mut found = self.found();
        let contents = std::mem::replace(&mut found.contents, Err(PageError::Missing))?;
        let fit = contents.fit(&found.identity)?;
        Ok((contents, fit))
    }
}

impl End for BrowserEnd {
    fn begin(&self, client: &RealtimeClient) {
        let error = self.take().and_then(|(contents, fit)| {
            if fit == Fit::Full {
                client.runtime().first_pass().begin(None);
            }
            let seeds = contents.seeds(wall_clock());
            client
                .runtime()
                .run(|client: &mut Client, now| client.import(now, seeds, fit));
            match fit {
                Fit::Full => Ok(()),
                Fit::RowsOnly => Err(PageError::OtherBuild),
            }
        });
        // That no server rendered the page is nothing to complain about.
        if let Err(error) = error
            && error != PageError::Missing
        {
            client.runtime().app().report(RealtimeError::Page(error));
        }
    }

    fn error(&self) -> Option<PageError> {
        let found = self.found();
        let fit = match &found.contents {
            Ok(contents) => contents.fit(&found.identity),
            Err(error) => Err(*error),
        };
        match fit {
            Ok(Fit::Full) => None,
            Ok(Fit::RowsOnly) => Some(PageError::OtherBuild),
            Err(error) => Some(error),
        }
    }

    fn name(&self, name: &dyn Fn(&mut Identity)) {
        name(&mut self.found().identity);
    }
}
