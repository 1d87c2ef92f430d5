//! A cold page on a slow line: how long until somebody sees a row that an event has changed.

use crate::{Options, error::BenchError, measure::median, page::Page, results::ColdSample};
use realtime_bench_server::Plan;
use realtime_testkit::{Browser, Http, KitError, Tab, eventually};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};

/// The pages that are put to it.
const PAGES: [Page; 4] = [Page::Dom, Page::React, Page::YewSimple, Page::Yew];
/// How often, unless told otherwise.
const REPETITIONS: usize = 7;

/// How long a page may take.
const LIMIT: Duration = Duration::from_secs(60);
/// A slow 4G as browsers emulate it: bytes a second down and up, and milliseconds until an answer begins.
const DOWN: u32 = 1_600_000 / 8;
const UP: u32 = 750_000 / 8;
const LATENCY: u32 = 150;
/// How many times slower the page's main thread is.
const SLOWER: u32 = 4;
/// An event each 50 ms, all of the first row, for as long as a page may take.
const PER_SECOND: u32 = 20;

/// Measures all pages in turns.
pub(crate) fn run(
    options: &Options,
    browser: &Browser,
    server: &Http,
) -> Result<BTreeMap<Page, Vec<Option<ColdSample>>>, BenchError> {
    let repetitions = if options.quick { 1 } else { REPETITIONS };
    let mut samples: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for repetition in 0..options.repetitions.unwrap_or(repetitions) {
        // Another one begins each time, so that none always profits from what came before.
        let pages = PAGES.into_iter().cycle().skip(repetition).take(PAGES.len());
        for page in pages.filter(|page| options.wants(&format!("cold-{}", page.name()))) {
            let sample = measure(browser, server, page, 1 + repetition as u64)?;
            println!("{repetition}: {}", line(page, sample));
            samples.entry(page).or_default().push(sample);
        }
    }
    Ok(samples)
}

/// Opens `page` with nothing in the cache while the events are going; `None` if it shows none in time.
fn measure(
    browser: &Browser,
    server: &Http,
    page: Page,
    seed: u64,
) -> Result<Option<ColdSample>, BenchError> {
    let plan = Plan {
        rows: 100,
        events: PER_SECOND * LIMIT.as_secs() as u32,
        rate: PER_SECOND,
        seed,
        probe_every: 1,
        partial: false,
    };
    let run = server.post("/runs", &json!(plan))?.body["run"].clone();
    server.post(&format!("/runs/{run}/start"), &Value::Null)?;
    let tab = browser.new_tab()?;
    slow_down(&tab)?;
    let url = format!("{}{}run={run}&cold=1", server.base(), page.path());
    tab.goto(&url)?;
    let look = || tab.eval::<(f64, f64)>("return bench.cold()", json!([]));
    let seen = eventually("a row is live", LIMIT, look, |(_, live)| *live > 0.0);
    let seen = match seen {
        Err(KitError::Unmet { .. }) => None,
        seen => Some(seen?),
    };
    tab.close()?;
    Ok(seen.map(|(first_row, first_live_row)| ColdSample {
        first_row,
        first_live_row,
    }))
}

fn slow_down(tab: &Tab) -> Result<(), KitError> {
    tab.devtools("Network.enable", json!({}))?;
    tab.devtools("Network.setCacheDisabled", json!({"cacheDisabled": true}))?;
    let line = json!({
        "offline": false,
        "latency": LATENCY,
        "downloadThroughput": DOWN,
        "uploadThroughput": UP,
    });
    tab.devtools("Network.emulateNetworkConditions", line)?;
    tab.devtools("Emulation.setCPUThrottlingRate", json!({"rate": SLOWER}))?;
    Ok(())
}

/// The middle of what was measured; `None` if a page once showed nothing.
pub(crate) fn median_of(samples: &[Option<ColdSample>], of: fn(&ColdSample) -> f64) -> Option<f64> {
    let values: Option<Vec<f64>> = samples.iter().map(|it| it.as_ref().map(of)).collect();
    median(&values?)
}

/// A line for the terminal.
fn line(page: Page, sample: Option<ColdSample>) -> String {
    let head = format!("{:<24} {:<22}", "cold", page.name());
    match sample {
        Some(ColdSample {
            first_row,
            first_live_row,
        }) => format!("{head} first row {first_row:.0} ms, first live row {first_live_row:.0} ms"),
        None => format!("{head} showed no event in {} s", LIMIT.as_secs()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_once_showed_nothing_has_no_median() {
        let sample = |first_live_row| {
            Some(ColdSample {
                first_row: 1.0,
                first_live_row,
            })
        };
        let live = |sample: &ColdSample| sample.first_live_row;
        assert_eq!(
            median_of(&[sample(3.0), sample(9.0), sample(4.0)], live),
            Some(4.0)
        );
        assert_eq!(median_of(&[sample(3.0), None], live), None);
        assert_eq!(median_of(&[], live), None);
    }
}
