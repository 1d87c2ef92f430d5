//! Tickets: which entries of each process have been carried out. An entry may be in the log twice, when a process
//! could not know that the first attempt had succeeded.

use crate::NodeId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// For how many milliseconds a process that sends nothing is remembered. It tries again for much less.
const LIFE_MS: u64 = 60 * 60 * 1_000;

/// The highest number of each process that was carried out, and when that was.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Tickets {
    last: BTreeMap<NodeId, (u64, u64)>,
}

impl Tickets {
    /// Notes an entry; returns whether it is a new one. Each process numbers its own from one on and sends them in
    /// order.
    pub(crate) fn punch(&mut self, node: &NodeId, ticket: u64, now: u64) -> bool {
        if let Some((last, at)) = self.last.get_mut(node) {
            let is_new = ticket > *last;
            *last = ticket.max(*last);
            *at = now;
            return is_new;
        }
        self.last
            .retain(|_, (_, at)| now.saturating_sub(*at) < LIFE_MS);
        self.last.insert(node.clone(), (ticket, now));
        true
    }

    /// The highest number of a process.
    pub(crate) fn last(&self, node: &NodeId) -> u64 {
        self.last.get(node).map_or(0, |(last, _)| *last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_counts_once_in_whatever_order_two_attempts_arrive() {
        let (mut tickets, node) = (Tickets::default(), NodeId::from("a"));
        let new: Vec<u64> = [1, 2, 1, 3, 2, 3, 4]
            .into_iter()
            .filter(|ticket| tickets.punch(&node, *ticket, 0))
            .collect();
        assert_eq!(new, [1, 2, 3, 4]);
        assert!(tickets.punch(&"b".into(), 1, 0), "each process has its own");
        assert_eq!((tickets.last(&node), tickets.last(&"c".into())), (4, 0));
    }

    #[test]
    fn processes_that_are_long_gone_are_forgotten() {
        let mut tickets = Tickets::default();
        tickets.punch(&"a".into(), 7, 0);
        tickets.punch(&"b".into(), 1, LIFE_MS);
        assert_eq!(tickets.last(&"a".into()), 0);
    }
}
