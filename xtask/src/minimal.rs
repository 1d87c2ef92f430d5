//! The two small Socket.IO servers of `examples/socketio-minimal`, which tests in a browser talk to.

use crate::failure::Failure;
use crate::process::Cmd;
use crate::project::Project;
use crate::server::{self, Server};
use crate::setup::Tools;

/// The package and program of the one in Rust.
const PACKAGE: &str = "realtime-socketio-minimal";
/// Where they listen, if they can. The addresses are compiled into the tests, so they should be the same each time.
const PORTS: [u16; 2] = [8_991, 8_992];
/// What they answer when they are up.
const PAGE: &str = "/api/stock";

/// Both servers, stopped when this is dropped.
#[derive(Debug)]
pub(crate) struct Minimal {
    node: Server,
    rust: Server,
}

impl Minimal {
    /// Gets what they need, and starts both.
    pub(crate) fn start(project: &Project, tools: &Tools) -> Result<Self, Failure> {
        let folder = project.root.join("examples").join("socketio-minimal");
        let node = tools.node()?;
        node.install(&folder)?;
        project
            .cargo()
            .args(["build", "--package", PACKAGE])
            .run()
            .map_err(|failure| failure.advise("fix what the compiler says above"))?;
        let [node_port, rust_port] = PORTS.map(server::free_port);
        let start = |command: Cmd, port: Result<u16, Failure>| {
            let port = port?;
            Server::spawn(command.arg(port.to_string()), port, "", PAGE)
        };
        Ok(Self {
            node: start(node.run(&folder.join("server.js")), node_port)?,
            rust: start(Cmd::new(project.program(PACKAGE)), rust_port)?,
        })
    }

    /// Tells a build of the tests where both are.
    pub(crate) fn tell(&self, cmd: Cmd) -> Cmd {
        cmd.env("REALTIME_TEST_SOCKETIO_NODE", self.node.origin())
            .env("REALTIME_TEST_SOCKETIO_RUST", self.rust.origin())
    }
}
