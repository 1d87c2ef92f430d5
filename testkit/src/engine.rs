//! The browser engines that scenarios can play in, and how each is started.

use crate::{
    driver::{Process, announced_port},
    error::KitError,
    port::free_port,
    program::{Program, Start},
};
use serde_json::{Value, json};
use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// A laptop's page, and the browser's own bars.
const WINDOW: (u32, u32) = (1280, 940);

const CHROMIUM_ARGUMENTS: [&str; 8] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// What chromedriver adds of its own accord, and what would keep hidden pages as quick as visible ones.
const UNWANTED: [&str; 2] = [
    "disable-background-timer-throttling",
    "disable-renderer-backgrounding",
];

/// A browser engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Chromium, by chromedriver: any number of browsers for one driver.
    Chromium,
    /// Firefox, by geckodriver.
    Firefox,
    /// WebKitGTK's small browser, by its own driver.
    WebKit,
}

impl Engine {
    /// The one that `REALTIME_ENGINE` names: `chromium`, which it is without one, `firefox` or `webkit`.
    pub fn current() -> Result<Self, KitError> {
        match env::var("REALTIME_ENGINE").as_deref() {
            Err(_) | Ok("" | "chromium") => Ok(Self::Chromium),
            Ok("firefox") => Ok(Self::Firefox),
            Ok("webkit") => Ok(Self::WebKit),
            Ok(other) => Err(KitError::Wrong(format!(
                "REALTIME_ENGINE is {other:?}; use chromium, firefox or webkit"
            ))),
        }
    }

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chromium => "Chromium",
            Self::Firefox => "Firefox",
            Self::WebKit => "WebKit",
        }
    }

    /// Whether one driver steers several browsers.
    pub(crate) fn shares_its_driver(self) -> bool {
        self == Self::Chromium
    }

    /// Starts its driver.
    pub(crate) fn start(self) -> Result<Process, KitError> {
        let (variable, name) = match self {
            Self::Chromium => ("CHROMEDRIVER", "chromedriver"),
            Self::Firefox => ("GECKODRIVER", "geckodriver"),
            Self::WebKit => ("SAFARIDRIVER", "WebKitWebDriver"),
        };
        let mut command = Command::new(driver_path(variable, name));
        let hint = format!("install {name}, or set {variable} to its path");
        let how = Start::of(name, &hint);
        if self == Self::Chromium {
            let command = command.arg("--port=0");
            let (program, port) = Program::start(how, command, announced_port)?;
            return Ok(Process::new(program, port));
        }
        let port = free_port()?;
        command.arg(format!("--port={port}"));
        if self == Self::Firefox {
            // The little that only the browser itself can do is asked of its own pages.
            command.args(["--websocket-port=0", "--allow-system-access"]);
        }
        Process::answering(how, &mut command, port)
    }

    /// What a new session asks for.
    pub(crate) fn capabilities(self, profile: &Path) -> Value {
        let mut wanted = json!({
            "timeouts": {"pageLoad": 30_000, "script": 15_000},
            "unhandledPromptBehavior": "dismiss and notify",
        });
        let (width, height) = WINDOW;
        match self {
            Self::Chromium => {
                let mut arguments: Vec<String> = CHROMIUM_ARGUMENTS.map(String::from).into();
                arguments.push(format!("--user-data-dir={}", profile.display()));
                arguments.push(format!("--window-size={width},{height}"));
                let mut options = json!({"args": arguments, "excludeSwitches": UNWANTED});
                if let Ok(chrome) = env::var("CHROME") {
                    options["binary"] = Value::String(chrome);
                }
                wanted["goog:chromeOptions"] = options;
                wanted["goog:loggingPrefs"] = json!({"browser": "ALL"});
            }
            Self::Firefox => {
                let arguments = json!([
                    "-headless",
                    format!("--width={width}"),
                    format!("--height={height}"),
                ]);
                // Offline, it would else still find what is on this machine.
                let preferences = json!({"network.disable-localhost-when-offline": true});
                let mut options = json!({"args": arguments, "prefs": preferences});
                if let Ok(firefox) = env::var("FIREFOX") {
                    options["binary"] = Value::String(firefox);
                }
                wanted["moz:firefoxOptions"] = options;
            }
            Self::WebKit => {}
        }
        json!({"capabilities": {"alwaysMatch": wanted}})
    }
}

/// The program that a variable names, else the usual one, else the one on the `PATH`.
fn driver_path(variable: &str, program: &str) -> PathBuf {
    if let Some(path) = env::var_os(variable) {
        return path.into();
    }
    let usual = Path::new("/usr/bin").join(program);
    if usual.is_file() {
        usual
    } else {
        program.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chromium_has_its_own_profile() {
        let wanted = Engine::Chromium.capabilities(Path::new("/tmp/p1"));
        let arguments = &wanted["capabilities"]["alwaysMatch"]["goog:chromeOptions"]["args"];
        assert!(
            arguments
                .as_array()
                .unwrap()
                .contains(&json!("--user-data-dir=/tmp/p1"))
        );
    }

    #[test]
    fn no_engine_is_asked_for_what_only_another_knows() {
        let keys = |engine: Engine| {
            let wanted = engine.capabilities(Path::new("/tmp/p1"));
            let wanted = wanted["capabilities"]["alwaysMatch"].as_object().unwrap();
            let theirs: Vec<_> = wanted.keys().filter(|key| key.contains(':')).collect();
            theirs.into_iter().cloned().collect::<Vec<_>>()
        };
        assert_eq!(keys(Engine::Firefox), ["moz:firefoxOptions"]);
        assert!(keys(Engine::WebKit).is_empty());
    }
}
