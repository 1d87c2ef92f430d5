//! Server rendering: the app of `examples/ssr`, run by one command, and in a browser.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::console::heading;
use crate::demo::{stop_signal, wait};
use crate::engine::Engine;
use crate::failure::Failure;
use crate::page;
use crate::process::Cmd;
use crate::project::Project;
use crate::scenarios;
use crate::server::{self, Server};
use crate::setup::{self, Part, Tools};
use crate::steps::Outcome;
use crate::tally::Tally;

/// The package and program of its server.
const PACKAGE: &str = "realtime-ssr";
const PROGRAM: &str = "ssr-server";
/// What it takes to build it, to run it, and to look at it.
pub(crate) const PARTS: [Part; 5] = [
    Part::WasmTarget,
    Part::WasmBindgen,
    Part::Trunk,
    Part::WasmOpt,
    Part::Engine(Engine::Chromium),
];
/// The names of its scenarios begin like this.
pub(crate) const SCENARIOS: &str = "ssr::";

/// How to run it.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub(crate) struct SsrOptions {
    /// Serve on this port, or the next free one
    #[arg(long, value_name = "N", default_value_t = 8080, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) port: u16,
}

/// Where it is.
fn folder(project: &Project) -> PathBuf {
    project.root.join("examples").join("ssr")
}

/// Its page and its server.
fn build(project: &Project, tools: &Tools) -> Result<(), Failure> {
    page::build_in(&folder(project), project, tools, &["--release"])?;
    project.build(&["--package", PACKAGE, "--bin", PROGRAM])
}

/// `cargo xtask ssr`: the page, its server, and a URL.
pub(crate) fn run(project: &Project, options: &SsrOptions) -> Result<ExitCode, Failure> {
    let tools = Tools::get(project, &setup::PAGE)?;
    heading("The page and its server");
    build(project, &tools)?;
    let stop = stop_signal()?;
    let port = server::free_port(options.port)?;
    let command = Cmd::new(project.program(PROGRAM)).arg(port.to_string());
    let mut server = Server::spawn(command, "")?;
    heading(&format!(
        "The page is rendered at {}  (Ctrl-C stops it)",
        server.url()
    ));
    wait(&stop, || server.ended())?;
    drop(server);
    println!("\nStopped.");
    Ok(ExitCode::SUCCESS)
}

/// The page in Chromium.
pub(crate) fn step(project: &Project, tools: &Tools) -> Outcome {
    play_in(Engine::Chromium, project, tools)
}

/// The page in this engine.
pub(crate) fn play_in(engine: Engine, project: &Project, tools: &Tools) -> Outcome {
    if let Err(failure) = build(project, tools) {
        return (Tally::default(), Err(failure));
    }
    tools
        .with_engine(engine, project.cargo())
        .args(["test", "--package", scenarios::PACKAGE, "--no-fail-fast"])
        .args(["--test", "scenarios", "--", "--test-threads=1"])
        .args(["--include-ignored", SCENARIOS])
        .count_tests()
}
