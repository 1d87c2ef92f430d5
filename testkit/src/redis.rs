//! A real Redis that can be killed and started again.

use crate::{
    error::KitError,
    port::{free_port, loopback},
    program::{Program, Start},
    workspace::workspace,
};
use std::{
    env,
    ffi::OsString,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{self, Command},
    sync::atomic::{AtomicU32, Ordering},
};

const START: Start<'_> = Start::of(
    "redis-server",
    "install redis-server (`cargo xtask setup` does), or set REDIS_SERVER to its path",
);
/// Ports that are tried, should others take them first.
const ATTEMPTS: u32 = 10;

/// What it does with what it is told: every write is on disk before it is answered.
const KEEPING: [&str; 4] = ["--appendonly", "yes", "--appendfsync", "always"];
/// The same: nothing is written to disk.
const FORGETTING: [&str; 2] = ["--appendonly", "no"];

/// A running Redis. Dropping it kills it and removes what it kept.
#[derive(Debug)]
pub struct RedisServer {
    program: Option<Program>,
    port: u16,
    folder: PathBuf,
    set_up: fn(&mut Command) -> &mut Command,
}

impl RedisServer {
    /// Starts the program named by `REDIS_SERVER`, else `redis-server`, on a free port of loopback. It keeps what it is
    /// told when it is killed.
    pub fn start() -> Result<Self, KitError> {
        Self::start_with(|command| command.args(KEEPING))
    }

    /// The same, but all is in memory.
    pub fn start_in_memory() -> Result<Self, KitError> {
        Self::start_with(|command| command.args(FORGETTING))
    }

    /// The same, and Ctrl-C at the terminal does not reach it: who started it ends it, when its clients have gone.
    pub fn start_apart() -> Result<Self, KitError> {
        Self::start_with(|command| {
            command.args(FORGETTING);
            #[cfg(unix)]
            std::os::unix::process::CommandExt::process_group(command, 0);
            command
        })
    }

    fn start_with(set_up: fn(&mut Command) -> &mut Command) -> Result<Self, KitError> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = workspace().join(format!("target/redis/{}-{number}", process::id()));
        fs::create_dir_all(&folder).map_err(|error| KitError::file(&folder, &error))?;
        let mut redis = Self {
            program: None,
            port: 0,
            folder,
            set_up,
        };
        let mut attempt = 1;
        loop {
            redis.port = free_port()?;
            match redis.start_again() {
                Err(_) if attempt < ATTEMPTS => attempt += 1,
                started => return started.map(|()| redis),
            }
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        loopback(self.port)
    }

    /// Where it is, as servers are told.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://{}/", self.address())
    }

    /// Kills it without warning, as SIGKILL does.
    pub fn kill(&mut self) -> Result<(), KitError> {
        let program = self.program.take();
        program
            .ok_or_else(|| KitError::Wrong("no redis runs".into()))?
            .kill()
    }

    /// Starts it where it was, with what it kept.
    pub fn start_again(&mut self) -> Result<(), KitError> {
        let mut command = Command::new(program());
        command
            .args(["--bind", "127.0.0.1", "--port", &self.port.to_string()])
            .args(["--save", "", "--dir"])
            .arg(&self.folder);
        (self.set_up)(&mut command);
        let ready = |line: &str| line.contains("Ready to accept connections").then_some(());
        let (program, ()) = Program::start(START, &mut command, ready)?;
        self.program = Some(program);
        Ok(())
    }

    /// The folder of what it keeps; to be changed only while it does not run.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What it has said since its last start.
    #[must_use]
    pub fn output(&self) -> String {
        self.program
            .as_ref()
            .map(Program::output)
            .unwrap_or_default()
    }

    /// Which version the program is, such as `7.0.15`.
    pub fn version() -> Result<String, KitError> {
        let said = Command::new(program()).arg("--version").output();
        let said = said.map_err(|error| KitError::Start {
            program: START.name.into(),
            reason: error.to_string(),
            hint: START.hint.into(),
        })?;
        let said = String::from_utf8_lossy(&said.stdout);
        Ok(version_in(&said).unwrap_or("of an unknown version").into())
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.program = None;
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            eprintln!("could not remove {}: {error}", self.folder.display());
        }
    }
}

fn program() -> OsString {
    env::var_os("REDIS_SERVER").unwrap_or_else(|| "redis-server".into())
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
}
