//! Prices: one record for each card, kept fresh by the events of its own channel.

mod card;

use self::card::StockCard;
use crate::states::{Failure, Loading};
use realtime_demo_types::Stock;
use realtime_yew::prelude::*;
use yew::prelude::*;

/// A card for each share.
#[component]
pub(crate) fn PricesPage() -> Html {
    // Only which shares there are: their prices are the cards' own business.
    let symbols = use_realtime_query(
        key!["stocks"],
        Fetcher::<Vec<Stock>>::json("/api/stocks"),
        UseRealtimeQueryOptions::default()
            .with_persist()
            .with_select(|stocks: &Vec<Stock>| {
                let symbols = stocks.iter().map(|stock| stock.symbol.clone().into());
                symbols.collect::<Vec<AttrValue>>()
            }),
    );
    html! {
        <section class="page" data-testid="page-prices" aria-labelledby="prices-title">
            <header class="page__head">
                <h1 id="prices-title">{ "Prices" }</h1>
                <p class="page__lead">
                    { "Each card is one query: fetched once, then kept fresh by events." }
                </p>
            </header>
            <div>
                {
                    match (symbols.data(), symbols.error()) {
                        (Some(symbols), _) => html! {
                            <ul class="cards">
                                for symbol in symbols.iter() {
                                    <li key={symbol.as_str()}><StockCard {symbol} /></li>
                                }
                            </ul>
                        },
                        (None, Some(error)) => html! {
                            <Failure
                                what="the prices"
                                reason={error.to_string()}
                                on_retry={symbols.refetch_callback()}
                            />
                        },
                        (None, None) => html! {
                            <Loading what="the prices" bars={8} class="cards loading--cards" />
                        },
                    }
                }
            </div>
        </section>
    }
}
