//! The interop cases: realtime-core on real sockets, against servers of other projects.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::args::Rest;
use crate::console::heading;
use crate::engine::Engine;
use crate::failure::Failure;
use crate::minimal;
use crate::page;
use crate::process::Cmd;
use crate::project::Project;
use crate::scenarios;
use crate::server;
use crate::setup::{PAGE, Part, Tools};
use crate::steps::{Outcome, counted};

/// Their package. Its tests ask the official parsers, so they need what npm brings.
pub(crate) const PACKAGE: &str = "realtime-interop";
/// The program that plays them.
const PROGRAM: &str = "interop";
/// What it takes to play those without a browser.
pub(crate) const PARTS: [Part; 2] = [Part::Node, Part::Redis];

/// A step of `test`: the codec against the official parsers, and all cases but those in a browser, which the
/// end-to-end tests are about.
pub(crate) fn step(project: &Project, tools: &Tools) -> Outcome {
    let tests = ready(project, tools).and_then(|()| tell(tools, project.cargo()));
    let (mut tally, result) = counted(tests.map(|cargo| {
        cargo
            .args(["test", "--package", PACKAGE, "--no-fail-fast"])
            .args(["--lib", "--bins", "--tests", "--", "--include-ignored"])
    }));
    if result.is_err() {
        return (tally, result);
    }
    let cases = tell(tools, program(project));
    let (cases, result) = counted(cases.map(|program| program.arg("--no-browser")));
    tally += cases;
    (tally, result)
}

/// `cargo xtask interop`: plays the cases that these options choose; the program explains them itself.
pub(crate) fn run(project: &Project, rest: &Rest) -> Result<ExitCode, Failure> {
    build(project)?;
    let options = &rest.options;
    if rest.is_help() || options.iter().any(|word| word == "--list") {
        program(project).args(options).run()?;
        return Ok(ExitCode::SUCCESS);
    }
    let chosen = program(project).args(options).arg("--list").capture()?;
    let in_browser = is_in_browser(&chosen);
    let mut parts = PARTS.to_vec();
    if in_browser {
        parts.extend(PAGE);
        parts.extend(scenarios::PARTS);
    }
    let tools = Tools::get(project, &parts)?;
    ready(project, &tools)?;
    let mut cases = tell(&tools, program(project))?;
    if in_browser {
        heading("the page");
        page::build(project, &tools, true)?;
        cases = scenarios::tell(Engine::Chromium, project, &tools, cases)?;
    }
    heading("interop");
    let (_, result) = cases.args(options).count_tests();
    // What failed, the table says.
    Ok(if result.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Whether any of the listed cases plays in a browser.
fn is_in_browser(list: &str) -> bool {
    list.lines().any(|line| line.starts_with("browser-"))
}

/// Builds the program, and its peers in Rust.
fn build(project: &Project) -> Result<(), Failure> {
    project.build(&["--package", PACKAGE, "--bins"])
}

/// Gets everything there that a case without a browser needs.
fn ready(project: &Project, tools: &Tools) -> Result<(), Failure> {
    build(project)?;
    server::build(project)?;
    let node = tools.node()?;
    node.install(&node_folder(project))?;
    node.install(&minimal::pattern_folder(project))
}

fn program(project: &Project) -> Cmd {
    Cmd::new(project.program(PROGRAM)).dir(&project.root)
}

/// Tells a child where Node.js and Redis are.
fn tell(tools: &Tools, cmd: Cmd) -> Result<Cmd, Failure> {
    Ok(tools.redis()?.tell(tools.node()?.tell(cmd)))
}

fn node_folder(project: &Project) -> PathBuf {
    project.root.join("interop").join("node")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_got_only_for_cases_that_play_in_one() {
        assert!(is_in_browser("auth-good      node\nbrowser-tasks  node\n"));
        assert!(!is_in_browser("auth-good      node\n"));
        assert!(!is_in_browser(""));
    }
}
