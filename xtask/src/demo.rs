//! `cargo xtask demo`: the page, its server, and a URL.

use clap::Args;
use std::process::{ExitCode, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::console::heading;
use crate::engine::Engine;
use crate::failure::Failure;
use crate::nodes::Nodes;
use crate::page;
use crate::project::Project;
use crate::scenarios;
use crate::server::{self, Kind};
use crate::setup::{self, Part, Tools};

/// The end-to-end package, and its program that drives the demo.
const DRIVER_PACKAGE: &str = "realtime-e2e";
const DRIVER: &str = "drive-demo";
/// Where the driver puts its screenshots.
const SCREENSHOTS: &str = "target/demo";

/// How to run the demo.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub(crate) struct DemoOptions {
    /// Which server
    #[arg(long, value_enum, default_value_t)]
    pub(crate) server: Kind,
    /// Run so many servers in Rust, which share their state in a Redis, behind a balancer
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=9))]
    pub(crate) nodes: u16,
    /// Serve on this port, or the next free one
    #[arg(long, value_name = "N", default_value_t = 8080, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) port: u16,
    /// Build the page without optimisation: quicker to build, slower to run
    #[arg(long)]
    pub(crate) dev: bool,
    /// Drive the demo in headless Chromium instead, write screenshots to target/demo, and exit
    #[arg(long)]
    pub(crate) check: bool,
}

impl DemoOptions {
    /// Only the server in Rust can share its state.
    pub(crate) fn check_nodes(&self) -> Result<(), Failure> {
        if self.nodes > 1 && self.server == Kind::Node {
            return Err(Failure::new(
                "the server in JavaScript runs alone",
                "leave out `--server node`, or `--nodes`",
            ));
        }
        Ok(())
    }
}

pub(crate) fn run(project: &Project, options: &DemoOptions) -> Result<ExitCode, Failure> {
    options.check_nodes()?;
    let mut parts = setup::PAGE.to_vec();
    if options.check {
        parts.push(Part::Engine(Engine::Chromium));
    }
    if options.check || options.server == Kind::Node {
        parts.push(Part::Node);
    }
    if options.nodes > 1 {
        parts.push(Part::Redis);
    }
    let tools = Tools::get(project, &parts)?;
    heading("The page");
    page::build(project, &tools, !options.dev)?;
    heading("The server");
    options.server.build(project, &tools)?;
    if options.check {
        check(project, &tools, options)
    } else {
        serve(project, &tools, options)
    }
}

fn serve(project: &Project, tools: &Tools, options: &DemoOptions) -> Result<ExitCode, Failure> {
    let stop = stop_signal()?;
    let wanted = options.port;
    let port = server::free_port(wanted)?;
    if port != wanted {
        println!("      port {wanted} is busy, so this is port {port}");
    }
    let mut site = Nodes::start(project, tools, options, port)?;
    heading(&format!(
        "The demo runs at {}  (Ctrl-C stops it)",
        site.url()
    ));
    for part in site.parts() {
        println!("      {part}");
    }
    wait(&stop, || site.ended())?;
    drop(site);
    println!("\nStopped.");
    Ok(ExitCode::SUCCESS)
}

/// Waits until somebody stops it, or the server ends by itself.
pub(crate) fn wait(
    stop: &AtomicBool,
    mut ended: impl FnMut() -> Option<ExitStatus>,
) -> Result<(), Failure> {
    while !stop.load(Ordering::Relaxed) {
        if let Some(status) = ended() {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            return Err(Failure::new(
                format!("the demo server ended: {status}"),
                "its own message above says why",
            ));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// Drives the demo in a headless browser. The driver's result is ours.
fn check(project: &Project, tools: &Tools, options: &DemoOptions) -> Result<ExitCode, Failure> {
    heading("The driver");
    let program = ["--package", DRIVER_PACKAGE, "--bin", DRIVER];
    project.build(&program)?;
    let stop = stop_signal()?;
    let site = Nodes::start(project, tools, options, 0)?;
    heading(&format!("Driving the demo at {}", site.url()));
    let driver = tools.with_browser(project.cargo().arg("run").arg("--quiet").args(program));
    let mut driver = scenarios::with_axe(project, tools.node()?, driver)?
        .args(["--", "--url", site.url(), "--out", SCREENSHOTS])
        .into_inner()
        .spawn()
        .map_err(|error| {
            Failure::new(
                format!("could not start {DRIVER}: {error}"),
                "check that cargo is on PATH",
            )
        })?;
    // The loop is here for the signal: on it, the server is stopped with the driver.
    let status = loop {
        if stop.load(Ordering::Relaxed) {
            let _ = driver.kill();
        }
        match driver.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) => std::thread::sleep(Duration::from_millis(100)),
            Err(error) => {
                return Err(Failure::new(
                    format!("lost sight of {DRIVER}: {error}"),
                    "run the command again",
                ));
            }
        }
    };
    drop(site);
    if status.success() {
        println!("\nThe demo works; screenshots are in {SCREENSHOTS}.");
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("\nerror: {DRIVER} failed: {status}");
    eprintln!(
        " what to do: its message above says which step; screenshots up to there are in {SCREENSHOTS}"
    );
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

/// A flag that Ctrl-C or a request to end raises, so that the server is not left running.
pub(crate) fn stop_signal() -> Result<Arc<AtomicBool>, Failure> {
    let raised = Arc::new(AtomicBool::new(false));
    let raise = Arc::clone(&raised);
    ctrlc::set_handler(move || raise.store(true, Ordering::Relaxed)).map_err(|error| {
        Failure::new(
            format!("could not listen for Ctrl-C: {error}"),
            "run the command from a terminal or a plain script",
        )
    })?;
    Ok(raised)
}
