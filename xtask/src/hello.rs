//! Hello: the smallest app, `examples/hello`, as people get it from its template.

use std::path::PathBuf;

use crate::engine::Engine;
use crate::failure::Failure;
use crate::page;
use crate::project::Project;
use crate::scenarios;
use crate::setup::{Part, Tools};
use crate::steps::Outcome;
use crate::tally::Tally;

/// What it takes to build it, to run it by its one command, and to look at it.
pub(crate) const PARTS: [Part; 5] = [
    Part::WasmTarget,
    Part::WasmBindgen,
    Part::Trunk,
    Part::WasmOpt,
    Part::Engine(Engine::Chromium),
];

/// The names of its scenarios begin like this.
pub(crate) const SCENARIOS: &str = "hello::";

/// Where it is.
pub(crate) fn folder(project: &Project) -> PathBuf {
    project.root.join("examples").join("hello")
}

/// Its format, and its template in a browser.
pub(crate) fn step(project: &Project, tools: &Tools) -> Outcome {
    match format(project).and_then(|()| page::fetch(project, tools)) {
        Ok(()) => {}
        Err(failure) => return (Tally::default(), Err(failure)),
    }
    let cargo = match tools.wasm_cargo(project) {
        Ok(cargo) => tools.with_browser(cargo),
        Err(failure) => return (Tally::default(), Err(failure)),
    };
    cargo
        .args(["test", "--package", scenarios::PACKAGE, "--no-fail-fast"])
        .args(["--test", "scenarios", "--", "--test-threads=1"])
        .args(["--include-ignored", SCENARIOS])
        .count_tests()
}

fn format(project: &Project) -> Result<(), Failure> {
    project
        .cargo()
        .dir(&folder(project))
        .args(["fmt", "--check"])
        .run()
        .map_err(|failure| failure.advise("run `cargo fmt` in examples/hello"))
}
