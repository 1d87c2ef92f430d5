//! Card of one share.

use crate::{
    clock::{iso_time, local_time},
    format,
    states::{Failure, Loading},
};
use realtime_demo_types::Stock;
use realtime_yew::prelude::*;
use std::rc::Rc;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct StockCardProps {
    pub(crate) symbol: AttrValue,
}

/// A share's price, kept fresh.
#[component]
pub(crate) fn StockCard(props: &StockCardProps) -> Html {
    let symbol = props.symbol.clone();
    let stock = use_realtime_query(
        key!["stock", &symbol],
        Fetcher::<Stock>::json(format!("/api/stocks/{symbol}")),
        UseRealtimeQueryOptions::default()
            .with_event("stock:update")
            .with_channel(format!("stocks:{symbol}"))
            .with_persist(),
    );
    html! {
        <article class="card" data-testid={format!("stock-{symbol}")}>
            {
                match (stock.data(), stock.error()) {
                    (Some(stock), _) => html! { <Quote {stock} /> },
                    (None, Some(error)) => html! {
                        <Failure
                            what={symbol}
                            reason={error.to_string()}
                            on_retry={stock.refetch_callback()}
                        />
                    },
                    (None, None) => html! { <Loading what={symbol} bars={2} /> },
                }
            }
        </article>
    }
}

#[derive(PartialEq, Properties)]
struct QuoteProps {
    stock: Rc<Stock>,
}

#[component]
fn Quote(props: &QuoteProps) -> Html {
    let Stock {
        symbol,
        price,
        change,
        change_percent,
        updated_at,
    } = &*props.stock;
    let flash = use_flash(*price);
    let direction = direction(*change);
    html! {
        <div class="quote">
            <div class="quote__head">
                <h2 class="quote__symbol">{ symbol }</h2>
                <span class="badge" data-testid="badge" data-direction={direction}>
                    <span class="badge__arrow" aria-hidden="true"></span>
                    <span class="visually-hidden">{ direction }</span>
                    { format::percent(*change_percent) }
                </span>
            </div>
            <p class="quote__price">
                // Another key makes another element, whose flash begins anew.
                <span
                    key={*updated_at}
                    class={classes!("quote__number", flash)}
                    data-testid="price"
                >
                    { format::price(*price) }
                </span>
            </p>
            <p class="quote__foot">
                <span data-testid="change" data-direction={direction}>
                    { format::signed(*change) }
                </span>
                <time class="quote__time" data-testid="updated" datetime={iso_time(*updated_at)}>
                    { local_time(*updated_at) }
                </time>
            </p>
        </div>
    }
}

fn direction(change: f64) -> &'static str {
    if change > 0.0 {
        "up"
    } else if change < 0.0 {
        "down"
    } else {
        "flat"
    }
}

/// The class that shows which way the price just went; none for the first one.
#[hook]
fn use_flash(price: f64) -> Option<&'static str> {
    let last = use_mut_ref(|| (price, None));
    let mut last = last.borrow_mut();
    if price > last.0 {
        *last = (price, Some("flash--up"));
    } else if price < last.0 {
        *last = (price, Some("flash--down"));
    }
    last.1
}
