//! Query of one record, for a component that is not rendered before it is there.

use super::record::{RecordQuery, UseRealtimeQueryHandle, UseRealtimeQueryOptions, use_record};
use crate::{
    fetcher::{IntoFetcher, RunFetch},
    runtime::Subscription,
};
use realtime_core::{QueryError, QueryKey, QueryStatus, Topic};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use yew::{
    prelude::*,
    suspense::{Suspension, SuspensionHandle, SuspensionResult},
};

/// As [`use_realtime_query`](crate::use_realtime_query), but suspends the component until there is
/// data, the fetch has failed for good, or the query is paused: put a `<Suspense>` around it.
///
/// On a server the record is fetched before the component is rendered, unless it has initial data.
/// To spare the browser the same fetch, hand the record over yourself with its position, for
/// example by yew's `use_prepared_state!`, as
/// [`with_initial_data`](UseRealtimeQueryOptions::with_initial_data).
///
/// # Errors
///
/// The suspension, to be passed on with `?`.
///
/// ```
/// use realtime_yew::prelude::*;
/// use yew::prelude::*;
///
/// #[component]
/// fn Motd() -> HtmlResult {
///     let message = use_realtime_query_suspense(
///         key!["motd"],
///         || async { Ok::<_, FetchError>(String::from("Hello")) },
///         UseRealtimeQueryOptions::default().with_event("motd"),
///     )?;
///     let text = message.data().map_or_else(String::new, |text| text.to_string());
///     Ok(html! { <p>{ text }</p> })
/// }
///
/// #[component]
/// fn Page() -> Html {
///     html! { <Suspense fallback={html! { <p>{ "Loading…" }</p> }}><Motd /></Suspense> }
/// }
/// ```
#[hook]
pub fn use_realtime_query_suspense<F, S>(
    key: QueryKey,
    fetcher: F,
    options: UseRealtimeQueryOptions<F::Data, S>,
) -> SuspensionResult<UseRealtimeQueryHandle<F::Data, S>>
where
    F: IntoFetcher,
    F::Data: PartialEq + Clone,
    S: PartialEq + 'static,
{
    let run = fetcher.into_fetcher().into_run();
    let waiting = use_mut_ref(|| None::<Waiting>);
    let prefetched = use_mut_ref(|| None::<Prefetched<F::Data>>);
    let (options, refused) = match &*prefetched.borrow() {
        Some((of, Ok(data))) if *of == key => (options.with_initial_data((**data).clone()), None),
        Some((of, Err(error))) if *of == key => (options, Some(error.clone())),
        _ => (options, None),
    };
    let enabled = options.source().enabled;
    let (query, handle) = use_record(key, Rc::clone(&run), options, refused);
    let settled = handle.data().is_some() || handle.status() == QueryStatus::Error;
    if settled || !enabled || query.observation.is_refused(&query.key) {
        let done = waiting.borrow_mut().take();
        drop(done);
        return Ok(handle);
    }
    if query.client.runtime().is_server() {
        return Err(prefetch(query.key.clone(), &run, prefetched));
    }
    let mut waiting = waiting.borrow_mut();
    let waiting = match &mut *waiting {
        Some(waiting) if waiting.key == query.key => waiting,
        other => other.insert(Waiting::begin(&query)),
    };
    Err(waiting.suspension.clone())
}

/// What a server fetched, and for which key.
type Prefetched<T> = (QueryKey, Result<Rc<T>, QueryError>);

fn prefetch<T: 'static>(
    key: QueryKey,
    run: &RunFetch,
    into: Rc<RefCell<Option<Prefetched<T>>>>,
) -> Suspension {
    let fetch = run();
    Suspension::from_future(async move {
        let result = match fetch.await.map(|fetched| fetched.data.downcast::<T>()) {
            Ok(Ok(data)) => Ok(Rc::from(data)),
            Ok(Err(_)) => Err(QueryError::TypeMismatch { key: key.clone() }),
            Err(error) => Err(QueryError::Fetch(error)),
        };
        *into.borrow_mut() = Some((key, result));
    })
}

/// A suspended render: keeps the suspension up until there is something to show.
struct Waiting {
    key: QueryKey,
    suspension: Suspension,
    _subscription: Option<Subscription>,
}

impl Waiting {
    /// A suspended component has no effects, so the record is observed from the render.
    fn begin<T, S>(query: &Rc<RecordQuery<T, S>>) -> Self
    where
        T: PartialEq + 'static,
        S: 'static,
    {
        let (suspension, handle) = Suspension::new();
        let resume = Resume(Cell::new(Some(handle)));
        let subscription = query.observe().map(|entry| {
            let watched = Rc::clone(query);
            let resume = move || {
                let render = watched.render();
                if render.data.is_some() || render.standing.meta.status == QueryStatus::Error {
                    resume.resume();
                }
            };
            (query.client).subscribe(vec![Topic::Query(entry)], Rc::new(resume))
        });
        Self {
            key: query.key.clone(),
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
