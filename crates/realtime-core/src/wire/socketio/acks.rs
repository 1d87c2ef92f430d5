//! Acknowledgements: which of our packets one answers.

use crate::{
    id::{ChannelName, MessageId},
    ordered::OrderedMap,
};

/// What an acknowledgement is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Awaited {
    /// A message of the app's.
    Message(MessageId),
    /// A join.
    Join {
        /// The subscription.
        id: MessageId,
        channel: ChannelName,
    },
    /// A leave; whatever the answer, nobody waits for it.
    Leave(ChannelName),
}

/// The acknowledgements that one socket still owes, by number, oldest first.
#[derive(Debug, Default)]
pub(super) struct Acks {
    owed: OrderedMap<u64, Awaited>,
    next: u64,
    dropped: u64,
}

impl Acks {
    /// More than any outbox holds by default. One that has timed out is not told to us, so the
    /// oldest go.
    const MOST: usize = 16_384;

    /// The number under which the answer will come.
    pub(super) fn ask(&mut self, awaited: Awaited) -> u64 {
        let id = self.next;
        self.next += 1;
        self.owed.insert(id, awaited);
        if self.owed.len() > Self::MOST {
            self.owed.pop_first();
            self.dropped += 1;
        }
        id
    }

    /// What `id` answers, taken off the list: each is answered once.
    pub(super) fn take(&mut self, id: u64) -> Option<Awaited> {
        self.owed.remove(&id)
    }

    /// The socket is gone, and with it all answers.
    pub(super) fn clear(&mut self) {
        self.owed.clear();
    }

    pub(super) const fn dropped(&self) -> u64 {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_counts_once() {
        let mut acks = Acks::default();
        let first = acks.ask(Awaited::Message("q7f-1".into()));
        let second = acks.ask(Awaited::Leave("tasks".into()));
        assert_ne!(first, second);
        assert_eq!(acks.take(first), Some(Awaited::Message("q7f-1".into())));
        assert_eq!(acks.take(first), None);
        acks.clear();
        assert_eq!(acks.take(second), None);
    }

    #[test]
    fn answers_that_never_come_are_forgotten_oldest_first() {
        let mut acks = Acks::default();
        let first = acks.ask(Awaited::Leave("tasks".into()));
        let mut last = first;
        for _ in 0..Acks::MOST {
            last = acks.ask(Awaited::Leave("tasks".into()));
        }
        assert_eq!(acks.dropped(), 1);
        assert_eq!(acks.take(first), None);
        assert_eq!(acks.take(last), Some(Awaited::Leave("tasks".into())));
    }
}
