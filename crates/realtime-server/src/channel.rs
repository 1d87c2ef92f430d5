//! One channel: its position, the events kept for those who resume, and who is in it.

use crate::{Limits, peer::Peer, presence::Roster, typing::Typists};
use axum::extract::ws::Utf8Bytes;
use serde::{Deserialize, Serialize};
use std::{collections::VecDeque, time::Instant};

/// One channel. Everything in it changes under the hub's lock, so that what is read with a position belongs to it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Channel {
    /// The incarnation of its history, unless it is the hub's own.
    pub(crate) epoch: Option<String>,
    seq: u64,
    #[serde(with = "frames")]
    history: VecDeque<Utf8Bytes>,
    history_bytes: usize,
    pub(crate) roster: Roster,
    pub(crate) typists: Typists,
    /// When something last happened in it, for what is forgotten first.
    #[serde(skip)]
    pub(crate) used: Option<Instant>,
}

/// The kept frames as a list of texts.
mod frames {
    use axum::extract::ws::Utf8Bytes;
    use serde::{Deserialize, Deserializer, Serializer};
    use std::collections::VecDeque;

    pub(super) fn serialize<S: Serializer>(
        frames: &VecDeque<Utf8Bytes>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(frames.iter().map(Utf8Bytes::as_str))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<VecDeque<Utf8Bytes>, D::Error> {
        let texts = VecDeque::<String>::deserialize(deserializer)?;
        Ok(texts.into_iter().map(Utf8Bytes::from).collect())
    }
}

impl Channel {
    /// A channel in which nothing has happened yet, in a history of its own or in the hub's.
    pub(crate) fn new(epoch: Option<String>) -> Self {
        Self {
            epoch,
            used: Some(Instant::now()),
            ..Self::default()
        }
    }

    /// The number of the last event.
    pub(crate) fn seq(&self) -> u64 {
        self.seq
    }

    /// The number that the next event takes.
    pub(crate) fn next_seq(&self) -> u64 {
        self.seq + 1
    }

    /// Keeps an event that took the next number.
    pub(crate) fn record(&mut self, frame: Utf8Bytes, limits: &Limits) {
        self.used = Some(Instant::now());
        self.seq += 1;
        self.history_bytes += frame.len();
        self.history.push_back(frame);
        while self.history.len() > limits.history || self.history_bytes > limits.history_bytes {
            let Some(dropped) = self.history.pop_front() else {
                break;
            };
            self.history_bytes -= dropped.len();
        }
    }

    /// The events after `since`, or `None` if they are not all there any more, or never were.
    pub(crate) fn since(&self, since: u64) -> Option<impl ExactSizeIterator<Item = &Utf8Bytes>> {
        let missed = usize::try_from(self.seq.checked_sub(since)?).ok()?;
        let skipped = self.history.len().checked_sub(missed)?;
        Some(self.history.range(skipped..))
    }

    /// The sockets that are present or typing, some of them twice.
    pub(crate) fn peers(&self) -> impl Iterator<Item = &Peer> {
        self.roster.peers().chain(self.typists.peers())
    }

    /// Forgets the kept events: nobody can resume from them.
    pub(crate) fn forget_history(&mut self) {
        self.history.clear();
        self.history_bytes = 0;
    }

    /// Whether somebody is present or typing in it.
    pub(crate) fn is_inhabited(&self) -> bool {
        !self.roster.is_empty() || !self.typists.is_empty()
    }

    /// Whether nothing would be lost with it.
    pub(crate) fn is_disposable(&self) -> bool {
        self.seq == 0 && self.epoch.is_none() && !self.is_inhabited()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(history: usize) -> Limits {
        Limits {
            history,
            history_bytes: 1_000,
            ..Limits::default()
        }
    }

    fn recorded(events: u64, max: usize) -> Channel {
        let mut channel = Channel::default();
        for n in 1..=events {
            channel.record(n.to_string().into(), &limits(max));
        }
        channel
    }

    fn since(channel: &Channel, seq: u64) -> Option<Vec<&str>> {
        channel
            .since(seq)
            .map(|frames| frames.map(Utf8Bytes::as_str).collect())
    }

    #[test]
    fn the_missed_events_are_there_as_long_as_the_history_reaches() {
        let channel = recorded(5, 3);
        assert_eq!(since(&channel, 2), Some(vec!["3", "4", "5"]));
        assert_eq!(since(&channel, 4), Some(vec!["5"]));
        assert_eq!(since(&channel, 5), Some(vec![]));
        assert_eq!(since(&channel, 1), None);
        assert_eq!(
            since(&channel, 6),
            None,
            "nobody can have seen an event that never was"
        );
        assert_eq!(since(&channel, u64::MAX), None);
    }

    #[test]
    fn the_history_is_bounded_in_bytes_too() {
        let mut channel = Channel::default();
        for _ in 0..3 {
            channel.record("x".repeat(500).into(), &limits(100));
        }
        assert!(channel.since(0).is_none());
        assert_eq!(channel.since(1).map(|frames| frames.len()), Some(2));
    }

    #[test]
    fn a_channel_is_the_same_after_a_journey_as_text() {
        let text = serde_json::to_string(&recorded(5, 3)).unwrap();
        let mut read: Channel = serde_json::from_str(&text).unwrap();
        assert_eq!(since(&read, 3), Some(vec!["4", "5"]));
        read.record("6".into(), &limits(2));
        assert_eq!(read.history_bytes, 2);
        assert_eq!(since(&read, 4), Some(vec!["5", "6"]));
        read.forget_history();
        assert_eq!((since(&read, 5), since(&read, 6)), (None, Some(vec![])));
    }
}
