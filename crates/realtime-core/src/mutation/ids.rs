//! The server's ids for temporary ones.

use crate::{id::RowId, ordered::OrderedMap};
use serde_json::Value;
use std::collections::VecDeque;

/// How many temporary ids a client remembers.
const MAX_IDS: usize = 4_096;

/// How many bytes of them.
const MAX_BYTES: usize = 1024 * 1024;

/// Which ids the server gave to rows that this client made under temporary ones.
///
/// Of all lists of a client together, so temporary ids must differ between lists, as random ones
/// do. The oldest are forgotten first, after 4 096 or 1 MiB.
#[derive(Clone, Debug, Default)]
pub struct ServerIds {
    ids: OrderedMap<RowId, RowId>,
    ages: VecDeque<RowId>,
    bytes: usize,
}

impl ServerIds {
    /// The server's id for `id`, or `id` itself if it is the server's, or is not known yet.
    #[must_use]
    pub fn resolve(&self, id: impl Into<RowId>) -> RowId {
        let id = id.into();
        self.ids.get(&id).cloned().unwrap_or(id)
    }

    /// A JSON text with the server's ids wherever it has temporary ones.
    pub(super) fn put_right(&self, json: &str) -> String {
        match serde_json::from_str(json) {
            Ok(mut value) if !self.is_empty() => {
                self.put_right_in(&mut value);
                value.to_string()
            }
            _ => json.to_owned(),
        }
    }

    fn put_right_in(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Some(id) = self.ids.get(&RowId::from(text.as_str()))
                    && let Ok(id) = serde_json::to_value(id)
                {
                    *value = id;
                }
            }
            Value::Array(values) => values.iter_mut().for_each(|it| self.put_right_in(it)),
            Value::Object(fields) => fields.values_mut().for_each(|it| self.put_right_in(it)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Remembers an id; returns how many others were forgotten for it.
    pub(super) fn insert(&mut self, temporary: RowId, id: RowId) -> u64 {
        self.forget(&temporary);
        self.bytes += temporary.text_len() + id.text_len();
        self.ages.push_back(temporary.clone());
        self.ids.insert(temporary, id);
        let mut dropped = 0;
        while (self.ages.len() > MAX_IDS || self.bytes > MAX_BYTES)
            && let Some(oldest) = self.ages.front().cloned()
        {
            self.forget(&oldest);
            dropped += 1;
        }
        dropped
    }

    /// It is no temporary id any more: the server has a row of that id.
    pub(crate) fn forget(&mut self, temporary: &RowId) {
        if let Some(id) = self.ids.remove(temporary) {
            self.bytes -= temporary.text_len() + id.text_len();
            self.ages.retain(|age| age != temporary);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_any_type_resolve_and_unknown_ones_are_themselves() {
        let mut ids = ServerIds::default();
        ids.insert("temp-1".into(), "t9".into());
        ids.insert((-1).into(), 9.into());
        assert_eq!(ids.resolve("temp-1"), "t9");
        assert_eq!(ids.resolve(-1), 9);
        assert_eq!(ids.resolve(7), 7);
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let mut ids = ServerIds::default();
        let dropped: u64 = (0..5_000)
            .map(|n: i64| ids.insert(n.into(), (n + 10_000).into()))
            .sum();
        assert_eq!(dropped, 5_000 - 4_096);
        assert_eq!(
            (ids.resolve(0), ids.resolve(4_999)),
            (0.into(), 14_999.into())
        );
    }

    #[test]
    fn long_ids_are_bounded_by_their_bytes() {
        let mut ids = ServerIds::default();
        let long = "9".repeat(100_000);
        let dropped: u64 = (0..100)
            .map(|n: i64| ids.insert(n.into(), long.as_str().into()))
            .sum();
        assert!(ids.bytes <= MAX_BYTES && dropped >= 90);
    }

    #[test]
    fn an_id_that_the_server_has_a_row_of_is_forgotten() {
        let mut ids = ServerIds::default();
        ids.insert((-1).into(), 9.into());
        ids.forget(&(-1).into());
        assert_eq!(
            (ids.resolve(-1), ids.bytes, ids.ages.len()),
            ((-1).into(), 0, 0)
        );
    }
}
