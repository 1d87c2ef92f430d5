//! Node.js, and the packages of a folder.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::apt;
use crate::failure::Failure;
use crate::process::{Cmd, find_program};

/// The oldest Node.js that runs what is written in JavaScript here.
const OLDEST: u32 = 18;

/// Node.js and its package manager.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    node: PathBuf,
    npm: PathBuf,
}

impl Node {
    /// Finds both, or installs both. Returns them with a line that says which.
    pub(crate) fn ensure() -> Result<(Self, String), Failure> {
        if find().is_none() {
            apt::install(&["nodejs", "npm"], "Node.js")?;
        }
        let found = find().ok_or_else(|| {
            Failure::new(
                "Node.js is installed but not on PATH",
                "put node and npm on PATH",
            )
        })?;
        let said = Cmd::new(&found.node).arg("--version").capture()?;
        if major_of(&said).is_none_or(|major| major < OLDEST) {
            return Err(Failure::new(
                format!("{} is version {}", found.node.display(), said.trim()),
                format!("put Node.js {OLDEST} or newer on PATH"),
            ));
        }
        let outcome = format!("{} {}", found.node.display(), said.trim());
        Ok((found, outcome))
    }

    /// Installs the packages that a folder's lock file names, unless they are there.
    pub(crate) fn install(&self, folder: &Path) -> Result<(), Failure> {
        if is_installed(folder) {
            return Ok(());
        }
        Cmd::new(&self.npm)
            .args(["ci", "--no-audit", "--no-fund"])
            .dir(folder)
            .run()
            .map_err(|failure| failure.advise("check the network and npm's message above"))
    }

    /// Runs a program.
    pub(crate) fn run(&self, program: &Path) -> Cmd {
        Cmd::new(&self.node).arg(program)
    }

    /// Runs the tests of a folder's package.
    pub(crate) fn test(&self, folder: &Path) -> Cmd {
        Cmd::new(&self.npm).args(["test", "--silent"]).dir(folder)
    }

    /// Builds a folder's package.
    pub(crate) fn build(&self, folder: &Path) -> Cmd {
        Cmd::new(&self.npm).args(["run", "build"]).dir(folder)
    }

    /// Tells a child where Node.js is.
    pub(crate) fn tell(&self, cmd: Cmd) -> Cmd {
        cmd.env("REALTIME_NODE", &self.node)
    }
}

fn find() -> Option<Node> {
    Some(Node {
        node: find_program(&["node", "nodejs"])?,
        npm: find_program(&["npm"])?,
    })
}

/// Whether npm has finished an install after the lock file was last written: its own note of it is its last act.
fn is_installed(folder: &Path) -> bool {
    let written =
        |file: &str| -> Option<SystemTime> { folder.join(file).metadata().ok()?.modified().ok() };
    let lock = written("package-lock.json");
    lock.is_some() && written("node_modules/.package-lock.json") >= lock
}

/// `v20.20.2` is 20.
fn major_of(said: &str) -> Option<u32> {
    let (major, _) = said.trim().strip_prefix('v')?.split_once('.')?;
    major.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_node_begins_with_a_letter() {
        assert_eq!(major_of("v20.20.2\n"), Some(20));
        assert_eq!(major_of("v8.1.0"), Some(8));
        assert_eq!(major_of("what?"), None);
    }

    #[test]
    fn packages_are_there_once_npm_has_noted_it_after_the_lock_file() {
        let folder = std::env::temp_dir().join(format!("xtask-node-{}", std::process::id()));
        let write = |file: &str| std::fs::write(folder.join(file), "{}").expect("it is ours");
        std::fs::create_dir_all(folder.join("node_modules")).expect("the folder can be made");
        assert!(!is_installed(&folder), "there is no lock file");
        write("package-lock.json");
        assert!(!is_installed(&folder), "nothing was installed");
        write("node_modules/.package-lock.json");
        assert!(is_installed(&folder));
        std::fs::remove_dir_all(&folder).expect("what was written can be removed");
    }
}
