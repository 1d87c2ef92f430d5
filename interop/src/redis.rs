//! A Redis of a case's own: the distribution's program, on a free port, with nothing on disk.

use crate::{
    failure::{Failure, Verdict},
    peer::{Versions, let_be},
    program::{Program, START},
};
use std::{env, ffi::OsString, net::TcpListener, process::Command};

/// How often another port is tried, should somebody take the one that was free.
const TRIES: usize = 5;

/// A running Redis. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Redis {
    _program: Program,
    port: u16,
    versions: Versions,
}

impl Redis {
    pub(crate) async fn start() -> Verdict<Self> {
        let mut last = Failure::new("Redis was not tried");
        for _ in 0..TRIES {
            match Self::start_at(free_port()?).await {
                Ok(redis) => return Ok(redis),
                Err(failure) => last = failure,
            }
        }
        Err(last)
    }

    async fn start_at(port: u16) -> Verdict<Self> {
        let (program, (input, mut output)) = Program::start("Redis", program(), |command| {
            command.args(["--port", &port.to_string(), "--bind", "127.0.0.1"]);
            command.args(["--save", "", "--appendonly", "no", "--daemonize", "no"]);
        })?;
        let ready = tokio::time::timeout(START, async {
            while let Ok(Some(line)) = output.next_line().await {
                if line.contains("Ready to accept connections") {
                    return true;
                }
            }
            false
        });
        if ready.await != Ok(true) {
            return Err(Failure::new(format!(
                "Redis did not come up on port {port}"
            )));
        }
        let_be((input, output));
        Ok(Self {
            _program: program,
            port,
            versions: Versions::from([("redis-server".to_owned(), version()?)]),
        })
    }

    /// Its address for clients.
    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) const fn versions(&self) -> &Versions {
        &self.versions
    }
}

/// The program: the one named by `REDIS_SERVER`, else the one on the path.
fn program() -> OsString {
    env::var_os("REDIS_SERVER").unwrap_or_else(|| "redis-server".into())
}

fn free_port() -> Verdict<u16> {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| Failure::unable("find a free port", error))
}

fn version() -> Verdict<String> {
    let output = Command::new(program())
        .arg("--version")
        .output()
        .map_err(|error| Failure::unable("ask redis-server for its version", error))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let version = said
        .split_whitespace()
        .find_map(|word| word.strip_prefix("v="));
    Ok(version.unwrap_or("of an unknown version").to_owned())
}
