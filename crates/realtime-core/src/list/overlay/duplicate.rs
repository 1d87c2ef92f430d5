//! Duplicates: rows of the server's that look like one which an edit of ours is still making.
//!
//! A server that makes a row for a request of ours may tell everybody of it before it answers us, and
//! may not say whose doing it is. Until our edit is done, such a row is kept hidden: it is ours, which
//! shows already, or one that differs from it in nothing but its id. Nothing else follows from
//! looks: only the server says the id of a row of ours.

use crate::{
    id::RowId,
    list::item::ItemType,
    ordered::{OrderedMap, OrderedSet},
    overlay::{LayerId, text},
};
use rustc_hash::FxHasher;
use serde_json::{Map, Value};
use std::hash::Hasher;

/// The rows that edits make, by what they look like, and the duplicate of each. Bounded by the edits
/// there may be.
#[derive(Default)]
pub(super) struct Duplicates {
    made: OrderedMap<LayerId, Looks>,
    /// Those of `made` that have no duplicate, by the field that tells them best.
    single: OrderedMap<u64, OrderedSet<LayerId>>,
    hidden: OrderedMap<LayerId, RowId>,
    /// Rows that are duplicates no longer, and are to show.
    revealed: Vec<RowId>,
}

/// What the edit says of the row. What it leaves open, the server may fill in.
struct Looks {
    fields: Map<String, Value>,
    /// The hash of the longest field.
    mark: u64,
}

impl Duplicates {
    /// An edit makes a row that looks like this.
    pub(super) fn make(&mut self, layer: LayerId, row: Value, of: &ItemType) {
        let Value::Object(mut fields) = row else {
            return;
        };
        fields.retain(|name, value| {
            name != of.id_field && name != of.version_field && !value.is_null()
        });
        let texts = fields.iter().map(|(name, value)| (name, text(value)));
        if let Some((name, text)) = texts.max_by_key(|(_, text)| text.len()) {
            let mark = mark(name, &text);
            self.made.insert(layer, Looks { fields, mark });
            self.release(layer);
        }
    }

    /// The edit has failed or is done, or the id of its row is known: it has no duplicate.
    pub(super) fn settle(&mut self, layer: LayerId) {
        self.take(layer);
        self.made.remove(&layer);
        self.revealed.extend(self.hidden.remove(&layer));
    }

    /// The edit for which a row is hidden that looks like this, if there is one to be hidden for.
    pub(super) fn hide(&mut self, row: &Value, id: &RowId) -> Option<LayerId> {
        let fields = row.as_object()?;
        let layer = fields.iter().find_map(|(name, value)| {
            let mut layers = self.single.get(&mark(name, &text(value)))?.iter();
            layers.find(|layer| self.is_like(**layer, fields)).copied()
        })?;
        self.take(layer);
        self.hidden.insert(layer, id.clone());
        Some(layer)
    }

    /// The row hidden for it went before it could be told whose it was.
    pub(super) fn forget(&mut self, layer: LayerId) {
        self.hidden.remove(&layer);
        self.release(layer);
    }

    /// Whether an edit makes a row that a duplicate may be hidden for.
    pub(super) fn is_empty(&self) -> bool {
        self.single.is_empty()
    }

    /// The rows that are duplicates no longer.
    pub(super) fn take_revealed(&mut self) -> Vec<RowId> {
        std::mem::take(&mut self.revealed)
    }

    fn is_like(&self, layer: LayerId, fields: &Map<String, Value>) -> bool {
        let looks = self.made.get(&layer);
        looks.is_some_and(|looks| {
            let mut told = looks.fields.iter();
            told.all(|(name, value)| fields.get(name) == Some(value))
        })
    }

    /// The edit has no duplicate any more, and may have another.
    fn release(&mut self, layer: LayerId) {
        if let Some(looks) = self.made.get(&layer) {
            let layers = self.single.get_or_insert_with(looks.mark, OrderedSet::new);
            layers.insert(layer);
        }
    }

    fn take(&mut self, layer: LayerId) {
        if let Some(looks) = self.made.get(&layer)
            && let Some(layers) = self.single.get_mut(&looks.mark)
        {
            layers.remove(&layer);
            if layers.is_empty() {
                self.single.remove(&looks.mark);
            }
        }
    }
}

/// What a field is found by.
fn mark(name: &str, text: &str) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(name.as_bytes());
    hasher.write(text.as_bytes());
    hasher.finish()
}
