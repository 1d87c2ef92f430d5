//! `bench browser`: all pages in all configurations, side by side.

use crate::{
    Options, cold,
    config::groups,
    error::BenchError,
    machine::Machine,
    measure::{line, measure},
    page::Page,
    results::{BrowserResults, Cell},
    weight::weigh,
};
use realtime_bench_server::{Server, Site};
use realtime_testkit::{Browser, Driver, Http, workspace};
use std::{collections::BTreeMap, path::Path, rc::Rc};

pub(crate) fn run(options: &Options) -> Result<BrowserResults, BenchError> {
    let server = Server::start(sites(&options.built))
        .map_err(|error| BenchError::Missing(format!("a port for the server: {error}")))?;
    let http = Http::new(server.url());
    let driver = Driver::start()?;
    let mut browser = driver.browser()?;
    let mut results = BrowserResults {
        machine: Machine::look(&browser, &options.commit)?,
        weights: BTreeMap::new(),
        cells: Vec::new(),
        cold: BTreeMap::new(),
    };
    for page in Page::ALL.into_iter().filter(|page| !page.is_variant()) {
        results.weights.insert(page, weigh(&browser, &http, page)?);
    }
    let groups = groups(options.quick);
    let most = groups
        .iter()
        .map(|group| group.repetitions)
        .max()
        .unwrap_or(1);
    let repetitions = options
        .repetitions
        .unwrap_or(if options.quick { 1 } else { most });
    for group in &groups {
        let samples = group.pages.iter().map(|page| (*page, Vec::new())).collect();
        results.cells.push(Cell {
            config: group.config,
            samples,
        });
    }
    for repetition in 0..repetitions {
        for (group, cell) in groups.iter().zip(&mut results.cells) {
            if options.repetitions.is_none() && repetition >= group.repetitions {
                continue;
            }
            // Another one begins each time, so that none always profits from what came before.
            let mut pages = group.pages.clone();
            let first = repetition % pages.len();
            pages.rotate_left(first);
            for page in pages {
                let name = format!("{}-{}", group.config.name(), page.name());
                let samples = cell.samples.entry(page).or_default();
                // What did not finish once would only take its time again.
                let hopeless = samples
                    .iter()
                    .any(|sample| sample.as_ref().is_none_or(|sample| !sample.finished));
                if hopeless || !options.wants(&name) {
                    continue;
                }
                let sample = measure(&browser, &http, page, group.config, 1 + repetition as u64)?;
                println!(
                    "{repetition}: {}",
                    line(page, group.config, sample.as_ref())
                );
                if sample.as_ref().is_none_or(|sample| !sample.finished) {
                    browser = fresh(browser, &driver)?;
                }
                samples.push(sample);
            }
        }
    }
    results.cold = cold::run(options, &browser, &http)?;
    for cell in &mut results.cells {
        cell.samples.retain(|_, samples| !samples.is_empty());
    }
    results.cells.retain(|cell| !cell.samples.is_empty());
    Ok(results)
}

/// A new browser in the place of one whose page is stuck.
fn fresh(stuck: Browser, driver: &Rc<Driver>) -> Result<Browser, BenchError> {
    drop(stuck);
    Ok(driver.browser()?)
}

/// Where the pages are.
pub(crate) fn sites(built: &Path) -> Vec<Site> {
    let source = workspace().join("benches");
    let pages = [
        "yew-simple",
        "yew-plain",
        "yew-window",
        "yew-partial",
        "core-speed",
        "core-page",
    ];
    let own = [("meter", "meter"), ("dom", "dom"), ("react", "react/dist")];
    let own = own.map(|(path, folder)| (path, source.join(folder)));
    let built = pages.map(|path| (path, built.join(path)));
    own.into_iter()
        .chain(built)
        .map(|(path, folder)| Site {
            path: path.into(),
            folder,
        })
        .collect()
}
