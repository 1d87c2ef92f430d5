//! One row: what is shown, and what it is made of.

use super::{
    item::{AnyItem, Item, Versioned},
    patches::{Patch, Patches},
    sequence::Entry,
};
use crate::{error::DecodeError, id::RowId};
use std::rc::Rc;

/// A row. What it shows is always its base with the recent patches of its id merged over it.
pub(super) struct Row {
    /// What is shown, and its place in the order.
    pub(super) entry: Entry,
    /// What recent patches lie over; `None` if there are none, and the base is what is shown.
    pub(super) base: Option<Item>,
    versions: Versions,
}

/// The versions of a row, close together: there may be a million rows.
#[derive(Clone, Copy)]
struct Versions {
    whole: u64,
    placed: u64,
    era: u32,
    has_whole: bool,
    has_placed: bool,
    has_hole: bool,
}

impl Row {
    pub(super) fn new(entry: Entry, version: Option<u64>, era: u32) -> Self {
        let mut row = Self {
            entry,
            base: None,
            versions: Versions {
                whole: 0,
                placed: 0,
                era,
                has_whole: false,
                has_placed: false,
                has_hole: false,
            },
        };
        row.set_version(version);
        row.set_placed(version);
        row
    }

    /// The version that the base is whole up to.
    pub(super) fn version(&self) -> Option<u64> {
        self.versions.has_whole.then_some(self.versions.whole)
    }

    pub(super) fn set_version(&mut self, version: Option<u64>) {
        self.versions.has_whole = version.is_some();
        self.versions.whole = version.unwrap_or_default();
    }

    /// Whether a patch became part of the base before one that may lie under it had come.
    pub(super) const fn has_hole(&self) -> bool {
        self.versions.has_hole
    }

    /// Notes whether versions are missing before these patches, which become part of the base.
    pub(super) fn note_holes(&mut self, patches: &[Patch]) {
        let mut last = self.version();
        for patch in patches {
            let follows = last.and_then(|last| last.checked_add(1)) == patch.version;
            self.versions.has_hole |= !follows;
            last = patch.version;
        }
    }

    /// The version of what gave the row its place.
    pub(super) fn placed(&self) -> Option<u64> {
        self.versions.has_placed.then_some(self.versions.placed)
    }

    pub(super) fn set_placed(&mut self, version: Option<u64>) {
        self.versions.has_placed = version.is_some();
        self.versions.placed = version.unwrap_or_default();
    }

    /// What is known of the row's versions is this, as it was written down.
    pub(super) fn restore(&mut self, version: Option<u64>, placed: Option<u64>, has_hole: bool) {
        self.set_version(version);
        self.set_placed(placed);
        self.versions.has_hole = has_hole;
    }

    /// Which of the server's histories the base is of.
    pub(super) const fn era(&self) -> u32 {
        self.versions.era
    }

    pub(super) fn base(&self) -> &Item {
        self.base.as_ref().unwrap_or(&self.entry.item)
    }

    /// Takes `item`, whole up to `version`, as the base, and gives what is to be shown.
    ///
    /// Recent patches stay if they are newer; over an item without a version none is.
    pub(super) fn set_base(
        &mut self,
        id: &RowId,
        recent: &mut Patches,
        (item, version): Versioned,
        era: u32,
    ) -> Item {
        if self.versions.era != era {
            self.versions.era = era;
            self.set_version(None);
        }
        if let Some(version) = version {
            recent.take_up_to(id, version);
            self.set_version(Some(version));
            self.versions.has_hole = false;
        } else {
            let newest = recent.take(id).last().and_then(|patch| patch.version);
            self.set_version(self.version().max(newest));
        }
        self.base = Some(item);
        self.settle_followers(id, recent)
    }

    /// Makes the recent patches that nothing can come before any more part of the base, and gives
    /// what is to be shown.
    ///
    /// Whoever calls this shows it, since a row without recent patches is its own base.
    pub(super) fn settle_followers(&mut self, id: &RowId, recent: &mut Patches) -> Item {
        let mut base = Rc::clone(self.base());
        while let Some(first) = recent.of(id).first()
            && self.version().and_then(|version| version.checked_add(1)) == first.version
        {
            self.set_version(first.version);
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
pub(super) fn merged(item: &dyn AnyItem, patch: &str) -> Result<Item, DecodeError> {
    let merged = item.merged(patch)?;
    if merged.id() == item.id() {
        Ok(merged)
    } else {
        Err(DecodeError::new("a patch", "it changes the id of its item"))
    }
}

/// `base` with the patches merged in, one after the other, but for the ones that do not fit.
pub(super) fn fold(base: &Item, patches: &[Patch]) -> Item {
    patches.iter().fold(Rc::clone(base), |item, patch| {
        merged(&*item, &patch.json).unwrap_or(item)
    })
}
