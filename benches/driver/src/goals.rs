//! Goals: what was aimed at, and what was reached.

use crate::{
    cold,
    page::Page,
    results::{BrowserResults, Cell, CoreCell, CoreResults},
};
use std::fmt::Write;

/// A goal and what was measured.
struct Goal {
    what: &'static str,
    limit: f64,
    /// `None` if it was not measured, or what it is compared with did not finish.
    reached: Option<f64>,
    /// What the number is, such as `×`.
    unit: &'static str,
}

/// The table of all goals that these results speak of.
pub(crate) fn table(browser: Option<&BrowserResults>, core: Option<&CoreResults>) -> String {
    let mut goals = Vec::new();
    goals.extend(browser.map(of_browser).into_iter().flatten());
    goals.extend(core.map(of_core).into_iter().flatten());
    let mut text = String::from("| goal | at most | measured | |\n|---|---:|---:|---|\n");
    for Goal {
        what,
        limit,
        reached,
        unit,
    } in goals
    {
        let (reached, verdict) = match reached {
            Some(reached) if reached <= limit => (format!("{reached:.2} {unit}"), "reached"),
            Some(reached) => (format!("{reached:.2} {unit}"), "**missed**"),
            None => ("–".into(), "not comparable"),
        };
        let _ = writeln!(text, "| {what} | {limit} {unit} | {reached} | {verdict} |");
    }
    text
}

fn of_browser(results: &BrowserResults) -> Vec<Goal> {
    let cell = |sorted: bool, rows: u32| {
        results
            .cells
            .iter()
            .find(move |cell| cell.config.is_paced(sorted) && cell.config.rows == rows)
    };
    let against =
        |cell: Option<&Cell>, page: Page, to: Page| cell.and_then(|cell| cell.ratio(page, to));
    let ratio = |cell: Option<&Cell>, to: Page| against(cell, Page::Yew, to);
    let windowed = |rows: u32| {
        cell(true, rows).and_then(|cell| cell.median(Page::YewWindow, |it| it.task_seconds))
    };
    let gap =
        |rows: u32| cell(true, rows).and_then(|cell| cell.median(Page::YewWindow, |it| it.gap_p95));
    let cold = |page: Page| {
        let samples = results.cold.get(&page)?;
        cold::median_of(samples, |sample| sample.first_live_row)
    };
    let times = |what, limit, reached| Goal {
        what,
        limit,
        reached,
        unit: "×",
    };
    vec![
        times(
            "1,000 rows unsorted at 500/s: tasks of this SDK's page against hand-written DOM",
            1.3,
            ratio(cell(false, 1_000), Page::Dom),
        ),
        times(
            "the same against React",
            0.6,
            ratio(cell(false, 1_000), Page::React),
        ),
        times(
            "100 rows unsorted against hand-written DOM",
            1.5,
            ratio(cell(false, 100), Page::Dom),
        ),
        times(
            "1,000 rows sorted against React",
            0.25,
            ratio(cell(true, 1_000), Page::React),
        ),
        times(
            "the same by a window, against React without one",
            0.25,
            against(cell(true, 1_000), Page::YewWindow, Page::React),
        ),
        times(
            "10,000 rows sorted, windowed, against React with TanStack Virtual",
            0.1,
            against(cell(true, 10_000), Page::YewWindow, Page::ReactWindow),
        ),
        Goal {
            what: "the same: 95 of 100 frame gaps of this SDK's page",
            limit: 20.0,
            reached: gap(10_000),
            unit: "ms",
        },
        times(
            "100,000 rows sorted, windowed, against the same page at 1,000",
            1.5,
            windowed(100_000)
                .zip(windowed(1_000))
                .map(|(many, few)| many / few),
        ),
        times(
            "first live row of a cold page on a slow line, against the React page's",
            1.5,
            cold(Page::Yew)
                .zip(cold(Page::React))
                .map(|(ours, theirs)| ours / theirs),
        ),
    ]
}

fn of_core(results: &CoreResults) -> Vec<Goal> {
    let cell = |case: &str, size: u32| {
        let found = |cell: &&CoreCell| cell.case == case && cell.size == size;
        results.cells.iter().find(found)
    };
    let native = |case: &str, size: u32| cell(case, size).map(CoreCell::native);
    let growth = |case: &str| {
        let (small, large) = (native(case, 1_000), native(case, 100_000));
        small.zip(large).map(|(small, large)| large / small)
    };
    let worst = (results.cells.iter())
        .filter_map(CoreCell::wasm_ratio)
        .max_by(f64::total_cmp);
    vec![
        Goal {
            what: "10,000 sorted rows: one list event as JSON, natively (1,000,000 events a second)",
            limit: 1_000.0,
            reached: native("list-patch-sorted", 10_000),
            unit: "ns",
        },
        Goal {
            what: "the same, a whole row in a list that is sorted by a key",
            limit: 1_000.0,
            reached: native("list-upsert-keyed", 10_000),
            unit: "ns",
        },
        Goal {
            what: "the same from a frame through the whole client",
            limit: 1_000.0,
            reached: native("list-client-sorted", 10_000),
            unit: "ns",
        },
        Goal {
            what: "one sorted list event at 100,000 rows against 1,000",
            limit: 3.0,
            reached: growth("list-patch-sorted"),
            unit: "×",
        },
        Goal {
            what: "the same, sorted by a key",
            limit: 3.0,
            reached: growth("list-upsert-keyed"),
            unit: "×",
        },
        Goal {
            what: "WebAssembly against native code, the worst case",
            limit: 2.5,
            reached: worst,
            unit: "×",
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Machine;
    use std::collections::BTreeMap;

    #[test]
    fn a_goal_is_reached_missed_or_not_comparable() {
        let core = |size, native| CoreCell {
            case: "list-patch-sorted".into(),
            about: String::new(),
            size,
            native: vec![native],
            speed: vec![native * 2.0],
            page: vec![native * 3.0],
        };
        let results = CoreResults {
            machine: Machine {
                date: String::new(),
                commit: String::new(),
                processor: String::new(),
                cores: 2,
                memory: String::new(),
                system: String::new(),
                browser: String::new(),
                rustc: String::new(),
                packages: BTreeMap::new(),
            },
            cells: vec![
                core(1_000, 500.0),
                core(10_000, 900.0),
                core(100_000, 2_000.0),
            ],
        };
        let text = table(None, Some(&results));
        assert!(text.contains("| 1000 ns | 900.00 ns | reached |"), "{text}");
        assert!(text.contains("| 3 × | 4.00 × | **missed** |"), "{text}");
        assert!(text.contains("| 2.5 × | 2.00 × | reached |"), "{text}");
        assert!(text.contains("| 1000 ns | – | not comparable |"), "{text}");
    }
}
