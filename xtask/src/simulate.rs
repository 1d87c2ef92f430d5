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
    let mut command = cargo
        .args(["--quiet", "--package", "realtime-simulation"])
        .args(["--bin", "simulate", "--"])
        .args(options)
        .into_inner();
    let status = command.status().map_err(|error| {
        Failure::new(
            format!("could not run Cargo: {error}"),
            "check that Cargo is on the PATH",
        )
    })?;
    // What the simulator found wrong it has said itself.
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
