//! `bench core`: each case natively and in the browser, in turns.

use crate::{
    Options,
    browser::sites,
    error::BenchError,
    machine::Machine,
    results::{CoreCell, CoreResults},
};
use realtime_bench_core::{CASES, Case};
use realtime_bench_server::Server;
use realtime_testkit::{Browser, Driver, KitError, Tab, eventually};
use serde_json::json;
use std::{path::Path, process::Command, time::Duration};

/// How long a browser may take for one case at one size.
const LIMIT: Duration = Duration::from_secs(60);

pub(crate) fn run(options: &Options) -> Result<CoreResults, BenchError> {
    let server = Server::start(sites(&options.built))
        .map_err(|error| BenchError::Missing(format!("a port for the server: {error}")))?;
    let driver = Driver::start()?;
    let browser = driver.browser()?;
    let machine = Machine::look(&browser, &options.commit)?;
    let repetitions = options
        .repetitions
        .unwrap_or(if options.quick { 1 } else { 5 });
    let mut cells: Vec<CoreCell> = CASES
        .iter()
        .flat_map(|case| sizes(case, options.quick).map(|size| cell(case, size)))
        .filter(|cell| options.wants(&format!("{}-{}", cell.case, cell.size)))
        .collect();
    for repetition in 0..repetitions {
        for cell in &mut cells {
            let native = natively(&options.built.join("bench-core"), cell)?;
            let speed = in_browser(&browser, server.url(), "core-speed", cell)?;
            let page = in_browser(&browser, server.url(), "core-page", cell)?;
            cell.native.push(native);
            cell.speed.push(speed);
            cell.page.push(page);
            println!(
                "{repetition}: {:<20} {:>7}: {native:>9.0} ns native, {speed:>9.0} ns wasm, {page:>9.0} ns wasm as in a page",
                cell.case, cell.size
            );
        }
    }
    Ok(CoreResults { machine, cells })
}

fn sizes(case: &Case, quick: bool) -> impl Iterator<Item = u32> + use<> {
    let (sizes, last) = (case.sizes, case.sizes.len() - 1);
    let chosen = move |place: &usize| !quick || *place == last.min(1) || *place == last;
    (0..=last).filter(chosen).map(move |place| sizes[place])
}

fn cell(case: &Case, size: u32) -> CoreCell {
    CoreCell {
        case: case.name.into(),
        about: case.about.into(),
        size,
        native: Vec::new(),
        speed: Vec::new(),
        page: Vec::new(),
    }
}

fn natively(program: &Path, cell: &CoreCell) -> Result<f64, BenchError> {
    let output = Command::new(program)
        .args([&cell.case, &cell.size.to_string()])
        .output()
        .map_err(|error| BenchError::file(program, &error))?;
    let said = String::from_utf8_lossy(&output.stdout);
    said.trim().parse().map_err(|_| {
        let complaint = String::from_utf8_lossy(&output.stderr);
        BenchError::Missing(format!(
            "a number from `bench-core {} {}`: {complaint}",
            cell.case, cell.size
        ))
    })
}

fn in_browser(
    browser: &Browser,
    url: &str,
    build: &str,
    cell: &CoreCell,
) -> Result<f64, BenchError> {
    let tab = browser.new_tab()?;
    tab.goto(&format!(
        "{url}/{build}/?case={}&size={}",
        cell.case, cell.size
    ))?;
    let nanos = result_of(&tab)?;
    tab.close()?;
    Ok(nanos)
}

fn result_of(tab: &Tab) -> Result<f64, KitError> {
    let read = || tab.eval::<Option<f64>>("return window.result ?? null", json!([]));
    let result = eventually("the browser has measured", LIMIT, read, Option::is_some)?;
    result.ok_or_else(|| KitError::Wrong("the browser has no result".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quick_run_has_a_middle_size_and_the_largest() {
        let case = CASES
            .into_iter()
            .find(|case| case.name == "list-upsert")
            .unwrap();
        assert_eq!(sizes(&case, true).collect::<Vec<_>>(), [1_000, 100_000]);
        assert_eq!(sizes(&case, false).count(), 4);
    }
}
