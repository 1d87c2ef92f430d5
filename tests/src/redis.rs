//! A real Redis that a scenario can kill and start again.

use crate::{error::E2eError, program::Program, server::workspace};
use std::{
    env,
    ffi::OsString,
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{self, Command},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

const HINT: &str =
    "install redis-server (`cargo xtask setup` does), or set REDIS_SERVER to its path";
/// Ports that are tried, should others take them first.
const ATTEMPTS: u32 = 10;

/// A Redis that keeps every write on disk before it says so. Dropping it kills it and removes what it kept.
#[derive(Debug)]
pub struct RedisServer {
    program: Option<Program>,
    port: u16,
    folder: PathBuf,
}

impl RedisServer {
    /// Starts the program named by `REDIS_SERVER`, else `redis-server`, on a free port of loopback.
    ///
    /// # Errors
    ///
    /// [`E2eError::Start`] when it does not come up.
    pub fn start() -> Result<Self, E2eError> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = workspace().join(format!("target/e2e/redis-{}-{number}", process::id()));
        fs::create_dir_all(&folder).map_err(|error| unusable(&folder, &error))?;
        let mut attempt = 1;
        loop {
            let port = free_port()?;
            match launch(port, &folder) {
                Ok(program) => {
                    return Ok(Self {
                        program: Some(program),
                        port,
                        folder,
                    });
                }
                Err(_) if attempt < ATTEMPTS => attempt += 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// Where it is, as servers are told.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// Kills it without warning, as SIGKILL does.
    ///
    /// # Errors
    ///
    /// When it does not run.
    pub fn kill(&mut self) -> Result<(), E2eError> {
        let program = self.program.take();
        program
            .ok_or_else(|| E2eError::Wrong("no redis runs".into()))?
            .kill()
    }

    /// Starts it where it was, with what it kept.
    ///
    /// # Errors
    ///
    /// [`E2eError::Start`] when it does not come up.
    pub fn start_again(&mut self) -> Result<(), E2eError> {
        self.program = Some(launch(self.port, &self.folder)?);
        Ok(())
    }

    /// What it has said since its last start.
    pub fn output(&self) -> String {
        self.program
            .as_ref()
            .map(Program::output)
            .unwrap_or_default()
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

fn launch(port: u16, folder: &Path) -> Result<Program, E2eError> {
    let program = env::var_os("REDIS_SERVER").unwrap_or_else(|| OsString::from("redis-server"));
    let mut command = Command::new(program);
    command
        .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
        .args([
            "--appendonly",
            "yes",
            "--appendfsync",
            "always",
            "--save",
            "",
        ])
        .arg("--dir")
        .arg(folder);
    let ready = |line: &str| line.contains("Ready to accept connections").then_some(());
    let within = Duration::from_secs(20);
    let (program, ()) = Program::start("redis-server", HINT, &mut command, within, ready)?;
    Ok(program)
}

fn free_port() -> Result<u16, E2eError> {
    TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| E2eError::Wrong(format!("the system gives no free port: {error}")))
}

fn unusable(path: &Path, error: &std::io::Error) -> E2eError {
    E2eError::File {
        path: path.display().to_string(),
        reason: error.to_string(),
    }
}
