//! Options of a window into a list: how it is cut.

/// How tall the rows of a window are, in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum RowHeight {
    /// All alike. Nothing is measured, and where each row lies follows from its rank.
    Fixed(f64),
    /// Each as tall as its content: this high until it has been seen and measured.
    Measured(f64),
}

/// How a window into a list is cut.
///
/// ```
/// use realtime_yew::prelude::*;
///
/// let lines = WindowOptions::fixed(32.0).with_overscan(10);
/// let messages = WindowOptions::measured(80.0);
/// assert_ne!(lines, messages);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WindowOptions {
    /// How tall the rows are.
    pub(crate) row_height: RowHeight,
    /// How many rows are kept ready above and below those that are seen.
    pub(crate) overscan: usize,
    /// How many rows are shown before the window has been measured.
    pub(crate) initial_rows: usize,
}

/// A row is at least this high, so that a window of any height has a bounded number of them.
const LEAST_HEIGHT: f64 = 4.0;

impl WindowOptions {
    /// Rows of one height, in CSS pixels; less than 4 counts as 4.
    #[must_use]
    pub const fn fixed(pixels: f64) -> Self {
        Self::new(RowHeight::Fixed(pixels.max(LEAST_HEIGHT)))
    }

    /// Rows as tall as their content; `estimate` is a usual height, in CSS pixels.
    #[must_use]
    pub const fn measured(estimate: f64) -> Self {
        Self::new(RowHeight::Measured(estimate.max(LEAST_HEIGHT)))
    }

    const fn new(row_height: RowHeight) -> Self {
        Self {
            row_height,
            overscan: 8,
            initial_rows: 20,
        }
    }

    /// Keeps so many rows ready above and below those that are seen. Default 8.
    #[must_use]
    pub const fn with_overscan(mut self, rows: usize) -> Self {
        self.overscan = rows;
        self
    }

    /// Shows so many rows before the window has been measured, as on a server that renders the page.
    /// Default 20.
    #[must_use]
    pub const fn with_initial_rows(mut self, rows: usize) -> Self {
        self.initial_rows = rows;
        self
    }
}
