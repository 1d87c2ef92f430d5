//! `cargo xtask test --engine …`: the same tests in several engines, side by side.

use std::process::ExitCode;
use std::time::Instant;

use crate::console::heading;
use crate::engine::Engine;
use crate::failure::Failure;
use crate::page;
use crate::project::Project;
use crate::report::Report;
use crate::scenarios;
use crate::setup::{ALL, PAGE, Part, Tools};
use crate::ssr;
use crate::steps::{self, Kind, Outcome};
use crate::test::is_strict;

/// Runs the tests in a browser and the end-to-end tests in each of these engines, whatever fails in the others.
pub(crate) fn run(project: &Project, engines: &[Engine]) -> Result<ExitCode, Failure> {
    let tools = Tools::get(project, &parts(engines))?;
    heading("The page");
    page::build(project, &tools, true)?;
    let mut report = Report::default();
    for &engine in engines {
        if let Some(why) = tools.lacks(engine) {
            eprintln!("\n{why}");
            report.skip(engine.name(), Kind::Browser);
            continue;
        }
        heading(&format!("Tests in {}", engine.title()));
        play(&mut report, engine.name(), Kind::Browser, || {
            steps::browser(project, &tools, engine)
        });
        heading(&format!("Scenarios in {}", engine.title()));
        let name = format!("{} e2e", engine.name());
        play(&mut report, &name, Kind::EndToEnd, || {
            scenarios::play_in(engine, project, &tools)
        });
        let name = format!("{} ssr", engine.name());
        play(&mut report, &name, Kind::EndToEnd, || {
            ssr::play_in(engine, project, &tools)
        });
    }
    println!("\n{report}");
    let strict = is_strict(std::env::var_os("CI").as_deref());
    Ok(if report.is_good(strict) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Notes what came of it; if it went wrong, the reason is told at once.
fn play(report: &mut Report, name: &str, kind: Kind, run: impl FnOnce() -> Outcome) {
    let started = Instant::now();
    let (tally, result) = run();
    report.add(name, kind, started.elapsed(), tally, result.is_ok());
    if let Err(failure) = result {
        eprintln!("\n{failure}");
    }
}

/// What this needs: all that builds the page and the tests, and the engines that were named.
fn parts(engines: &[Engine]) -> Vec<Part> {
    let is_wanted = |part: &Part| match part {
        Part::Engine(engine) => engines.contains(engine),
        Part::Node | Part::Redis => true,
        part => PAGE.contains(part),
    };
    ALL.into_iter().filter(is_wanted).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_other_engine_is_got_than_those_that_were_named() {
        let parts = parts(&[Engine::WebKit]);
        assert!(parts.contains(&Part::Engine(Engine::WebKit)));
        assert!(!parts.contains(&Part::Engine(Engine::Chromium)));
        assert!(parts.contains(&Part::Trunk) && parts.contains(&Part::Redis));
    }
}
