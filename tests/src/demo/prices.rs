//! Prices, as a visitor sees them.

use super::{Visitor, by_id};
use crate::{Http, KitError};
use serde::Deserialize;
use serde_json::json;

/// A card, as the page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Card {
    /// The price, as text.
    pub price: String,
    /// `up`, `down` or `flat`.
    pub direction: String,
    /// The signed change, as text.
    pub change: String,
    /// When it last moved, as text.
    pub updated: String,
}

/// A stock, as the server has it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stock {
    /// Its symbol.
    pub symbol: String,
    /// Its price.
    pub price: f64,
    /// The price less the opening price.
    pub change: f64,
}

/// What the server says of a burst that it has begun.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Burst {
    /// How many updates there will be.
    pub count: u32,
    /// The price that the last of them sets.
    pub final_price: f64,
}

impl Stock {
    /// The price as a card is to show it.
    pub fn shown_price(&self) -> String {
        format!("{:.2}", self.price)
    }

    /// The direction as a badge is to show it.
    pub fn direction(&self) -> &'static str {
        match self.change {
            change if change > 0.0 => "up",
            change if change < 0.0 => "down",
            _ => "flat",
        }
    }
}

impl Visitor {
    /// The card of a stock, read in one go.
    pub fn card(&self, symbol: &str) -> Result<Card, KitError> {
        const SCRIPT: &str = r#"
            const card = document.querySelector(arguments[0]);
            const text = id => card.querySelector(`[data-testid="${id}"]`).textContent.trim();
            return {
                price: text('price'), change: text('change'), updated: text('updated'),
                direction: card.querySelector('[data-testid="badge"]').dataset.direction,
            };
        "#;
        self.eval(SCRIPT, json!([by_id(&format!("stock-{symbol}"))]))
    }
}

/// Every stock that the server has.
pub fn stocks(http: &Http) -> Result<Vec<Stock>, KitError> {
    http.fetch("/api/stocks")
}

/// Makes the server send updates of one stock at a given rate.
pub fn start_burst(
    http: &Http,
    symbol: &str,
    per_second: u32,
    seconds: u32,
) -> Result<Burst, KitError> {
    let path = format!("/api/stocks/{symbol}/burst");
    let answer = http.post(&path, &json!({"perSecond": per_second, "seconds": seconds}))?;
    http.read(&path, answer)
}
