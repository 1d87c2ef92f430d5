//! One row: what is shown, and what it is made of.

use super::{
    item::ListItem,
    patches::{Patch, Patches},
    sequence::Entry,
};
use crate::error::DecodeError;
use std::rc::Rc;

/// A row. What it shows is always its base with the recent patches of its id merged over it.
#[derive(Debug)]
pub(super) struct Row<T> {
    /// What is shown, and its place in the order.
    pub(super) entry: Entry<T>,
    /// What recent patches lie over; `None` if there are none, and the base is what is shown.
    pub(super) base: Option<Rc<T>>,
    /// The version that the base is whole up to.
    pub(super) version: Option<u64>,
    /// The version of what gave the row its place.
    pub(super) placed: Option<u64>,
    /// Which of the server's histories the base is of.
    pub(super) era: u32,
}

impl<T: ListItem> Row<T> {
    pub(super) const fn new(entry: Entry<T>, version: Option<u64>, era: u32) -> Self {
        Self {
            entry,
            base: None,
            version,
            placed: version,
            era,
        }
    }

    pub(super) fn base(&self) -> &Rc<T> {
        self.base.as_ref().unwrap_or(&self.entry.item)
    }

    /// Lays the row on `item`, whole up to `version`, and gives what is to be shown.
    ///
    /// Recent patches stay if they are newer; over an item without a version none is.
    pub(super) fn rebase(
        &mut self,
        id: &T::Id,
        recent: &mut Patches<T::Id>,
        (item, version): (T, Option<u64>),
        era: u32,
    ) -> Rc<T> {
        if self.era != era {
            (self.version, self.era) = (None, era);
        }
        if let Some(version) = version {
            recent.take_up_to(id, version);
            self.version = Some(version);
        } else {
            let newest = recent.take(id).last().and_then(|patch| patch.version);
            self.version = self.version.max(newest);
        }
        self.base = Some(Rc::new(item));
        self.settle_followers(id, recent)
    }

    /// Makes the recent patches that nothing can come before any more part of the base, and gives
    /// what is to be shown.
    ///
    /// Whoever calls this shows it, since a row without recent patches is its own base.
    pub(super) fn settle_followers(&mut self, id: &T::Id, recent: &mut Patches<T::Id>) -> Rc<T> {
        let mut base = Rc::clone(self.base());
        while let Some(first) = recent.of(id).first()
            && self.version.and_then(|version| version.checked_add(1)) == first.version
        {
            self.version = first.version;
            let followers: Vec<_> = recent.take_first(id).into_iter().collect();
            base = fold(&base, &followers);
        }
        let rest = recent.of(id);
        let shown = fold(&base, rest);
        self.base = (!rest.is_empty()).then_some(base);
        shown
    }
}

/// `item` with `patch` merged in; an error also if the patch would rename the item.
pub(super) fn merged<T: ListItem>(item: &T, patch: &str) -> Result<T, DecodeError> {
    let merged = item.merged(patch)?;
    if merged.id() == item.id() {
        Ok(merged)
    } else {
        Err(DecodeError::new("a patch", "it changes the id of its item"))
    }
}

/// `base` with the patches merged in, one after the other, but for the ones that do not fit.
pub(super) fn fold<T: ListItem>(base: &Rc<T>, patches: &[Patch]) -> Rc<T> {
    patches.iter().fold(Rc::clone(base), |item, patch| {
        merged(&*item, &patch.json).map_or(item, Rc::new)
    })
}
