//! `cargo xtask test --engine …`: the same tests in several engines, side by side.

use std::fmt;
use std::process::ExitCode;

use crate::console::heading;
use crate::engine::Engine;
use crate::failure::Failure;
use crate::page;
use crate::project::Project;
use crate::scenarios;
use crate::setup::{ALL, PAGE, Part, Tools};
use crate::steps::{self, Outcome};
use crate::tally::Tally;
use crate::test::is_strict;

/// What came of one engine's tests, or why there were none.
#[derive(Debug)]
struct Line {
    engine: Engine,
    outcome: Result<Played, String>,
}

#[derive(Debug)]
struct Played {
    tests: Tally,
    scenarios: Tally,
    succeeded: bool,
}

/// The lines of all engines.
#[derive(Debug, Default)]
struct Table {
    lines: Vec<Line>,
}

/// Runs the tests in a browser and the end-to-end tests in each of these engines, whatever fails in the others.
pub(crate) fn run(project: &Project, engines: &[Engine]) -> Result<ExitCode, Failure> {
    let tools = Tools::get(project, &parts(engines))?;
    heading("The page");
    page::build(project, &tools, true)?;
    let mut table = Table::default();
    for &engine in engines {
        let outcome = match tools.lacks(engine) {
            Some(why) => {
                eprintln!("\n{why}");
                Err("cannot be had here".to_owned())
            }
            None => Ok(play(project, &tools, engine)),
        };
        table.lines.push(Line { engine, outcome });
    }
    println!("\n{table}");
    let strict = is_strict(std::env::var_os("CI").as_deref());
    Ok(if table.is_good(strict) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
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

fn play(project: &Project, tools: &Tools, engine: Engine) -> Played {
    let title = engine.title();
    heading(&format!("Tests in {title}"));
    let (tests, tested) = told(steps::browser(project, tools, engine));
    heading(&format!("Scenarios in {title}"));
    let (scenarios, played) = told(scenarios::play_in(engine, project, tools));
    Played {
        tests,
        scenarios,
        succeeded: tested && played,
    }
}

/// The count, and whether it went well; if not, the reason is told at once.
fn told((tally, result): Outcome) -> (Tally, bool) {
    if let Err(failure) = &result {
        eprintln!("\n{failure}");
    }
    (tally, result.is_ok())
}

impl Table {
    /// Whether nothing has failed; where this is strict, an engine that cannot be had has.
    fn is_good(&self, strict: bool) -> bool {
        self.lines.iter().all(|line| match &line.outcome {
            Ok(played) => played.succeeded,
            Err(_) => !strict,
        })
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| engine | tests: passed | failed | scenarios: passed | failed | skipped |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|")?;
        for line in &self.lines {
            let title = line.engine.title();
            match &line.outcome {
                Ok(Played {
                    tests, scenarios, ..
                }) => writeln!(
                    f,
                    "| {title} | {} | {} | {} | {} | {} |",
                    tests.passed,
                    tests.failed,
                    scenarios.passed,
                    scenarios.failed,
                    scenarios.skipped.len()
                )?,
                Err(why) => writeln!(f, "| {title} | {why} | | | | |")?,
            }
        }
        for line in &self.lines {
            let skipped = line.outcome.iter().flat_map(|it| &it.scenarios.skipped);
            for skipped in skipped {
                writeln!(f, "skipped in {}: {skipped}", line.engine.title())?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(engine: Engine, succeeded: bool, skipped: &[&str]) -> Line {
        let scenarios = Tally {
            passed: 29,
            failed: u32::from(!succeeded),
            skipped: skipped.iter().map(|&it| it.to_owned()).collect(),
            ..Tally::default()
        };
        let tests = Tally {
            passed: 130,
            ..Tally::default()
        };
        let outcome = Ok(Played {
            tests,
            scenarios,
            succeeded,
        });
        Line { engine, outcome }
    }

    #[test]
    fn the_table_has_a_line_for_each_engine_and_names_what_was_skipped() {
        let lines = vec![
            line(Engine::Firefox, true, &[]),
            line(Engine::WebKit, false, &["hidden: it cannot hide a tab"]),
        ];
        let text = Table { lines }.to_string();
        assert!(
            text.contains("| Firefox | 130 | 0 | 29 | 0 | 0 |"),
            "{text}"
        );
        assert!(text.contains("| WebKit | 130 | 0 | 29 | 1 | 1 |"), "{text}");
        assert!(text.ends_with("skipped in WebKit: hidden: it cannot hide a tab\n"));
    }

    #[test]
    fn an_engine_that_cannot_be_had_fails_only_where_nobody_reads_the_table() {
        let lines = vec![Line {
            engine: Engine::WebKit,
            outcome: Err("cannot be had here".into()),
        }];
        let table = Table { lines };
        assert!(table.is_good(false) && !table.is_good(true));
        let failed = Table {
            lines: vec![line(Engine::Firefox, false, &[])],
        };
        assert!(!failed.is_good(false));
    }

    #[test]
    fn no_other_engine_is_got_than_those_that_were_named() {
        let parts = parts(&[Engine::WebKit]);
        assert!(parts.contains(&Part::Engine(Engine::WebKit)));
        assert!(!parts.contains(&Part::Engine(Engine::Chromium)));
        assert!(parts.contains(&Part::Trunk) && parts.contains(&Part::Redis));
    }
}
