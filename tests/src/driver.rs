//! chromedriver: one process, any number of browsers.

use crate::{
    browser::Browser,
    error::E2eError,
    http::{Answer, Http},
    program::Program,
};
use serde_json::{Value, json};
use std::{env, path::PathBuf, process::Command, rc::Rc, time::Duration};

const ARGUMENTS: [&str; 8] = [
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

/// A running chromedriver, on a port of its own.
#[derive(Debug)]
pub struct Driver {
    // Held for its drop.
    _program: Program,
    http: Http,
}

impl Driver {
    /// Starts the program named by `CHROMEDRIVER`, else `/usr/bin/chromedriver` if there is one, else the one on
    /// the `PATH`.
    ///
    /// # Errors
    ///
    /// [`E2eError::Start`] when there is none or it does not come up.
    pub fn start() -> Result<Rc<Self>, E2eError> {
        let mut command = Command::new(driver_path());
        command.arg("--port=0");
        let hint = "install chromedriver, or set CHROMEDRIVER to its path";
        let wait = Duration::from_secs(30);
        let (program, port) =
            Program::start("chromedriver", hint, &mut command, wait, announced_port)?;
        Ok(Rc::new(Self {
            _program: program,
            http: Http::new(format!("http://127.0.0.1:{port}")),
        }))
    }

    /// Opens a browser of its own: nothing shared with others, not even a cache. The program is the one named by
    /// `CHROME`, else the one that chromedriver finds.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub fn browser(self: &Rc<Self>) -> Result<Browser, E2eError> {
        Browser::open(Rc::clone(self))
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Value, E2eError> {
        value_of(path, self.http.post(path, body)?)
    }

    pub(crate) fn get(&self, path: &str) -> Result<Value, E2eError> {
        value_of(path, self.http.get(path)?)
    }

    pub(crate) fn delete(&self, path: &str) -> Result<Value, E2eError> {
        value_of(path, self.http.delete(path)?)
    }
}

/// What a new session asks for.
pub(crate) fn capabilities(profile: &str) -> Value {
    let mut arguments: Vec<String> = ARGUMENTS.map(String::from).into();
    arguments.push(format!("--user-data-dir={profile}"));
    arguments.push("--window-size=1280,940".into());
    let mut options = json!({"args": arguments, "excludeSwitches": UNWANTED});
    if let Ok(chrome) = env::var("CHROME") {
        options["binary"] = Value::String(chrome);
    }
    json!({"capabilities": {"alwaysMatch": {
        "goog:chromeOptions": options,
        "goog:loggingPrefs": {"browser": "ALL"},
        "timeouts": {"pageLoad": 30_000, "script": 15_000},
        "unhandledPromptBehavior": "dismiss and notify",
    }}})
}

fn driver_path() -> PathBuf {
    if let Some(path) = env::var_os("CHROMEDRIVER") {
        return path.into();
    }
    let usual = PathBuf::from("/usr/bin/chromedriver");
    if usual.is_file() {
        usual
    } else {
        "chromedriver".into()
    }
}

fn announced_port(line: &str) -> Option<u16> {
    let (_, port) = line.split_once("was started successfully on port ")?;
    port.trim_end_matches('.').parse().ok()
}

/// The `value` of an answer, or the error it tells.
fn value_of(path: &str, answer: Answer) -> Result<Value, E2eError> {
    let Answer { status, mut body } = answer;
    let value = body.get_mut("value").map(Value::take).unwrap_or_default();
    if status < 400 {
        return Ok(value);
    }
    let text = |field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default();
    Err(E2eError::Refused {
        command: path.splitn(4, '/').nth(3).unwrap_or(path).into(),
        code: text("error").into(),
        message: text("message").lines().next().unwrap_or_default().into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_read_from_the_announcement() {
        let line = "ChromeDriver was started successfully on port 40123.";
        assert_eq!(announced_port(line), Some(40123));
        assert_eq!(
            announced_port("Starting ChromeDriver 156.0 on port 0"),
            None
        );
    }

    #[test]
    fn a_refusal_is_told_in_the_drivers_own_words() {
        let answer = Answer {
            status: 404,
            body: json!({"value": {"error": "no such element", "message": "no #x\n  (Session info)"}}),
        };
        assert_eq!(
            value_of("/session/0f3a/element", answer),
            Err(E2eError::Refused {
                command: "element".into(),
                code: "no such element".into(),
                message: "no #x".into(),
            })
        );
    }

    #[test]
    fn every_browser_has_its_own_profile() {
        let wanted = capabilities("/tmp/p1");
        let arguments = &wanted["capabilities"]["alwaysMatch"]["goog:chromeOptions"]["args"];
        assert!(
            arguments
                .as_array()
                .unwrap()
                .contains(&json!("--user-data-dir=/tmp/p1"))
        );
    }
}
