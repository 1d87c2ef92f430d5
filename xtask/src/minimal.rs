//! The small Socket.IO servers that tests in a browser talk to: the two of `examples/socketio-minimal`, and that of
//! `examples/pattern-server`.

use std::path::PathBuf;

use crate::failure::Failure;
use crate::process::Cmd;
use crate::project::Project;
use crate::server::{self, Server};
use crate::setup::Tools;

/// The package and program of the one in Rust.
const PACKAGE: &str = "realtime-socketio-minimal";
/// Where they listen, if they can. The addresses are compiled into the tests, so they should be the same each time.
const PORTS: [u16; 3] = [8_991, 8_992, 8_993];
/// Whom those know that ask who somebody is, by token; `crates/realtime-yew/tests/web/socketio.rs` gives these.
const USERS: &str = r#"{"token-of-Ada": {"id": "Ada", "name": "Ada"}, "token-of-Lin": {"id": "Lin", "name": "Lin"}}"#;

/// All of them, stopped when this is dropped.
#[derive(Debug)]
pub(crate) struct Minimal {
    node: Server,
    rust: Server,
    pattern: Server,
}

/// Where the server of the React pattern is.
pub(crate) fn pattern_folder(project: &Project) -> PathBuf {
    project.root.join("examples").join("pattern-server")
}

impl Minimal {
    /// Gets what they need, and starts them.
    pub(crate) fn start(project: &Project, tools: &Tools) -> Result<Self, Failure> {
        let folder = project.root.join("examples").join("socketio-minimal");
        let node = tools.node()?;
        let pattern = pattern_folder(project);
        node.install(&folder)?;
        node.install(&pattern)?;
        project.build(&["--package", PACKAGE])?;
        let start = |at: usize, command: Cmd| {
            let port = server::free_port(PORTS[at])?;
            let command = command.arg(port.to_string()).env("USERS", USERS);
            Server::spawn(command, "")
        };
        Ok(Self {
            node: start(0, node.run(&folder.join("server.js")))?,
            rust: start(1, Cmd::new(project.program(PACKAGE)))?,
            pattern: start(2, node.run(&pattern.join("server.js")))?,
        })
    }

    /// Tells a build of the tests where they are.
    pub(crate) fn tell(&self, cmd: Cmd) -> Cmd {
        cmd.env("REALTIME_TEST_SOCKETIO_NODE", self.node.origin())
            .env("REALTIME_TEST_SOCKETIO_RUST", self.rust.origin())
            .env("REALTIME_TEST_SOCKETIO_PATTERN", self.pattern.origin())
    }
}
