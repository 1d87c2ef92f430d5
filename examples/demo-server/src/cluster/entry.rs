//! One entry of the log: who made it, and what it does.

use crate::{command::Command, log::EntryId, peer::NodeId};
use std::collections::HashMap;

/// The names of an entry's fields.
pub(super) const NODE: &str = "node";
pub(super) const TICKET: &str = "ticket";
pub(super) const COMMAND: &str = "do";

/// An entry as it was read.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) id: EntryId,
    /// Who made it, and its number among those that the same process made.
    pub(crate) node: NodeId,
    pub(crate) ticket: u64,
    pub(crate) command: Command,
}

impl Entry {
    /// None if it is not one of this server's, or of another version.
    pub(super) fn read(id: EntryId, fields: &HashMap<String, String>) -> Option<Self> {
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
        let good = fields(&[
            (NODE, "n"),
            (TICKET, "7"),
            (COMMAND, r#"{"step":{"symbol":"ACME"}}"#),
        ]);
        let read = Entry::read(EntryId::default(), &good).unwrap();
        assert_eq!((read.node.as_str(), read.ticket), ("n", 7));
        for bad in [
            fields(&[("begin", "1")]),
            fields(&[
                (NODE, "n"),
                (TICKET, "x"),
                (COMMAND, r#"{"step":{"symbol":"ACME"}}"#),
            ]),
            fields(&[(NODE, "n"), (TICKET, "7"), (COMMAND, r#"{"explode":{}}"#)]),
        ] {
            assert!(Entry::read(EntryId::default(), &bad).is_none(), "{bad:?}");
        }
    }
}
