//! One channel: its position, the events kept for those who resume, and who is in it.

use crate::{
    errors::{Refusal, quoted},
    limits,
    peer::Peer,
    presence::Roster,
    typing::Typists,
};
use axum::extract::ws::Utf8Bytes;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// What a channel name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind<'a> {
    Stocks,
    Stock,
    Tasks,
    Notifications,
    Room(&'a str),
}

impl<'a> Kind<'a> {
    pub(crate) fn of(channel: &'a str) -> Option<Self> {
        match channel {
            STOCKS => Some(Self::Stocks),
            TASKS => Some(Self::Tasks),
            NOTIFICATIONS => Some(Self::Notifications),
            _ => match channel.split_once(':')? {
                ("stocks", _) => Some(Self::Stock),
                ("room", name) if is_room_name(name) => Some(Self::Room(name)),
                _ => None,
            },
        }
    }
}

/// The channel of the list of all stocks.
pub(crate) const STOCKS: &str = "stocks";
/// The channel of the task board.
pub(crate) const TASKS: &str = "tasks";
/// The channel of notifications.
pub(crate) const NOTIFICATIONS: &str = "notifications";

/// The channel of one stock.
pub(crate) fn stock_channel(symbol: &str) -> String {
    format!("stocks:{symbol}")
}

/// The channel of a room.
pub(crate) fn room_channel(room: &str) -> String {
    format!("room:{room}")
}

/// The room that a channel is, for what only rooms have.
pub(crate) fn room_of(channel: &str) -> Result<&str, Refusal> {
    match Kind::of(channel) {
        Some(Kind::Room(room)) => Ok(room),
        Some(_) => Err(Refusal::Forbidden(format!(
            "{:?} is not a room",
            quoted(channel)
        ))),
        None => Err(Refusal::UnknownChannel(quoted(channel))),
    }
}

/// Whether a room may be called so: letters, digits, `-` and `_`.
pub(crate) fn is_room_name(name: &str) -> bool {
    let fits = (1..=realtime_demo_types::limits::NAME).contains(&name.chars().count());
    fits && name
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
}

/// One channel. Everything in it changes under the hub's lock, so that what is read with a position belongs to it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Channel {
    seq: u64,
    #[serde(with = "frames")]
    history: VecDeque<Utf8Bytes>,
    history_bytes: usize,
    pub(crate) roster: Roster,
    pub(crate) typists: Typists,
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
    /// The number of the last event.
    pub(crate) fn seq(&self) -> u64 {
        self.seq
    }

    /// The number that the next event takes.
    pub(crate) fn next_seq(&self) -> u64 {
        self.seq + 1
    }

    /// Keeps an event that took the next number.
    pub(crate) fn record(&mut self, frame: Utf8Bytes, max_events: usize) {
        self.seq += 1;
        self.history_bytes += frame.len();
        self.history.push_back(frame);
        while self.history.len() > max_events || self.history_bytes > limits::HISTORY_BYTES {
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

    /// Whether nothing would be lost with it.
    pub(crate) fn is_disposable(&self) -> bool {
        self.seq == 0 && self.roster.is_empty() && self.typists.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(events: u64, max: usize) -> Channel {
        let mut channel = Channel::default();
        for n in 1..=events {
            channel.record(n.to_string().into(), max);
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
            channel.record("x".repeat(limits::HISTORY_BYTES / 2).into(), 100);
        }
        assert!(channel.since(0).is_none());
        assert_eq!(channel.since(1).map(|frames| frames.len()), Some(2));
    }

    #[test]
    fn a_channel_is_the_same_after_a_journey_as_text() {
        let text = serde_json::to_string(&recorded(5, 3)).unwrap();
        let mut read: Channel = serde_json::from_str(&text).unwrap();
        assert_eq!(since(&read, 3), Some(vec!["4", "5"]));
        read.record("6".into(), 2);
        assert_eq!(read.history_bytes, 2);
        assert_eq!(since(&read, 4), Some(vec!["5", "6"]));
        read.forget_history();
        assert_eq!((since(&read, 5), since(&read, 6)), (None, Some(vec![])));
    }

    #[test]
    fn a_channel_name_says_what_it_stands_for() {
        assert_eq!(Kind::of("stocks"), Some(Kind::Stocks));
        assert_eq!(Kind::of("stocks:ACME"), Some(Kind::Stock));
        assert_eq!(Kind::of("room:lobby"), Some(Kind::Room("lobby")));
        for unknown in ["", "room", "room:", "room:a b", "room:a:b", "weather:today"] {
            assert_eq!(Kind::of(unknown), None, "{unknown}");
        }
    }
}
