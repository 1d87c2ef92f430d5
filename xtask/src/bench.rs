//! `cargo xtask bench`: builds what is to be measured, and starts the program that measures.

use std::path::Path;
use std::process::ExitCode;

use crate::args::{Bench, Rest};
use crate::cache::no_access;
use crate::console::heading;
use crate::engine::Engine;
use crate::failure::Failure;
use crate::page;
use crate::process::Cmd;
use crate::project::Project;
use crate::setup::{Part, Tools};

/// The pages in Yew: what they are built from, and the path they are served below.
const YEW_PAGES: [(&str, &str); 4] = [
    ("benches/pages/simple.html", "yew-simple"),
    ("benches/pages/plain.html", "yew-plain"),
    ("benches/pages/window.html", "yew-window"),
    ("benches/pages/partial.html", "yew-partial"),
];
/// The core's benchmark in the browser, built for speed and as a page is.
const CORE_PAGES: [(&str, &str); 2] = [
    ("benches/core/speed.html", "core-speed"),
    ("benches/core/page.html", "core-page"),
];
/// The core's benchmark as a native program.
const CORE_PROGRAM: &str = "bench-core";

/// The load test of the hub.
const HUB_PACKAGE: &str = "realtime-bench-server";
const HUB_PROGRAM: &str = "bench-hub";

/// What it takes to build the pages and to measure them.
const PARTS: [Part; 6] = [
    Part::WasmTarget,
    Part::WasmBindgen,
    Part::Trunk,
    Part::WasmOpt,
    Part::Engine(Engine::Chromium),
    Part::Node,
];

/// Builds, and measures with these options.
pub(crate) fn run(project: &Project, bench: &Bench) -> Result<ExitCode, Failure> {
    let (what, Rest { options }, needs_no_pages) = match bench {
        Bench::Core(rest) => ("core", rest, rest.is_help()),
        Bench::Browser(rest) => ("browser", rest, rest.is_help()),
        Bench::Hub(rest) => return load_hub(project, rest),
        Bench::Report(rest) => ("report", rest, true),
    };
    let built = project.target.join("bench");
    let parts: &[Part] = if needs_no_pages { &[] } else { &PARTS };
    let tools = Tools::get(project, parts)?;
    match bench {
        _ if needs_no_pages => {}
        Bench::Core(_) => build_core(project, &tools, &built)?,
        _ => {
            build_react(project, &tools)?;
            build_pages(project, &tools, &built, &YEW_PAGES)?;
        }
    }
    heading("The measuring program");
    let program = ["--profile", "tool", "--package", "realtime-bench"];
    project.build(&program)?;
    let measure = project
        .cargo()
        .args(["run", "--quiet"])
        .args(program)
        .args(["--", what])
        .args(options)
        .arg("--built")
        .arg(&built)
        .args(["--commit", &commit(project)]);
    tools.with_browser(measure).succeeds()
}

/// The load test of the hub, a program of its own that needs no browser.
fn load_hub(project: &Project, rest: &Rest) -> Result<ExitCode, Failure> {
    heading("The load test of the hub");
    project
        .cargo()
        .args(["run", "--profile", "tool", "--package", HUB_PACKAGE])
        .args(["--bin", HUB_PROGRAM, "--"])
        .args(&rest.options)
        .run()
        .map_err(|failure| failure.advise("see what it says above"))?;
    Ok(ExitCode::SUCCESS)
}

fn build_core(project: &Project, tools: &Tools, built: &Path) -> Result<(), Failure> {
    heading("The core's benchmark, native");
    project.build(&["--release", "--package", "realtime-bench-core"])?;
    let file = format!("{CORE_PROGRAM}{}", std::env::consts::EXE_SUFFIX);
    let from = project.target.join("release").join(file);
    std::fs::create_dir_all(built)
        .and_then(|()| std::fs::copy(&from, built.join(CORE_PROGRAM)))
        .map_err(|error| no_access(&from, &error))?;
    build_pages(project, tools, built, &CORE_PAGES)
}

fn build_pages(
    project: &Project,
    tools: &Tools,
    built: &Path,
    pages: &[(&str, &str)],
) -> Result<(), Failure> {
    for (source, path) in pages {
        heading(&format!("The page {path}"));
        let dist = built.join(path).display().to_string();
        let url = format!("/{path}/");
        let options = ["--release", "--dist", &dist, "--public-url", &url, source];
        page::build_with(project, tools, &options)?;
    }
    Ok(())
}

/// The React page, by its own tools at the versions in its lock file.
fn build_react(project: &Project, tools: &Tools) -> Result<(), Failure> {
    heading("The React page");
    let folder = project.root.join("benches").join("react");
    let node = tools.node()?;
    node.install(&folder)?;
    node.build(&folder)
        .run()
        .map_err(|failure| failure.advise("fix what is named above"))
}

/// The commit that is checked out, for the document.
fn commit(project: &Project) -> String {
    let said = Cmd::new("git")
        .args(["rev-parse", "--short", "HEAD"])
        .dir(&project.root)
        .capture();
    said.map_or_else(|_| "unknown".to_owned(), |said| said.trim().to_owned())
}
