//! Pages built with Trunk: the demo's, and those of the benchmarks.

use std::path::Path;

use crate::failure::Failure;
use crate::project::Project;
use crate::setup::Tools;
use crate::toolchain::TARGET;

/// Builds the page into `dist/`.
pub(crate) fn build(project: &Project, tools: &Tools, release: bool) -> Result<(), Failure> {
    let profile: &[&str] = if release { &["--release"] } else { &[] };
    build_with(project, tools, profile)
}

/// Builds a page with these options of Trunk's.
pub(crate) fn build_with(
    project: &Project,
    tools: &Tools,
    options: &[&str],
) -> Result<(), Failure> {
    build_in(&project.root, project, tools, options)
}

/// Builds the page of a folder.
pub(crate) fn build_in(
    folder: &Path,
    project: &Project,
    tools: &Tools,
    options: &[&str],
) -> Result<(), Failure> {
    fetch(project, tools)?;
    tools
        .trunk(project)?
        .args(["build", "--offline"])
        .args(options)
        .dir(folder)
        // Trunk takes NO_COLOR for a flag with a value and refuses values such as `1`.
        .without_env("NO_COLOR")
        .run()
        .map_err(|failure| {
            failure.advise(
                "fix what is named above; and stop any other Trunk, as two cannot share dist/",
            )
        })
}

/// Gets what a build of any page needs: offline, Trunk takes the tools on PATH rather than downloading its own, but it tells
/// Cargo to stay offline too.
pub(crate) fn fetch(project: &Project, tools: &Tools) -> Result<(), Failure> {
    tools
        .wasm_cargo(project)?
        .args(["fetch", "--target", TARGET])
        .run()
        .map_err(|failure| failure.advise("check the network and Cargo's message above"))
}
