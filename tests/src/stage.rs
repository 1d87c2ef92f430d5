//! The stage that every scenario plays on: a server, a driver, visitors; and what is kept when one fails.

use crate::{
    Browser, DemoServer, Driver, Entry, Http, KitError, ServerKind, Tab,
    cluster::Cluster,
    demo::{Page, Visitor},
    ensure, loopback, workspace,
};
use std::{
    fs,
    io::{self, Write},
    net::SocketAddr,
    path::PathBuf,
    rc::Rc,
    sync::{Mutex, PoisonError},
    thread,
};

/// Scenarios play one at a time, however many threads the test runner has: each wants the whole machine.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Everything of one scenario.
#[derive(Debug)]
pub struct Stage {
    scenario: String,
    kind: ServerKind,
    visitors: Vec<Rc<Visitor>>,
    browsers: Vec<Browser>,
    server: Option<DemoServer>,
    cluster: Option<Rc<Cluster>>,
    address: Option<SocketAddr>,
    driver: Rc<Driver>,
    network_may_fail: bool,
    is_strict: bool,
    attached: Vec<(String, String)>,
}

/// Plays a scenario with the default server, and panics if it fails; see [`scenario_on`].
///
/// # Panics
///
/// With the reason, when the scenario fails.
pub fn scenario(name: &str, play: impl FnOnce(&mut Stage) -> Result<(), KitError>) {
    play_on(ServerKind::default(), name, play);
}

/// Plays a scenario with a server of this kind, and panics if it fails.
///
/// `name`, with the kind behind it, is also the name of the folder in `target/e2e` for screenshots, consoles, the server's
/// output and what the scenario [attached](Stage::attach), which are kept when it fails. It also fails when a page says an
/// error on its console; see
/// [`Stage::network_may_fail`].
///
/// # Panics
///
/// With the reason, when the scenario fails.
pub fn scenario_on(
    kind: ServerKind,
    name: &str,
    play: impl FnOnce(&mut Stage) -> Result<(), KitError>,
) {
    play_on(kind, &format!("{name}-{}", kind.name()), play);
}

fn play_on(kind: ServerKind, name: &str, play: impl FnOnce(&mut Stage) -> Result<(), KitError>) {
    // A scenario that panicked leaves nothing behind: the next one may play.
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let outcome = Stage::new(name, kind).and_then(|mut stage| {
        let played = play(&mut stage).and_then(|()| stage.check_consoles());
        played.inspect_err(|error| {
            if !matches!(error, KitError::Lacking { .. }) {
                stage.keep_evidence();
            }
        })
    });
    match outcome {
        Ok(()) => {}
        // The runner of tests has no word for this, so it is written past it: `cargo xtask test` reads it.
        Err(error @ KitError::Lacking { .. }) => {
            let _ = writeln!(io::stdout(), "skipped: {name}: {error}");
        }
        Err(error) => panic!("{name}: {error}"),
    }
}

impl Stage {
    fn new(scenario: &str, kind: ServerKind) -> Result<Self, KitError> {
        Ok(Self {
            scenario: scenario.into(),
            kind,
            visitors: Vec::new(),
            browsers: Vec::new(),
            server: None,
            cluster: None,
            address: None,
            driver: Driver::start()?,
            network_may_fail: false,
            is_strict: false,
            attached: Vec::new(),
        })
    }

    /// Starts the server: on a free port, or where the last one was. It takes visitors for whom they say they are.
    pub fn start_server(&mut self) -> Result<(), KitError> {
        self.start_with(vec!["--trust-clients".into()])
    }

    /// Starts the server as people start it: visitors are whom its tokens say, and choose their names alone.
    pub fn start_strict_server(&mut self) -> Result<(), KitError> {
        self.is_strict = true;
        self.start_with(Vec::new())
    }

    fn start_with(&mut self, flags: Vec<String>) -> Result<(), KitError> {
        let address = self.address.unwrap_or(loopback(0));
        let server = DemoServer::start(self.kind, address, flags)?;
        self.address = Some(server.address());
        self.server = Some(server);
        Ok(())
    }

    /// Starts the server where something else was.
    pub fn start_server_at(&mut self, address: SocketAddr) -> Result<(), KitError> {
        self.address = Some(address);
        self.start_server()
    }

    /// Starts several servers that share one state.
    pub fn start_cluster(&mut self, servers: usize) -> Result<Rc<Cluster>, KitError> {
        let cluster = Rc::new(Cluster::start(self.kind, servers)?);
        self.cluster = Some(Rc::clone(&cluster));
        Ok(cluster)
    }

    /// Kills the server, as SIGKILL does.
    pub fn kill_server(&mut self) -> Result<(), KitError> {
        let server = self.server.take();
        server
            .ok_or_else(|| KitError::Wrong("no server runs".into()))?
            .kill()
    }

    /// The server's REST interface.
    pub fn http(&self) -> Result<&Http, KitError> {
        let server = self.server.as_ref();
        Ok(server
            .ok_or_else(|| KitError::Wrong("no server runs".into()))?
            .http())
    }

    /// Where the server listens.
    pub fn address(&self) -> Result<SocketAddr, KitError> {
        self.address
            .ok_or_else(|| KitError::Wrong("no server was started".into()))
    }

    /// Lets somebody open the demo in a browser of their own, and waits for their data.
    pub fn enter(&mut self, name: &str, page: Page) -> Result<Rc<Visitor>, KitError> {
        let base = self.http()?.base().to_owned();
        let visitor = self.arrive(name)?;
        self.welcome(&visitor, &base, page)?;
        Ok(visitor)
    }

    /// The same in a new tab of the browser that was opened last.
    pub fn enter_beside(&mut self, name: &str, page: Page) -> Result<Rc<Visitor>, KitError> {
        let base = self.http()?.base().to_owned();
        self.enter_beside_at(&base, name, page)
    }

    /// The same at an address of one's choice.
    pub fn enter_beside_at(
        &mut self,
        base: &str,
        name: &str,
        page: Page,
    ) -> Result<Rc<Visitor>, KitError> {
        let visitor = self.arrive_beside(name)?;
        self.welcome(&visitor, base, page)?;
        Ok(visitor)
    }

    /// The same at an address of one's choice.
    pub fn enter_at(
        &mut self,
        base: &str,
        name: &str,
        page: Page,
    ) -> Result<Rc<Visitor>, KitError> {
        let visitor = self.arrive(name)?;
        self.welcome(&visitor, base, page)?;
        Ok(visitor)
    }

    fn welcome(&self, visitor: &Visitor, base: &str, page: Page) -> Result<(), KitError> {
        visitor.open(base, page)?;
        visitor.await_data()?;
        let spoken = visitor.protocol()?;
        ensure(spoken.as_deref() == Some(self.kind.protocol()), || {
            format!("the page speaks {spoken:?}")
        })
    }

    /// Gives somebody a browser of their own, which shows nothing yet.
    pub fn arrive(&mut self, name: &str) -> Result<Rc<Visitor>, KitError> {
        let browser = self.driver.browser()?;
        let visitor = self.visitor(name, browser.first_tab()?);
        self.browsers.push(browser);
        self.visitors.push(Rc::clone(&visitor));
        Ok(visitor)
    }

    /// Gives somebody a new tab of the browser that was opened last, which shows nothing yet.
    pub fn arrive_beside(&mut self, name: &str) -> Result<Rc<Visitor>, KitError> {
        let browser = self.browsers.last();
        let browser = browser.ok_or_else(|| KitError::Wrong("no browser is open".into()))?;
        let visitor = self.visitor(name, browser.new_tab()?);
        self.visitors.push(Rc::clone(&visitor));
        Ok(visitor)
    }

    fn visitor(&self, name: &str, tab: Tab) -> Rc<Visitor> {
        let visitor = Visitor::new(name, tab, self.kind.query());
        Rc::new(if self.is_strict {
            visitor.without_claim()
        } else {
            visitor
        })
    }

    /// Closes every browser, and with them what their consoles said.
    pub fn forget_visitors(&mut self) {
        self.visitors.clear();
        self.browsers.clear();
    }

    /// Says that this scenario breaks the network on purpose: the browsers' own reports of it are no errors then.
    pub fn network_may_fail(&mut self) {
        self.network_may_fail = true;
    }

    /// Keeps a text as the file `name` if the scenario fails: what the scenario alone knows.
    pub fn attach(&mut self, name: &str, text: String) {
        self.attached.push((name.into(), text));
    }

    /// Everything that the pages have said on their consoles so far.
    pub fn console(&self) -> Result<Vec<Entry>, KitError> {
        let mut entries = Vec::new();
        for browser in &self.browsers {
            entries.extend(browser.console()?);
        }
        Ok(entries)
    }

    /// The errors that the pages have said on their consoles so far.
    pub fn console_errors(&self) -> Result<Vec<Entry>, KitError> {
        let excused = |entry: &Entry| self.network_may_fail && entry.is_network_failure();
        let mut errors = self.console()?;
        errors.retain(|entry| entry.is_error() && !excused(entry));
        Ok(errors)
    }

    fn check_consoles(&self) -> Result<(), KitError> {
        let errors = self.console_errors()?;
        ensure(errors.is_empty(), || {
            format!("errors on the console: {errors:#?}")
        })
    }

    /// Writes down what may explain a failure, and says where.
    fn keep_evidence(&self) {
        let folder = workspace().join("target/e2e").join(&self.scenario);
        for (number, visitor) in self.visitors.iter().enumerate() {
            if visitor.is_closed() {
                continue;
            }
            let path = folder.join(format!("{number}-{}.png", visitor.name()));
            match visitor.show().and_then(|()| visitor.screenshot(&path)) {
                Ok(()) => eprintln!("{} saw {}", visitor.name(), path.display()),
                Err(error) => eprintln!("no screenshot of what {} saw: {error}", visitor.name()),
            }
        }
        for (number, browser) in self.browsers.iter().enumerate() {
            if let Ok(said) = browser.console() {
                let lines = said
                    .iter()
                    .map(|entry| format!("{} {}\n", entry.level, entry.message));
                keep(
                    folder.join(format!("console-{number}.txt")),
                    &lines.collect::<String>(),
                );
            }
        }
        if let Some(server) = &self.server {
            keep(folder.join("server.txt"), &server.program().output());
        }
        for (name, text) in &self.attached {
            keep(folder.join(name), text);
        }
        let outputs = self.cluster.iter().flat_map(|cluster| cluster.outputs());
        for (name, output) in outputs {
            keep(folder.join(format!("{name}.txt")), &output);
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if thread::panicking() {
            self.keep_evidence();
        }
    }
}

fn keep(path: PathBuf, text: &str) {
    let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
    match folder.and_then(|()| fs::write(&path, text)) {
        Ok(()) => eprintln!("kept {}", path.display()),
        Err(error) => eprintln!("could not write {}: {error}", path.display()),
    }
}
