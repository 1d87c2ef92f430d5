//! Quotes: rows and updates of a server that counts no versions and whose prices have cents.

use crate::plan::{Row, Update};
use serde::Serialize;

/// A row of the snapshot.
#[derive(Debug, Serialize)]
pub(crate) struct Quote<'a> {
    id: &'a str,
    name: &'a str,
    price: f64,
    seq: u64,
}

/// What one event changes: the price, and the number by which pages are measured.
#[derive(Debug, Serialize)]
pub(crate) struct Tick<'a> {
    id: &'a str,
    price: f64,
    seq: u64,
}

impl<'a> From<&'a Row> for Quote<'a> {
    fn from(row: &'a Row) -> Self {
        Self {
            id: &row.id,
            name: &row.name,
            price: price(row.price),
            seq: row.seq,
        }
    }
}

impl<'a> From<&'a Update> for Tick<'a> {
    fn from(update: &'a Update) -> Self {
        Self {
            id: &update.id,
            price: price(update.price),
            seq: update.seq,
        }
    }
}

fn price(cents: u32) -> f64 {
    f64::from(cents) / 100.0
}
