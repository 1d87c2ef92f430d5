//! Table of what a run found.

use crate::{case::PeerKind, failure::Verdict, peer::Versions};
use std::{fmt, time::Duration};

/// One row.
#[derive(Clone, Debug)]
pub struct Row {
    /// Which case.
    pub case: &'static str,
    /// Against whom.
    pub peer: PeerKind,
    /// How long it took.
    pub took: Duration,
    /// How it ended.
    pub verdict: Verdict,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.took.as_secs_f64();
        write!(f, "{:<31} {:<13} {seconds:>5.1} s  ", self.case, self.peer)?;
        match &self.verdict {
            Ok(()) => f.write_str("ok"),
            Err(failure) => write!(f, "FAILED: {failure}"),
        }
    }
}

/// All rows, and with whom they were got. Shown, it is what follows the rows, which are shown as they come.
#[derive(Debug, Default)]
pub struct Table {
    /// The rows, in the order in which they were got.
    pub rows: Vec<Row>,
    /// The versions of the peers.
    pub versions: Versions,
}

impl Table {
    /// What stands above the rows.
    #[must_use]
    pub fn header() -> String {
        format!("{:<31} {:<13} {:>7}  result", "case", "peer", "took")
    }

    /// How many cases failed.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.rows.iter().filter(|row| row.verdict.is_err()).count()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "peers")?;
        for (name, version) in &self.versions {
            writeln!(f, "  {name} {version}")?;
        }
        // The form in which Rust's own test runner sums up, so that the same reader counts both.
        let (failed, all) = (self.failed(), self.rows.len());
        let word = if failed == 0 { "ok" } else { "FAILED" };
        let passed = all - failed;
        write!(
            f,
            "\ntest result: {word}. {passed} passed; {failed} failed; 0 ignored"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Failure;

    fn row(verdict: Verdict) -> Row {
        Row {
            case: "auth-good",
            peer: PeerKind::Node,
            took: Duration::from_millis(250),
            verdict,
        }
    }

    #[test]
    fn a_row_says_who_and_how() {
        let good = "auth-good                       node            0.2 s  ok";
        assert_eq!(row(Ok(())).to_string(), good);
        let bad = row(Err(Failure::new("no answer"))).to_string();
        assert!(bad.ends_with("FAILED: no answer"), "{bad}");
    }

    #[test]
    fn after_the_rows_come_the_peers_and_the_sum() {
        let table = Table {
            rows: vec![row(Ok(())), row(Err(Failure::new("no answer")))],
            versions: Versions::from([("node".to_owned(), "20.1.0".to_owned())]),
        };
        let sum = "peers\n  node 20.1.0\n\ntest result: FAILED. 1 passed; 1 failed; 0 ignored";
        assert_eq!(table.to_string(), sum);
    }
}
