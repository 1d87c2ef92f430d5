//! A real demo server, as a process that can be killed and started again.

use crate::{error::E2eError, http::Http, program::Program};
use std::{
    env,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// How long a server may take to listen.
const STARTS: Duration = Duration::from_secs(30);

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

    fn command(self) -> Command {
        match self {
            Self::Envelope | Self::Socketioxide => Command::new(server_path()),
            Self::Node => {
                let mut command =
                    Command::new(env::var_os("REALTIME_NODE").unwrap_or_else(|| "node".into()));
                command.arg(workspace().join("examples/node-server/server.js"));
                command
            }
        }
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
    address: SocketAddr,
    http: Http,
}

impl DemoServer {
    /// Starts it on a free port: the Rust program named by `REALTIME_SERVER`, else the one in `target/debug`, or the
    /// Node program by the `node` named by `REALTIME_NODE`, else the one on `PATH`. It serves the page in the folder
    /// named by `REALTIME_DIST`, else in `dist`.
    ///
    /// # Errors
    ///
    /// [`E2eError::Start`] when it does not come up.
    pub fn start(kind: ServerKind) -> Result<Self, E2eError> {
        Self::start_at(kind, SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    /// The same at a given address, such as that of a server that was killed.
    ///
    /// # Errors
    ///
    /// [`E2eError::Start`] when it does not come up.
    pub fn start_at(kind: ServerKind, address: SocketAddr) -> Result<Self, E2eError> {
        Self::start_with(kind, address, &[])
    }

    /// The same with further flags; it takes visitors for whom they say they are.
    ///
    /// # Errors
    ///
    /// [`E2eError::Start`] when it does not come up.
    pub fn start_with(
        kind: ServerKind,
        address: SocketAddr,
        flags: &[String],
    ) -> Result<Self, E2eError> {
        let trusting = ["--trust-clients".to_owned()];
        Self::spawn(kind, address, &[&trusting, flags].concat())
    }

    /// Starts it on a free port as people start it: it takes nobody's word for who they are.
    ///
    /// # Errors
    ///
    /// [`E2eError::Start`] when it does not come up.
    pub fn start_strict(kind: ServerKind) -> Result<Self, E2eError> {
        Self::spawn(kind, SocketAddr::from(([127, 0, 0, 1], 0)), &[])
    }

    fn spawn(kind: ServerKind, address: SocketAddr, flags: &[String]) -> Result<Self, E2eError> {
        let mut command = kind.command();
        command
            .arg("--listen")
            .arg(address.to_string())
            .arg("--dist")
            .arg(dist_path())
            .args(flags);
        if env::var_os("RUST_LOG").is_none() {
            // Which message changed which task: what is wrong in the end may have begun long before.
            command.env("RUST_LOG", "info,realtime_demo_server=debug");
            command.env("NO_COLOR", "1");
        }
        let (program, address) = Program::start(
            "the demo server",
            kind.hint(),
            &mut command,
            STARTS,
            announced_address,
        )?;
        Ok(Self {
            program,
            address,
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

    /// What it has said on its outputs.
    pub fn output(&self) -> String {
        self.program.output()
    }

    /// Kills it without warning, as SIGKILL does.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub fn kill(self) -> Result<(), E2eError> {
        self.program.kill()
    }
}

/// The folder of the built page.
pub fn dist_path() -> PathBuf {
    env::var_os("REALTIME_DIST").map_or_else(|| workspace().join("dist"), PathBuf::from)
}

/// The workspace's top folder.
pub fn workspace() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package)
}

fn server_path() -> PathBuf {
    env::var_os("REALTIME_SERVER").map_or_else(
        || {
            let target = env::var_os("CARGO_TARGET_DIR")
                .map_or_else(|| workspace().join("target"), PathBuf::from);
            let name = format!("realtime-demo-server{}", env::consts::EXE_SUFFIX);
            target.join("debug").join(name)
        },
        PathBuf::from,
    )
}

fn announced_address(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("listening on http://")?;
    rest.split(['/', ' ']).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_read_from_the_announcement() {
        let address = Some(SocketAddr::from(([127, 0, 0, 1], 4567)));
        assert_eq!(
            announced_address("listening on http://127.0.0.1:4567"),
            address
        );
        assert_eq!(
            announced_address("INFO listening on http://127.0.0.1:4567/ (dist)"),
            address
        );
        assert_eq!(announced_address("starting"), None);
    }
}
