//! Scroll: where the window stands, in the list and in the element that scrolls.
//!
//! The two are not the same. An element cannot be taller than browsers allow, while a list can; and
//! where the list stands is to change when rows come above, while writing to `scrollTop` during a
//! scroll would break it off. So there is a *shift* between them: the list stands `shift` pixels
//! further down than the element says. A small scroll leaves it alone; when nobody scrolls, the
//! element is put where it should be for the place in the list, and the shift is what is left.

/// The tallest an element is made: Firefox lays out taller ones, but is off by pixels in them.
pub(super) const MAX_EXTENT: f64 = 4_000_000.0;

/// A scroll by more than so many windows is a jump, as by the scroll bar: it says where in the
/// list to go, and not how far.
const JUMP: f64 = 2.0;

/// Less than this is rounding.
const EPSILON: f64 = 0.5;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Scroll {
    /// The window's height; zero while it is not known.
    viewport: f64,
    /// The element's `scrollTop`.
    top: f64,
    shift: f64,
}

impl Scroll {
    pub(super) const fn viewport(&self) -> f64 {
        self.viewport
    }

    pub(super) const fn set_viewport(&mut self, pixels: f64) {
        self.viewport = pixels;
    }

    /// How far below the top of the list the window begins.
    pub(super) fn position(&self) -> f64 {
        (self.top + self.shift).max(0.0)
    }

    pub(super) const fn shift(&self) -> f64 {
        self.shift
    }

    /// The window stands elsewhere in the list, while the element stays as it is.
    pub(super) fn go(&mut self, position: f64, total: f64) {
        self.shift = position.clamp(0.0, self.last(total)) - self.top;
    }

    /// The element was scrolled.
    pub(super) fn scrolled(&mut self, top: f64, total: f64) {
        let is_jump = (top - self.top).abs() > self.viewport * JUMP;
        self.top = top;
        if is_jump {
            self.shift = self.position_of(top, total) - top;
        }
        self.go(self.top + self.shift, total);
    }

    /// Where the element should stand; `None` if it does.
    pub(super) fn unsettled(&self, total: f64) -> Option<f64> {
        let top = self.top_of(self.position(), total);
        ((top - self.top).abs() > EPSILON).then_some(top)
    }

    /// The element was put there, or as near as it can be.
    pub(super) fn settled(&mut self, top: f64) {
        let position = self.position();
        self.top = top;
        self.shift = position - top;
    }

    /// Whether the element has come to one of its ends and the list has not, so that it must be
    /// put elsewhere for the scroll to go on.
    pub(super) fn is_stuck(&self, total: f64) -> bool {
        let position = self.position();
        let at_start = self.top <= 0.0 && position > EPSILON;
        let at_end = self.top >= last(extent(total), self.viewport) - EPSILON
            && position < self.last(total) - EPSILON;
        at_start || at_end
    }

    /// The last place in the list where the window is full.
    fn last(&self, total: f64) -> f64 {
        last(total, self.viewport)
    }

    fn top_of(&self, position: f64, total: f64) -> f64 {
        position * scale(last(extent(total), self.viewport), self.last(total))
    }

    fn position_of(&self, top: f64, total: f64) -> f64 {
        top * scale(self.last(total), last(extent(total), self.viewport))
    }
}

/// How tall the element is made for a list of this height.
pub(super) const fn extent(total: f64) -> f64 {
    total.min(MAX_EXTENT)
}

fn last(total: f64, viewport: f64) -> f64 {
    (total - viewport).max(0.0)
}

fn scale(to: f64, from: f64) -> f64 {
    if to == from || from <= 0.0 {
        1.0
    } else {
        to / from
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIEWPORT: f64 = 500.0;

    fn at(top: f64, total: f64) -> Scroll {
        let mut scroll = Scroll::default();
        scroll.set_viewport(VIEWPORT);
        scroll.scrolled(top, total);
        scroll
    }

    #[test]
    fn a_list_that_fits_stands_where_its_element_does() {
        let mut scroll = at(300.0, 10_000.0);
        assert_eq!((scroll.position(), scroll.shift()), (300.0, 0.0));
        assert_eq!(scroll.unsettled(10_000.0), None);
        scroll.scrolled(9_500.0, 10_000.0);
        assert_eq!(scroll.position(), 9_500.0);
        assert!(!scroll.is_stuck(10_000.0));
    }

    #[test]
    fn rows_that_come_above_during_a_scroll_shift_the_list_until_it_is_over() {
        let mut scroll = at(300.0, 10_000.0);
        scroll.go(340.0, 10_040.0);
        assert_eq!((scroll.position(), scroll.shift()), (340.0, 40.0));
        scroll.scrolled(310.0, 10_040.0);
        assert_eq!(scroll.position(), 350.0, "the scroll goes on");
        assert_eq!(scroll.unsettled(10_040.0), Some(350.0));
        scroll.settled(349.6);
        assert_eq!(scroll.position(), 350.0, "though browsers round");
        assert_eq!(scroll.unsettled(10_040.0), None);
    }

    #[test]
    fn a_scroll_that_ends_at_the_elements_end_but_not_the_lists_has_to_go_on() {
        let mut scroll = at(300.0, 10_000.0);
        scroll.go(340.0, 10_040.0);
        scroll.scrolled(0.0, 10_040.0);
        assert_eq!(scroll.position(), 40.0);
        assert!(scroll.is_stuck(10_040.0));
        let mut scroll = at(9_400.0, 10_000.0);
        scroll.go(9_300.0, 9_900.0);
        scroll.scrolled(9_400.0, 9_900.0);
        assert!(scroll.is_stuck(9_900.0), "the element has come to its end");
        let mut scroll = at(300.0, 10_000.0);
        scroll.go(100.0, 9_800.0);
        scroll.scrolled(150.0, 9_800.0);
        assert_eq!(scroll.position(), 0.0, "there is nothing above");
    }

    #[test]
    fn a_list_taller_than_any_element_is_reached_from_end_to_end() {
        let total = 100_000_000.0;
        let mut scroll = at(0.0, total);
        scroll.scrolled(MAX_EXTENT - VIEWPORT, total);
        assert_eq!(scroll.position(), total - VIEWPORT);
        scroll.scrolled(0.0, total);
        assert_eq!(scroll.position(), 0.0);
        let middle = (MAX_EXTENT - VIEWPORT) / 2.0;
        scroll.scrolled(middle, total);
        assert!((scroll.position() - (total - VIEWPORT) / 2.0).abs() < 1.0);
        // A turn of the wheel goes as far as it does anywhere.
        let before = scroll.position();
        scroll.scrolled(middle + 100.0, total);
        assert!((scroll.position() - before - 100.0).abs() < 1e-6);
        // Afterwards the element stands where this place in the list is.
        let top = scroll
            .unsettled(total)
            .expect("it went further than its share");
        assert!((top - middle - 100.0 * MAX_EXTENT / total).abs() < 1.0);
        scroll.settled(top.round());
        assert!((scroll.position() - before - 100.0).abs() < 1e-6);
    }

    #[test]
    fn a_list_that_shrinks_takes_the_window_along() {
        let mut scroll = at(9_000.0, 10_000.0);
        scroll.go(scroll.position(), 2_000.0);
        assert_eq!(scroll.position(), 1_500.0);
        scroll.go(scroll.position(), 100.0);
        assert_eq!(scroll.position(), 0.0);
    }
}
