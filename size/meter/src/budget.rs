//! The file that says what a page may weigh.

use std::{collections::BTreeMap, fmt::Write, path::Path};

use serde::Deserialize;

use crate::weight::Weight;

const HEADER: &str = "\
# What a page may weigh, in bytes: its module and its script, as they are, by gzip -9 and by Brotli
# at quality 11. `cargo xtask size` weighs all of them, and `cargo xtask test` some; both fail when one
# is over by more than the tolerance. `cargo xtask size --accept` writes today's sizes into this file:
# a change that makes pages heavier says so here, and in its message why.
";

/// What the pages may weigh.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Budget {
    /// In percent: compilers and compressors of other versions differ by less.
    tolerance: f64,
    #[serde(default)]
    pages: BTreeMap<String, Weight>,
}

impl Budget {
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("could not read {}: {error}", path.display()))?;
        Self::parse(&text).map_err(|error| format!("{} is no budget: {error}", path.display()))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let budget: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        if !(0.0..=100.0).contains(&budget.tolerance) {
            return Err("the tolerance is in percent, from 0 to 100".to_owned());
        }
        Ok(budget)
    }

    pub(crate) fn write(&self, path: &Path) -> Result<(), String> {
        std::fs::write(path, self.to_text())
            .map_err(|error| format!("could not write {}: {error}", path.display()))
    }

    fn to_text(&self) -> String {
        let mut text = format!("{HEADER}\ntolerance = {:?}\n", self.tolerance);
        for (page, Weight { raw, gzip, brotli }) in &self.pages {
            // A string takes whatever is written.
            let _ = write!(
                text,
                "\n[pages.{page}]\nraw = {raw}\ngzip = {gzip}\nbrotli = {brotli}\n"
            );
        }
        text
    }

    pub(crate) fn of(&self, page: &str) -> Option<Weight> {
        self.pages.get(page).copied()
    }

    pub(crate) fn accept(&mut self, page: &str, weight: Weight) {
        self.pages.insert(page.to_owned(), weight);
    }

    /// In what a page weighs more than it may, as sentences.
    pub(crate) fn excess(&self, page: &str, weight: Weight) -> Vec<String> {
        let Some(budget) = self.of(page) else {
            return vec![format!(
                "the page `{page}` has no budget; `cargo xtask size --accept` gives it today's sizes"
            )];
        };
        [
            ("as it is", weight.raw, budget.raw),
            ("by gzip", weight.gzip, budget.gzip),
            ("by Brotli", weight.brotli, budget.brotli),
        ]
        .into_iter()
        .filter(|(_, is, may)| percent(*is, *may) > self.tolerance)
        .map(|(how, is, may)| {
            format!(
                "the page `{page}` weighs {is} bytes {how}, {:.1} % more than its {may}; make it \
                 smaller, or accept it with `cargo xtask size --accept` and say why",
                percent(is, may)
            )
        })
        .collect()
    }
}

/// By how many percent `is` is more than `may`.
#[expect(clippy::cast_precision_loss, reason = "no page has 2^52 bytes")]
pub(crate) fn percent(is: usize, may: usize) -> f64 {
    (is as f64 - may as f64) * 100.0 / may.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "tolerance = 1.0\n[pages.list]\nraw = 100000\ngzip = 50000\nbrotli = 40000\n";

    fn weight(raw: usize, gzip: usize, brotli: usize) -> Weight {
        Weight { raw, gzip, brotli }
    }

    #[test]
    fn a_page_may_be_over_by_the_tolerance_and_no_more() {
        let budget = Budget::parse(TEXT).unwrap();
        let excess = |weight| budget.excess("list", weight);
        assert!(excess(weight(101_000, 50_000, 1)).is_empty());
        let said = excess(weight(101_001, 51_000, 40_000));
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(
            said[1].contains("51000 bytes by gzip, 2.0 % more than its 50000"),
            "{said:?}"
        );
    }

    #[test]
    fn a_page_without_a_budget_is_over_it() {
        let budget = Budget::parse(TEXT).unwrap();
        assert_eq!(budget.excess("new", Weight::default()).len(), 1);
    }

    #[test]
    fn what_is_accepted_is_what_is_read_again() {
        let mut budget = Budget::parse(TEXT).unwrap();
        let accepted = weight(3, 2, 1);
        budget.accept("bare", accepted);
        let again = Budget::parse(&budget.to_text()).unwrap();
        assert_eq!(again.of("bare"), Some(accepted));
        assert_eq!(again.of("list"), budget.of("list"));
        assert!(again.excess("bare", accepted).is_empty());
    }

    #[test]
    fn a_budget_with_a_misspelt_word_is_refused() {
        assert!(
            Budget::parse("tolerance = 1.0\n[pages.list]\nraw = 1\ngzp = 1\nbrotli = 1").is_err()
        );
        assert!(Budget::parse("tolerance = -1.0").is_err());
        assert!(Budget::parse("").is_err());
    }
}
