//! A demo server as a child: a free port, waiting until it answers, stopping it.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::process::Cmd;
use crate::project::Project;
use crate::setup::Tools;

/// The package and program of the demo server.
pub(crate) const PACKAGE: &str = "realtime-demo-server";

/// How long it may take until its first answer.
const START: Duration = Duration::from_secs(30);
/// How long it may take to finish what it is doing once told to stop.
const FAREWELL: Duration = Duration::from_secs(5);
/// How often a child is looked at.
const GLANCE: Duration = Duration::from_millis(50);
/// How many ports are tried, the wanted one and those after it.
const PORTS: u16 = 50;

/// Which of the demo's servers runs, and what the page speaks with it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The one in Rust, over the JSON envelope.
    #[default]
    Rust,
    /// The same one, over Socket.IO.
    Socketioxide,
    /// The one in JavaScript, over Socket.IO.
    Node,
}

impl Kind {
    /// As it is called on the command line.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "rust" => Some(Self::Rust),
            "socketioxide" => Some(Self::Socketioxide),
            "node" => Some(Self::Node),
            _ => None,
        }
    }

    /// Builds the program, or gets what it needs.
    pub(crate) fn build(self, project: &Project, tools: &Tools) -> Result<(), Failure> {
        match self {
            Self::Rust | Self::Socketioxide => build(project),
            Self::Node => tools.node()?.install(&node_folder(project)),
        }
    }

    fn command(self, project: &Project, tools: &Tools) -> Result<Cmd, Failure> {
        Ok(match self {
            Self::Rust | Self::Socketioxide => rust_command(project),
            Self::Node => tools.node()?.run(&node_folder(project).join("server.js")),
        })
    }

    /// What the page's address says.
    pub(crate) fn query(self) -> &'static str {
        match self {
            Self::Rust => "",
            Self::Socketioxide | Self::Node => "?protocol=socketio",
        }
    }
}

/// Builds the server in Rust.
pub(crate) fn build(project: &Project) -> Result<(), Failure> {
    project
        .cargo()
        .args(["build", "--package", PACKAGE])
        .run()
        .map_err(|failure| failure.advise("fix what the compiler says above"))
}

fn rust_command(project: &Project) -> Cmd {
    Cmd::new(project.program(PACKAGE))
}

/// Tells a demo server where to listen and what to serve.
fn demo(command: Cmd, project: &Project, port: u16) -> Cmd {
    command
        .arg("--listen")
        .arg(loopback(port).to_string())
        .arg("--dist")
        .arg(project.dist())
        .dir(&project.root)
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// Where the server in JavaScript is.
pub(crate) fn node_folder(project: &Project) -> PathBuf {
    project.root.join("examples").join("node-server")
}

/// Whom a demo server is started for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guests {
    People,
    /// The driver of the check, which says itself who its people are.
    Driver,
}

impl Guests {
    fn tell(self, command: Cmd) -> Cmd {
        match self {
            Self::People => command,
            Self::Driver => command.arg("--trust-clients"),
        }
    }
}

/// A running demo server, stopped when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
    query: &'static str,
}

impl Server {
    /// Starts a built server: it serves the built page, and is up when that is there.
    pub(crate) fn start(
        project: &Project,
        tools: &Tools,
        kind: Kind,
        port: u16,
        guests: Guests,
    ) -> Result<Self, Failure> {
        let command = guests.tell(kind.command(project, tools)?);
        Self::spawn(demo(command, project, port), port, kind.query(), "/")
    }

    /// Starts the built server in Rust as one of several that share their state in a Redis.
    pub(crate) fn start_sharing(
        project: &Project,
        kind: Kind,
        port: u16,
        redis: &str,
        guests: Guests,
    ) -> Result<Self, Failure> {
        let command = guests.tell(rust_command(project).args(["--redis", redis]));
        Self::spawn(demo(command, project, port), port, kind.query(), "/")
    }

    /// Starts the built server in Rust behind something else, which serves its page and passes on what is not of it.
    pub(crate) fn start_behind(project: &Project, port: u16) -> Result<Self, Failure> {
        let command = demo(rust_command(project), project, port);
        Self::spawn(command, port, "", "/api/health")
    }

    /// Starts the built server in Rust for tests whose page another server serves.
    pub(crate) fn start_for_tests(project: &Project, port: u16) -> Result<Self, Failure> {
        let command = rust_command(project).args(["--any-origin", "--trust-clients", "--quiet"]);
        Self::spawn(demo(command, project, port), port, "", "/api/health")
    }

    /// Starts a server that is told to listen on `port`, and waits until it answers a request for `page`; `query` is
    /// for the address of the demo's page.
    pub(crate) fn spawn(
        command: Cmd,
        port: u16,
        query: &'static str,
        page: &str,
    ) -> Result<Self, Failure> {
        let address = loopback(port);
        let child = command.into_inner().spawn().map_err(|error| {
            Failure::new(
                format!("could not start a server: {error}"),
                "check that its program was built and can be run",
            )
        })?;
        let mut server = Self {
            child,
            address,
            query,
        };
        server.wait_for_answer(page)?;
        Ok(server)
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its number among the system's processes.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Where it is, without a slash at the end.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The page's address.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/{}", self.address, self.query)
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Its WebSocket's address.
    pub(crate) fn socket_url(&self) -> String {
        format!("ws://{}/ws", self.address)
    }

    fn wait_for_answer(&mut self, page: &str) -> Result<(), Failure> {
        let started = Instant::now();
        while started.elapsed() < START {
            if let Some(status) = self.ended() {
                return Err(Failure::new(
                    format!("the server ended at once: {status}"),
                    "its own message above says why; another port may help: `--port N`",
                ));
            }
            if answers(self.address, page) {
                return Ok(());
            }
            std::thread::sleep(GLANCE);
        }
        Err(Failure::new(
            format!(
                "the server gave no page at {} within {} s",
                self.url(),
                START.as_secs()
            ),
            "read its output above, and check that dist/ holds an index.html",
        ))
    }

    /// Asks it to stop, so that it can close its connections, and does not wait for ever.
    fn stop(&mut self) {
        let asked = ask_to_stop(self.child.id());
        let since = Instant::now();
        while asked && since.elapsed() < FAREWELL {
            if self.ended().is_some() {
                return;
            }
            std::thread::sleep(GLANCE);
        }
        // Both fail only if it has ended meanwhile.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.ended().is_none() {
            self.stop();
        }
    }
}

/// Asks a process to end; only Unix has a way to, short of killing it.
fn ask_to_stop(process: u32) -> bool {
    cfg!(unix)
        && Cmd::new("kill")
            .args(["-TERM", &process.to_string()])
            .capture()
            .is_ok()
}

/// The wanted port, or the first free one after it.
pub(crate) fn free_port(wanted: u16) -> Result<u16, Failure> {
    let last = wanted.saturating_add(PORTS);
    (wanted..=last)
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .ok_or_else(|| {
            Failure::new(
                format!("no port from {wanted} to {last} is free"),
                "choose another with `--port N`",
            )
        })
}

/// A port the system says is free.
pub(crate) fn any_port() -> Result<u16, Failure> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| {
            Failure::new(
                format!("the system gives no free port: {error}"),
                "check that this machine has a loopback network",
            )
        })
}

/// Whether a server answers a request for this page with success.
fn answers(address: SocketAddr, page: &str) -> bool {
    let limit = Duration::from_secs(2);
    let request = format!("GET {page} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect_timeout(&address, limit)?;
        stream.set_read_timeout(Some(limit))?;
        stream.set_write_timeout(Some(limit))?;
        // In one write: a server may answer and hang up between two.
        stream.write_all(request.as_bytes())?;
        let mut start = [0; 12];
        stream.read_exact(&mut start)?;
        Ok(start.starts_with(b"HTTP/1.") && start.ends_with(b" 200"))
    };
    ask().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers one request with this, on a port of its own.
    fn one_answer(answer: &'static str) -> SocketAddr {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
        let address = listener
            .local_addr()
            .expect("a bound listener has an address");
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("someone connects");
            let mut request = [0; 512];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(answer.as_bytes());
        });
        address
    }

    #[test]
    fn only_a_page_counts_as_an_answer() {
        assert!(answers(one_answer("HTTP/1.1 200 OK\r\n\r\n"), "/"));
        assert!(!answers(one_answer("HTTP/1.1 404 Not Found\r\n\r\n"), "/"));
        assert!(!answers(one_answer("what?"), "/"));
    }

    #[test]
    fn nobody_listening_is_no_answer() {
        // Port 1 is not among those the system hands out, to this test's neighbours for example.
        assert!(!answers(SocketAddr::from((Ipv4Addr::LOCALHOST, 1)), "/"));
    }

    #[test]
    fn a_busy_port_gives_way_to_a_later_one() {
        let holder = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
        let busy = holder
            .local_addr()
            .expect("a bound listener has an address")
            .port();
        let chosen = free_port(busy).expect("one of the next ports is free");
        assert!(chosen > busy, "{chosen} should come after {busy}");
    }
}
