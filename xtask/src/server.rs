//! A demo server as a child: a free port, waiting until it answers, stopping it.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use realtime_testkit::{Output, Program, Start, announced_address, loopback};

use crate::demo::DemoOptions;
use crate::failure::Failure;
use crate::process::Cmd;
use crate::project::Project;
use crate::setup::Tools;

/// The package and program of the demo server.
pub(crate) const PACKAGE: &str = "realtime-demo-server";

/// How long it may take to finish what it is doing once told to stop.
const FAREWELL: Duration = Duration::from_secs(5);
/// How many ports are tried, the wanted one and those after it.
const PORTS: u16 = 50;

/// Which of the demo's servers runs, and what the page speaks with it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    /// The one in Rust, over the JSON envelope
    #[default]
    Rust,
    /// The same one, over Socket.IO
    Socketioxide,
    /// The one in JavaScript, over Socket.IO
    Node,
}

impl Kind {
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
    project.build(&["--package", PACKAGE])
}

fn rust_command(project: &Project) -> Cmd {
    Cmd::new(project.program(PACKAGE))
}

/// Tells a demo server where to listen, where port 0 takes a free one, and what to serve.
fn demo(command: Cmd, project: &Project, port: u16) -> Cmd {
    command
        .arg("--listen")
        .arg(loopback(port).to_string())
        .arg("--dist")
        .arg(project.dist())
        .dir(&project.root)
}

/// Where the server in JavaScript is.
pub(crate) fn node_folder(project: &Project) -> PathBuf {
    project.root.join("examples").join("node-server")
}

/// A running demo server, stopped when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    program: Option<Program>,
    address: SocketAddr,
    query: &'static str,
}

impl Server {
    /// Starts a built server, which serves the built page; with the address of a Redis as one of several that share
    /// their state in it.
    pub(crate) fn start(
        project: &Project,
        tools: &Tools,
        options: &DemoOptions,
        port: u16,
        redis: Option<&str>,
    ) -> Result<Self, Failure> {
        let kind = options.server;
        let mut command = demo(kind.command(project, tools)?, project, port);
        if options.check {
            // The driver says itself who its people are.
            command = command.arg("--trust-clients");
        }
        if let Some(redis) = redis {
            command = command.args(["--redis", redis]);
        }
        Self::spawn(command, kind.query())
    }

    /// Starts the built server in Rust behind something else, which serves its page and passes on what is not of it.
    pub(crate) fn start_behind(project: &Project) -> Result<Self, Failure> {
        Self::spawn(demo(rust_command(project), project, 0), "")
    }

    /// Starts the built server in Rust for tests whose page another server serves.
    pub(crate) fn start_for_tests(project: &Project, port: u16) -> Result<Self, Failure> {
        let command = rust_command(project).args(["--any-origin", "--trust-clients", "--quiet"]);
        Self::spawn(demo(command, project, port), "")
    }

    /// Starts a server, and waits until it says where it listens; `query` is for the address of the demo's page.
    pub(crate) fn spawn(command: Cmd, query: &'static str) -> Result<Self, Failure> {
        let hint = "its own message above says why; another port may help: `--port N`";
        let how = Start {
            output: Output::Shown,
            ..Start::of("the server", hint)
        };
        let (program, address) = Program::start(how, &mut command.into_inner(), announced_address)?;
        Ok(Self {
            program: Some(program),
            address,
            query,
        })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its number among the system's processes.
    pub(crate) fn process(&self) -> u32 {
        self.program.as_ref().map_or(0, Program::id)
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
        self.program.as_mut()?.ended()
    }

    /// Its WebSocket's address.
    pub(crate) fn socket_url(&self) -> String {
        format!("ws://{}/ws", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Asked first, so that it can close its connections.
        if let Some(Err(error)) = self.program.take().map(|program| program.stop(FAREWELL)) {
            eprintln!("{error}");
        }
    }
}

/// The wanted port, or the first free one after it.
pub(crate) fn free_port(wanted: u16) -> Result<u16, Failure> {
    let last = wanted.saturating_add(PORTS);
    (wanted..=last)
        .find(|port| TcpListener::bind(loopback(*port)).is_ok())
        .ok_or_else(|| {
            Failure::new(
                format!("no port from {wanted} to {last} is free"),
                "choose another with `--port N`",
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_port_gives_way_to_a_later_one() {
        let holder = TcpListener::bind(loopback(0)).expect("loopback has a free port");
        let busy = holder
            .local_addr()
            .expect("a bound listener has an address")
            .port();
        let chosen = free_port(busy).expect("one of the next ports is free");
        assert!(chosen > busy, "{chosen} should come after {busy}");
    }
}
