//! The drivers that steer browsers: one process for any number of Chromiums, one each for others.

use crate::{
    browser::Browser,
    engine::Engine,
    error::KitError,
    http::{Answer, Http},
    port::loopback,
    program::{Program, Start},
};
use serde_json::Value;
use std::{process::Command, rc::Rc};

/// Opens browsers of one engine.
#[derive(Debug)]
pub struct Driver {
    engine: Engine,
    /// The process that all of its browsers share, where they can.
    shared: Option<Rc<Process>>,
}

/// A running driver, on a port of its own.
#[derive(Debug)]
pub(crate) struct Process {
    // Held for its drop.
    _program: Program,
    http: Http,
}

impl Driver {
    /// A driver for the engine that `REALTIME_ENGINE` names, else for Chromium. The program is the one that
    /// `CHROMEDRIVER`, `GECKODRIVER` or `SAFARIDRIVER` names, else the usual one.
    pub fn start() -> Result<Rc<Self>, KitError> {
        let engine = Engine::current()?;
        let shared = if engine.shares_its_driver() {
            Some(Rc::new(engine.start()?))
        } else {
            None
        };
        Ok(Rc::new(Self { engine, shared }))
    }

    /// The engine of its browsers.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// Opens a browser of its own: nothing shared with others, not even a cache. The program is the one named by
    /// `CHROME` or `FIREFOX`, else the one that the driver finds.
    pub fn browser(self: &Rc<Self>) -> Result<Browser, KitError> {
        let process = match &self.shared {
            Some(process) => Rc::clone(process),
            None => Rc::new(self.engine.start()?),
        };
        Browser::open(process, self.engine)
    }
}

impl Process {
    pub(crate) fn new(program: Program, port: u16) -> Self {
        Self {
            _program: program,
            http: Http::new(format!("http://{}", loopback(port))),
        }
    }

    /// Starts a driver that is ready once it answers at `port`.
    pub(crate) fn answering(
        how: Start<'_>,
        command: &mut Command,
        port: u16,
    ) -> Result<Self, KitError> {
        let http = Http::new(format!("http://{}", loopback(port)));
        let answers = || http.get("/status").is_ok_and(|answer| answer.status == 200);
        let program = Program::start_silent(how, command, answers)?;
        Ok(Self::new(program, port))
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Value, KitError> {
        value_of(path, self.http.post(path, body)?)
    }

    pub(crate) fn get(&self, path: &str) -> Result<Value, KitError> {
        value_of(path, self.http.get(path)?)
    }

    pub(crate) fn delete(&self, path: &str) -> Result<Value, KitError> {
        value_of(path, self.http.delete(path)?)
    }
}

/// The port that chromedriver says it has chosen.
pub(crate) fn announced_port(line: &str) -> Option<u16> {
    let (_, port) = line.split_once("was started successfully on port ")?;
    port.trim_end_matches('.').parse().ok()
}

/// The `value` of an answer, or the error it tells.
fn value_of(path: &str, answer: Answer) -> Result<Value, KitError> {
    let Answer { status, mut body } = answer;
    let value = body.get_mut("value").map(Value::take).unwrap_or_default();
    if status < 400 {
        return Ok(value);
    }
    let text = |field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default();
    Err(KitError::Refused {
        command: path.splitn(4, '/').nth(3).unwrap_or(path).into(),
        code: text("error").into(),
        message: text("message").lines().next().unwrap_or_default().into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

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
            Err(KitError::Refused {
                command: "element".into(),
                code: "no such element".into(),
                message: "no #x".into(),
            })
        );
    }
}
