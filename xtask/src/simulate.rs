//! `cargo xtask simulate`: random worlds, played by an optimised build.

use std::process::ExitCode;

use crate::failure::Failure;
use crate::project::Project;
use crate::sabotage;

/// Builds the simulator and runs it with these options, which it explains itself. What breaks rules needs
/// a core that can be broken.
pub(crate) fn run(project: &Project, options: &[String]) -> Result<ExitCode, Failure> {
    let breaks = |option: &String| matches!(&**option, "--sabotage" | "--without");
    let cargo = if options.iter().any(breaks) {
        sabotage::cargo(project, "run")?
    } else {
        project.cargo().args(["run", "--profile", "simulation"])
    };
    cargo
        .args(["--quiet", "--package", "realtime-simulation"])
        .args(["--bin", "simulate", "--"])
        .args(options)
        .succeeds()
}
