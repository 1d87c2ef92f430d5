//! Every page, wide and narrow, light and dark.

use super::{Report, SOON};
use crate::{
    KitError, Scheme, Size,
    demo::{Page, Visitor},
    ensure, eventually,
};
use serde_json::json;

/// Photographs every page in every form, and checks that it fits, follows the scheme and names its controls.
pub(super) fn photograph(ada: &Visitor, report: &mut Report) {
    for page in Page::ALL {
        let name = page.name();
        let there = ada.turn_to_page(page).and_then(|()| ada.await_data());
        if report
            .check(&format!("{name} shows its data"), there)
            .is_none()
        {
            continue;
        }
        let nameless = ada.nameless_controls().and_then(|nameless| {
            ensure(nameless.is_empty(), || {
                format!("without a name: {nameless:?}")
            })
        });
        report.check(&format!("{name}: every control has a name"), nameless);
        for size in [Size::WIDE, Size::NARROW] {
            for scheme in [Scheme::Light, Scheme::Dark] {
                let form = format!("{name}, {}, {}", size.name, scheme.name());
                report.check(
                    &format!("{form}: fits and follows the scheme"),
                    put(ada, size, scheme),
                );
                report.shot_at(ada, name, size, scheme);
                report.check(
                    &format!("{form}: no rule of accessibility is broken"),
                    accessible(ada),
                );
            }
        }
    }
    report.check(
        "back to wide and light",
        put(ada, Size::WIDE, Scheme::Light),
    );
}

/// Whether everybody can use the page as it is.
pub(super) fn accessible(visitor: &Visitor) -> Result<(), KitError> {
    let violations = visitor.violations()?;
    ensure(violations.is_empty(), || format!("{violations:#?}"))
}

/// Gives the page a size and a scheme, and waits until it has taken both.
pub(super) fn put(visitor: &Visitor, size: Size, scheme: Scheme) -> Result<(), KitError> {
    const TOO_WIDE: &str = "return document.documentElement.scrollWidth - innerWidth";
    visitor.resize(size)?;
    visitor.prefer(scheme)?;
    let read = || Ok((visitor.scheme()?, visitor.eval::<i32>(TOO_WIDE, json!([]))?));
    let what = format!("the page is {} and does not scroll sideways", scheme.name());
    eventually(&what, SOON, read, |(shown, too_wide)| {
        *shown == scheme && *too_wide <= 0
    })
    .map(drop)
}
