//! Query of one record, fetched once and kept fresh by events.

use super::{
    observation::use_observation,
    record::{RecordQuery, UseRealtimeQueryHandle, UseRealtimeQueryOptions, use_record},
};
use crate::{fetcher::IntoFetcher, provider::use_realtime_client};
use realtime_core::QueryKey;
use yew::prelude::*;

/// Fetches one record and keeps it fresh by events, with nothing lost between the two.
///
/// Components that use one `key` share one record, one subscription and one fetch. `fetcher` is
/// called when there is no data, when the data is stale (see
/// [`QueryOptions`](realtime_core::QueryOptions)) and after events may have been missed; it may be
/// another closure in each render. When `key` changes, the same render shows the new key's data or
/// none, never the old.
///
/// ```
/// use realtime_yew::prelude::*;
/// use yew::prelude::*;
///
/// #[derive(Clone, Debug, PartialEq, serde::Deserialize)]
/// struct Stock { symbol: String, price: f64 }
///
/// async fn fetch_stock(symbol: String) -> Result<Stock, FetchError> {
///     # let _ = &symbol;
///     Err(FetchError::permanent("write me with gloo-net or reqwest"))
/// }
///
/// #[derive(PartialEq, Properties)]
/// struct PriceProps { symbol: String }
///
/// #[component]
/// fn Price(props: &PriceProps) -> Html {
///     let symbol = props.symbol.clone();
///     let stock = use_realtime_query(
///         key!["stock", &symbol],
///         move || fetch_stock(symbol.clone()),
///         UseRealtimeQueryOptions::default()
///             .with_event("stock:update")
///             .with_channel(format!("stocks:{}", props.symbol)),
///     );
///     if stock.is_loading() {
///         return html! { <p>{ "Loading…" }</p> };
///     }
///     match (stock.data(), stock.error()) {
///         (Some(stock), _) => html! { <p>{ &stock.symbol }{ format!(" {:.2}", stock.price) }</p> },
///         (None, Some(error)) => html! { <p role="alert">{ error.to_string() }</p> },
///         (None, None) => html! { <p>{ "Paused" }</p> },
///     }
/// }
/// ```
#[hook]
pub fn use_realtime_query<F, S>(
    key: QueryKey,
    fetcher: F,
    options: UseRealtimeQueryOptions<F::Data, S>,
) -> UseRealtimeQueryHandle<F::Data, S>
where
    F: IntoFetcher,
    F::Data: PartialEq,
    S: PartialEq + 'static,
{
    let client = use_realtime_client();
    let observation = use_observation(fetcher.into_fetcher().into_run());
    let (_, handle) = use_record(RecordQuery {
        client,
        key,
        options,
        observation,
        is_first: false,
    });
    handle
}
