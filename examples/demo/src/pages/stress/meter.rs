//! Meter: frames, rows on the page, and how long a change takes to get there.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
};
use yew::html::ImplicitClone;

/// How far back the figures look, in milliseconds.
const SPAN: f64 = 2_000.0;
/// The most delays that are kept.
const DELAYS: usize = 1_000;

/// Counts what happens on the page; clones are the same meter.
#[derive(Clone, Default)]
pub(super) struct Meter(Rc<State>);

#[derive(Default)]
struct State {
    rows: Cell<u32>,
    renders: Cell<u64>,
    frames: RefCell<VecDeque<f64>>,
    /// From the server's clock to this one's, and when that was.
    delays: RefCell<VecDeque<(f64, f64)>>,
}

/// The figures of one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Figures {
    pub(super) frames_per_second: f64,
    /// Of a hundred frames ninety-five came sooner after the one before; in milliseconds.
    pub(super) gap_p95: f64,
    pub(super) gap_most: f64,
    /// From the server to the page, in milliseconds; none if no row on the page has changed.
    pub(super) delay_p50: Option<f64>,
    pub(super) delay_p99: Option<f64>,
    pub(super) rows: u32,
}

impl PartialEq for Meter {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl ImplicitClone for Meter {}

impl Meter {
    pub(super) fn row_came(&self) {
        self.0.rows.set(self.0.rows.get() + 1);
    }

    pub(super) fn row_went(&self) {
        self.0.rows.set(self.0.rows.get().saturating_sub(1));
    }

    /// A row was put on the page anew: sent by the server at one time, shown at another.
    pub(super) fn row_shown(&self, sent: f64, shown: f64) {
        self.0.renders.set(self.0.renders.get() + 1);
        if sent > 0.0 {
            let mut delays = self.0.delays.borrow_mut();
            delays.push_back((shown, shown - sent));
            if delays.len() > DELAYS {
                delays.pop_front();
            }
        }
    }

    /// A frame was drawn.
    pub(super) fn frame(&self, time: f64) {
        let mut frames = self.0.frames.borrow_mut();
        frames.push_back(time);
        // One more than the span, to know how long before it the first one came.
        while frames.get(1).is_some_and(|second| time - second > SPAN) {
            frames.pop_front();
        }
    }

    /// How often rows were put on the page.
    pub(super) fn renders(&self) -> u64 {
        self.0.renders.get()
    }

    /// The figures at a time of the clock that rows are shown by.
    pub(super) fn figures(&self, now: f64) -> Figures {
        let frames = self.0.frames.borrow();
        let pairs = frames.iter().zip(frames.iter().skip(1));
        let mut gaps: Vec<f64> = pairs.map(|(one, next)| next - one).collect();
        gaps.sort_by(f64::total_cmp);
        let total: f64 = gaps.iter().sum();
        let delays = self.0.delays.borrow();
        let recent = delays.iter().filter(|(shown, _)| now - shown < SPAN);
        let mut recent: Vec<f64> = recent.map(|(_, delay)| *delay).collect();
        recent.sort_by(f64::total_cmp);
        Figures {
            frames_per_second: match total > 0.0 {
                true => gaps.len() as f64 * 1_000.0 / total,
                false => 0.0,
            },
            gap_p95: percentile(&gaps, 95).unwrap_or_default(),
            gap_most: gaps.last().copied().unwrap_or_default(),
            delay_p50: percentile(&recent, 50),
            delay_p99: percentile(&recent, 99),
            rows: self.0.rows.get(),
        }
    }
}

/// The value that so many per cent of the sorted ones do not exceed.
fn percentile(sorted: &[f64], percent: usize) -> Option<f64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let values: Vec<f64> = (1..=200).map(f64::from).collect();
        assert_eq!(percentile(&values, 95), Some(190.0));
        assert_eq!(percentile(&values, 50), Some(100.0));
        assert_eq!(percentile(&[7.0], 99), Some(7.0));
        assert_eq!(percentile(&[], 50), None);
    }

    #[test]
    fn the_figures_are_those_of_the_last_two_seconds() {
        let meter = Meter::default();
        assert_eq!(meter.figures(0.0), Figures::default());
        for frame in 0..1_000 {
            meter.frame(f64::from(frame) * 10.0);
        }
        meter.frame(10_000.0 + 90.0);
        meter.row_came();
        meter.row_shown(0.0, 100.0);
        meter.row_shown(5_000.0, 5_040.0);
        meter.row_shown(9_900.0, 9_912.0);
        let figures = meter.figures(10_000.0);
        assert_eq!(
            (figures.gap_p95, figures.gap_most, figures.rows),
            (10.0, 100.0, 1)
        );
        assert!((figures.frames_per_second - 95.0).abs() < 2.0);
        assert_eq!(figures.delay_p50, Some(12.0), "the other one is long ago");
        assert_eq!(meter.renders(), 3);
    }
}
