//! Many events at once.

use realtime_e2e::{
    Page, ServerKind,
    demo::prices::{Stock, start_burst, stocks},
    ensure, eventually, scenario_on,
};
use std::time::Duration;

on_every_server![after_two_thousand_updates_in_ten_seconds_both_show_exactly_the_last,];

const PER_SECOND: u32 = 200;
const SECONDS: u32 = 10;

fn after_two_thousand_updates_in_ten_seconds_both_show_exactly_the_last(server: ServerKind) {
    scenario_on(server, "burst", |stage| {
        stage.start_server()?;
        let ada = stage.enter("Ada", Page::Prices)?;
        let lin = stage.enter("Lin", Page::Prices)?;
        let http = stage.http()?;
        let all = stocks(http)?;
        let symbol = &all[0].symbol;
        for stock in &all {
            ada.card(&stock.symbol)?;
        }

        ada.forget_statuses()?;
        lin.forget_statuses()?;
        let before = [ada.card(symbol)?.price, lin.card(symbol)?.price];
        let burst = start_burst(http, symbol, PER_SECOND, SECONDS)?;
        ensure(burst.count == PER_SECOND * SECONDS, || format!("{burst:?}"))?;
        for (visitor, before) in [&ada, &lin].into_iter().zip(before) {
            let what = format!("{} sees the price move", visitor.name());
            let read = || Ok(visitor.card(symbol)?.price);
            eventually(&what, Duration::from_secs(5), read, |price| {
                *price != before
            })?;
        }

        let price = || http.fetch::<Stock>(&format!("/api/stocks/{symbol}"));
        let whole = Duration::from_secs(u64::from(SECONDS) + 10);
        let last = eventually("the burst is over", whole, price, |stock| {
            (stock.price - burst.final_price).abs() < 0.001
        })?;
        for visitor in [&ada, &lin] {
            let what = format!("{} sees the last price", visitor.name());
            let read = || visitor.card(symbol);
            let card = eventually(&what, Duration::from_secs(5), read, |card| {
                card.price == last.shown_price()
            })?;
            ensure(card.direction == last.direction(), || {
                format!("{card:?} shows {last:?}")
            })?;
            let statuses = visitor.statuses()?;
            ensure(statuses.len() == 1, || {
                format!("the flood does not shake the connection: {statuses:?}")
            })?;
        }
        Ok(())
    });
}
