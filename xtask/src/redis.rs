//! Redis, by which several demo servers share one state: found or installed.

use std::path::PathBuf;

use crate::apt;
use crate::failure::Failure;
use crate::process::{Cmd, find_program};

/// The program.
#[derive(Debug)]
pub(crate) struct Redis {
    program: PathBuf,
}

impl Redis {
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
        let version = realtime_testkit::RedisServer::version()?;
        let outcome = format!("{} {version}", program.display());
        Ok((Self { program }, outcome))
    }

    /// Tells a child where it is.
    pub(crate) fn tell(&self, cmd: Cmd) -> Cmd {
        cmd.env("REDIS_SERVER", &self.program)
    }
}

fn find() -> Option<PathBuf> {
    let named = std::env::var_os("REDIS_SERVER").map(PathBuf::from);
    named
        .filter(|path| path.is_file())
        .or_else(|| find_program(&["redis-server"]))
}
