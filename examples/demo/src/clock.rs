//! Times as the server sends them, milliseconds since the Unix epoch, for people and for programs.

use js_sys::Date;

/// The time of day, here: `09:05:07`.
pub(crate) fn local_time(ms: u64) -> String {
    let date = date(ms);
    format!(
        "{:02}:{:02}:{:02}",
        date.get_hours(),
        date.get_minutes(),
        date.get_seconds()
    )
}

/// As `<time datetime>` wants it: `2026-01-31T08:05:07.250Z`.
pub(crate) fn iso_time(ms: u64) -> String {
    date(ms).to_iso_string().into()
}

fn date(ms: u64) -> Date {
    // The last time that JavaScript knows: a date beyond it is none, and writing it throws.
    const LAST: u64 = 8_640_000_000_000_000;
    Date::new(&(ms.min(LAST) as f64).into())
}
