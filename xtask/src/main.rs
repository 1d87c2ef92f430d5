//! The workspace's own commands: `cargo xtask setup | demo | test | check | simulate | interop | bench | size | site | ssr | surface`.
//!
//! Kept light on purpose, as every command waits for it to compile: a parser of the command line, one small crate to
//! stop the demo server when a signal arrives, and the part of the test kit that starts servers.

use std::process::ExitCode;

mod apt;
mod args;
mod bench;
mod browser;
mod cache;
mod compilation;
mod console;
mod demo;
mod deny;
mod distribution;
mod engine;
mod engines;
mod failure;
mod features;
mod files;
mod hello;
mod interop;
mod minimal;
mod node;
mod nodes;
mod page;
mod process;
mod project;
mod redis;
mod release;
mod report;
mod sabotage;
mod scenarios;
mod screen;
mod server;
mod setup;
mod simulate;
mod site;
mod size;
mod ssr;
mod steps;
mod surface;
mod tally;
mod test;
mod tool;
mod toolchain;
mod tools;

use args::{Command, Task};
use clap::Parser;
use failure::Failure;
use project::Project;

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("\n{failure}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode, Failure> {
    let Command { task } = Command::parse();
    let project = Project::locate()?;
    match task {
        Task::Setup => setup::everything(&project),
        Task::Demo(options) => demo::run(&project, &options),
        Task::Test(selection) => test::run(&project, &selection),
        Task::Check => test::inner_loop(&project),
        Task::Simulate(rest) => simulate::run(&project, &rest.options),
        Task::Bench(bench) => bench::run(&project, &bench),
        Task::Interop(rest) => interop::run(&project, &rest),
        Task::Size(options) => size::run(&project, &options),
        Task::Site { port } => site::run(&project, port),
        Task::Ssr(options) => ssr::run(&project, &options),
        Task::Surface => surface::run(&project),
    }
}
