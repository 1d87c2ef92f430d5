//! Pages built with Trunk: the demo's, and those of the benchmarks.

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
    // Offline, Trunk takes the tools on PATH rather than downloading its own, but it tells Cargo to
    // stay offline too: so what Cargo needs is fetched before.
    tools
        .wasm_cargo(project)?
        .args(["fetch", "--target", TARGET])
        .run()
        .map_err(|failure| failure.advise("check the network and Cargo's message above"))?;
    tools
        .trunk(project)?
        .args(["build", "--offline"])
        .args(options)
        // Trunk takes NO_COLOR for a flag with a value and refuses values such as `1`.
        .without_env("NO_COLOR")
        .run()
        .map_err(|failure| {
            failure.advise(
                "fix what is named above; and stop any other Trunk, as two cannot share dist/",
            )
        })
}
