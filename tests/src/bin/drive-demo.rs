//! A walk through a running demo in a headless browser, with screenshots, as a program.

use clap::Parser;
use realtime_e2e::{Report, walk};
use std::{path::PathBuf, process::ExitCode};

/// Walk through a running demo in headless Chromium, check it and take screenshots
#[derive(Debug, Parser)]
#[command(after_help = "\
CHROMEDRIVER and CHROME name the programs, if they are not where they usually are.
Exits with 0 if every check passed.")]
struct Flags {
    /// Where the demo is, such as http://127.0.0.1:8080; with ?protocol=socketio it speaks Socket.IO
    #[arg(long, value_parser = address)]
    url: String,
    /// The folder for the screenshots
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

fn address(url: &str) -> Result<String, String> {
    if url.starts_with("http://") || url.starts_with("https://") {
        Ok(url.into())
    } else {
        Err("an http address is wanted".into())
    }
}

fn main() -> ExitCode {
    let Flags { url, out } = Flags::parse();
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

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Flags, clap::Error> {
        Flags::try_parse_from(["drive-demo"].into_iter().chain(line.split_whitespace()))
    }

    #[test]
    fn both_flags_make_a_walk() {
        let flags = parsed("--out shots --url http://localhost:8080").unwrap();
        assert_eq!(flags.url, "http://localhost:8080");
        assert_eq!(flags.out, PathBuf::from("shots"));
    }

    #[test]
    fn what_is_missing_or_unknown_is_refused() {
        for line in ["--url http://x", "--out", "--fast", "--url x --out y"] {
            assert!(parsed(line).is_err(), "{line} should be refused");
        }
    }
}
