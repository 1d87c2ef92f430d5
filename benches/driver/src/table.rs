//! Tables, the same on the terminal and in the document.

use crate::{
    cold,
    config::{Config, Pace},
    page::Page,
    results::{BrowserResults, Cell, CoreCell, CoreResults, Sample},
};
use std::fmt::Write;

/// All tables of `bench browser`.
pub(crate) fn of_browser(results: &BrowserResults) -> String {
    let mut text = weights(results);
    text.push_str(&of_cold(results));
    for (pace, partial) in [
        (Pace::Paced, false),
        (Pace::Burst, false),
        (Pace::Paced, true),
    ] {
        for sorted in [false, true] {
            let fits = |cell: &&Cell| {
                let Config {
                    pace: of,
                    sorted: order,
                    partial: kind,
                    ..
                } = cell.config;
                (of, order, kind) == (pace, sorted, partial)
            };
            let cells: Vec<&Cell> = results.cells.iter().filter(fits).collect();
            if let Some(first) = cells.first() {
                let _ = write!(text, "\n### {}\n\n{}", title(first.config), table(&cells));
            }
        }
    }
    text
}

fn title(config: Config) -> String {
    let pace = match config.pace {
        Pace::Paced => "2,500 updates, 500 a second",
        Pace::Burst => "5,000 updates at once",
    };
    let order = if config.sorted {
        "sorted by what changes"
    } else {
        "in arrival order"
    };
    let kind = if config.partial {
        ", each an id and a price, without a version, over Socket.IO from a server that acknowledges nothing"
    } else {
        ""
    };
    format!("{pace}, rows {order}{kind}")
}

/// How long cold pages took to show a live row.
fn of_cold(results: &BrowserResults) -> String {
    if results.cold.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "\n### Time to the first live row, cold, on a slow line\n\n\
         | page | first row, ms | first live row, ms | × (b) |\n|---|---:|---:|---:|\n",
    );
    let live = |page: Page| {
        let samples = results.cold.get(&page)?;
        cold::median_of(samples, |sample| sample.first_live_row)
    };
    for (page, samples) in &results.cold {
        let number = |value: Option<f64>| value.map_or_else(|| "–".into(), milliseconds);
        let against = live(*page).zip(live(page.rival()));
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} |",
            page.name(),
            number(cold::median_of(samples, |sample| sample.first_row)),
            number(live(*page)),
            against.map_or_else(String::new, |(own, rival)| format!("{:.2}", own / rival)),
        );
    }
    text
}

fn table(cells: &[&Cell]) -> String {
    let mut text = String::from(
        "| rows | page | tasks, s | × (a) | × (b) | frame gap p95 / max, ms | latency p50 / p99, ms | heap, MB |\n\
         |---:|---|---:|---:|---:|---:|---:|---:|\n",
    );
    for cell in cells {
        for page in Page::ALL {
            if let Some(samples) = cell.samples.get(&page) {
                text.push_str(&row(cell, page, samples));
            }
        }
    }
    text
}

fn row(cell: &Cell, page: Page, samples: &[Option<Sample>]) -> String {
    let head = format!("| {} | `{}` |", grouped(cell.config.rows), page.name());
    let median = |of: fn(&Sample) -> f64| cell.median(page, of);
    let Some(tasks) = median(|sample| sample.task_seconds) else {
        return format!("{head} {} | | | | | |\n", unfinished(samples));
    };
    let ratio = |to: Page| match cell.ratio(page, to) {
        Some(_) if page == to => "1".into(),
        Some(ratio) => format!("{ratio:.2}"),
        None if cell.samples.contains_key(&to) => "–".into(),
        None => String::new(),
    };
    let number = |value: Option<f64>| value.map_or_else(|| "–".into(), milliseconds);
    let latency = |of: fn(&Sample) -> f64| number(median(of).filter(|value| value.is_finite()));
    let p50 = latency(|sample| sample.latency_p50.unwrap_or(f64::INFINITY));
    let p99 = latency(|sample| sample.latency_p99.unwrap_or(f64::INFINITY));
    let heap = median(|sample| (sample.js_bytes + sample.wasm_bytes) / 1e6).unwrap_or_default();
    format!(
        "{head} {tasks:.2} | {} | {} | {} / {} | {p50} / {p99} | {heap:.1} |\n",
        ratio(page.floor()),
        ratio(page.rival()),
        number(median(|sample| sample.gap_p95)),
        number(median(|sample| sample.gap_max)),
    )
}

/// What became of a page that did not show all events in time.
fn unfinished(samples: &[Option<Sample>]) -> String {
    let unfinished = samples
        .iter()
        .find(|sample| sample.as_ref().is_none_or(|sample| !sample.finished));
    match unfinished {
        Some(Some(sample)) => format!(
            "not done after {:.0} s: at event {}",
            sample.seconds,
            grouped(sample.shown)
        ),
        _ => "did not load, or stopped answering".into(),
    }
}

fn milliseconds(value: f64) -> String {
    if value < 9.95 {
        format!("{value:.1}")
    } else {
        grouped(value.round() as u64)
    }
}

fn weights(results: &BrowserResults) -> String {
    let mut text =
        String::from("| page | made of | code, KB | gzip | brotli |\n|---|---|---:|---:|---:|\n");
    for page in Page::ALL {
        let size = |bytes: usize| format!("{:.1}", bytes as f64 / 1_000.0);
        let _ = match results.weights.get(&page) {
            Some(weight) => writeln!(
                text,
                "| `{}` | {} | {} | {} | {} |",
                page.name(),
                page.about(),
                size(weight.raw),
                size(weight.gzip),
                size(weight.brotli)
            ),
            None => writeln!(text, "| `{}` | {} | | | |", page.name(), page.about()),
        };
    }
    text
}

/// The table of `bench core`.
pub(crate) fn of_core(results: &CoreResults) -> String {
    let mut text = String::from(
        "| case | n | native, ns | × the one before | wasm, ns | × native | wasm as in a page, ns | one event is |\n\
         |---|---:|---:|---:|---:|---:|---:|---|\n",
    );
    let mut before: Option<&CoreCell> = None;
    for cell in &results.cells {
        let same = before.filter(|before| before.case == cell.case);
        let growth = same.map(|before| format!("{:.2}", cell.native() / before.native()));
        let about = same.map_or(cell.about.as_str(), |_| "");
        let ratio = cell.wasm_ratio().map(|ratio| format!("{ratio:.2}"));
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} | {} | {} | {} | {about} |",
            cell.case,
            grouped(cell.size),
            grouped(cell.native().round() as u64),
            growth.unwrap_or_default(),
            grouped(cell.speed().round() as u64),
            ratio.unwrap_or_default(),
            grouped(cell.page().round() as u64),
        );
        before = Some(cell);
    }
    text
}

/// A whole number with commas.
pub(crate) fn grouped(number: impl Into<u64>) -> String {
    let digits = number.into().to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::testing::cell;

    #[test]
    fn thousands_have_commas() {
        assert_eq!(grouped(7_u32), "7");
        assert_eq!(grouped(1_234_567_u64), "1,234,567");
        assert_eq!(grouped(100_u32), "100");
    }

    #[test]
    fn a_loss_is_shown_like_a_win_and_so_is_what_never_ended() {
        let pages: [(Page, &[f64]); 3] = [
            (Page::Dom, &[1.0]),
            (Page::Yew, &[4.0]),
            (Page::React, &[-1.0]),
        ];
        let text = table(&[&cell(1_000, &pages)]);
        assert!(
            text.contains("| 1,000 | `yew` | 4.00 | 4.00 | – | 17 / 20 | 15 / 30 | 3.0 |"),
            "{text}"
        );
        assert!(
            text.contains("| 1,000 | `react` | not done after 5 s: at event 7 |"),
            "{text}"
        );
    }
}
