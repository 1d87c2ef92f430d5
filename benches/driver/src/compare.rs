//! Comparison: medians, and ratios of what was measured in one round.

use crate::{
    measure::median,
    page::Page,
    results::{Cell, CoreCell, Sample},
};

impl Cell {
    /// The samples of a page, if each of them finished.
    pub(crate) fn finished(&self, page: Page) -> Option<Vec<&Sample>> {
        let samples = self.samples.get(&page)?;
        let finished = samples
            .iter()
            .map(|sample| sample.as_ref().filter(|sample| sample.finished));
        finished.collect()
    }

    /// The median of a number of a page; `None` if the page did not finish.
    pub(crate) fn median(&self, page: Page, of: impl Fn(&Sample) -> f64) -> Option<f64> {
        let values: Vec<f64> = self.finished(page)?.into_iter().map(of).collect();
        median(&values)
    }

    /// How the tasks of one page compare with those of another: the median of the ratios of each round.
    pub(crate) fn ratio(&self, page: Page, to: Page) -> Option<f64> {
        let (ours, theirs) = (self.finished(page)?, self.finished(to)?);
        let ratios: Vec<f64> = ours
            .iter()
            .zip(theirs)
            .map(|(ours, theirs)| ours.task_seconds / theirs.task_seconds)
            .collect();
        median(&ratios)
    }
}

impl CoreCell {
    pub(crate) fn native(&self) -> f64 {
        median(&self.native).unwrap_or(f64::NAN)
    }

    pub(crate) fn speed(&self) -> f64 {
        median(&self.speed).unwrap_or(f64::NAN)
    }

    pub(crate) fn page(&self) -> f64 {
        median(&self.page).unwrap_or(f64::NAN)
    }

    /// WebAssembly built for speed against native code: the median of the ratios of each round.
    pub(crate) fn wasm_ratio(&self) -> Option<f64> {
        let ratios: Vec<f64> = (self.speed.iter().zip(&self.native))
            .map(|(speed, native)| speed / native)
            .collect();
        median(&ratios)
    }
}

/// Samples for tests.
#[cfg(test)]
pub(crate) mod testing {
    use super::*;
    use crate::config::{Config, Pace};

    /// A cell in which each page took these seconds of tasks in its rounds; a negative number is a page that did not
    /// finish.
    pub(crate) fn cell(rows: u32, pages: &[(Page, &[f64])]) -> Cell {
        let sample = |task_seconds: f64| Sample {
            finished: task_seconds >= 0.0,
            seconds: 5.0,
            shown: 7,
            task_seconds,
            script_seconds: 0.0,
            style_seconds: 0.0,
            layout_seconds: 0.0,
            gap_p95: 17.0,
            gap_max: 20.0,
            latency_p50: Some(15.0),
            latency_p99: Some(30.0),
            js_bytes: 1e6,
            wasm_bytes: 2e6,
        };
        let samples = pages.iter().map(|(page, tasks)| {
            let samples = tasks.iter().map(|task| Some(sample(*task)));
            (*page, samples.collect())
        });
        Cell {
            config: Config {
                pace: Pace::Paced,
                sorted: true,
                rows,
                partial: false,
            },
            samples: samples.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_that_of_rounds_and_not_of_medians() {
        let pages: [(Page, &[f64]); 2] =
            [(Page::Yew, &[1.0, 9.0, 3.0]), (Page::Dom, &[1.0, 3.0, 2.0])];
        let cell = testing::cell(100, &pages);
        assert_eq!(cell.ratio(Page::Yew, Page::Dom), Some(1.5));
        assert_eq!(
            cell.median(Page::Yew, |sample| sample.task_seconds),
            Some(3.0)
        );
    }

    #[test]
    fn a_page_that_did_not_finish_has_no_numbers() {
        let pages: [(Page, &[f64]); 2] = [(Page::React, &[-1.0]), (Page::Dom, &[1.0])];
        let cell = testing::cell(100, &pages);
        assert_eq!(cell.ratio(Page::React, Page::Dom), None);
        assert_eq!(cell.median(Page::React, |sample| sample.gap_max), None);
        assert_eq!(cell.ratio(Page::Yew, Page::Dom), None);
    }
}
