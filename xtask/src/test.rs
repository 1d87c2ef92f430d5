//! `cargo xtask test` and `cargo xtask check`: running steps and reporting on them.

use std::ffi::OsStr;
use std::process::ExitCode;
use std::time::Instant;

use clap::{Args, builder::PossibleValuesParser};

use crate::console::{heading, seconds};
use crate::engine::Engine;
use crate::engines;
use crate::failure::Failure;
use crate::project::Project;
use crate::report::Report;
use crate::setup::{ALL, Part, Tools};
use crate::steps::{self, Kind, Outcome, STEPS, Step};
use crate::tally::Tally;

/// Which steps of `test` to run; none named means all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub(crate) struct Selection {
    /// Run just these steps
    #[arg(long, value_name = "STEP", value_delimiter = ',', value_parser = step_names())]
    only: Vec<String>,
    /// Run just the native tests and doc tests
    #[arg(long)]
    native: bool,
    /// Run just the tests in headless browsers: Chromium, Firefox, WebKit
    #[arg(long)]
    browser: bool,
    /// Build the page and run just the end-to-end tests
    #[arg(long)]
    e2e: bool,
    /// Run just the tests in a browser and the end-to-end tests in these engines, and print a table; what a driver
    /// cannot do is named as skipped
    #[arg(
        long = "engine",
        value_name = "ENGINE",
        value_enum,
        value_delimiter = ','
    )]
    #[arg(conflicts_with_all = ["only", "native", "browser", "e2e"])]
    pub(crate) engines: Vec<Engine>,
    /// List the steps
    #[arg(long)]
    pub(crate) list: bool,
}

impl Selection {
    /// The steps that were named, by themselves or together.
    pub(crate) fn names(&self) -> Vec<&str> {
        let together: [(bool, &[&str]); 3] = [
            (self.native, &["native", "cluster", "doctest"]),
            (self.browser, &["browser", "firefox", "webkit"]),
            (self.e2e, &["page", "e2e"]),
        ];
        let chosen = together.into_iter().filter(|(is_chosen, _)| *is_chosen);
        let only = self.only.iter().map(String::as_str);
        only.chain(chosen.flat_map(|(_, names)| names).copied())
            .collect()
    }
}

fn step_names() -> PossibleValuesParser {
    STEPS.iter().map(|step| step.name).into()
}

/// Prints the steps.
fn list() -> ExitCode {
    for step in &STEPS {
        println!("{:<12} {}", step.name, step.about);
    }
    ExitCode::SUCCESS
}

/// Runs the selected steps in their order.
pub(crate) fn run(project: &Project, selection: &Selection) -> Result<ExitCode, Failure> {
    if selection.list {
        return Ok(list());
    }
    if !selection.engines.is_empty() {
        return engines::run(project, &selection.engines);
    }
    let chosen = chosen(selection);
    let parts: Vec<Part> = ALL
        .into_iter()
        .filter(|part| chosen.iter().any(|step| step.parts.contains(part)))
        .collect();
    let mut report = Report::default();
    let started = Instant::now();
    let tools = Tools::get(project, &parts)?;
    if !parts.is_empty() {
        report.add(
            "tools",
            Kind::Check,
            started.elapsed(),
            Tally::default(),
            true,
        );
    }
    for (at, step) in chosen.iter().enumerate() {
        heading(&format!(
            "{}/{} {}: {}",
            at + 1,
            chosen.len(),
            step.name,
            step.about
        ));
        if let Some((engine, why)) = lacking(step, &tools) {
            if is_strict(std::env::var_os("CI").as_deref()) {
                return Err(why.clone());
            }
            println!("      skipped: {} cannot be had here", engine.title());
            report.skip(step.name, step.kind);
            continue;
        }
        let started = Instant::now();
        let (tally, result) = (step.run)(project, &tools);
        let result = result.and_then(|()| some_ran(step.kind, &tally));
        report.add(
            step.name,
            step.kind,
            started.elapsed(),
            tally,
            result.is_ok(),
        );
        if let Err(failure) = result {
            eprintln!("\n{failure}");
            eprintln!(" this step alone: cargo xtask test --only {}", step.name);
            println!("\n{report}");
            return Ok(ExitCode::FAILURE);
        }
        println!("      done ({})", seconds(started.elapsed()));
    }
    println!("\n{report}");
    Ok(ExitCode::SUCCESS)
}

/// The engine that a step needs and that is not there, with the reason.
fn lacking<'a>(step: &Step, tools: &'a Tools) -> Option<(Engine, &'a Failure)> {
    step.parts.iter().find_map(|part| match part {
        Part::Engine(engine) => Some((*engine, tools.lacks(*engine)?)),
        _ => None,
    })
}

/// Whether what cannot be tested has failed: it has where nobody reads what was skipped.
pub(crate) fn is_strict(ci: Option<&OsStr>) -> bool {
    ci.is_some_and(|ci| !ci.is_empty() && ci != "false" && ci != "0")
}

/// A runner that finds no tests is content, so a renamed folder would pass for a success.
fn some_ran(kind: Kind, tally: &Tally) -> Result<(), Failure> {
    if kind != Kind::Check && tally.passed == 0 {
        return Err(Failure::new(
            "no test ran",
            "check that the tests are still where this step looks for them",
        ));
    }
    Ok(())
}

fn chosen(selection: &Selection) -> Vec<&'static Step> {
    let names = selection.names();
    let is_chosen = |step: &&Step| names.is_empty() || names.contains(&step.name);
    STEPS.iter().filter(is_chosen).collect()
}

/// `cargo xtask check`: what to run after every edit.
pub(crate) fn inner_loop(project: &Project) -> Result<ExitCode, Failure> {
    let started = Instant::now();
    heading("format");
    steps::format(project)?;
    heading("clippy");
    steps::clippy_libraries(project)?;
    heading("tests");
    let (tally, result): Outcome = steps::native_libraries(project);
    result.map_err(|failure| failure.advise("fix the tests named above"))?;
    println!("\n{} passed ({})", tally.passed, seconds(started.elapsed()));
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_selection_runs_every_step() {
        assert_eq!(chosen(&Selection::default()).len(), STEPS.len());
    }

    #[test]
    fn a_step_of_tests_in_which_none_ran_has_failed() {
        assert!(some_ran(Kind::Browser, &Tally::default()).is_err());
        assert!(some_ran(Kind::Check, &Tally::default()).is_ok());
        let one = Tally {
            passed: 1,
            ..Tally::default()
        };
        assert!(some_ran(Kind::Browser, &one).is_ok());
    }

    #[test]
    fn what_cannot_be_had_is_skipped_unless_this_is_a_check_that_nobody_watches() {
        assert!(!is_strict(None));
        for (ci, strict) in [("true", true), ("1", true), ("false", false), ("", false)] {
            assert_eq!(is_strict(Some(OsStr::new(ci))), strict, "CI={ci}");
        }
    }

    #[test]
    fn selected_steps_run_in_the_order_of_the_list_and_once() {
        let only = ["e2e", "page", "fmt", "fmt"].map(str::to_owned).into();
        let selection = Selection {
            only,
            ..Selection::default()
        };
        let names: Vec<_> = chosen(&selection).iter().map(|step| step.name).collect();
        assert_eq!(names, ["fmt", "page", "e2e"]);
    }
}
