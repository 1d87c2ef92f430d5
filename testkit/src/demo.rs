//! A real demo server, as a process that can be killed and started again.

use crate::{
    error::KitError,
    http::Http,
    port::announced_address,
    program::{Program, Start},
    workspace::{built, dist, node, workspace},
};
use std::{env, net::SocketAddr, path::PathBuf, process::Command};

/// Which demo server it is, and what the page speaks with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ServerKind {
    /// The Rust server, over the JSON envelope.
    #[default]
    Envelope,
    /// The same server, over Socket.IO: socketioxide.
    Socketioxide,
    /// The Node server, over Socket.IO: socket.io.
    Node,
}

impl ServerKind {
    /// The word for it in the names of tests and folders.
    pub fn name(self) -> &'static str {
        match self {
            Self::Envelope => "envelope",
            Self::Socketioxide => "socketioxide",
            Self::Node => "node",
        }
    }

    /// What the address of a page says, so that it speaks what the server does.
    pub fn query(self) -> &'static str {
        match self {
            Self::Envelope => "",
            Self::Socketioxide | Self::Node => "protocol=socketio",
        }
    }

    /// What a page that speaks so says of it.
    pub fn protocol(self) -> &'static str {
        match self {
            Self::Envelope => "envelope",
            Self::Socketioxide | Self::Node => "socketio",
        }
    }

    fn command(self) -> Result<Command, KitError> {
        if self == Self::Node {
            let mut command = Command::new(node());
            command.arg(workspace().join("examples/node-server/server.js"));
            return Ok(command);
        }
        let named = env::var_os("REALTIME_SERVER").map(PathBuf::from);
        Ok(Command::new(match named {
            Some(path) => path,
            None => built("realtime-demo-server")?,
        }))
    }

    fn hint(self) -> &'static str {
        match self {
            Self::Envelope | Self::Socketioxide => {
                "build it with `cargo build --package realtime-demo-server`, or set REALTIME_SERVER to its path"
            }
            Self::Node => {
                "it needs node on PATH, or named by REALTIME_NODE, and its packages: run `npm ci` in examples/node-server"
            }
        }
    }
}

/// A running demo server.
#[derive(Debug)]
pub struct DemoServer {
    program: Program,
    kind: ServerKind,
    address: SocketAddr,
    flags: Vec<String>,
    http: Http,
}

impl DemoServer {
    /// Starts it at an address, where port 0 takes a free one, with these flags: the Rust program named by
    /// `REALTIME_SERVER`, else the one built beside this program, or the Node program. It serves the page in
    /// [`dist`].
    pub fn start(
        kind: ServerKind,
        address: SocketAddr,
        flags: Vec<String>,
    ) -> Result<Self, KitError> {
        let mut command = kind.command()?;
        command.arg("--listen").arg(address.to_string());
        command.arg("--dist").arg(dist()).args(&flags);
        if env::var_os("RUST_LOG").is_none() && !flags.iter().any(|flag| flag == "--quiet") {
            // Which message changed which task: what is wrong in the end may have begun long before.
            command.env("RUST_LOG", "info,realtime_demo_server=debug");
            command.env("NO_COLOR", "1");
        }
        let how = Start::of("the demo server", kind.hint());
        let (program, address) = Program::start(how, &mut command, announced_address)?;
        Ok(Self {
            program,
            kind,
            address,
            flags,
            http: Http::new(format!("http://{address}")),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its REST interface.
    pub fn http(&self) -> &Http {
        &self.http
    }

    /// The process: to be stopped in its tracks, and for what it has said.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Kills it without warning, as SIGKILL does.
    pub fn kill(self) -> Result<(), KitError> {
        self.program.kill()
    }

    /// Kills it, and starts another at the same address.
    pub fn restart(self) -> Result<Self, KitError> {
        self.program.kill()?;
        Self::start(self.kind, self.address, self.flags)
    }
}
