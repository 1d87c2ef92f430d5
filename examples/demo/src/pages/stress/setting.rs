//! Setting: how long the list is, how often it changes, and how it is shown.

/// The most rows that are shown without a window.
pub(super) const WHOLE: u32 = 10_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) rows: u32,
    pub(super) per_second: u32,
    pub(super) is_sorted: bool,
    pub(super) is_windowed: bool,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            rows: 10_000,
            per_second: 100,
            is_sorted: true,
            is_windowed: true,
        }
    }
}

impl Setting {
    pub(super) fn channel(self) -> String {
        format!("stress:{}:{}", self.rows, self.per_second)
    }

    /// Where the list is fetched.
    pub(super) fn path(self) -> String {
        format!("/api/stress/{}/{}", self.rows, self.per_second)
    }

    /// Without a window every row is an element: of a very long list fewer are shown.
    pub(super) fn with_window(self, is_windowed: bool) -> Self {
        let rows = match is_windowed {
            true => self.rows,
            false => self.rows.min(WHOLE),
        };
        Self {
            rows,
            is_windowed,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_without_a_window_has_no_more_rows_than_a_page_can_take() {
        let long = Setting {
            rows: 100_000,
            ..Setting::default()
        };
        assert_eq!(long.with_window(false).rows, WHOLE);
        assert_eq!(long.with_window(true), long);
        assert_eq!(long.channel(), "stress:100000:100");
        assert_eq!(long.path(), "/api/stress/100000/100");
    }
}
