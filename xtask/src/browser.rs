//! The browsers that tests run in, and the drivers that steer them.

use std::path::{Path, PathBuf};

use crate::apt;
use crate::cache::Cache;
use crate::engine::Engine;
use crate::failure::Failure;
use crate::process::{Cmd, find_program};
use crate::screen::Screen;
use crate::tools;

/// Names Chromium goes by, the plainest first.
const CHROMIUM: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];
/// Names Firefox goes by.
const FIREFOX: [&str; 2] = ["firefox", "firefox-esr"];
/// WebKit's driver, which knows itself where its small browser is.
const WEBKIT_DRIVER: &str = "WebKitWebDriver";

/// What a runner of tests takes for the driver to use. It takes the first that it finds, so that a
/// child must see only one.
const DRIVER_VARIABLES: [&str; 10] = [
    "CHROMEDRIVER",
    "CHROMEDRIVER_REMOTE",
    "GECKODRIVER",
    "GECKODRIVER_ARGS",
    "GECKODRIVER_REMOTE",
    "MSEDGEDRIVER",
    "MSEDGEDRIVER_REMOTE",
    "SAFARIDRIVER",
    "SAFARIDRIVER_REMOTE",
    "WEBKIT_DRIVER",
];

/// A browser and its driver.
#[derive(Debug)]
pub(crate) enum Browser {
    Chromium {
        chrome: PathBuf,
        driver: PathBuf,
    },
    Firefox {
        firefox: PathBuf,
        driver: PathBuf,
    },
    /// This one needs a screen.
    WebKit {
        driver: PathBuf,
        screen: Screen,
    },
}

impl Browser {
    /// Finds both, or installs both. Returns them with a line that says which.
    pub(crate) fn ensure(engine: Engine, cache: &Cache) -> Result<(Self, String), Failure> {
        match engine {
            Engine::Chromium => chromium(),
            Engine::Firefox => firefox(cache),
            Engine::WebKit => webkit(),
        }
    }

    /// Which engine it is built on.
    pub(crate) const fn engine(&self) -> Engine {
        match self {
            Self::Chromium { .. } => Engine::Chromium,
            Self::Firefox { .. } => Engine::Firefox,
            Self::WebKit { .. } => Engine::WebKit,
        }
    }

    /// Tells a child that this is the browser to use, and where it is.
    pub(crate) fn tell(&self, cmd: Cmd) -> Cmd {
        let cmd = DRIVER_VARIABLES
            .into_iter()
            .fold(cmd, Cmd::without_env)
            .env("REALTIME_ENGINE", self.engine().name());
        match self {
            Self::Chromium { chrome, driver } => {
                cmd.env("CHROME", chrome).env("CHROMEDRIVER", driver)
            }
            Self::Firefox { firefox, driver } => {
                let binary = format!("--binary '{}'", firefox.display());
                cmd.env("FIREFOX", firefox)
                    .env("GECKODRIVER", driver)
                    .env("GECKODRIVER_ARGS", binary)
            }
            // The runner of browser tests speaks to it as to Safari's.
            Self::WebKit { driver, screen } => cmd
                .env("SAFARIDRIVER", driver)
                .env("DISPLAY", screen.display())
                .env("GDK_BACKEND", "x11")
                .without_env("WAYLAND_DISPLAY")
                // Its sandbox needs rights that builds in containers lack, and it sees only our own pages.
                .env("WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS", "1")
                // Where graphics are drawn by software, this is 9 against 131 frames a second.
                .env("WEBKIT_DISABLE_COMPOSITING_MODE", "1"),
        }
    }
}

fn chromium() -> Result<(Browser, String), Failure> {
    let find = || {
        Some((
            named("CHROME").or_else(|| find_program(&CHROMIUM))?,
            named("CHROMEDRIVER").or_else(|| find_program(&["chromedriver"]))?,
        ))
    };
    let (chrome, driver) = found_or_installed(
        find,
        &["chromium", "chromium-driver"],
        "tests in a real browser",
        "install Chromium or Chrome, and the chromedriver of the same major version, on PATH",
    )?;
    let outcome = both(&chrome, &driver);
    Ok((Browser::Chromium { chrome, driver }, outcome))
}

fn firefox(cache: &Cache) -> Result<(Browser, String), Failure> {
    let firefox = found_or_installed(
        || named("FIREFOX").or_else(|| find_program(&FIREFOX)),
        &["firefox-esr"],
        "tests in Firefox",
        "install Firefox, on PATH",
    )?;
    let driver = match named("GECKODRIVER") {
        Some(driver) => driver,
        None => tools::geckodriver(cache)?,
    };
    let outcome = both(&firefox, &driver);
    Ok((Browser::Firefox { firefox, driver }, outcome))
}

fn webkit() -> Result<(Browser, String), Failure> {
    let find = || {
        Some((
            named("WEBKIT_DRIVER").or_else(|| find_program(&[WEBKIT_DRIVER]))?,
            find_program(&["Xvfb"])?,
        ))
    };
    let (driver, screen) = found_or_installed(
        find,
        &["webkit2gtk-driver", "xvfb", "xauth"],
        "tests in WebKit",
        "install WebKitGTK's WebKitWebDriver, and Xvfb, on PATH",
    )?;
    let screen = Screen::start(&screen)?;
    let outcome = format!("{} on screen {}", driver.display(), screen.display());
    Ok((Browser::WebKit { driver, screen }, outcome))
}

/// Finds something, with Debian's packages installed if it is not there.
fn found_or_installed<T>(
    find: impl Fn() -> Option<T>,
    packages: &[&str],
    purpose: &str,
    by_hand: &str,
) -> Result<T, Failure> {
    if let Some(found) = find() {
        return Ok(found);
    }
    apt::install(packages, purpose).map_err(|failure| failure.advise(by_hand))?;
    find().ok_or_else(|| {
        Failure::new(
            format!("{} was installed but is not on PATH", packages.join(", ")),
            by_hand,
        )
    })
}

/// The program that a variable names.
fn named(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable)
        .map(PathBuf::from)
        .filter(|path| path.is_file())
}

fn both(browser: &Path, driver: &Path) -> String {
    format!("{} and {}", browser.display(), driver.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_sees_the_driver_of_one_browser_and_of_no_other() {
        let browser = Browser::Firefox {
            firefox: PathBuf::from("/b/firefox"),
            driver: PathBuf::from("/d/geckodriver"),
        };
        let command = browser
            .tell(Cmd::new("tool").env("CHROMEDRIVER", "/d/chromedriver"))
            .into_inner();
        let told = |variable: &str| {
            let found = command.get_envs().find(|(name, _)| *name == variable);
            found.and_then(|(_, value)| value?.to_str())
        };
        assert_eq!(told("GECKODRIVER"), Some("/d/geckodriver"));
        assert_eq!(told("REALTIME_ENGINE"), Some("firefox"));
        assert_eq!(told("CHROMEDRIVER"), None);
        assert_eq!(told("SAFARIDRIVER"), None);
    }
}
