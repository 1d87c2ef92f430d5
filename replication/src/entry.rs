//! One entry of the log: who made it, and what it does.

use crate::{NodeId, log::EntryId};
use serde::de::DeserializeOwned;
use std::collections::HashMap;

/// The names of an entry's fields.
pub(crate) const NODE: &str = "node";
pub(crate) const TICKET: &str = "ticket";
pub(crate) const COMMAND: &str = "do";

/// An entry as it was read.
#[derive(Clone, Debug)]
pub(crate) struct Entry<C> {
    pub(crate) id: EntryId,
    /// Who made it, and its number among those that the same process made.
    pub(crate) node: NodeId,
    pub(crate) ticket: u64,
    pub(crate) command: C,
}

impl<C: DeserializeOwned> Entry<C> {
    /// None if it is not one of this server's, or of another version.
    pub(crate) fn read(id: EntryId, fields: &HashMap<String, String>) -> Option<Self> {
        Some(Self {
            id,
            node: fields.get(NODE)?.as_str().into(),
            ticket: fields.get(TICKET)?.parse().ok()?,
            command: serde_json::from_str(fields.get(COMMAND)?).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_that_is_none_of_ours_is_not_read() {
        let fields = |pairs: &[(&str, &str)]| {
            let pairs = pairs
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
            pairs.collect::<HashMap<_, _>>()
        };
        let good = fields(&[(NODE, "n"), (TICKET, "7"), (COMMAND, "7")]);
        let read = Entry::<u64>::read(EntryId::default(), &good).unwrap();
        assert_eq!((read.node.as_str(), read.ticket, read.command), ("n", 7, 7));
        for bad in [
            fields(&[("begin", "1")]),
            fields(&[(NODE, "n"), (TICKET, "x"), (COMMAND, "7")]),
            fields(&[(NODE, "n"), (TICKET, "7"), (COMMAND, "\"x\"")]),
        ] {
            assert!(
                Entry::<u64>::read(EntryId::default(), &bad).is_none(),
                "{bad:?}"
            );
        }
    }
}
