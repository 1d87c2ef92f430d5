//! Every page on a large and on a small screen: it fits, and everybody can use it.

use crate::SOON;
use realtime_e2e::{KitError, Page, Scheme, Size, Visitor, by_id, ensure, eventually, scenario};
use serde_json::json;

/// How many pixels are wider than the page, and the fields into which iOS would zoom.
const MISFITS: &str = r#"
    const root = document.documentElement;
    const width = root.clientWidth;
    const wide = Array.from(document.querySelectorAll('header *, nav *, main *'))
        .filter(it => it.getClientRects().length > 0 && !it.closest('.visually-hidden, .cursors__area'))
        .filter(it => it.getBoundingClientRect().right > width + 0.5)
        .map(it => `${it.tagName}.${it.className} reaches to ${it.getBoundingClientRect().right} of ${width}`);
    const small = Array.from(document.querySelectorAll('input:not([type=checkbox]), select, textarea'))
        .filter(it => parseFloat(getComputedStyle(it).fontSize) < 16)
        .map(it => `${it.tagName}#${it.id} has letters of ${getComputedStyle(it).fontSize}`);
    return root.scrollWidth > width ? [`the page is ${root.scrollWidth} wide`, ...wide, ...small] : [...wide, ...small];
"#;

fn check(visitor: &Visitor, form: &str) -> Result<(), KitError> {
    let misfits: Vec<String> = visitor.eval(MISFITS, json!([]))?;
    ensure(misfits.is_empty(), || format!("{form}: {misfits:#?}"))?;
    let violations = visitor.violations()?;
    ensure(violations.is_empty(), || format!("{form}: {violations:#?}"))
}

fn check_every_page(size: Size, scheme: Scheme) {
    let name = format!("pages-{}-{}", size.name, scheme.name());
    scenario(&name, |stage| {
        stage.start_server()?;
        let ada = stage.enter("Ada", Page::Prices)?;
        ada.resize(size)?;
        ada.prefer(scheme)?;
        for page in Page::ALL {
            ada.turn_to_page(page)?;
            ada.await_data()?;
            check(&ada, &format!("{} {name}", page.name()))?;
        }
        Ok(())
    });
}

#[test]
#[ignore = "needs chromedriver and the built demo; cargo xtask test runs it"]
fn every_page_fits_a_large_screen_and_keeps_every_rule_of_accessibility() {
    check_every_page(Size::WIDE, Scheme::Light);
}

#[test]
#[ignore = "needs chromedriver and the built demo; cargo xtask test runs it"]
fn every_page_fits_a_small_screen_and_keeps_every_rule_of_accessibility_in_the_dark() {
    check_every_page(Size::NARROW, Scheme::Dark);
}

#[test]
#[ignore = "needs chromedriver and the built demo; cargo xtask test runs it"]
fn toasts_on_a_small_screen_leave_the_way_to_send_free() {
    /// What a finger on the middle of a button would meet.
    const UNDER_FINGER: &str = r"
        const button = document.querySelector(arguments[0]);
        button.scrollIntoView({ block: 'end' });
        const { left, top, width, height } = button.getBoundingClientRect();
        const met = document.elementFromPoint(left + width / 2, top + height / 2);
        return button.contains(met) ? null : met?.className ?? 'nothing';
    ";
    scenario("pages-toast", |stage| {
        stage.start_server()?;
        let ada = stage.enter("Ada", Page::Notifications)?;
        // No narrower, so that every engine's window can be it.
        ada.resize(Size {
            name: "slim",
            width: 480,
            height: 780,
        })?;
        ada.notify()?;
        let shown = || ada.toasts();
        eventually("a toast is shown", SOON, shown, |toasts| !toasts.is_empty())?;
        ada.turn_to_page(Page::Room)?;
        ada.await_data()?;
        ensure(!ada.toasts()?.is_empty(), || "it is still there".into())?;
        let met: Option<String> = ada.eval(UNDER_FINGER, json!([by_id("send")]))?;
        ensure(met.is_none(), || format!("Send is covered by {met:?}"))
    });
}
