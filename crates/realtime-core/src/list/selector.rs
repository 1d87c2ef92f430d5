//! A value derived from a list, which is another only when it differs.

use super::{ListSnapshot, item::ListItem};
use std::{fmt, rc::Rc};

type Select<T, S> = Box<dyn Fn(&ListSnapshot<T>) -> S>;
type Count<T, S> = Box<dyn Fn(&mut S, &T)>;

/// How a value is derived from a list: a function of all rows, or a count of them.
///
/// Clones are the same selector, and compare so; others are not, whatever they do.
pub struct ListSelector<T: ListItem, S>(Rc<Way<T, S>>);

enum Way<T: ListItem, S> {
    Whole(Select<T, S>),
    Tally {
        empty: S,
        add: Count<T, S>,
        take: Count<T, S>,
    },
}

impl<T: ListItem, S> ListSelector<T, S> {
    /// Derives a value from all rows, each time any differs.
    ///
    /// ```
    /// # use realtime_core::{ListItem, RowId, list::{KeyedList, ListSelector, Selected}};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Debug, PartialEq, Serialize, Deserialize)]
    /// # struct Task { id: u64, title: String }
    /// # impl ListItem for Task { fn id(&self) -> RowId { self.id.into() } }
    /// let first = ListSelector::new(|tasks: &realtime_core::ListSnapshot<Task>| {
    ///     tasks.get(0).map(|task| task.title.clone())
    /// });
    /// let mut first = Selected::new(first);
    /// assert!(!first.follow(&KeyedList::default().snapshot()), "still nothing");
    /// assert_eq!(*first.value(), None);
    /// ```
    pub fn new(select: impl Fn(&ListSnapshot<T>) -> S + 'static) -> Self {
        Self(Rc::new(Way::Whole(Box::new(select))))
    }

    /// Counts rows in and out: `empty` is the value of a list without rows, `add` takes a row into
    /// account and `take` takes it out again. A row that differs costs O(log n) however long the
    /// list is.
    ///
    /// Taking a row out must undo adding it exactly: count in whole numbers, cents and not floats.
    ///
    /// ```
    /// # use realtime_core::{Instant, ListItem, RowId, list::{KeyedList, ListSelector, Selected}};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Debug, PartialEq, Serialize, Deserialize)]
    /// # struct Task { id: u64, done: bool }
    /// # impl ListItem for Task { fn id(&self) -> RowId { self.id.into() } }
    /// let open = ListSelector::tally(
    ///     0_usize,
    ///     |open, task: &Task| *open += usize::from(!task.done),
    ///     |open, task| *open -= usize::from(!task.done),
    /// );
    /// let mut open = Selected::new(open);
    /// let mut tasks = KeyedList::default();
    /// tasks.upsert(Instant::ZERO, Task { id: 1, done: false });
    /// tasks.upsert(Instant::ZERO, Task { id: 2, done: true });
    /// assert!(open.follow(&tasks.snapshot()));
    /// assert_eq!(*open.value(), 1);
    /// ```
    pub fn tally(
        empty: S,
        add: impl Fn(&mut S, &T) + 'static,
        take: impl Fn(&mut S, &T) + 'static,
    ) -> Self {
        Self(Rc::new(Way::Tally {
            empty,
            add: Box::new(add),
            take: Box::new(take),
        }))
    }
}

/// Any function of the rows is one that looks at all of them.
impl<T: ListItem, S, F: Fn(&ListSnapshot<T>) -> S + 'static> From<F> for ListSelector<T, S> {
    fn from(select: F) -> Self {
        Self::new(select)
    }
}

impl<T: ListItem, S> Clone for ListSelector<T, S> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<T: ListItem, S> PartialEq for ListSelector<T, S> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl<T: ListItem, S> Eq for ListSelector<T, S> {}

impl<T: ListItem, S> fmt::Debug for ListSelector<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self.0 {
            Way::Whole(_) => "ListSelector::new",
            Way::Tally { .. } => "ListSelector::tally",
        })
    }
}

/// The value of a [`ListSelector`], kept as the list changes.
///
/// [`follow`](Self::follow) says whether the value is another; an equal one keeps its pointer.
pub struct Selected<T: ListItem, S> {
    selector: ListSelector<T, S>,
    source: ListSnapshot<T>,
    value: Rc<S>,
    counted: u64,
}

impl<T: ListItem, S: Clone + PartialEq> Selected<T, S> {
    /// The value of an empty list.
    #[must_use]
    pub fn new(selector: ListSelector<T, S>) -> Self {
        let source = ListSnapshot::default();
        let value = match &*selector.0 {
            Way::Whole(select) => select(&source),
            Way::Tally { empty, .. } => empty.clone(),
        };
        Self {
            selector,
            source,
            value: Rc::new(value),
            counted: 0,
        }
    }

    /// Takes what the list is now; whether the value is another.
    pub fn follow(&mut self, list: &ListSnapshot<T>) -> bool {
        if list.ptr_eq(&self.source) {
            return false;
        }
        let value = match &*self.selector.0 {
            Way::Whole(select) => {
                self.counted += list.len() as u64;
                select(list)
            }
            Way::Tally { empty, add, take } => {
                let diff = list.diff(&self.source);
                let mut value = (*self.value).clone();
                let mut counted = 0;
                let mut count = |how: &Count<T, S>, item: Rc<T>| {
                    counted += 1;
                    how(&mut value, &item);
                };
                for gap in diff.gaps() {
                    self.source
                        .range(gap.old)
                        .for_each(|item| count(take, item));
                    list.range(gap.new).for_each(|item| count(add, item));
                }
                for (old, new) in diff.changed() {
                    self.source
                        .get(*old)
                        .into_iter()
                        .for_each(|item| count(take, item));
                    list.get(*new).into_iter().for_each(|item| count(add, item));
                }
                self.counted += counted;
                if list.is_empty() {
                    empty.clone()
                } else {
                    value
                }
            }
        };
        self.source = list.clone();
        let is_other = *self.value != value;
        if is_other {
            self.value = Rc::new(value);
        }
        is_other
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> Rc<S> {
        Rc::clone(&self.value)
    }

    /// How many rows were gone through or counted since it was made, so that how its work grows can
    /// be seen without a clock.
    #[must_use]
    pub const fn counted(&self) -> u64 {
        self.counted
    }
}

impl<T: ListItem, S: fmt::Debug> fmt::Debug for Selected<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Selected")
            .field("value", &self.value)
            .field("of", &self.source.len())
            .finish_non_exhaustive()
    }
}
