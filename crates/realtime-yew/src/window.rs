//! A window into a long list: which rows are to be on the page, and where.
//!
//! Nothing of the browser is here. The window is told what the list is, how far the element was
//! scrolled and how high things are, and says which rows it shows. When the list changes it stays
//! with the rows that people see: the first of them that did not itself move keeps its place.

mod heights;
mod options;
mod scroll;
mod slice;
#[cfg(test)]
mod tests;

pub(crate) use options::RowHeight;
pub use options::WindowOptions;
pub(crate) use slice::{Focus, Slice};

use heights::Heights;
use realtime_core::{
    ListItem, ListSnapshot, OrderedMap, RowId,
    list::{Gap, ListDiff},
};
use scroll::{Scroll, extent};
use std::ops::Range;

/// A window into a list.
pub(crate) struct Window<T: ListItem> {
    options: WindowOptions,
    rows: ListSnapshot<T>,
    heights: Heights<RowId>,
    scroll: Scroll,
    /// The rows on the page, by rank: those that are seen, and some around them.
    range: Range<usize>,
    new_above: usize,
    focus: Option<Focus<RowId>>,
    goal: Option<Goal>,
}

/// Where the window was told to go. It is no longer told so when somebody scrolls, or when the list
/// changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goal {
    /// As far as this row, so that it is seen.
    Reveal(usize),
    /// To where this row is the first that is seen.
    From(usize),
}

/// A way to go from row to row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Up,
    Down,
    PageUp,
    PageDown,
    First,
    Last,
}

/// Nearer to the top than this counts as there.
const AT_TOP: f64 = 1.0;

impl<T: ListItem> Window<T> {
    pub(crate) fn new(options: WindowOptions) -> Self {
        Self {
            options,
            rows: ListSnapshot::default(),
            heights: Heights::new(options.row_height),
            scroll: Scroll::default(),
            range: 0..0,
            new_above: 0,
            focus: None,
            goal: None,
        }
    }

    /// What is to be on the page.
    pub(crate) fn slice(&self) -> Slice<RowId> {
        let row = |item: std::rc::Rc<T>| item.id();
        Slice {
            ids: self.rows.range(self.range.clone()).map(row).collect(),
            range: self.range.clone(),
            len: self.rows.len(),
            new_above: self.new_above,
            aside: self.aside().cloned(),
        }
    }

    /// The row with the focus, if it lies beyond the others on the page.
    pub(crate) fn aside(&self) -> Option<&Focus<RowId>> {
        let focus = self.focus.as_ref()?;
        (!self.range.contains(&focus.rank)).then_some(focus)
    }

    /// The row that has the keyboard's focus.
    pub(crate) const fn focus(&self) -> Option<&Focus<RowId>> {
        self.focus.as_ref()
    }

    /// The ranks of the rows on the page.
    pub(crate) fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// The rank of the row `id`, if it is on the page.
    pub(crate) fn rank_on_page(&self, id: &RowId) -> Option<usize> {
        let mut rows = self.range.clone().zip(self.rows.range(self.range.clone()));
        let found = rows.find(|(_, row)| row.id() == *id);
        found.map(|(rank, _)| rank)
    }

    pub(crate) const fn rows(&self) -> &ListSnapshot<T> {
        &self.rows
    }

    /// Takes other rows, from the top: the list is another, or is looked at in another way.
    pub(crate) fn restart(&mut self, options: WindowOptions) {
        let scroll = self.scroll;
        *self = Self::new(options);
        self.scroll = scroll;
        self.go(0.0);
    }

    /// Takes what the list is now, and stays with the rows that are seen.
    pub(crate) fn follow(&mut self, rows: &ListSnapshot<T>) {
        let diff = rows.diff(&self.rows);
        let is_first = self.rows.is_empty();
        if diff.is_empty() && !is_first {
            self.rows = rows.clone();
            return;
        }
        self.goal = None;
        let anchor = self.anchor(&diff);
        let place = anchor.map(|(old, _)| self.heights.offset(old));
        let old_rows = std::mem::replace(&mut self.rows, rows.clone());
        // A row that has been named since is the same row by its key in the newer snapshot.
        let key = |item: std::rc::Rc<T>| rows.key(item.id());
        self.heights.follow(
            &diff,
            |rank| old_rows.get(rank).map(key),
            |rank| rows.get(rank).map(key),
        );
        if let (Some((old, new)), Some(place)) = (anchor, place) {
            let moved = self.heights.offset(new) - place;
            self.go(self.scroll.position() + moved);
            let start = self.range.start + new.saturating_sub(old);
            let start = start.saturating_sub(old.saturating_sub(new));
            self.range = start..start + self.range.len();
            self.new_above += come_before(new, &diff, &old_rows, rows);
        } else {
            self.go(self.scroll.position());
        }
        self.follow_focus(&diff, rows);
        self.settle_range();
    }

    /// The first row that is seen and stays where it is among the others, by its old and new rank;
    /// `None` at the top, where new rows are to be seen.
    fn anchor(&self, diff: &ListDiff) -> Option<(usize, usize)> {
        let position = self.scroll.position();
        if position < AT_TOP {
            return None;
        }
        let seen = self.seen();
        seen.into_iter()
            .find_map(|old| Some((old, diff.kept(old)?)))
    }

    fn follow_focus(&mut self, diff: &ListDiff, rows: &ListSnapshot<T>) {
        let Some(focus) = &mut self.focus else {
            return;
        };
        if let Some(rank) = diff.kept(focus.rank) {
            focus.rank = rank;
        } else {
            let key = rows.key(&focus.id);
            let mut come = diff.gaps().flat_map(|gap| gap.new);
            let is_it = |rank: &usize| {
                let row = rows.get(*rank);
                row.is_some_and(|row| rows.key(row.id()) == key)
            };
            let Some(rank) = come.find(is_it).or_else(|| instead(focus.rank, diff)) else {
                self.focus = None;
                return;
            };
            focus.rank = rank;
        }
        // Another id: the row is gone and this one stands there now, or the server has named it.
        if let Some(row) = rows.get(focus.rank) {
            focus.id = row.id();
        }
    }

    /// The element was scrolled so far.
    pub(crate) fn scrolled(&mut self, top: f64) {
        self.goal = None;
        self.scroll.scrolled(top, self.heights.total());
        self.see();
    }

    /// Whether it is known how high the window is.
    pub(crate) fn is_measured(&self) -> bool {
        self.scroll.viewport() > 0.0
    }

    /// The window is so high.
    pub(crate) fn resized(&mut self, viewport: f64) {
        self.scroll.set_viewport(viewport);
        self.go(self.scroll.position());
        self.see();
    }

    /// The row at `rank` is so high, in pixels. What is seen stays where it is, or gets to where it
    /// was to go.
    pub(crate) fn measured(&mut self, rank: usize, pixels: f64) {
        let Some(row) = self.rows.get(rank) else {
            return;
        };
        let key = self.rows.key(row.id());
        let position = self.scroll.position();
        let is_above = position >= AT_TOP && self.heights.offset(rank) < position;
        let grown = self.heights.measure(rank, key, pixels);
        if grown == 0.0 {
            return;
        }
        self.go(position + if is_above { grown } else { 0.0 });
        match self.goal {
            Some(goal) => self.reach(goal),
            None => self.see(),
        }
    }

    /// A row that has the keyboard's focus stays on the page, wherever the window goes.
    pub(crate) fn set_focus(&mut self, rank: Option<usize>) {
        self.focus = rank.and_then(|rank| {
            let id = self.rows.get(rank)?.id();
            Some(Focus { id, rank })
        });
    }

    /// The row to go to from the one that has the focus or, if none has, from the first that is
    /// seen.
    pub(crate) fn step(&self, step: Step) -> Option<usize> {
        let last = self.rows.len().checked_sub(1)?;
        let seen = self.first_seen();
        let Some(Focus { rank, .. }) = &self.focus else {
            return Some(match step {
                Step::First => 0,
                Step::Last => last,
                Step::Up | Step::Down | Step::PageUp | Step::PageDown => seen.min(last),
            });
        };
        let page = |by: f64| self.heights.at(self.heights.offset(*rank) + by);
        let viewport = self.scroll.viewport();
        Some(match step {
            Step::Up => rank.saturating_sub(1),
            Step::Down => (rank + 1).min(last),
            Step::PageUp => page(-viewport).min(rank.saturating_sub(1)),
            Step::PageDown => page(viewport).max(rank + 1).min(last),
            Step::First => 0,
            Step::Last => last,
        })
    }

    /// Goes just so far that the row at `rank` is wholly seen, or to its top if it is higher than
    /// the window.
    pub(crate) fn reveal(&mut self, rank: usize) {
        self.reach(Goal::Reveal(rank));
    }

    /// Goes to where the row at `rank` is the first that is seen.
    pub(crate) fn show_from(&mut self, rank: usize) {
        self.reach(Goal::From(rank));
    }

    fn reach(&mut self, goal: Goal) {
        self.goal = Some(goal);
        let (position, viewport) = (self.scroll.position(), self.scroll.viewport());
        match goal {
            Goal::From(rank) => self.go(self.heights.offset(rank)),
            Goal::Reveal(rank) => {
                let (start, end) = (self.heights.offset(rank), self.heights.offset(rank + 1));
                if start < position || end - start > viewport {
                    self.go(start);
                } else if end > position + viewport {
                    self.go(end - viewport);
                }
            }
        }
        self.see();
    }

    /// Where the element should stand; `None` if it does. While it is being scrolled it is left
    /// alone, as long as there is room to scroll.
    pub(crate) fn unsettled(&self, is_scrolling: bool) -> Option<f64> {
        let total = self.heights.total();
        if is_scrolling && !self.scroll.is_stuck(total) {
            return None;
        }
        self.scroll.unsettled(total)
    }

    /// The element was put there, or as near as it can be.
    pub(crate) fn settled(&mut self, top: f64) {
        self.scroll.settled(top);
    }

    /// How high the element's content is.
    pub(crate) fn extent(&self) -> f64 {
        extent(self.heights.total())
    }

    /// How far below the top of the element's content the row at `rank` lies.
    pub(crate) fn place(&self, rank: usize) -> f64 {
        self.heights.offset(rank) - self.scroll.shift()
    }

    fn go(&mut self, position: f64) {
        self.scroll.go(position, self.heights.total());
    }

    /// What is seen may be other rows now.
    fn see(&mut self) {
        self.new_above = self.new_above.min(self.first_seen());
        self.settle_range();
    }

    fn first_seen(&self) -> usize {
        match self.scroll.position() {
            position if position < AT_TOP => 0,
            position => self.heights.at(position),
        }
    }

    /// The rows that are seen, if only in part.
    fn seen(&self) -> Range<usize> {
        let viewport = self.scroll.viewport();
        if !self.is_measured() {
            return 0..self.options.initial_rows.min(self.rows.len());
        }
        let end = self.heights.at(self.scroll.position() + viewport) + 1;
        self.first_seen()..end.min(self.rows.len())
    }

    /// Lets the rows on the page be, as long as there are enough of them around those that are seen
    /// and not far too many; else chooses anew.
    fn settle_range(&mut self) {
        let seen = self.seen();
        if !self.is_measured() {
            self.range = seen;
            return;
        }
        let overscan = self.options.overscan;
        let around =
            |by: usize| seen.start.saturating_sub(by)..(seen.end + by).min(self.rows.len());
        let (least, best, most) = (around(overscan / 2), around(overscan), around(overscan * 2));
        let is_enough = self.range.start <= least.start && self.range.end >= least.end;
        let is_too_much = self.range.start < most.start || self.range.end > most.end;
        if !is_enough || is_too_much {
            self.range = best;
        }
    }
}

/// How many rows have come before the one at `rank` that were not in the list before.
fn come_before<T: ListItem>(
    rank: usize,
    diff: &ListDiff,
    old: &ListSnapshot<T>,
    new: &ListSnapshot<T>,
) -> usize {
    if diff.is_wholesale() && new.len() > WHOLESALE_COUNTED {
        return 0;
    }
    let come = |gap: Gap| gap.new.start..gap.new.end.min(rank);
    let come: Vec<usize> = diff.gaps().flat_map(come).collect();
    if come.is_empty() {
        return 0;
    }
    let gone: OrderedMap<RowId, ()> = diff
        .gaps()
        .flat_map(|gap| old.range(gap.old))
        .map(|item| (new.key(item.id()), ()))
        .collect();
    let is_new = |rank: &&usize| {
        let row = new.get(**rank);
        row.is_some_and(|row| !gone.contains_key(&new.key(row.id())))
    };
    come.iter().filter(is_new).count()
}

/// Of a list longer than this that was replaced for the most part, nobody wants to know how many of
/// its rows are new.
const WHOLESALE_COUNTED: usize = 1_000;

/// The row that stands where one that is gone stood.
fn instead(old: usize, diff: &ListDiff) -> Option<usize> {
    let last = diff.new_len().checked_sub(1)?;
    let gap = diff.gaps().find(|gap| gap.old.contains(&old));
    Some(gap.map_or(old, |gap| gap.new.end).min(last))
}
