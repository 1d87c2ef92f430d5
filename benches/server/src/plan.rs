//! Plan: what a run sends, all of it known beforehand; the same plan gives the same rows and events each time.

use fastrand::Rng;
use serde::{Deserialize, Serialize};

/// How often the row in the first place is changed, by which pages are measured, unless the plan says otherwise.
pub const PROBE_EVERY: u32 = 25;
/// Prices lie below this; only the row in the first place has it.
const TOP_PRICE: u32 = 1_000_000;

/// How much, how fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Rows in the snapshot, at least one.
    pub rows: u32,
    /// Updates, one an event.
    pub events: u32,
    /// Events per second; 0 sends all at once.
    pub rate: u32,
    /// Where the random numbers begin.
    pub seed: u64,
    /// Each so many events, and at the end, the row in the first place is changed; at least one.
    pub probe_every: u32,
    /// Whether rows and updates have no version, and prices have cents.
    pub partial: bool,
}

/// A row of the snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// `r0`, `r1` …
    pub id: String,
    /// Grows by one with each update.
    pub version: u64,
    /// What the first cell shows.
    pub name: String,
    /// What the second cell shows, and what the rows are sorted by.
    pub price: u32,
    /// What the third cell shows: the number of the event that changed the row last, 0 at first.
    pub seq: u64,
}

/// What one event changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    /// The row.
    pub id: String,
    /// Its version now.
    pub version: u64,
    /// Its price now.
    pub price: u32,
    /// The event's number, from 1.
    pub seq: u64,
}

impl Plan {
    /// The rows before the first event, in the order of their numbers.
    #[must_use]
    pub fn snapshot(&self) -> Vec<Row> {
        let mut rng = Rng::with_seed(self.seed);
        (0..self.rows.max(1))
            .map(|number| Row {
                id: format!("r{number}"),
                version: 1,
                name: format!("Instrument {number}"),
                price: match number {
                    0 => TOP_PRICE,
                    _ => rng.u32(1..TOP_PRICE),
                },
                seq: 0,
            })
            .collect()
    }

    /// The events, in order.
    #[must_use]
    pub fn updates(&self) -> Vec<Update> {
        let mut rng = Rng::with_seed(!self.seed);
        let rows = self.rows.max(1);
        let mut versions = vec![1; rows as usize];
        (1..=self.events)
            .map(|seq| {
                let is_probe =
                    rows == 1 || seq == self.events || seq.is_multiple_of(self.probe_every.max(1));
                let number = if is_probe { 0 } else { rng.u32(1..rows) };
                let version = &mut versions[number as usize];
                *version += 1;
                Update {
                    id: format!("r{number}"),
                    version: *version,
                    price: match number {
                        0 => TOP_PRICE,
                        _ => rng.u32(1..TOP_PRICE),
                    },
                    seq: seq.into(),
                }
            })
            .collect()
    }

    /// The rows after the last event.
    #[must_use]
    pub fn outcome(&self) -> Vec<Row> {
        let mut rows = self.snapshot();
        for update in self.updates() {
            let number: Option<usize> = update.id[1..].parse().ok();
            if let Some(row) = number.and_then(|number| rows.get_mut(number)) {
                row.version = update.version;
                row.price = update.price;
                row.seq = update.seq;
            }
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: Plan = Plan {
        rows: 10,
        events: 60,
        rate: 0,
        seed: 7,
        probe_every: PROBE_EVERY,
        partial: false,
    };

    #[test]
    fn one_plan_is_the_same_rows_and_events_each_time() {
        assert_eq!(PLAN.snapshot(), PLAN.snapshot());
        assert_eq!(PLAN.updates(), PLAN.updates());
        assert_ne!(PLAN.updates(), Plan { seed: 8, ..PLAN }.updates());
    }

    #[test]
    fn the_first_row_is_changed_regularly_and_last_and_stands_first_in_the_order_of_prices() {
        let probes = PLAN
            .updates()
            .into_iter()
            .filter(|update| update.id == "r0");
        let probes: Vec<_> = probes.map(|update| update.seq).collect();
        assert_eq!(probes, [25, 50, 60]);
        let outcome = PLAN.outcome();
        assert!(outcome[1..].iter().all(|row| row.price < outcome[0].price));
    }

    #[test]
    fn the_outcome_has_the_last_update_of_each_row() {
        let outcome = PLAN.outcome();
        for update in PLAN.updates() {
            let row = outcome.iter().find(|row| row.id == update.id).unwrap();
            assert!(row.version >= update.version);
            assert_eq!(row.version == update.version, row.seq == update.seq);
        }
    }
}
