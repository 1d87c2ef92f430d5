//! The real demo server, as a process that can be killed and started again.

use crate::{error::E2eError, http::Http, program::Program};
use std::{
    env,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

const HINT: &str = "build it with `cargo build --package realtime-demo-server`, or set REALTIME_SERVER to its path";

/// A running demo server.
#[derive(Debug)]
pub struct DemoServer {
    program: Program,
    address: SocketAddr,
    http: Http,
}

impl DemoServer {
    /// Starts the program named by `REALTIME_SERVER`, else the one in `target/debug`, on a free port. It serves the
    /// page in the folder named by `REALTIME_DIST`, else in `dist`.
    ///
    /// # Errors
    ///
    /// [`E2eError::Start`] when it does not come up.
    pub fn start() -> Result<Self, E2eError> {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    /// The same at a given address, such as that of a server that was killed.
    ///
    /// # Errors
    ///
    /// [`E2eError::Start`] when it does not come up.
    pub fn start_at(address: SocketAddr) -> Result<Self, E2eError> {
        let mut command = Command::new(server_path());
        command
            .arg("--listen")
            .arg(address.to_string())
            .arg("--dist")
            .arg(dist_path());
        let wait = Duration::from_secs(30);
        let (program, address) = Program::start(
            "the demo server",
            HINT,
            &mut command,
            wait,
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
