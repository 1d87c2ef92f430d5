//! A walk through the demo that a person could take: every page, every state, with screenshots.

mod gallery;
mod report;
mod states;
mod stress;
mod together;

pub use report::Report;

use crate::{
    Browser, Driver, KitError, Scheme, Size,
    demo::{Page, Visitor},
    ensure,
};
use std::time::Duration;

/// How long an event may take from one browser to the other on a busy machine.
const SOON: Duration = Duration::from_secs(10);
/// How long a client may take to notice trouble, or to recover from it.
const RECOVERS: Duration = Duration::from_secs(45);

/// Walks through the demo at `url`, whose query every page is opened with, noting every check and taking the screenshots.
pub fn walk(url: &str, report: &mut Report) -> Result<(), KitError> {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let base = base.trim_end_matches('/');
    let driver = Driver::start()?;
    let browsers = [driver.browser()?, driver.browser()?];
    let ada = Visitor::new("Ada", browsers[0].first_tab()?, query);
    let lin = Visitor::new("Lin", browsers[1].first_tab()?, query);

    let arrived = ada.open(base, Page::Prices).and_then(|()| ada.await_data());
    if report
        .check("the demo loads and connects", arrived)
        .is_some()
    {
        gallery::photograph(&ada, report);
        let arrived = lin
            .open(base, Page::Prices)
            .and_then(|()| lin.await_data())
            .and_then(|()| gallery::put(&lin, Size::WIDE, Scheme::Light));
        if report.check("a second visitor arrives", arrived).is_some() {
            together::meet(&ada, &lin, report);
        }
        states::show(&ada, base, report);
        let second = Visitor::new("Ada", browsers[0].new_tab()?, query);
        states::beside(&ada, &second, base, report);
        stress::watch(&ada, report);
        // The last, since the choice may outlast the page.
        report.check(
            "the theme can be switched by hand",
            together::switch_theme(&ada),
        );
    }
    report.check("no errors on the consoles", quiet(&browsers));
    Ok(())
}

/// The walk breaks the network on purpose, so what the browsers report of that is no error.
fn quiet(browsers: &[Browser]) -> Result<(), KitError> {
    let mut errors = Vec::new();
    for browser in browsers {
        let said = browser.console()?.into_iter();
        errors.extend(said.filter(|entry| entry.is_error() && !entry.is_network_failure()));
    }
    ensure(errors.is_empty(), || format!("{errors:#?}"))
}
