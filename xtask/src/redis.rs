//! Redis, by which several demo servers share one state: the program, and a running one.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::apt;
use crate::failure::Failure;
use crate::process::{Cmd, find_program};
use crate::project::Project;

/// How long it may take until its first answer.
const START: Duration = Duration::from_secs(10);
/// What it says goes to this file, beside the builds.
const LOG: &str = "demo-redis.log";
/// How often it is looked at meanwhile.
const GLANCE: Duration = Duration::from_millis(50);

/// The program.
#[derive(Debug)]
pub(crate) struct RedisServer {
    program: PathBuf,
}

impl RedisServer {
    /// Finds it, or installs it. Returns it with a line that says which it is.
    pub(crate) fn ensure() -> Result<(Self, String), Failure> {
        if find().is_none() {
            apt::install(&["redis-server"], "several servers that share one state")?;
        }
        let program = find().ok_or_else(|| {
            Failure::new(
                "redis-server is installed but not on PATH",
                "put redis-server on PATH, or its path into REDIS_SERVER",
            )
        })?;
        let said = Cmd::new(&program).arg("--version").capture()?;
        let version = version_in(&said).unwrap_or("of an unknown version");
        let outcome = format!("{} {version}", program.display());
        Ok((Self { program }, outcome))
    }

    /// Tells a child where it is.
    pub(crate) fn tell(&self, cmd: Cmd) -> Cmd {
        cmd.env("REDIS_SERVER", &self.program)
    }

    /// Starts one that keeps all in memory, and is up when it answers.
    pub(crate) fn start(&self, project: &Project, port: u16) -> Result<Redis, Failure> {
        let mut command = Cmd::new(&self.program)
            .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
            .args(["--save", "", "--appendonly", "no", "--logfile", LOG])
            .dir(&project.target)
            .into_inner();
        on_its_own(&mut command);
        let child = command.spawn().map_err(|error| {
            Failure::new(
                format!("could not start {}: {error}", self.program.display()),
                "run it by hand and read what it says",
            )
        })?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut redis = Redis { child, address };
        let advice = format!(
            "read what it says in {}",
            project.target.join(LOG).display()
        );
        redis
            .wait_for_answer()
            .map_err(|failure| failure.advise(advice))?;
        Ok(redis)
    }
}

/// Ctrl-C at the terminal is for us: the servers still need it to say goodbye.
fn on_its_own(command: &mut Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    #[cfg(not(unix))]
    let _ = command;
}

/// A running Redis, killed when this is dropped: there is nothing that it keeps.
#[derive(Debug)]
pub(crate) struct Redis {
    child: Child,
    address: SocketAddr,
}

impl Redis {
    /// Where it is, as servers are told.
    pub(crate) fn url(&self) -> String {
        format!("redis://{}/", self.address)
    }

    fn wait_for_answer(&mut self) -> Result<(), Failure> {
        let started = Instant::now();
        while started.elapsed() < START {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(Failure::new(
                    format!("redis-server ended at once: {status}"),
                    "read what it says",
                ));
            }
            if answers(self.address) {
                return Ok(());
            }
            std::thread::sleep(GLANCE);
        }
        Err(Failure::new(
            format!("redis-server at {} does not answer", self.address),
            "read what it says",
        ))
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether a Redis answers a ping.
fn answers(address: SocketAddr) -> bool {
    let limit = Duration::from_secs(2);
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect_timeout(&address, limit)?;
        stream.set_read_timeout(Some(limit))?;
        stream.write_all(b"PING\r\n")?;
        let mut answer = [0; 5];
        stream.read_exact(&mut answer)?;
        Ok(&answer == b"+PONG")
    };
    ask().unwrap_or(false)
}

fn find() -> Option<PathBuf> {
    let named = std::env::var_os("REDIS_SERVER").map(PathBuf::from);
    named
        .filter(|path| path.is_file())
        .or_else(|| find_program(&["redis-server"]))
}

/// The version in `Redis server v=7.0.15 sha=…`.
fn version_in(said: &str) -> Option<&str> {
    said.split_whitespace()
        .find_map(|word| word.strip_prefix("v="))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_what_the_program_says() {
        let said = "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64\n";
        assert_eq!(version_in(said), Some("7.0.15"));
        assert_eq!(version_in("something else"), None);
    }

    #[test]
    fn nobody_listening_is_no_answer() {
        assert!(!answers(SocketAddr::from((Ipv4Addr::LOCALHOST, 1))));
    }
}
