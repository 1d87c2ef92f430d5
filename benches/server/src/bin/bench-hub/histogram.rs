//! Histogram: how late events came, in steps of a sixteenth.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

const STEPS: u32 = 16;

/// Counts microseconds from many tasks at once.
#[derive(Debug)]
pub(crate) struct Histogram(Vec<AtomicU64>);

impl Histogram {
    pub(crate) fn new() -> Self {
        Self((0..64 * STEPS).map(|_| AtomicU64::new(0)).collect())
    }

    pub(crate) fn record(&self, micros: u64) {
        self.0[place(micros)].fetch_add(1, Ordering::Relaxed);
    }

    /// What this share of all came within, and all begin anew.
    pub(crate) fn drain(&self, shares: [f64; 3]) -> [Duration; 3] {
        let counts: Vec<u64> = self
            .0
            .iter()
            .map(|count| count.swap(0, Ordering::Relaxed))
            .collect();
        let all: u64 = counts.iter().sum();
        shares.map(|share| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_precision_loss,
                clippy::cast_sign_loss,
                reason = "a share of a count"
            )]
            let mut left = (all as f64 * share).ceil() as u64;
            let place = counts.iter().position(|count| {
                left = left.saturating_sub(*count);
                left == 0
            });
            Duration::from_micros(end(place.unwrap_or_default()))
        })
    }
}

/// The place of a number: its power of two, and the sixteenth within it.
fn place(micros: u64) -> usize {
    let power = micros.max(1).ilog2();
    let step = match power.checked_sub(4) {
        Some(shift) => (micros >> shift) - 16,
        None => micros.max(1) - (1 << power),
    };
    (power * STEPS) as usize + usize::try_from(step).unwrap_or_default()
}

/// The first number beyond a place.
fn end(place: usize) -> u64 {
    let (power, step) = (place as u64 / 16, place as u64 % 16 + 1);
    match power.checked_sub(4) {
        Some(shift) => (16 + step) << shift,
        None => (1 << power) + step,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_known_to_a_sixteenth() {
        let histogram = Histogram::new();
        for micros in 1..=10_000 {
            histogram.record(micros);
        }
        let [half, most, all] = histogram
            .drain([0.5, 0.99, 1.0])
            .map(|late| late.as_micros());
        assert!((5_000..5_400).contains(&half), "{half}");
        assert!((9_900..10_600).contains(&most), "{most}");
        assert!((10_000..10_700).contains(&all), "{all}");
        assert_eq!(
            histogram.drain([0.5; 3]),
            [Duration::from_micros(2); 3],
            "it is empty"
        );
    }
}
