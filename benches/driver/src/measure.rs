//! A measurement: one page, once.

use crate::{
    config::{Config, Pace},
    error::BenchError,
    page::Page,
    results::Sample,
};
use realtime_bench_server::{Plan, Row};
use realtime_testkit::{Browser, Http, KitError, Tab, eventually};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{thread, time::Duration};

/// How long a page may take to show its rows.
const LOAD_LIMIT: Duration = Duration::from_secs(60);
/// What a page does after loading is none of the events' business.
const REST: Duration = Duration::from_millis(500);
/// How many rows are compared with the server's, from the top.
const COMPARED: usize = 1_000;

/// What the page's own meter says.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Measured {
    /// Milliseconds between frames.
    gaps: Vec<f64>,
    /// Which event the probe showed, and when that was seen.
    seen: Vec<(u64, f64)>,
    last: u64,
    wasm_bytes: f64,
}

/// Counters of the browser: seconds since the page began, but for the heap.
#[derive(Clone, Copy, Debug, Default)]
struct Counters {
    task: f64,
    script: f64,
    style: f64,
    layout: f64,
    heap: f64,
}

/// Measures `page`; `None` if it did not load or stopped answering.
pub(crate) fn measure(
    browser: &Browser,
    server: &Http,
    page: Page,
    config: Config,
    seed: u64,
) -> Result<Option<Sample>, BenchError> {
    let tab = browser.new_tab()?;
    let measured = measure_in(&tab, server, page, config, seed);
    match measured {
        // A page that is too busy to answer is a result, not an error.
        Err(BenchError::Page(KitError::Http { .. } | KitError::Unmet { .. })) => Ok(None),
        Err(BenchError::Page(KitError::Refused { code, .. })) if code.contains("timeout") => {
            Ok(None)
        }
        Err(error) => Err(error),
        Ok(sample) => {
            tab.close()?;
            Ok(Some(sample))
        }
    }
}

fn measure_in(
    tab: &Tab,
    server: &Http,
    page: Page,
    config: Config,
    seed: u64,
) -> Result<Sample, BenchError> {
    let plan = config.plan(seed);
    let run = server.post("/runs", &json!(plan))?.body["run"].clone();
    let order = u8::from(config.sorted);
    tab.goto(&format!(
        "{}{}run={run}&sorted={order}&partial={}",
        server.base(),
        page.path(),
        u8::from(config.partial)
    ))?;
    let wanted = if page.is_windowed() { 30 } else { config.rows };
    let rows = || tab.eval::<i64>("return bench.rows()", json!([]));
    let are_there = |rows: &i64| *rows >= i64::from(wanted.min(config.rows));
    eventually("all rows are there", LOAD_LIMIT, rows, are_there)?;
    // In the thread's own time, so that what else the machine does is not in it.
    let domain = json!({"timeDomain": "threadTicks"});
    tab.devtools("Performance.enable", domain)?;
    tab.devtools("HeapProfiler.collectGarbage", json!({}))?;
    thread::sleep(REST);

    let before = counters(tab)?;
    tab.eval::<Value>("bench.begin(arguments[0])", json!([plan.events]))?;
    let started = server.post(&format!("/runs/{run}/start"), &Value::Null)?;
    let started = started.body["startedAt"].as_f64().unwrap_or_default();
    thread::sleep(config.window());
    let done = || tab.eval::<f64>("return bench.doneAt", json!([]));
    let rest = Config::LIMIT.saturating_sub(config.window());
    let done = match eventually("the last event is shown", rest, done, |at| *at > 0.0) {
        Err(KitError::Unmet { .. }) => None,
        done => Some(done?),
    };
    let after = counters(tab)?;
    let measured: Measured = tab.eval("return bench.end()", json!([]))?;
    if done.is_some() {
        compare(tab, server, &run, page, config)?;
    }
    tab.devtools("HeapProfiler.collectGarbage", json!({}))?;
    let heap = counters(tab)?.heap;
    let latencies = latencies(&plan, started, &measured.seen);
    Ok(Sample {
        finished: done.is_some(),
        seconds: done.map_or(Config::LIMIT.as_secs_f64(), |at| (at - started) / 1_000.0),
        shown: measured.last,
        task_seconds: after.task - before.task,
        script_seconds: after.script - before.script,
        style_seconds: after.style - before.style,
        layout_seconds: after.layout - before.layout,
        gap_p95: quantile(&measured.gaps, 0.95).unwrap_or_default(),
        gap_max: quantile(&measured.gaps, 1.0).unwrap_or_default(),
        latency_p50: finite(quantile(&latencies, 0.5)),
        latency_p99: finite(quantile(&latencies, 0.99)),
        js_bytes: heap,
        wasm_bytes: measured.wasm_bytes,
    })
}

fn counters(tab: &Tab) -> Result<Counters, KitError> {
    let answer = tab.devtools("Performance.getMetrics", json!({}))?;
    let metrics = answer["metrics"].as_array().cloned().unwrap_or_default();
    let named = |name: &str| {
        let metric = metrics.iter().find(|metric| metric["name"] == name);
        metric
            .and_then(|metric| metric["value"].as_f64())
            .unwrap_or_default()
    };
    Ok(Counters {
        task: named("TaskDuration"),
        script: named("ScriptDuration"),
        style: named("RecalcStyleDuration"),
        layout: named("LayoutDuration"),
        heap: named("JSHeapUsedSize"),
    })
}

/// How long each event of the probe was on its way, from when it was due. One that was never shown took for ever.
fn latencies(plan: &Plan, started: f64, seen: &[(u64, f64)]) -> Vec<f64> {
    let probes = (1..=u64::from(plan.events)).filter(|seq| {
        *seq == u64::from(plan.events) || seq.is_multiple_of(plan.probe_every.into())
    });
    probes
        .map(|seq| {
            let due = match plan.rate {
                0 => started,
                rate => started + seq as f64 * 1_000.0 / f64::from(rate),
            };
            let shown = seen.iter().find(|(value, _)| *value >= seq);
            shown.map_or(f64::INFINITY, |(_, at)| (at - due).max(0.0))
        })
        .collect()
}

/// The value that `share` of the values do not exceed; `None` of no values.
pub(crate) fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.clamp(1, sorted.len().max(1)) - 1).copied()
}

/// The middle value, or the mean of the two in the middle; `None` of no values.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = *sorted.get((sorted.len() - 1) / 2)?;
    Some((lower + upper) / 2.0)
}

fn finite(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite())
}

/// Holds what the page shows against what the server has.
fn compare(
    tab: &Tab,
    server: &Http,
    run: &Value,
    page: Page,
    config: Config,
) -> Result<(), BenchError> {
    let outcome = server.get(&format!("/runs/{run}/final"))?.body;
    let mut rows: Vec<Row> = serde_json::from_value(outcome)
        .map_err(|error| BenchError::Missing(format!("the server's rows: {error}")))?;
    if config.sorted {
        rows.sort_by(|a, b| b.price.cmp(&a.price).then_with(|| a.id.cmp(&b.id)));
    }
    let shown: Vec<String> = tab.eval("return bench.texts(arguments[0])", json!([COMPARED]))?;
    for (shown, row) in shown.iter().zip(rows) {
        let price = match config.partial {
            true => format!("{:.2}", f64::from(row.price) / 100.0),
            false => row.price.to_string(),
        };
        let expected = format!("{} {} {price} {}", row.id, row.name, row.seq);
        if *shown != expected {
            return Err(BenchError::Wrong {
                page: format!("{} in {}", page.name(), config.name()),
                shown: shown.clone(),
                expected,
            });
        }
    }
    Ok(())
}

/// A line for the terminal.
pub(crate) fn line(page: Page, config: Config, sample: Option<&Sample>) -> String {
    let head = format!("{:<24} {:<22}", config.name(), page.name());
    let Some(sample) = sample else {
        return format!("{head} did not load or stopped answering");
    };
    let Sample {
        task_seconds,
        gap_p95,
        gap_max,
        seconds,
        ..
    } = sample;
    let end = match (sample.finished, config.pace) {
        (false, _) => format!("stopped at event {} after {seconds:.0} s", sample.shown),
        (true, Pace::Paced) => format!("{:.0} ms p50", sample.latency_p50.unwrap_or_default()),
        (true, Pace::Burst) => format!("{:.0} ms to the last", seconds * 1_000.0),
    };
    format!("{head} {task_seconds:>7.2} s of tasks, gaps {gap_p95:>4.0} / {gap_max:>5.0} ms, {end}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use realtime_bench_server::PROBE_EVERY;

    #[test]
    fn quantiles_are_values_that_were_measured() {
        let values = [4.0, 1.0, 3.0, 2.0];
        assert_eq!(quantile(&values, 0.5), Some(2.0));
        assert_eq!(quantile(&values, 0.95), Some(4.0));
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(median(&values), Some(2.5));
        assert_eq!(median(&[7.0]), Some(7.0));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn an_event_is_late_from_when_it_was_due_and_counts_as_shown_with_a_later_one() {
        let plan = Plan {
            rows: 10,
            events: 60,
            rate: 100,
            seed: 1,
            probe_every: PROBE_EVERY,
            partial: false,
        };
        // The probes 25, 50 and 60 were due after 250, 500 and 600 ms.
        let seen = [(50, 1_530.0)];
        assert_eq!(
            latencies(&plan, 1_000.0, &seen),
            [280.0, 30.0, f64::INFINITY]
        );
    }
}
