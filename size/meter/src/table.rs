//! The table that is shown.

use std::fmt::Write;

use crate::{
    arguments::Page,
    budget::{Budget, percent},
    weight::{self, Weight},
};

/// Pages with what they weigh.
#[derive(Debug)]
pub(crate) struct Table {
    lines: Vec<(Page, Weight)>,
}

impl Table {
    pub(crate) fn weigh(pages: &[Page]) -> Result<Self, String> {
        let lines = pages
            .iter()
            .map(|page| Ok((page.clone(), weight::of_page(&page.folder)?)))
            .collect::<Result<_, String>>()?;
        Ok(Self { lines })
    }

    pub(crate) fn weights(&self) -> impl Iterator<Item = (&str, Weight)> {
        let lines = self.lines.iter();
        lines.map(|(page, weight)| (page.name.as_str(), *weight))
    }

    /// Every way in which a page is over its budget.
    pub(crate) fn exceeding(&self, budget: &Budget) -> Vec<String> {
        self.weights()
            .flat_map(|(page, weight)| budget.excess(page, weight))
            .collect()
    }

    /// The table, in kilobytes of 1,000 bytes.
    pub(crate) fn beside(&self, budget: &Budget) -> String {
        let mut text = format!(
            "{:<16} {:>8} {:>8} {:>8}   {:<8} {:>8} {:>8} {:>8}   {}\n",
            "page (kB)", "raw", "gzip", "brotli", "over", "raw", "gzip", "brotli", "to its budget"
        );
        for (page, is) in &self.lines {
            let over = page.over.as_deref();
            let base = over.and_then(|over| {
                let mut weights = self.weights();
                weights.find_map(|(name, weight)| (name == over).then_some(weight))
            });
            let more = |of: fn(Weight) -> usize| match base {
                Some(base) => format!("{:+.1}", kilobytes(of(*is)) - kilobytes(of(base))),
                None => "-".to_owned(),
            };
            let to_budget = match budget.of(&page.name) {
                Some(may) => format!("{:+.1} %", percent(is.brotli, may.brotli)),
                None => "none".to_owned(),
            };
            // A string takes whatever is written.
            let _ = writeln!(
                text,
                "{:<16} {:>8.1} {:>8.1} {:>8.1}   {:<8} {:>8} {:>8} {:>8}   {to_budget}",
                page.name,
                kilobytes(is.raw),
                kilobytes(is.gzip),
                kilobytes(is.brotli),
                over.unwrap_or("-"),
                more(|weight| weight.raw),
                more(|weight| weight.gzip),
                more(|weight| weight.brotli),
            );
        }
        text.truncate(text.trim_end().len());
        text
    }
}

#[expect(clippy::cast_precision_loss, reason = "no page has 2^52 bytes")]
fn kilobytes(bytes: usize) -> f64 {
    bytes as f64 / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_shown_with_what_it_has_more_than_the_one_below_it() {
        let page = |name: &str, over: Option<&str>| Page {
            name: name.to_owned(),
            over: over.map(str::to_owned),
            folder: std::path::PathBuf::new(),
        };
        let weight = |raw, gzip, brotli| Weight { raw, gzip, brotli };
        let table = Table {
            lines: vec![
                (page("bare", None), weight(200_000, 90_000, 80_000)),
                (
                    page("list", Some("bare")),
                    weight(300_000, 130_000, 110_500),
                ),
            ],
        };
        let path = std::env::temp_dir().join(format!("size-table-{}.toml", std::process::id()));
        let text = "tolerance = 1.0\n[pages.list]\nraw = 300000\ngzip = 130000\nbrotli = 100000\n";
        std::fs::write(&path, text).unwrap();
        let budget = Budget::read(&path);
        std::fs::remove_file(&path).unwrap();
        let shown = table.beside(&budget.unwrap());
        let words = |line: usize| -> Vec<&str> {
            let line = shown.lines().nth(line).unwrap_or_default();
            line.split_whitespace().collect()
        };
        assert_eq!(
            words(1),
            ["bare", "200.0", "90.0", "80.0", "-", "-", "-", "-", "none"]
        );
        let list = [
            "list", "300.0", "130.0", "110.5", "bare", "+100.0", "+40.0", "+30.5",
        ];
        assert_eq!(words(2)[..8], list);
        assert_eq!(words(2)[8..], ["+10.5", "%"]);
    }
}
