//! A walk through a running demo in a headless browser, with screenshots, as a program.

use realtime_e2e::{Report, walk};
use std::{env, path::PathBuf, process::ExitCode};

const USAGE: &str = "\
Walk through a running demo in headless Chromium, check it and take screenshots

Usage: drive-demo --url URL --out DIR

  --url URL   Where the demo is, such as http://127.0.0.1:8080; with ?protocol=socketio it speaks Socket.IO
  --out DIR   The folder for the screenshots

CHROMEDRIVER and CHROME name the programs, if they are not where they usually are.
Exits with 0 if every check passed.";

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
enum Task {
    Help,
    Walk { url: String, out: PathBuf },
}

fn main() -> ExitCode {
    match task(env::args().skip(1)) {
        Ok(Task::Help) => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        Ok(Task::Walk { url, out }) => {
            let mut report = Report::new(out);
            let outcome = walk(&url, &mut report);
            if let Err(error) = &outcome {
                eprintln!("the walk could not begin: {error}");
            }
            println!("{}", report.summary());
            if outcome.is_ok() && report.is_good() {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(reason) => {
            eprintln!("{reason}\n\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn task(mut arguments: impl Iterator<Item = String>) -> Result<Task, String> {
    let (mut url, mut out) = (None, None);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} wants a value"));
        match argument.as_str() {
            "--help" | "-h" => return Ok(Task::Help),
            "--url" => url = Some(value()?),
            "--out" => out = Some(value()?),
            _ => return Err(format!("{argument} is not known")),
        }
    }
    let url = url.ok_or("--url is missing")?;
    if !url.starts_with("http://") && !url.starts_with("https://") {
        return Err(format!("--url wants an http address, not {url}"));
    }
    let out = out.ok_or("--out is missing")?.into();
    Ok(Task::Walk { url, out })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Task, String> {
        task(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn both_flags_make_a_walk() {
        let walk = Task::Walk {
            url: "http://localhost:8080".into(),
            out: "shots".into(),
        };
        assert_eq!(parsed("--out shots --url http://localhost:8080"), Ok(walk));
        assert_eq!(parsed("--url x --help"), Ok(Task::Help));
    }

    #[test]
    fn what_is_missing_or_unknown_is_named() {
        assert_eq!(parsed("--url http://x"), Err("--out is missing".into()));
        assert_eq!(parsed("--out"), Err("--out wants a value".into()));
        assert_eq!(parsed("--fast"), Err("--fast is not known".into()));
        assert!(parsed("--url x --out y").is_err());
    }
}
