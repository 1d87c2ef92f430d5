//! Cut: a place where the core keeps a rule, and what stands there in a copy that can break it.

use crate::Rule;
use std::fmt;

/// One place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The file, from `crates/realtime-core/src`.
    pub file: &'static str,
    /// What stands there, and nowhere else in the file.
    pub text: &'static str,
    /// What takes its place. `{off}` asks whether the rule is switched off.
    pub instead: &'static str,
}

/// A cut whose text does not stand in its file exactly once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The rule.
    pub rule: Rule,
    /// The cut.
    pub cut: Cut,
    /// How often the text stands in the file.
    pub found: usize,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, cut, found } = self;
        write!(
            f,
            "rule {rule:?}: `{}` stands {found} times in crates/realtime-core/src/{}, and not once",
            cut.text, cut.file
        )
    }
}

impl std::error::Error for Misfit {}

/// A file of the core with the cuts of all rules in it.
///
/// # Errors
/// For a text that is not there exactly once.
pub fn cut(file: &str, source: &str) -> Result<String, Misfit> {
    let mut copy = source.to_owned();
    for rule in Rule::ALL {
        for cut in rule.cuts().iter().filter(|cut| cut.file == file) {
            let found = source.matches(cut.text).count();
            // Nor may another cut have put it there, or taken it away.
            let left = copy.matches(cut.text).count();
            if (found, left) != (1, 1) {
                let (rule, cut) = (*rule, *cut);
                return Err(Misfit { rule, cut, found });
            }
            let off = format!("realtime_sabotage::off(realtime_sabotage::Rule::{rule:?})");
            copy = copy.replace(cut.text, &cut.instead.replace("{off}", &off));
        }
    }
    Ok(copy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cut_asks_for_its_rule_once_at_the_least_and_each_rule_has_one() {
        for rule in Rule::ALL {
            assert!(!rule.cuts().is_empty(), "{rule:?}");
            for cut in rule.cuts() {
                assert!(cut.instead.contains("{off}"), "{rule:?}: {}", cut.instead);
            }
        }
    }

    #[test]
    fn what_stands_there_twice_or_not_at_all_is_a_misfit() {
        let [cut_of_backoff] = Rule::Backoff.cuts() else {
            panic!("one place");
        };
        let Cut { file, text, .. } = *cut_of_backoff;
        for found in [0, 2] {
            let misfit = cut(file, &text.repeat(found)).expect_err("it does not fit");
            assert_eq!((misfit.rule, misfit.found), (Rule::Backoff, found));
            assert!(misfit.to_string().contains(file));
        }
        let copy = cut(file, text).expect("it fits");
        assert!(copy.contains("if realtime_sabotage::off(realtime_sabotage::Rule::Backoff) {"));
        assert_eq!(cut("elsewhere.rs", text).expect("no cut is there"), text);
    }
}
