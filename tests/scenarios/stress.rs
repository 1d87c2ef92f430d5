//! A long list under thousands of changes.

use crate::{RECOVERS, SOON};
use realtime_e2e::{
    Page, Quote, ServerKind, ShownQuote, by_id, differing, ensure, eventually, scenario_on,
};

on_every_server![after_a_burst_and_a_lost_connection_the_rows_are_as_the_server_has_them,];

/// As many changes as the page asks for at once.
const BURST: u64 = 5_000;

fn after_a_burst_and_a_lost_connection_the_rows_are_as_the_server_has_them(server: ServerKind) {
    scenario_on(server, "stress", |stage| {
        stage.start_server()?;
        let ada = stage.enter("Ada", Page::Stress)?;
        ada.choose_load(1_000, 0)?;
        ada.await_data()?;
        let enough = |quotes: &Vec<ShownQuote>| quotes.len() >= 5;
        eventually("rows are shown", SOON, || ada.quotes(), enough)?;
        let http = stage.http()?;
        let served = || http.fetch::<Vec<Quote>>("/api/stress/1000/0");
        let differ = || Ok(differing(&ada.quotes()?, &served()?));

        ada.click(&by_id("stress-burst"))?;
        let over = |quotes: &Vec<Quote>| changes(quotes) == BURST;
        eventually("the burst is over", RECOVERS, served, over)?;
        eventually(
            "the page shows what came of it",
            SOON,
            differ,
            Vec::is_empty,
        )?;

        // The server ends a burst that nobody listens to.
        ada.click(&by_id("stress-burst"))?;
        ada.cut()?;
        ada.await_status("connected", RECOVERS)?;
        let settled = || {
            let before = changes(&served()?);
            Ok((differ()?, before == changes(&served()?)))
        };
        let same = |(differ, rests): &(Vec<_>, bool)| *rests && differ.is_empty();
        eventually("the page has caught up", RECOVERS, settled, same)?;

        let served = served()?;
        let mut prices: Vec<u32> = served.iter().map(|quote| quote.price).collect();
        prices.sort_unstable();
        for (part, rank) in [(1.0, 999), (0.5, 500), (0.0, 0)] {
            ada.scroll_quotes(part)?;
            let price = format!("{:.2}", f64::from(prices[rank]) / 100.0);
            let there = |quotes: &Vec<ShownQuote>| quotes.iter().any(|it| it.price == price);
            let what = format!("the row at rank {rank} is on the page");
            let quotes = eventually(&what, SOON, || ada.quotes(), there)?;
            let wrong = differing(&quotes, &served);
            ensure(wrong.is_empty(), || format!("{wrong:?}"))?;
        }
        Ok(())
    });
}

fn changes(quotes: &[Quote]) -> u64 {
    quotes.iter().map(|quote| quote.version - 1).sum()
}
