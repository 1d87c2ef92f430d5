//! A compilation by Cargo as people follow it: one line says what is compiled, for how long, and about how long it still
//! takes.

use std::collections::VecDeque;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::console::seconds;
use crate::failure::Failure;
use crate::process::Cmd;

/// How often a log gets a line; a terminal's own line is written anew each time something is heard.
const LOGGED_EVERY: Duration = Duration::from_secs(30);
/// How much of what Cargo said is shown if it fails.
const KEPT_LINES: usize = 60;
/// Before so much is done, what it takes is anybody's guess.
const ENOUGH_DONE: f64 = 0.05;
/// Wide enough for Cargo to count in: it draws nothing on less.
const WIDTH: &str = "100";

/// Runs a `cargo install` or `cargo build`, and says how far it is.
pub(crate) fn run(cargo: Cmd, title: &str) -> Result<(), Failure> {
    let is_terminal = std::io::stdout().is_terminal();
    let started = Instant::now();
    let mut logged = started;
    let mut parts = None;
    let mut said: VecDeque<String> = VecDeque::new();
    let cargo = cargo
        .env("CARGO_TERM_PROGRESS_WHEN", "always")
        .env("CARGO_TERM_PROGRESS_WIDTH", WIDTH)
        .env("CARGO_TERM_COLOR", "never");
    let result = cargo.hear(|piece| {
        match piece.map(|piece| (parts_in(piece), piece)) {
            Some((Some(counted), _)) => parts = Some(counted),
            Some((None, piece)) => {
                if said.len() == KEPT_LINES {
                    said.pop_front();
                }
                said.push_back(piece.to_owned());
            }
            None => {}
        }
        let now = Instant::now();
        let line = progress(title, parts, now - started);
        if is_terminal {
            print!("\r\x1b[2K      {line}");
            let _ = std::io::stdout().flush();
        } else if now - logged >= LOGGED_EVERY {
            logged = now;
            println!("      {line}");
        }
    });
    if is_terminal {
        print!("\r\x1b[2K");
    }
    if result.is_err() {
        for line in said {
            eprintln!("{line}");
        }
    }
    result
}

/// How many parts are compiled, and of how many: ` Building [==>   ] 12/345: serde`.
fn parts_in(piece: &str) -> Option<(u32, u32)> {
    let (_, counts) = piece
        .trim_start()
        .strip_prefix("Building [")?
        .split_once("] ")?;
    let (counts, _) = counts.split_once(':').unwrap_or((counts, ""));
    let (done, total) = counts.trim().split_once('/')?;
    Some((done.parse().ok()?, total.parse().ok()?))
}

fn progress(title: &str, parts: Option<(u32, u32)>, so_far: Duration) -> String {
    let so_far_words = seconds(so_far);
    let Some((done, total)) = parts else {
        return format!("{title}: getting what it is made of, {so_far_words} so far");
    };
    let share = f64::from(done) / f64::from(total.max(1));
    let left = if share < ENOUGH_DONE {
        "too early to say how long is left".to_owned()
    } else {
        about(so_far.mul_f64((1.0 - share) / share))
    };
    format!("{title}: {done} of {total} parts compiled, {so_far_words} so far, {left}")
}

/// Whole minutes are as good as it gets.
fn about(left: Duration) -> String {
    match left.as_secs().div_ceil(60) {
        0 | 1 => "less than a minute left".to_owned(),
        minutes => format!("about {minutes} minutes left"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_counts_its_parts_and_says_other_things_too() {
        let drawn = "    Building [=======>       ] 12/345: serde_core(build.rs), proc-…";
        assert_eq!(parts_in(drawn), Some((12, 345)));
        assert_eq!(parts_in("    Building [>  ] 0/16"), Some((0, 16)));
        for other in ["   Compiling serde v1.0.229", "error: [a] 1/2: b", ""] {
            assert_eq!(parts_in(other), None, "{other}");
        }
    }

    #[test]
    fn what_is_left_is_told_once_there_is_something_to_tell_it_by() {
        let line = |parts, seconds| progress("Saw 9.9.9", parts, Duration::from_secs(seconds));
        assert_eq!(
            line(None, 3),
            "Saw 9.9.9: getting what it is made of, 3.0 s so far"
        );
        assert!(line(Some((4, 100)), 9).ends_with("too early to say how long is left"));
        assert_eq!(
            line(Some((25, 100)), 60),
            "Saw 9.9.9: 25 of 100 parts compiled, 1 min 0 s so far, about 3 minutes left"
        );
        assert!(line(Some((90, 100)), 60).ends_with("less than a minute left"));
        assert!(line(Some((0, 0)), 1).contains("0 of 0"));
    }
}
