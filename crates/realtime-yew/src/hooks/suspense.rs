//! Suspense: what the hooks have in common that suspend their component until there is data, in a
//! browser and on a server.

use super::observation::{Observation, use_observation};
use crate::{
    client::RealtimeClient,
    fetcher::{Positioned, RunFetch},
    provider::use_realtime_client,
    runtime::{ServerFetch, ServerFetches, Subscription},
    ssr::fetch_on_server,
};
use realtime_core::{EntryId, Fetched, QueryError, QueryKey, Topic};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use yew::{
    prelude::*,
    suspense::{Suspension, SuspensionHandle, SuspensionResult},
};

/// A query that its component waits for.
pub(super) trait Awaited {
    fn client(&self) -> &RealtimeClient;

    fn key(&self) -> &QueryKey;

    fn observation(&self) -> &Observation;

    /// Observes it, unless that is done already.
    fn observe(&self) -> Option<EntryId>;

    /// Whether there is something to show: data, or why there is none.
    fn is_settled(&self) -> bool;
}

/// What one render begins with: in a browser nothing, on a server perhaps what it has fetched.
pub(super) struct Start {
    key: QueryKey,
    is_enabled: bool,
    /// Whether the cache is shown, in the first pass over a page, too.
    is_first: bool,
    server: Option<Rc<dyn ServerFetches>>,
    given: Option<Fetched>,
    wait: Option<Suspension>,
}

/// What a hook asks for.
pub(super) struct Asked<'a> {
    pub(super) key: &'a QueryKey,
    pub(super) is_enabled: bool,
    /// Whether the app gave initial data, which needs no fetch on a server.
    pub(super) has_initial: bool,
    /// Whether the data can be handed over to a browser.
    pub(super) is_seeded: bool,
}

/// What a hook that suspends has in each render.
pub(super) struct Suspendable {
    pub(super) client: RealtimeClient,
    pub(super) observation: Rc<Observation>,
    pub(super) suspending: Rc<Suspending>,
    pub(super) start: Start,
}

/// Begins a render of a hook that suspends.
#[hook]
pub(super) fn use_suspendable(run: RunFetch, asked: &Asked<'_>) -> Suspendable {
    let client = use_realtime_client();
    let observation = use_observation(Rc::clone(&run));
    let suspending = use_memo((), |()| Suspending::default());
    let start = Start::new(asked, &client, &run, &observation);
    Suspendable {
        client,
        observation,
        suspending,
        start,
    }
}

impl Start {
    fn new(
        asked: &Asked<'_>,
        client: &RealtimeClient,
        run: &RunFetch,
        observation: &Observation,
    ) -> Self {
        // An app may have handed the client down without a provider.
        fetch_on_server(client);
        let mut start = Self {
            key: asked.key.clone(),
            is_enabled: asked.is_enabled,
            is_first: true,
            server: client.runtime().first_pass().fetches(),
            given: None,
            wait: None,
        };
        if let Some(server) = &start.server
            && asked.is_enabled
            && !asked.has_initial
        {
            match server.fetch(asked.key, run, asked.is_seeded) {
                ServerFetch::Running(suspension) => start.wait = Some(suspension),
                ServerFetch::Done(fetched) => start.given = Some(fetched),
                ServerFetch::Known => {}
                ServerFetch::Missing => start.is_first = false,
                ServerFetch::Failed(error) => observation.refuse(asked.key, Some(error)),
            }
        }
        start
    }

    /// What a server has fetched for this very render, to be put into the cache.
    pub(super) fn given<T: 'static>(&mut self) -> Option<Positioned<T>> {
        let Fetched { data, position } = self.given.take()?;
        match data.downcast::<T>() {
            Ok(data) => {
                let data = *data;
                Some(Positioned { data, position })
            }
            Err(_) => {
                self.refuse(QueryError::TypeMismatch {
                    key: self.key.clone(),
                });
                None
            }
        }
    }

    /// Observes `query` from this render, as a suspended component has no effects, and says whether
    /// the cache is shown. `was_given`: whether a server's data is put in with it.
    pub(super) fn observe(&mut self, query: &dyn Awaited, was_given: bool) -> bool {
        match &self.server {
            Some(server) if was_given => {
                if query.observe().is_none() {
                    self.refuse(QueryError::Busy);
                } else {
                    self.is_first = server.hand_over(&self.key);
                }
            }
            Some(_) => {}
            None if self.is_enabled => {
                query.observe();
            }
            None => {}
        }
        self.is_first
    }

    fn refuse(&mut self, error: QueryError) {
        self.is_first = false;
        if let Some(server) = &self.server {
            server.refuse(&self.key, error);
        }
    }
}

/// What a hook that suspends keeps from render to render.
#[derive(Default)]
pub(super) struct Suspending {
    waiting: RefCell<Option<Waiting>>,
    /// The key for which the component was rendered without data in the first pass over a page, as
    /// the server had rendered it: it is not taken away again to wait for it.
    shown: RefCell<Option<QueryKey>>,
    /// The key of a list that the server has just rendered as empty: it stays that, where a seed without
    /// rows would otherwise be no reason yet to say so.
    empty: RefCell<Option<QueryKey>>,
}

impl Suspending {
    /// The list is empty until it is known better.
    pub(super) fn show_empty(&self, key: &QueryKey) {
        self.empty.replace(Some(key.clone()));
    }

    /// Whether a list without rows is empty, and not on its way.
    pub(super) fn is_shown_empty(&self, key: &QueryKey) -> bool {
        self.empty.borrow().as_ref() == Some(key)
    }

    /// Suspends the component, if there is nothing to show.
    pub(super) fn settle(&self, start: Start, query: Rc<dyn Awaited>) -> SuspensionResult<()> {
        if let Some(suspension) = start.wait {
            return Err(suspension);
        }
        let is_shown = start.server.is_some()
            || !start.is_enabled
            || query.is_settled()
            || query.observation().is_refused(query.key());
        if is_shown {
            let done = self.waiting.take();
            drop(done);
            self.shown.take();
            return Ok(());
        }
        if query.client().runtime().first_pass().is_on() {
            self.shown.replace(Some(start.key));
            return Ok(());
        }
        if self.shown.borrow().as_ref() == Some(&start.key) {
            return Ok(());
        }
        let mut waiting = self.waiting.borrow_mut();
        let waiting = match &mut *waiting {
            Some(waiting) if waiting.key == start.key => waiting,
            other => other.insert(Waiting::begin(query)),
        };
        Err(waiting.suspension.clone())
    }
}

/// A suspended render: keeps the suspension up until there is something to show.
struct Waiting {
    key: QueryKey,
    suspension: Suspension,
    _subscription: Option<Subscription>,
}

impl Waiting {
    fn begin(query: Rc<dyn Awaited>) -> Self {
        let (suspension, handle) = Suspension::new();
        let resume = Resume(Cell::new(Some(handle)));
        let (client, key) = (query.client().clone(), query.key().clone());
        let subscription = query.observe().map(|entry| {
            let resume = move || {
                if query.is_settled() {
                    resume.resume();
                }
            };
            client.subscribe(vec![Topic::Query(entry)], Rc::new(resume))
        });
        Self {
            key,
            suspension,
            _subscription: subscription,
        }
    }
}

/// Dropping a suspension's handle resumes the component, so it is kept until that is wanted.
struct Resume(Cell<Option<SuspensionHandle>>);

impl Resume {
    fn resume(&self) {
        if let Some(handle) = self.0.take() {
            handle.resume();
        }
    }
}
