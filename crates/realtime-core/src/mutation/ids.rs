//! The server's ids for temporary ones.

use crate::{
    ordered::OrderedMap,
    rule::{Rule, off},
};
use serde::{Serialize, de::DeserializeOwned};
use std::{collections::VecDeque, rc::Rc};

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
    ids: OrderedMap<Rc<str>, Rc<str>>,
    ages: VecDeque<Rc<str>>,
    bytes: usize,
}

impl ServerIds {
    /// The server's id for `id`, or `id` itself if it is the server's, or is not known yet.
    pub fn resolve<I: Clone + Serialize + DeserializeOwned>(&self, id: &I) -> I {
        if self.ids.is_empty() || off(Rule::TemporaryIds) {
            return id.clone();
        }
        let json = serde_json::to_string(id).ok();
        let known = json.and_then(|json| self.ids.get(json.as_str()));
        let resolved = known.and_then(|json| serde_json::from_str(json).ok());
        resolved.unwrap_or_else(|| id.clone())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Remembers an id; returns how many others were forgotten for it.
    pub(super) fn insert(&mut self, temporary: Rc<str>, id: Rc<str>) -> u64 {
        self.forget(&temporary);
        self.bytes += temporary.len() + id.len();
        self.ages.push_back(Rc::clone(&temporary));
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
    pub(crate) fn forget(&mut self, temporary: &str) {
        if let Some(id) = self.ids.remove(temporary) {
            self.bytes -= temporary.len() + id.len();
            self.ages.retain(|age| &**age != temporary);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_any_type_resolve_and_unknown_ones_are_themselves() {
        let mut ids = ServerIds::default();
        ids.insert(r#""temp-1""#.into(), r#""t9""#.into());
        ids.insert("-1".into(), "9".into());
        assert_eq!(ids.resolve(&String::from("temp-1")), "t9");
        assert_eq!(ids.resolve(&-1_i64), 9);
        assert_eq!(ids.resolve(&7_u64), 7);
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let mut ids = ServerIds::default();
        let dropped: u64 = (0..5_000)
            .map(|n: i64| ids.insert(n.to_string().into(), (n + 10_000).to_string().into()))
            .sum();
        assert_eq!(dropped, 5_000 - 4_096);
        assert_eq!((ids.resolve(&0_i64), ids.resolve(&4_999_i64)), (0, 14_999));
    }

    #[test]
    fn long_ids_are_bounded_by_their_bytes() {
        let mut ids = ServerIds::default();
        let long = "9".repeat(100_000);
        let dropped: u64 = (0..100)
            .map(|n: i64| ids.insert(n.to_string().into(), long.as_str().into()))
            .sum();
        assert!(ids.bytes <= MAX_BYTES && dropped >= 90);
    }

    #[test]
    fn an_id_that_the_server_has_a_row_of_is_forgotten() {
        let mut ids = ServerIds::default();
        ids.insert("-1".into(), "9".into());
        ids.forget("-1");
        assert_eq!(
            (ids.resolve(&-1_i64), ids.bytes, ids.ages.len()),
            (-1, 0, 0)
        );
    }
}
