//! Stock: a share and its price.

use serde::{Deserialize, Serialize};

/// A share and its price: the event `stock:update` on the channel `stocks:{symbol}`, and an item of the list on the
/// channel `stocks`, whose id is the symbol.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stock {
    /// Such as `ACME`.
    pub symbol: String,
    /// The price, with two decimals.
    pub price: f64,
    /// The price less the opening price.
    pub change: f64,
    /// The same in per cent of the opening price, with two decimals.
    pub change_percent: f64,
    /// When the price last moved.
    pub updated_at: u64,
}

/// The body of `POST /api/stocks/{symbol}/burst`: a known number of price updates at a known rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Burst {
    /// Updates per second, 1 to 1000.
    pub per_second: u32,
    /// For how long, 1 to 60 seconds.
    pub seconds: u32,
}

/// What a burst will have done when it is over; the symbol then keeps its price for a minute.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BurstStarted {
    /// How many updates there will be.
    pub count: u32,
    /// The price that the last of them sets.
    pub final_price: f64,
    /// The seq of the first update on `stocks:{symbol}`.
    pub first_seq: u64,
    /// The seq of the last one.
    pub last_seq: u64,
}
