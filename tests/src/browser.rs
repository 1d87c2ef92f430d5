//! One browser: a process, a profile, tabs, a console.

use crate::{
    console::{Console, Entry},
    driver::{Driver, capabilities},
    error::E2eError,
    tab::Tab,
};
use serde_json::{Value, json};
use std::{
    cell::RefCell,
    env, fs,
    path::PathBuf,
    process::{self, Command, Stdio},
    rc::Rc,
    sync::atomic::{AtomicU32, Ordering},
};

/// A browser with a process and a profile of its own. It is closed when the last of its handles and tabs is dropped.
#[derive(Clone, Debug)]
pub struct Browser {
    session: Rc<Session>,
}

/// What the tabs of one browser share.
#[derive(Debug)]
pub(crate) struct Session {
    // Dropped last: a session cannot be ended without its driver.
    driver: Rc<Driver>,
    id: String,
    pid: Option<u64>,
    profile: PathBuf,
    current: RefCell<String>,
    console: RefCell<Console>,
}

impl Browser {
    pub(crate) fn open(driver: Rc<Driver>) -> Result<Self, E2eError> {
        let profile = fresh_profile()?;
        let answer = driver.post("/session", &capabilities(&profile.display().to_string()));
        let answer = answer.inspect_err(|_| drop(fs::remove_dir_all(&profile)))?;
        let session = Session {
            driver,
            id: answer["sessionId"].as_str().unwrap_or_default().into(),
            pid: answer["capabilities"]["goog:processID"].as_u64(),
            profile,
            current: RefCell::default(),
            console: RefCell::default(),
        };
        Ok(Self {
            session: Rc::new(session),
        })
    }

    /// The tab that a new browser has.
    ///
    /// # Errors
    ///
    /// When the browser does not answer.
    pub fn first_tab(&self) -> Result<Tab, E2eError> {
        let handles = self.session.get("/window/handles")?;
        let handle = handles[0].as_str().unwrap_or_default();
        Ok(Tab::new(Rc::clone(&self.session), handle))
    }

    /// Opens another tab, which shares the browser's storage. It has a window of its own, since a browser without
    /// a screen takes every tab of a window for visible.
    ///
    /// # Errors
    ///
    /// When the browser does not answer.
    pub fn new_tab(&self) -> Result<Tab, E2eError> {
        // The tab that was used last may be closed, and no command can be given from there.
        let handles = self.session.get("/window/handles")?;
        self.session
            .turn_to(handles[0].as_str().unwrap_or_default())?;
        let opened = self
            .session
            .post("/window/new", &json!({"type": "window"}))?;
        let handle = opened["handle"].as_str().unwrap_or_default();
        Ok(Tab::new(Rc::clone(&self.session), handle))
    }

    /// Everything that the console of any tab has said so far.
    ///
    /// # Errors
    ///
    /// When the browser does not answer.
    pub fn console(&self) -> Result<Vec<Entry>, E2eError> {
        self.session.console()
    }
}

impl Session {
    fn path(&self, command: &str) -> String {
        format!("/session/{}{command}", self.id)
    }

    pub(crate) fn get(&self, command: &str) -> Result<Value, E2eError> {
        self.driver.get(&self.path(command))
    }

    pub(crate) fn post(&self, command: &str, body: &Value) -> Result<Value, E2eError> {
        self.driver.post(&self.path(command), body)
    }

    pub(crate) fn delete(&self, command: &str) -> Result<Value, E2eError> {
        self.driver.delete(&self.path(command))
    }

    /// Makes later commands go to the tab `handle`. This does not bring it to the front.
    pub(crate) fn turn_to(&self, handle: &str) -> Result<(), E2eError> {
        if *self.current.borrow() != handle {
            self.post("/window", &json!({ "handle": handle }))?;
            self.current.replace(handle.into());
        }
        Ok(())
    }

    /// Reads what the console said since the last time; the driver tells each line once.
    pub(crate) fn console(&self) -> Result<Vec<Entry>, E2eError> {
        let mut console = self.console.borrow_mut();
        // With its last tab the browser is gone; what was read before is still known.
        match self.post("/se/log", &json!({"type": "browser"})) {
            Ok(lines) => console.take(&lines),
            Err(E2eError::Refused { code, .. }) if is_gone(&code) => {}
            Err(error) => return Err(error),
        }
        Ok(console.entries().to_vec())
    }

    fn end(&self) {
        match self.delete("") {
            Ok(_) => {}
            Err(E2eError::Refused { code, .. }) if is_gone(&code) => {}
            Err(error) => {
                eprintln!("could not close a browser: {error}");
                self.kill();
            }
        }
        if let Err(error) = fs::remove_dir_all(&self.profile) {
            eprintln!("could not remove {}: {error}", self.profile.display());
        }
    }

    /// For a browser whose driver is gone.
    fn kill(&self) {
        let Some(pid) = self.pid else { return };
        let killed = Command::new("kill")
            .args(["-KILL", &pid.to_string()])
            .stderr(Stdio::null())
            .status();
        if let Err(error) = killed {
            eprintln!("could not kill the browser {pid}: {error}");
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.end();
    }
}

/// The session ended with its last tab, or that tab is closed.
fn is_gone(code: &str) -> bool {
    matches!(code, "invalid session id" | "no such window")
}

fn fresh_profile() -> Result<PathBuf, E2eError> {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let path = env::temp_dir().join(format!("realtime-e2e-{}-{number}", process::id()));
    fs::create_dir(&path).map_err(|error| E2eError::File {
        path: path.display().to_string(),
        reason: error.to_string(),
    })?;
    Ok(path)
}
