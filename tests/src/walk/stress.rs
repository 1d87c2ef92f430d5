//! The longest list at a high rate: what is on the page, and what it shows.

use super::{Report, SOON, gallery::put};
use crate::{
    KitError, Scheme, Size,
    demo::{Page, Visitor},
    ensure, eventually,
};
use std::time::Duration;

const ROWS: u32 = 100_000;
const PER_SECOND: u32 = 500;
/// A long list takes its time to come.
const COMES: Duration = Duration::from_secs(60);

/// Lets 100,000 rows change, and looks at them from the top, in the middle and at the end.
pub(super) fn watch(ada: &Visitor, report: &mut Report) {
    let loaded = ada
        .turn_to_page(Page::Stress)
        .and_then(|()| put(ada, Size::WIDE, Scheme::Light))
        .and_then(|()| ada.choose_load(ROWS, PER_SECOND))
        .and_then(|()| arrive(ada));
    if report
        .check("100,000 rows are there, a few of them on the page", loaded)
        .is_none()
    {
        return;
    }
    let lively = eventually(
        "changes are counted",
        SOON,
        || ada.meter("meter-events"),
        |it| *it >= 1.0,
    );
    report.check("changes come in", lively.map(drop));
    report.shot(ada, "stress-100000");
    for (name, part) in [
        ("in the middle", 0.5),
        ("at the end", 1.0),
        ("at the top again", 0.0),
    ] {
        report.check(
            &format!("{name} the list is whole and sorted"),
            look(ada, part),
        );
    }
    let load = ada.choose_load(10_000, 100);
    report.check("a shorter list takes its place", load);
}

fn arrive(ada: &Visitor) -> Result<(), KitError> {
    let read = || Ok((ada.quotes()?.len(), ada.meter("meter-rows")?));
    let what = "of 100,000 rows a few are on the page";
    let few = |(shown, counted): &(usize, f64)| (5..100).contains(shown) && *counted >= 5.0;
    eventually(what, COMES, read, few)?;
    let text = ada.texts("[data-testid=\"meter-rows\"]")?.join(" ");
    ensure(text.contains("of 100,000"), || text.clone())
}

fn look(ada: &Visitor, part: f64) -> Result<(), KitError> {
    ada.scroll_quotes(part)?;
    // The cheapest row costs one, each costs ten more than the one before.
    let near = part * f64::from(ROWS) / 10.0;
    let price = |text: &str| text.parse::<f64>().unwrap_or(f64::NAN);
    let is_right = |quotes: &Vec<crate::demo::ShownQuote>| {
        let prices: Vec<f64> = quotes.iter().map(|quote| price(&quote.price)).collect();
        let there = prices
            .first()
            .is_some_and(|first| (first - near).abs() < 500.0);
        quotes.len() >= 5 && there && prices.is_sorted()
    };
    let what = format!("rows of about {near:.0} are shown, sorted");
    eventually(&what, SOON, || ada.quotes(), is_right).map(drop)
}
