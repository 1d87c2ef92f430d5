//! The end-to-end scenarios: real servers, real browser tabs.

use crate::engine::Engine;
use crate::failure::Failure;
use crate::hello;
use crate::node::Node;
use crate::process::Cmd;
use crate::project::Project;
use crate::server;
use crate::setup::{Part, Tools};
use crate::ssr;
use crate::steps::{Outcome, counted};

/// Their package: its tests need a built page and a browser.
pub(crate) const PACKAGE: &str = "realtime-e2e";
/// What it takes to play them.
pub(crate) const PARTS: [Part; 3] = [Part::Engine(Engine::Chromium), Part::Node, Part::Redis];

/// How the names of those end that are played over Socket.IO, with the server in JavaScript and with the one in Rust.
const OVER_SOCKET_IO: [&str; 2] = ["::node", "::socketioxide"];
/// A few that show in two minutes that every hook works over Socket.IO.
const FEW: [&str; 6] = [
    "cluster::visitors_of",
    "cut::a_cut_connection_recovers",
    "notifications::",
    "optimistic::what_is_edited",
    "room::each_sees",
    "tasks::what_one_does",
];

/// All of them over the JSON envelope, and a few over Socket.IO, in Chromium.
pub(crate) fn play(project: &Project, tools: &Tools) -> Outcome {
    play_in(Engine::Chromium, project, tools)
}

/// The same in this engine.
pub(crate) fn play_in(engine: Engine, project: &Project, tools: &Tools) -> Outcome {
    // The app of the README has a step of its own, and the one that its server renders.
    let skips = OVER_SOCKET_IO
        .iter()
        .chain([&hello::SCENARIOS, &ssr::SCENARIOS]);
    let skips = skips.flat_map(|name| ["--skip", name]);
    let all = ["--include-ignored"].into_iter().chain(skips);
    let few = ["--ignored", "--skip", "::envelope"].into_iter().chain(FEW);
    let (mut tally, result) = test(engine, project, tools, &["--lib", "--bins", "--tests"], all);
    if result.is_err() {
        return (tally, result);
    }
    let (more, result) = test(engine, project, tools, &["--test", "scenarios"], few);
    tally += more;
    (tally, result)
}

fn test<'a>(
    engine: Engine,
    project: &Project,
    tools: &Tools,
    targets: &[&str],
    choice: impl Iterator<Item = &'a str>,
) -> Outcome {
    counted(tell(engine, project, tools, project.cargo()).map(|cargo| {
        cargo
            .args(["test", "--package", PACKAGE, "--no-fail-fast"])
            .args(targets)
            // One at a time: each starts a server and several tabs, and some measure time.
            .args(["--", "--test-threads=1"])
            .args(choice)
    }))
}

/// Gets the checks of accessibility, and tells a child where they are.
pub(crate) fn with_axe(project: &Project, node: &Node, cmd: Cmd) -> Result<Cmd, Failure> {
    let folder = project.root.join("tests").join("axe");
    node.install(&folder)?;
    let program = ["node_modules", "axe-core", "axe.min.js"];
    let path = program.iter().fold(folder, |path, part| path.join(part));
    Ok(cmd.env("REALTIME_AXE", path))
}

/// Gets the servers ready, and tells a child where they and the browser are.
pub(crate) fn tell(
    engine: Engine,
    project: &Project,
    tools: &Tools,
    cmd: Cmd,
) -> Result<Cmd, Failure> {
    if !project.dist().join("index.html").is_file() {
        return Err(Failure::new(
            "there is no built page in dist/",
            "run `cargo xtask test --e2e`, which builds it first",
        ));
    }
    server::build(project)?;
    let node = tools.node()?;
    node.install(&server::node_folder(project))?;
    let cmd = with_axe(project, node, cmd)?;
    Ok(tools
        .with_engine(engine, tools.redis()?.tell(node.tell(cmd)))
        .env("REALTIME_DIST", project.dist())
        .env("REALTIME_SERVER", project.program(server::PACKAGE)))
}
