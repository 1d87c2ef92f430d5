//! A part of one record.

use super::record::{UseRealtimeQueryHandle, UseRealtimeQueryOptions, use_record, use_slots};
use crate::fetcher::IntoFetcher;
use realtime_core::QueryKey;
use std::rc::Rc;
use yew::prelude::*;

/// As [`use_realtime_query`](crate::use_realtime_query), for a component that shows only what
/// `select` makes of the record: it renders again only when *that* changes.
///
/// `select` may be another closure in each render; it should be quick, as it runs at each change
/// of the record.
///
/// ```
/// use realtime_yew::prelude::*;
/// use yew::prelude::*;
///
/// #[derive(Clone, Debug, PartialEq, serde::Deserialize)]
/// struct Stock { price: f64, change: f64 }
///
/// #[component]
/// fn Trend() -> Html {
///     let rises = use_realtime_query_with(
///         key!["stock", "ACME"],
///         || async { Ok::<_, FetchError>(Stock { price: 1.0, change: 0.5 }) },
///         UseRealtimeQueryOptions::default()
///             .with_event("stock:update")
///             .with_channel("stocks:ACME"),
///         |stock: &Stock| stock.change >= 0.0,
///     );
///     let arrow = match rises.data().as_deref() {
///         Some(true) => "up",
///         Some(false) => "down",
///         None => "…",
///     };
///     html! { <span>{ arrow }</span> }
/// }
/// ```
#[hook]
pub fn use_realtime_query_with<F, S, R>(
    key: QueryKey,
    fetcher: F,
    options: UseRealtimeQueryOptions<F::Data>,
    select: R,
) -> UseRealtimeQueryHandle<F::Data, S>
where
    F: IntoFetcher,
    F::Data: PartialEq,
    S: PartialEq + 'static,
    R: Fn(&F::Data) -> S + 'static,
{
    let slots = use_slots();
    let select = move |record: &Rc<F::Data>| Rc::new(select(record));
    let (_, handle) = use_record(key, fetcher.into_fetcher(), options, slots, select);
    handle
}
