//! Debian's package manager, for what neither rustup nor Cargo can give.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::failure::Failure;
use crate::process::{Cmd, find_program};

/// The package list is fetched once a run, however many installs follow.
static LIST_IS_FRESH: AtomicBool = AtomicBool::new(false);

/// Whether this machine has Debian's package manager.
pub(crate) fn is_here() -> bool {
    Path::new("/etc/debian_version").is_file() && find_program(&["apt-get"]).is_some()
}

/// Installs packages; `purpose` completes the sentence "needed for …".
pub(crate) fn install(packages: &[&str], purpose: &str) -> Result<(), Failure> {
    let by_hand = format!(
        "install {} yourself (needed for {purpose}), then run the command again",
        packages.join(", ")
    );
    if !is_here() {
        return Err(Failure::new(
            format!(
                "{purpose} is missing, and this is not a Debian system it could be installed on"
            ),
            by_hand,
        ));
    }
    println!("      installing {} for {purpose}", packages.join(" "));
    if !LIST_IS_FRESH.load(Ordering::Relaxed) {
        apt_get(&["update"])?.run().map_err(|failure| {
            failure.advise(format!("check the network and apt's sources, or {by_hand}"))
        })?;
        LIST_IS_FRESH.store(true, Ordering::Relaxed);
    }
    // A conflict with something installed is for the owner of the machine to settle, not for us.
    apt_get(&["install", "--yes", "--no-install-recommends", "--no-remove"])?
        .args(packages)
        .run()
        .map_err(|failure| failure.advise(format!("read apt's message above, or {by_hand}")))
}

fn apt_get(args: &[&str]) -> Result<Cmd, Failure> {
    // Another install may hold the lock, as on a machine that has just booted.
    Ok(as_root("apt-get")?
        .args(["-qq", "-o", "DPkg::Lock::Timeout=120"])
        // No progress bars: they fill a log.
        .args(["-o", "Dpkg::Use-Pty=0"])
        .args(args)
        .env("DEBIAN_FRONTEND", "noninteractive"))
}

/// A command run as root: plainly by root, through sudo by others.
pub(crate) fn as_root(program: &str) -> Result<Cmd, Failure> {
    let user = Cmd::new("id").arg("-u").capture()?;
    if user.trim() == "0" {
        return Ok(Cmd::new(program));
    }
    match find_program(&["sudo"]) {
        // sudo drops the environment, so what apt must know goes on its command line.
        Some(sudo) => Ok(Cmd::new(sudo).args(["DEBIAN_FRONTEND=noninteractive", program])),
        None => Err(Failure::new(
            format!("`{program}` must run as root, and there is no sudo"),
            "run `cargo xtask setup` once as root",
        )),
    }
}
