//! Tally of tests, counted from the output of their runners.

use std::ops::AddAssign;

/// What a scenario says that its browser cannot play; its runner takes it for passed.
const SKIPPED: &str = "skipped: ";

/// How many tests a runner says it ran.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
    pub(crate) ignored: u32,
    /// The tests that could not be run, each with the reason.
    pub(crate) skipped: Vec<String>,
    /// How many of these the runner is yet to count as passed.
    pub(crate) untold: u32,
}

impl Tally {
    /// Adds what one line of output says. Rust's own runner and the one for headless browsers end a
    /// test binary with `test result: ok. 3 passed; 0 failed; 1 ignored; …`, that of Node.js ends with
    /// lines such as `# pass 3`.
    pub(crate) fn read_line(&mut self, line: &str) {
        if let Some((word, Ok(count))) = line
            .strip_prefix("# ")
            .and_then(|line| line.split_once(' '))
            .map(|(word, count)| (word, count.trim().parse::<u32>()))
        {
            match word {
                "pass" => self.passed += count,
                "fail" | "cancelled" => self.failed += count,
                "skipped" | "todo" => self.ignored += count,
                _ => {}
            }
        }
        if let Some((_, skipped)) = line.split_once(SKIPPED) {
            self.skipped.push(skipped.trim_end().to_owned());
            self.untold += 1;
            return;
        }
        let Some((_, summary)) = line.split_once("test result: ") else {
            return;
        };
        for part in summary.split(['.', ';']) {
            let mut words = part.split_whitespace();
            let Some(Ok(count)) = words.next().map(str::parse::<u32>) else {
                continue;
            };
            match words.next() {
                Some("passed") => {
                    self.passed += count.saturating_sub(std::mem::take(&mut self.untold));
                }
                Some("failed") => self.failed += count,
                Some("ignored") => self.ignored += count,
                _ => {}
            }
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
        self.skipped.extend(other.skipped);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(output: &str) -> Tally {
        let mut tally = Tally::default();
        output.lines().for_each(|line| tally.read_line(line));
        tally
    }

    #[test]
    fn the_results_of_several_test_binaries_add_up() {
        let output = "running 2 tests\n\
            test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\
            test result: FAILED. 3 passed; 4 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s\n";
        let expected = Tally {
            passed: 5,
            failed: 4,
            ignored: 1,
            ..Tally::default()
        };
        assert_eq!(count(output), expected);
    }

    #[test]
    fn the_summary_of_the_browser_runner_is_counted_too() {
        let tally = count(
            "\ttest result: ok. 7 passed; 0 failed; 0 ignored; 0 filtered out; finished in 0.32s",
        );
        assert_eq!((tally.passed, tally.failed), (7, 0));
    }

    #[test]
    fn the_summary_of_node_is_counted_too() {
        let tally = count(
            "# Subtest: 4 of them\n# tests 7\n# pass 3\n# fail 2\n# cancelled 1\n# skipped 1\n# todo 0",
        );
        let expected = Tally {
            passed: 3,
            failed: 3,
            ignored: 1,
            ..Tally::default()
        };
        assert_eq!(tally, expected);
    }

    #[test]
    fn what_a_browser_cannot_play_is_skipped_and_has_not_passed() {
        let tally = count(
            "test hidden ... skipped: hidden: WebKit's driver cannot hide a tab\nok\n\
             test cut ... ok\n\
             test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured\n\
             test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured\n",
        );
        assert_eq!((tally.passed, tally.failed), (4, 0));
        assert_eq!(tally.skipped, ["hidden: WebKit's driver cannot hide a tab"]);
    }

    #[test]
    fn a_test_whose_name_speaks_of_passing_is_not_a_summary() {
        assert_eq!(
            count("test three_passed ... ok\n5 passed"),
            Tally::default()
        );
    }
}
