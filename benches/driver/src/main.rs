//! The benchmarks: runs them, compares what is measured side by side, and writes it down.

mod browser;
mod cold;
mod compare;
mod config;
mod core;
mod document;
mod error;
mod goals;
mod machine;
mod measure;
mod page;
mod plot;
mod results;
mod table;
mod weight;

use crate::error::BenchError;
use clap::{Args, Parser, Subcommand};
use std::{path::PathBuf, process::ExitCode};

/// Runs the benchmarks; `cargo xtask bench` builds what they need and then starts this.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench", bin_name = "cargo xtask bench")]
struct Flags {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// What one event costs the core, natively and in headless Chromium
    Core(Options),
    /// Pages that do the same work: by hand, in React, with this SDK
    Browser(Options),
    /// Writes docs/BENCHMARKS.md again from the last results
    Report(Options),
}

/// What all benchmarks take.
#[derive(Clone, Debug, Args)]
struct Options {
    /// A few configurations, once: to see that it works. The results go to target/bench/quick
    #[arg(long)]
    quick: bool,
    /// How often each is measured; the table has the medians [default: 5, or fewer where one takes long]
    #[arg(long, value_name = "COUNT")]
    repetitions: Option<usize>,
    /// Only what has this in its name, such as `sorted-1000` or `yew`
    #[arg(long, value_name = "TEXT")]
    only: Vec<String>,
    /// Where the built pages and programs are
    #[arg(long, value_name = "DIR", hide = true)]
    built: PathBuf,
    /// The commit that is measured
    #[arg(long, value_name = "HASH", hide = true, default_value = "unknown")]
    commit: String,
}

impl Options {
    /// Where the results go.
    fn out(&self) -> PathBuf {
        if self.quick {
            self.built.join("quick")
        } else {
            realtime_testkit::workspace().join("docs")
        }
    }

    /// Whether something of this name is asked for.
    fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|text| name.contains(text.as_str()))
    }
}

fn main() -> ExitCode {
    match run(Flags::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<(), BenchError> {
    let out = match task {
        Task::Core(options) => {
            let results = core::run(&options)?;
            println!("\n{}", table::of_core(&results));
            results::write(&options.out(), results::CORE, &results)?;
            options.out()
        }
        Task::Browser(options) => {
            let results = browser::run(&options)?;
            println!("\n{}", table::of_browser(&results));
            results::write(&options.out(), results::BROWSER, &results)?;
            options.out()
        }
        Task::Report(options) => options.out(),
    };
    let document = document::write(&out)?;
    println!("written: {}", document.display());
    Ok(())
}
