//! The table at the end of a test run.

use std::fmt;
use std::time::Duration;

use crate::steps::Kind;
use crate::tally::Tally;

/// What the steps did.
#[derive(Debug, Default)]
pub(crate) struct Report {
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    step: String,
    kind: Kind,
    took: Duration,
    tally: Tally,
    succeeded: bool,
    skipped: bool,
}

impl Report {
    pub(crate) fn add(
        &mut self,
        step: impl Into<String>,
        kind: Kind,
        took: Duration,
        tally: Tally,
        succeeded: bool,
    ) {
        self.lines.push(Line {
            step: step.into(),
            kind,
            took,
            tally,
            succeeded,
            skipped: false,
        });
    }

    /// A step that could not run here.
    pub(crate) fn skip(&mut self, step: impl Into<String>, kind: Kind) {
        self.lines.push(Line {
            step: step.into(),
            kind,
            took: Duration::ZERO,
            tally: Tally::default(),
            succeeded: true,
            skipped: true,
        });
    }

    /// Whether nothing has failed; where this is strict, a step that could not run here has.
    pub(crate) fn is_good(&self, strict: bool) -> bool {
        let is_good = |line: &Line| line.succeeded && !(strict && line.skipped);
        self.lines.iter().all(is_good)
    }

    fn total(&self, of: impl Fn(Kind) -> bool) -> Tally {
        let mut total = Tally::default();
        for line in self.lines.iter().filter(|line| of(line.kind)) {
            total += line.tally.clone();
        }
        total
    }

    /// Tests that failed, where a step that failed without a failing test counts as one.
    fn failed(&self) -> u32 {
        let failed = |line: &Line| line.tally.failed.max(u32::from(!line.succeeded));
        self.lines.iter().map(failed).sum()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<12} {:>8} {:>7}", "step", "seconds", "tests")?;
        for line in &self.lines {
            let ran = line.tally.passed + line.tally.failed;
            let tests = match line.kind {
                Kind::Check => "-".to_owned(),
                _ => ran.to_string(),
            };
            let seconds = line.took.as_secs_f64();
            write!(f, "{:<12} {seconds:>8.1} {tests:>7}", line.step)?;
            if !line.tally.skipped.is_empty() {
                write!(f, "  {} skipped", line.tally.skipped.len())?;
            }
            if line.tally.ignored > 0 {
                write!(f, "  {} ignored", line.tally.ignored)?;
            }
            let end = match line {
                Line { skipped: true, .. } => "  skipped",
                Line {
                    succeeded: false, ..
                } => "  failed",
                _ => "",
            };
            writeln!(f, "{end}")?;
        }
        for line in &self.lines {
            for skipped in &line.tally.skipped {
                writeln!(f, "skipped in {}: {skipped}", line.step)?;
            }
        }
        let passed = |kind| self.total(|of| of == kind).passed;
        writeln!(
            f,
            "\nnative {}, browser {}, end-to-end {}",
            passed(Kind::Native),
            passed(Kind::Browser),
            passed(Kind::EndToEnd)
        )?;
        let all = self.total(|_| true);
        write!(f, "{} passed, {} failed", all.passed, self.failed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(passed: u32, failed: u32) -> Tally {
        Tally {
            passed,
            failed,
            ..Tally::default()
        }
    }

    fn second() -> Duration {
        Duration::from_secs(1)
    }

    #[test]
    fn the_last_line_sums_up_all_kinds_of_tests() {
        let mut report = Report::default();
        report.add("fmt", Kind::Check, second(), Tally::default(), true);
        report.add("native", Kind::Native, second(), tally(40, 0), true);
        report.add("doctest", Kind::Native, second(), tally(2, 0), true);
        report.add("browser", Kind::Browser, second(), tally(7, 0), true);
        report.add("e2e", Kind::EndToEnd, second(), tally(3, 0), true);
        let text = report.to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert!(
            lines.ends_with(&["native 42, browser 7, end-to-end 3", "52 passed, 0 failed"]),
            "{text}"
        );
    }

    #[test]
    fn a_step_that_fails_without_a_failing_test_is_still_a_failure() {
        let mut report = Report::default();
        report.add("clippy", Kind::Check, second(), Tally::default(), false);
        assert!(report.to_string().ends_with("\n0 passed, 1 failed"));
    }

    #[test]
    fn a_step_that_was_skipped_is_named_and_is_no_failure() {
        let mut report = Report::default();
        report.add("browser", Kind::Browser, second(), tally(7, 0), true);
        report.skip("webkit", Kind::Browser);
        let text = report.to_string();
        assert!(
            text.lines()
                .any(|line| line.starts_with("webkit ") && line.ends_with("skipped")),
            "{text}"
        );
        assert!(text.ends_with("\n7 passed, 0 failed"), "{text}");
    }

    #[test]
    fn what_an_engine_could_not_play_is_counted_and_named() {
        let mut report = Report::default();
        let tally = Tally {
            skipped: vec!["hidden: it cannot hide a tab".into()],
            ..tally(29, 1)
        };
        report.add("webkit e2e", Kind::EndToEnd, second(), tally, false);
        let text = report.to_string();
        assert!(text.contains("30  1 skipped  failed\n"), "{text}");
        assert!(text.contains("skipped in webkit e2e: hidden: it cannot hide a tab\n"));
    }

    #[test]
    fn what_cannot_be_had_fails_only_where_nobody_reads_the_table() {
        let mut report = Report::default();
        report.skip("webkit", Kind::Browser);
        assert!(report.is_good(false) && !report.is_good(true));
        report.add("firefox", Kind::Browser, second(), tally(1, 1), false);
        assert!(!report.is_good(false));
    }

    #[test]
    fn failing_tests_are_counted_and_not_only_their_step() {
        let mut report = Report::default();
        report.add("native", Kind::Native, second(), tally(5, 3), false);
        assert!(report.to_string().ends_with("\n5 passed, 3 failed"));
    }
}
