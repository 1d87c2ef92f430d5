//! Surface: `cargo xtask surface`, what a user of the two crates can name.

use std::process::ExitCode;

use crate::failure::Failure;
use crate::project::Project;

/// Counts it by the test that bounds it, which has a parser: this crate has none.
pub(crate) fn run(project: &Project) -> Result<ExitCode, Failure> {
    let test = ["test", "--quiet", "--package", "xtask", "--test", "it"];
    let only = ["the_public_surface_is_small", "--", "--nocapture"];
    project.cargo().args(test).args(only).run()?;
    Ok(ExitCode::SUCCESS)
}
