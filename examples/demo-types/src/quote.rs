//! Quote: a row of a stress list, and which lists are offered.

use serde::{Deserialize, Serialize};

/// How many rows a stress list may have.
pub const STRESS_ROWS: [u32; 4] = [100, 1_000, 10_000, 100_000];

/// How many of its rows may change in a second.
pub const STRESS_RATES: [u32; 6] = [0, 10, 50, 100, 500, 1_000];

/// The most changes that may be asked for at once, beside the rate.
pub const STRESS_BURST: u32 = 20_000;

/// A row of a stress list: an item of the list on the channel `stress:{rows}:{rate}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// From zero up to the number of rows.
    pub id: u32,
    /// Grows by one with each change.
    pub version: u64,
    /// In cents.
    pub price: u32,
    /// When the server sent this; left out, and zero, in a fetched list.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub at: u64,
}

fn is_zero(at: &u64) -> bool {
    *at == 0
}

/// The body of `POST /api/stress/{rows}/{rate}/burst`: so many changes as fast as the sockets take them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StressBurst {
    /// 1 to 20,000.
    pub count: u32,
}
