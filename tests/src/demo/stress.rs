//! The stress page: a long and restless list.

use super::{Visitor, by_id};
use crate::KitError;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

/// Chooses an option of a `<select>`, as a person does.
const CHOOSE: &str = r#"
    const field = document.querySelector(arguments[0]);
    field.value = arguments[1];
    field.dispatchEvent(new Event('change', { bubbles: true }));
    return field.value === arguments[1];
"#;

/// What the rows on the page say, from top to bottom.
const QUOTES: &str = r#"
    return [...document.querySelectorAll('[data-testid="quote"]')].map((row) => {
        const [id, changes, price] = [...row.children].map((cell) => cell.textContent);
        return { id: Number(id.slice(1)), version: parseInt(changes.replaceAll(',', '')) + 1, price };
    });
"#;

/// What the first number in a meter is.
const METER: &str = r#"
    const text = document.querySelector(arguments[0] + ' .stress__value').textContent;
    return parseFloat(text.replaceAll(',', '')) || 0;
"#;

const SCROLLER: &str = ".stress__list .rt-virtual__scroller";

/// A row, as the page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ShownQuote {
    /// Its id.
    pub id: u32,
    /// One more than the changes there were.
    pub version: u64,
    /// The price, as text.
    pub price: String,
}

/// A row, as the server has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Quote {
    /// Its id.
    pub id: u32,
    /// Grows by one with each change.
    pub version: u64,
    /// In cents.
    pub price: u32,
}

impl Quote {
    /// The row as the page is to show it.
    pub fn shown(&self) -> ShownQuote {
        ShownQuote {
            id: self.id,
            version: self.version,
            price: format!("{:.2}", f64::from(self.price) / 100.0),
        }
    }
}

impl Visitor {
    /// Chooses how many rows the list has, and how many of them change in a second.
    pub fn choose_load(&self, rows: u32, per_second: u32) -> Result<(), KitError> {
        for (id, value) in [("stress-rows", rows), ("stress-rate", per_second)] {
            let chosen = self.eval(CHOOSE, json!([by_id(id), value.to_string()]))?;
            crate::ensure(chosen, || format!("{value} is not offered by {id}"))?;
        }
        Ok(())
    }

    /// The rows that are on the page, in order.
    pub fn quotes(&self) -> Result<Vec<ShownQuote>, KitError> {
        self.eval(QUOTES, json!([]))
    }

    /// The figure of a meter, such as `meter-events`.
    pub fn meter(&self, id: &str) -> Result<f64, KitError> {
        self.eval(METER, json!([by_id(id)]))
    }

    /// Scrolls the list so far: 0 is its top, 1 its end.
    pub fn scroll_quotes(&self, part: f64) -> Result<(), KitError> {
        let script = "const list = document.querySelector(arguments[0]);
            list.scrollTop = (list.scrollHeight - list.clientHeight) * arguments[1];";
        self.eval::<()>(script, json!([SCROLLER, part]))
    }
}

/// Which of the rows that are shown are not as the server has them.
pub fn differing(shown: &[ShownQuote], served: &[Quote]) -> Vec<(ShownQuote, Option<ShownQuote>)> {
    let served: BTreeMap<u32, ShownQuote> = served
        .iter()
        .map(|quote| (quote.id, quote.shown()))
        .collect();
    let other = |shown: &&ShownQuote| served.get(&shown.id) != Some(*shown);
    let differing = shown.iter().filter(other);
    differing
        .map(|shown| (shown.clone(), served.get(&shown.id).cloned()))
        .collect()
}
