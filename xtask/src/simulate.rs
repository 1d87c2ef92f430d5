//! `cargo xtask simulate`: random worlds, played by an optimised build.

use std::process::ExitCode;

use crate::failure::Failure;
use crate::project::Project;

/// Builds the simulator and runs it with these options, which it explains itself.
pub(crate) fn run(project: &Project, options: &[String]) -> Result<ExitCode, Failure> {
    let build = ["run", "--quiet", "--profile", "simulation"];
    let package = [
        "--package",
        "realtime-simulation",
        "--bin",
        "simulate",
        "--",
    ];
    let mut command = project
        .cargo()
        .args(build)
        .args(package)
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
