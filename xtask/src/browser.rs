//! The browser that tests run in, and the driver that steers it.

use std::path::PathBuf;

use crate::apt;
use crate::failure::Failure;
use crate::process::{Cmd, find_program};

/// Names Chromium goes by, the plainest first.
const CHROMIUM: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// Chromium and its driver.
#[derive(Debug)]
pub(crate) struct Browser {
    chrome: PathBuf,
    driver: PathBuf,
}

impl Browser {
    /// Finds both, or installs both. Returns them with a line that says which.
    pub(crate) fn ensure() -> Result<(Self, String), Failure> {
        if find().is_none() {
            apt::install(&["chromium", "chromium-driver"], "tests in a real browser").map_err(|failure| {
                failure.advise(
                    "install Chromium or Chrome, and the chromedriver of the same major version, on PATH",
                )
            })?;
        }
        let browser = find().ok_or_else(|| {
            Failure::new(
                "Chromium is installed but not on PATH",
                "put chromium and chromedriver on PATH",
            )
        })?;
        let outcome = format!(
            "{} and {}",
            browser.chrome.display(),
            browser.driver.display()
        );
        Ok((browser, outcome))
    }

    /// Tells a child where both are.
    pub(crate) fn tell(&self, cmd: Cmd) -> Cmd {
        cmd.env("CHROME", &self.chrome)
            .env("CHROMEDRIVER", &self.driver)
    }
}

fn find() -> Option<Browser> {
    let named = |variable: &str| {
        std::env::var_os(variable)
            .map(PathBuf::from)
            .filter(|path| path.is_file())
    };
    Some(Browser {
        chrome: named("CHROME").or_else(|| find_program(&CHROMIUM))?,
        driver: named("CHROMEDRIVER").or_else(|| find_program(&["chromedriver"]))?,
    })
}
