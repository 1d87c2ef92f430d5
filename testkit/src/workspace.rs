//! Paths of this workspace: built programs, the page, Node.js.

use crate::error::KitError;
use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

/// The workspace's top folder.
#[must_use]
pub fn workspace() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package)
}

/// The folder of the demo's built page: the one that `REALTIME_DIST` names, else `dist`.
#[must_use]
pub fn dist() -> PathBuf {
    env::var_os("REALTIME_DIST").map_or_else(|| workspace().join("dist"), PathBuf::from)
}

/// Node.js: the one that `REALTIME_NODE` names, else the one on the `PATH`.
#[must_use]
pub fn node() -> OsString {
    env::var_os("REALTIME_NODE").unwrap_or_else(|| "node".into())
}

/// A program that Cargo has built beside this one.
pub fn built(name: &str) -> Result<PathBuf, KitError> {
    let missing = |reason: String| KitError::Start {
        program: name.into(),
        reason,
        hint: format!("build it with `cargo build --bin {name}`"),
    };
    let own = env::current_exe().map_err(|error| missing(error.to_string()))?;
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    // Tests are one folder further down.
    let folders = own.ancestors().skip(1).take(2);
    folders
        .map(|folder| folder.join(&file))
        .find(|path| path.is_file())
        .ok_or_else(|| missing(format!("it is not beside {}", own.display())))
}
