//! Duplicates: rows of the server's that look like one which an edit of ours is still making.
//!
//! A server that makes a row for a request of ours may tell everybody of it before it answers us, and
//! may not say whose doing it is. Until our edit is done, such a row is kept hidden: it is ours, which
//! shows already, or one that differs from it in nothing but its id. Nothing else follows from
//! looks: only the server says the id of a row of ours.

use super::Synced;
use crate::{
    id::RowId,
    list::{AnyItem, ErasedList, Spot, item::ItemType},
    ordered::OrderedMap,
    overlay::{Change, JsonOf, Layer, LayerId},
};
use serde_json::Value;

/// The duplicates by the edits that they look like, one for each.
pub(super) struct Duplicates {
    hidden: OrderedMap<LayerId, RowId>,
    /// Those that are to show again.
    revealed: Vec<RowId>,
}

impl Duplicates {
    pub(super) const fn new() -> Self {
        Self {
            hidden: OrderedMap::new(),
            revealed: Vec::new(),
        }
    }

    /// The edit is not making a row any more.
    pub(super) fn reveal(&mut self, layer: LayerId) {
        self.revealed.extend(self.hidden.remove(&layer));
    }
}

impl ErasedList {
    /// Hides a row that the server is about to bring, if it is new here and looks like one that an
    /// edit of ours makes.
    pub(super) fn hide_duplicate(&mut self, item: &dyn AnyItem) {
        let Some(layer) = self.made_alike(item) else {
            return;
        };
        let id = item.id();
        self.touch(&id);
        if let Some(touched) = self.overlay.touched.get_mut(&id) {
            touched.duplicate_of = Some(layer);
            self.overlay.duplicates.hidden.insert(layer, id);
        }
    }

    /// The edit that makes a row which looks like this one, if that is new here.
    fn made_alike(&self, item: &dyn AnyItem) -> Option<LayerId> {
        let (id, overlay) = (item.id(), &self.overlay);
        let json = overlay.home.as_ref()?.json;
        if self.rows.contains_key(&id) || overlay.touched.contains_key(&id) {
            return None;
        }
        let mut looks = None;
        let mut makes_it = |id: &&LayerId| {
            let row = overlay.layers.get(id);
            let row = row.and_then(|row| overlay.touched.get(row));
            let mut layers = row.into_iter().flat_map(|row| row.stack.iter());
            let layer = layers.find(|layer| layer.id == **id);
            layer.is_some_and(|layer| {
                let looks = looks.get_or_insert_with(|| (json.write)(item).ok());
                looks
                    .as_ref()
                    .is_some_and(|looks| makes(layer, looks, self.of, json))
            })
        };
        let unnamed = overlay.mutations.values().flat_map(|it| it.unnamed.iter());
        let mut free = unnamed.filter(|id| !overlay.duplicates.hidden.contains_key(id));
        free.find(&mut makes_it).copied()
    }

    /// Shows the rows again that are duplicates no longer; whether there are any.
    pub(super) fn show_revealed(&mut self) -> bool {
        let ids = std::mem::take(&mut self.overlay.duplicates.revealed);
        if ids.is_empty() {
            return false;
        }
        for id in &ids {
            if let Some(touched) = self.overlay.touched.get_mut(id) {
                touched.duplicate_of = None;
            }
        }
        let lifted = self.lift(ids.iter());
        self.lay(lifted, Synced::Same).changed()
    }

    /// The row went before it could be told whose it was.
    pub(super) fn forget_duplicate(&mut self, id: &RowId) {
        let touched = self.overlay.touched.get_mut(id);
        if let Some(layer) = touched.and_then(|row| row.duplicate_of.take()) {
            self.overlay.duplicates.hidden.remove(&layer);
        }
    }
}

/// Whether an edit that waits for the server makes a row that looks like this. What it leaves open, the
/// server may have filled in.
fn makes(
    layer: &Layer<dyn AnyItem, Spot>,
    looks: &Value,
    of: &ItemType,
    json: JsonOf<dyn AnyItem>,
) -> bool {
    let Change::Insert(item) = &layer.change else {
        return false;
    };
    if layer.is_failed() {
        return false;
    }
    let Ok(Value::Object(ours)) = (json.write)(&**item) else {
        return false;
    };
    let is_told = |name: &str, value: &Value| {
        name != of.id_field && name != of.version_field && !value.is_null()
    };
    let mut told = ours.iter().filter(|(name, value)| is_told(name, value));
    let is_same = |(name, value): (&String, &Value)| looks.get(name) == Some(value);
    told.clone().next().is_some() && told.all(is_same)
}
