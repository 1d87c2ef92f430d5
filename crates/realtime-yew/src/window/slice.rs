//! Slice: what a window shows at one moment.

use std::{ops::Range, rc::Rc};

/// What a window shows, without where it lies: two that are equal look the same to a component.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Slice<I> {
    /// The rows on the page, in order.
    pub(crate) ids: Rc<[I]>,
    /// Their ranks in the list.
    pub(crate) range: Range<usize>,
    /// How many rows the list has.
    pub(crate) len: usize,
    /// How many rows have come above those that are seen since they were there.
    pub(crate) new_above: usize,
    /// A row beyond the range that is on the page all the same.
    pub(crate) aside: Option<Focus<I>>,
}

/// The row that has the keyboard's focus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Focus<I> {
    pub(crate) id: I,
    pub(crate) rank: usize,
}
