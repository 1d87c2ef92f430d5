//! The way from a list to the layers over it. It leads through pointers that the first edit sets: the
//! linker drops all code of layers from an app that edits no list.

use super::rebase::{Rebased, Rebasing, Synced};
use crate::{
    id::RowId,
    list::{AnyItem, ErasedList, item::Versioned},
    overlay::Overlay,
};

/// What is done about layers.
pub(super) struct Calls {
    pub(super) begin_rebase: fn(&mut ErasedList, &[&RowId]) -> Rebasing,
    pub(super) begin_rebase_all: fn(&mut ErasedList) -> Rebasing,
    pub(super) rebase: fn(&mut ErasedList, Rebasing, Synced) -> Rebased,
    outrank: fn(&mut ErasedList, &RowId),
    recognise: fn(&mut ErasedList, &dyn AnyItem),
    fetch_landed: fn(&mut ErasedList, &[Versioned]),
    view: fn(&ErasedList) -> &dyn Overlay,
    view_mut: fn(&mut ErasedList) -> &mut dyn Overlay,
}

impl ErasedList {
    pub(super) const CALLS: Calls = Calls {
        begin_rebase: |list, ids| list.begin_rebase(ids.iter().copied()),
        begin_rebase_all: Self::begin_full_rebase,
        rebase: Self::rebase,
        outrank: Self::outrank_known_alias,
        recognise: Self::recognise_edited,
        fetch_landed: Self::drop_fetched,
        view: |list| list,
        view_mut: |list| list,
    };

    /// The layers, if there has been an edit.
    pub(crate) fn layers(&self) -> Option<&dyn Overlay> {
        self.overlay.calls().map(|calls| (calls.view)(self))
    }

    /// As [`layers`](Self::layers), to change them.
    pub(crate) fn layers_mut(&mut self) -> Option<&mut dyn Overlay> {
        self.overlay.calls().map(|calls| (calls.view_mut)(self))
    }

    /// Begins to rebase all rows that have edits, for a change of the whole list.
    pub(in crate::list) fn begin_rebase_all(&mut self) -> Rebasing {
        let calls = self.overlay.calls();
        calls.map_or_else(Rebasing::none, |calls| (calls.begin_rebase_all)(self))
    }

    /// Rebases them; whether what people see of the rows that have any changed.
    pub(in crate::list) fn rebase_all(&mut self, rebasing: Rebasing) -> bool {
        let calls = self.overlay.calls();
        calls.is_some_and(|calls| (calls.rebase)(self, rebasing, Synced::Changed).changed())
    }

    /// The server has a row of this id: no other row goes by it.
    pub(in crate::list) fn outrank_alias(&mut self, id: &RowId) {
        if let Some(calls) = self.overlay.calls() {
            (calls.outrank)(self, id);
        }
    }

    /// Knows a row that was made optimistically by the temporary id that the server keeps in it.
    pub(in crate::list) fn recognise(&mut self, item: &dyn AnyItem) {
        if let Some(calls) = self.overlay.calls() {
            (calls.recognise)(self, item);
        }
    }

    /// A fetch has landed with these rows, which are taken next: what was confirmed before it began
    /// is in them.
    pub(in crate::list) fn fetch_landed(&mut self, items: &[Versioned]) {
        if let Some(calls) = self.overlay.calls() {
            (calls.fetch_landed)(self, items);
        }
    }
}
