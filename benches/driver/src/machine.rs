//! The machine: where and when something was measured, and with what.

use crate::error::BenchError;
use realtime_testkit::{Browser, workspace};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs,
    process::Command,
    time::{SystemTime, UNIX_EPOCH},
};

/// The packages of the React page whose versions matter.
const PACKAGES: [&str; 6] = [
    "react",
    "react-dom",
    "@tanstack/react-query",
    "@tanstack/react-virtual",
    "socket.io-client",
    "vite",
];

/// Where and when something was measured, and with what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// The day, as in `2026-01-31`.
    pub(crate) date: String,
    pub(crate) commit: String,
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) memory: String,
    pub(crate) system: String,
    pub(crate) browser: String,
    pub(crate) rustc: String,
    /// Versions of what the React page is made of.
    pub(crate) packages: BTreeMap<String, String>,
}

impl Machine {
    /// Looks at this machine.
    pub(crate) fn look(browser: &Browser, commit: &str) -> Result<Self, BenchError> {
        let version = browser
            .first_tab()?
            .devtools("Browser.getVersion", json!({}))?;
        let processor = line_of("/proc/cpuinfo", "model name");
        let memory = line_of("/proc/meminfo", "MemTotal");
        Ok(Self {
            date: date(SystemTime::now()),
            commit: commit.into(),
            processor: processor.unwrap_or_else(|| std::env::consts::ARCH.into()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory: memory.map_or_else(|| "unknown".into(), |kilobytes| gibibytes(&kilobytes)),
            system: format!("{} {}", said("uname", "-s"), said("uname", "-r")),
            browser: version["product"].as_str().unwrap_or("unknown").into(),
            rustc: said("rustc", "--version"),
            packages: packages()?,
        })
    }
}

/// What stands behind `name` and a colon in a file of the system.
fn line_of(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    let (_, value) = line.split_once(':')?;
    Some(value.trim().into())
}

fn gibibytes(kilobytes: &str) -> String {
    let number = kilobytes.trim_end_matches(" kB").parse::<f64>();
    number.map_or_else(
        |_| "unknown".into(),
        |number| format!("{:.1} GiB", number / 1024.0 / 1024.0),
    )
}

fn said(program: &str, argument: &str) -> String {
    let output = Command::new(program).arg(argument).output();
    output.map_or_else(
        |_| "unknown".into(),
        |output| String::from_utf8_lossy(&output.stdout).trim().into(),
    )
}

fn packages() -> Result<BTreeMap<String, String>, BenchError> {
    let path = workspace().join("benches/react/package-lock.json");
    let text = fs::read_to_string(&path).map_err(|error| BenchError::file(&path, &error))?;
    let lock: Value =
        serde_json::from_str(&text).map_err(|error| BenchError::file(&path, &error))?;
    let version = |name: &str| {
        let version = lock["packages"][format!("node_modules/{name}")]["version"].as_str();
        (name.to_owned(), version.unwrap_or("unknown").to_owned())
    };
    Ok(PACKAGES.map(version).into())
}

/// The day in UTC, by the rules of the calendar.
fn date(time: SystemTime) -> String {
    let seconds = time
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    let mut days = seconds / 86_400;
    let mut year = 1970;
    let is_leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    while days >= 365 + u64::from(is_leap(year)) {
        days -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let february = 28 + u64::from(is_leap(year));
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 1;
    for length in months {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    format!("{year}-{month:02}-{:02}", days + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn days_are_counted_over_leap_years() {
        let at = |days: u64| date(UNIX_EPOCH + Duration::from_secs(days * 86_400));
        assert_eq!(at(0), "1970-01-01");
        assert_eq!(at(789), "1972-02-29");
        assert_eq!(at(11_016), "2000-02-29");
        assert_eq!(at(20_454), "2026-01-01");
        assert_eq!(at(20_818), "2026-12-31");
    }

    #[test]
    fn the_versions_of_the_react_page_are_known() {
        let packages = packages().unwrap();
        assert!(packages["react"].starts_with("19."));
        assert!(packages.values().all(|version| version != "unknown"));
    }
}
