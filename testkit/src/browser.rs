//! One browser: a process, a profile, tabs, a console.

use crate::{
    console::{self, Console, Entry},
    driver::Process,
    engine::Engine,
    error::KitError,
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
    driver: Rc<Process>,
    engine: Engine,
    id: String,
    pid: Option<u64>,
    profile: PathBuf,
    current: RefCell<String>,
    /// The tabs that were opened, to read their consoles where pages keep these.
    tabs: RefCell<Vec<String>>,
    console: RefCell<Console>,
}

impl Browser {
    pub(crate) fn open(driver: Rc<Process>, engine: Engine) -> Result<Self, KitError> {
        let profile = fresh_profile()?;
        let answer = driver.post("/session", &engine.capabilities(&profile));
        let answer = answer.inspect_err(|_| drop(fs::remove_dir_all(&profile)))?;
        let session = Session {
            driver,
            engine,
            id: answer["sessionId"].as_str().unwrap_or_default().into(),
            pid: ["goog:processID", "moz:processID"]
                .iter()
                .find_map(|name| answer["capabilities"][*name].as_u64()),
            profile,
            current: RefCell::default(),
            tabs: RefCell::default(),
            console: RefCell::default(),
        };
        Ok(Self {
            session: Rc::new(session),
        })
    }

    /// The tab that a new browser has.
    pub fn first_tab(&self) -> Result<Tab, KitError> {
        let handles = self.session.get("/window/handles")?;
        let handle = handles[0].as_str().unwrap_or_default();
        Ok(self.tab(handle))
    }

    /// Opens another tab, which shares the browser's storage. It has a window of its own, since a browser without
    /// a screen takes every tab of a window for visible.
    pub fn new_tab(&self) -> Result<Tab, KitError> {
        // The tab that was used last may be closed, and no command can be given from there.
        let handles = self.session.get("/window/handles")?;
        self.session
            .turn_to(handles[0].as_str().unwrap_or_default())?;
        let opened = self
            .session
            .post("/window/new", &json!({"type": "window"}))?;
        let handle = opened["handle"].as_str().unwrap_or_default();
        Ok(self.tab(handle))
    }

    fn tab(&self, handle: &str) -> Tab {
        self.session.tabs.borrow_mut().push(handle.into());
        Tab::new(Rc::clone(&self.session), handle)
    }

    /// Everything that the console of any tab has said so far.
    pub fn console(&self) -> Result<Vec<Entry>, KitError> {
        self.session.console()
    }
}

impl Session {
    fn path(&self, command: &str) -> String {
        format!("/session/{}{command}", self.id)
    }

    pub(crate) fn get(&self, command: &str) -> Result<Value, KitError> {
        self.driver.get(&self.path(command))
    }

    pub(crate) fn post(&self, command: &str, body: &Value) -> Result<Value, KitError> {
        self.driver.post(&self.path(command), body)
    }

    pub(crate) fn delete(&self, command: &str) -> Result<Value, KitError> {
        self.driver.delete(&self.path(command))
    }

    /// Makes later commands go to the tab `handle`. This does not bring it to the front.
    pub(crate) fn turn_to(&self, handle: &str) -> Result<(), KitError> {
        if *self.current.borrow() != handle {
            self.post("/window", &json!({ "handle": handle }))?;
            self.current.replace(handle.into());
        }
        Ok(())
    }

    /// The engine, for what is done otherwise in each.
    pub(crate) fn engine(&self) -> Engine {
        self.engine
    }

    /// That this browser's driver cannot do `what`.
    pub(crate) fn lacks(&self, what: &str) -> KitError {
        KitError::Lacking {
            engine: self.engine.name(),
            what: what.into(),
        }
    }

    /// Reads what the console said since the last time; the driver tells each line once.
    pub(crate) fn console(&self) -> Result<Vec<Entry>, KitError> {
        if self.engine != Engine::Chromium {
            return self.kept_by_pages();
        }
        let mut console = self.console.borrow_mut();
        // With its last tab the browser is gone; what was read before is still known.
        match self.post("/se/log", &json!({"type": "browser"})) {
            Ok(lines) => console.take(&lines),
            Err(KitError::Refused { code, .. }) if is_gone(&code) => {}
            Err(error) => return Err(error),
        }
        Ok(console.entries().to_vec())
    }

    /// The same where the driver does not tell, of what the pages themselves have kept since they were loaded.
    fn kept_by_pages(&self) -> Result<Vec<Entry>, KitError> {
        let before = self.current.borrow().clone();
        for tab in self.tabs.borrow().iter() {
            let read = self
                .turn_to(tab)
                .and_then(|()| self.post("/execute/sync", &console::read()));
            match read {
                Ok(lines) => self.console.borrow_mut().take(&lines),
                Err(KitError::Refused { code, .. }) if is_gone(&code) => {
                    self.current.take();
                }
                Err(error) => return Err(error),
            }
        }
        if !before.is_empty() && self.turn_to(&before).is_err() {
            self.current.take();
        }
        Ok(self.console.borrow().entries().to_vec())
    }

    fn end(&self) {
        match self.delete("") {
            Ok(_) => {}
            Err(KitError::Refused { code, .. }) if is_gone(&code) => {}
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

fn fresh_profile() -> Result<PathBuf, KitError> {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let path = env::temp_dir().join(format!("realtime-testkit-{}-{number}", process::id()));
    fs::create_dir(&path).map_err(|error| KitError::file(&path, &error))?;
    Ok(path)
}
