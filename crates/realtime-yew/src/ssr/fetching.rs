//! Fetches of one page on a server: each key once, until the page's time is over.

use super::{collected::Collected, server_page::Limits};
use crate::{
    client::RealtimeClient,
    fetcher::RunFetch,
    runtime::{Runtime, ServerFetch, ServerFetches},
};
use futures::{
    FutureExt,
    future::{Either, LocalBoxFuture, Shared, select},
};
use realtime_core::{Fetched, OrderedMap, QueryError, QueryKey};
use std::{
    cell::RefCell,
    rc::{Rc, Weak},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use yew::suspense::Suspension;

/// The fetches of one page.
pub(super) struct Fetching(Rc<Inner>);

struct Inner {
    /// The client holds this, not the other way round.
    runtime: Weak<Runtime>,
    page: Option<Page>,
    keys: RefCell<OrderedMap<QueryKey, State>>,
}

/// Where a page's seeds go.
struct Page {
    limits: Limits,
    collected: Arc<Mutex<Collected>>,
    deadline: Shared<LocalBoxFuture<'static, ()>>,
}

enum State {
    Running(Suspension),
    Done(Fetched),
    Known,
    Missing,
    Failed(QueryError),
}

impl Fetching {
    /// Lets `client`'s hooks fetch: for a page whose seeds are wanted, or for one that no browser takes
    /// over, without an end in time and with errors shown.
    pub(super) fn begin(client: &RealtimeClient, page: Option<(Limits, Arc<Mutex<Collected>>)>) {
        if client.is_on_server() {
            // An app that gives many pages one client is not to show one user what another has fetched.
            client.sign_out();
        }
        let page = page.map(|(limits, collected)| Page {
            limits,
            collected,
            deadline: yew::platform::time::sleep(limits.time_budget)
                .boxed_local()
                .shared(),
        });
        let fetching = Self(Rc::new(Inner {
            runtime: Rc::downgrade(client.runtime()),
            page,
            keys: RefCell::default(),
        }));
        client.runtime().first_pass().begin(Some(Rc::new(fetching)));
    }

    fn start(&self, key: &QueryKey, run: &RunFetch, is_seeded: bool) -> State {
        let inner = &self.0;
        if let Some(page) = &inner.page {
            let mut collected = page.collected();
            if !is_seeded {
                tracing::warn!(%key, "not fetched on the server, as its options lack `with_seed()`");
                collected.stats.unseeded += 1;
                return State::Missing;
            }
            if page.deadline.clone().now_or_never().is_some() {
                collected.stats.late += 1;
                return State::Missing;
            }
            if !collected.admit() {
                return State::Missing;
            }
        }
        let (inner, key, fetch) = (Rc::clone(inner), key.clone(), Rc::clone(run));
        State::Running(Suspension::from_future(async move {
            let deadline = inner.page.as_ref().map(|page| page.deadline.clone());
            // The fetcher is called in here, so that one that panics does so in a task of its own.
            let fetch = fetch();
            let result = match deadline {
                Some(deadline) => match select(fetch, deadline).await {
                    Either::Left((result, _)) => Some(result),
                    Either::Right(_) => None,
                },
                None => Some(fetch.await),
            };
            let state = match result {
                Some(Ok(fetched)) => State::Done(fetched),
                Some(Err(error)) => inner.failed(&key, QueryError::Fetch(error)),
                None => inner.late(&key),
            };
            inner.keys.borrow_mut().insert(key, state);
        }))
    }
}

impl ServerFetches for Fetching {
    fn fetch(&self, key: &QueryKey, run: &RunFetch, is_seeded: bool) -> ServerFetch {
        // Nothing is borrowed while others run.
        let known = self.0.keys.borrow_mut().remove(key);
        let state = match known {
            None => self.start(key, run, is_seeded),
            // It has ended without a result: the fetcher panicked.
            Some(State::Running(suspension)) if suspension.resumed() => {
                let error = realtime_core::FetchError::permanent("the fetcher panicked");
                self.0.failed(key, QueryError::Fetch(error))
            }
            Some(known) => known,
        };
        let (answer, state) = match state {
            State::Running(suspension) => (
                ServerFetch::Running(suspension.clone()),
                State::Running(suspension),
            ),
            // Until whoever gets it says what became of it.
            State::Done(fetched) => (ServerFetch::Done(fetched), State::Missing),
            State::Known => (ServerFetch::Known, State::Known),
            State::Missing => (ServerFetch::Missing, State::Missing),
            State::Failed(error) => (ServerFetch::Failed(error.clone()), State::Failed(error)),
        };
        self.0.keys.borrow_mut().insert(key.clone(), state);
        answer
    }

    fn refuse(&self, key: &QueryKey, error: QueryError) {
        let state = self.0.failed(key, error);
        self.0.keys.borrow_mut().insert(key.clone(), state);
    }

    fn hand_over(&self, key: &QueryKey) -> bool {
        let is_over = self.0.hand_over(key);
        let state = if is_over {
            State::Known
        } else {
            State::Missing
        };
        self.0.keys.borrow_mut().insert(key.clone(), state);
        is_over
    }
}

impl Inner {
    fn failed(&self, key: &QueryKey, error: QueryError) -> State {
        match &self.page {
            Some(page) => {
                tracing::warn!(%key, %error, "not rendered on the server; the browser fetches it");
                page.collected().stats.failed += 1;
                State::Missing
            }
            None => State::Failed(error),
        }
    }

    fn late(&self, key: &QueryKey) -> State {
        if let Some(page) = &self.page {
            tracing::warn!(%key, "not fetched in time for the page; the browser fetches it");
            page.collected().stats.late += 1;
        }
        State::Missing
    }

    fn hand_over(&self, key: &QueryKey) -> bool {
        let Some(page) = &self.page else {
            return true;
        };
        let runtime = self.runtime.upgrade();
        let seeds = runtime.and_then(|it| it.run(|client, now| client.export(now, key)));
        let seed = seeds.into_iter().flatten().find(|seed| seed.key == *key);
        let Some(seed) = seed else {
            tracing::warn!(%key, "its data does not turn into JSON: the browser fetches it");
            page.collected().stats.failed += 1;
            return false;
        };
        let fits = page.collected().take(&seed.text, page.limits);
        if !fits {
            tracing::warn!(
                %key,
                bytes = seed.text.len(),
                "too large for the page: the browser fetches it; see `ServerPage::with_max_bytes`"
            );
        }
        fits
    }
}

impl Page {
    fn collected(&self) -> MutexGuard<'_, Collected> {
        self.collected
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
