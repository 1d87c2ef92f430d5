//! Meter of pages: weighs them as they go over the wire, and holds them against a budget.
//!
//! `realtime-size-meter BUDGET [--accept] NAME[:OVER]=FOLDER…`: each folder holds a built page; what
//! is compared with another page names it after the colon. Ends with 1 if a page is over its
//! budget, and with 2 if it could not weigh. `--accept` makes today's sizes the budget instead.

use std::process::ExitCode;

mod arguments;
mod budget;
mod table;
mod weight;

use arguments::Arguments;
use budget::Budget;
use table::Table;

fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::from(2)
        }
    }
}

/// Whether every page keeps to its budget.
fn run(args: impl Iterator<Item = String>) -> Result<bool, String> {
    let Arguments {
        budget: path,
        accept,
        pages,
    } = arguments::parse(args)?;
    let mut budget = Budget::read(&path)?;
    let table = Table::weigh(&pages)?;
    println!("{}", table.beside(&budget));
    if accept {
        for (page, weight) in table.weights() {
            budget.accept(page, weight);
        }
        budget.write(&path)?;
        println!("\n{} has these sizes now", path.display());
        return Ok(true);
    }
    let exceeded = table.exceeding(&budget);
    for line in &exceeded {
        eprintln!("{line}");
    }
    Ok(exceeded.is_empty())
}
