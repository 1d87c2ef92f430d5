//! Query of one record, for a component that is not rendered before it is there.

use super::{
    observation::Observation,
    record::{RecordQuery, UseRealtimeQueryHandle, UseRealtimeQueryOptions, use_record},
    suspense::{Asked, Awaited, Suspendable, use_suspendable},
};
use crate::{client::RealtimeClient, fetcher::IntoFetcher};
use realtime_core::{EntryId, QueryKey, QueryStatus};
use yew::{prelude::*, suspense::SuspensionResult};

/// As [`use_realtime_query`](crate::use_realtime_query), but suspends the component until there is
/// data, the fetch has failed for good, or the query is paused: put a `<Suspense>` around it.
///
/// On a server the record is fetched before the component is rendered, unless it has initial data; with
/// [`with_seed`](UseRealtimeQueryOptions::with_seed) a [`ServerPage`](crate::ServerPage) hands it over to
/// the browser, which neither fetches it nor suspends. What a page is sent without, because its time was
/// over or the fetch failed, is rendered as loading: look at
/// [`is_loading`](crate::QueryHandle::is_loading).
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
    F::Data: PartialEq,
    S: PartialEq + 'static,
{
    let asked = Asked {
        key: &key,
        is_enabled: options.source().enabled,
        has_initial: options.initial_data().is_some(),
        is_seeded: options.is_seeded(),
    };
    let Suspendable {
        client,
        observation,
        suspending,
        mut start,
    } = use_suspendable(fetcher.into_fetcher().into_run(), &asked);
    let given = start.given();
    let was_given = given.is_some();
    let mut query = RecordQuery {
        client,
        key,
        options: match given {
            Some(given) => options.with_initial_data(given),
            None => options,
        },
        observation,
        is_first: false,
    };
    query.is_first = start.observe(&query, was_given);
    let (query, handle) = use_record(query);
    suspending.settle(start, query)?;
    Ok(handle)
}

impl<T: PartialEq + 'static, S: 'static> Awaited for RecordQuery<T, S> {
    fn client(&self) -> &RealtimeClient {
        &self.client
    }

    fn key(&self) -> &QueryKey {
        &self.key
    }

    fn observation(&self) -> &Observation {
        &self.observation
    }

    fn observe(&self) -> Option<EntryId> {
        Self::observe(self)
    }

    fn is_settled(&self) -> bool {
        let render = self.render();
        render.data.is_some() || render.standing.meta.status == QueryStatus::Error
    }
}
