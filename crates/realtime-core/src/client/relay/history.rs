//! History: the last events of each channel, for tabs that had come less far, and where each stands.

use crate::{
    id::{ChannelName, Epoch, Position},
    ordered::OrderedMap,
};
use std::{collections::VecDeque, rc::Rc};

/// How many events are kept, of all channels, and how many bytes of them.
const MOST_EVENTS: usize = 4_096;
const MOST_BYTES: usize = 4 << 20;
/// How many channels are known; with one more it begins anew.
const MOST_CHANNELS: usize = 4_096;

#[derive(Debug)]
struct Past {
    /// Where the channel stood before the first event that is kept.
    base: Position,
    /// Where it stands.
    last: u64,
    /// Whether the position is one of ours, as the server has none.
    is_own: bool,
    events: VecDeque<Rc<str>>,
}

impl Past {
    fn at(position: Position, is_own: bool) -> Self {
        Self {
            last: position.seq,
            base: position,
            is_own,
            events: VecDeque::new(),
        }
    }

    fn position(&self) -> Position {
        Position {
            epoch: self.base.epoch.clone(),
            seq: self.last,
        }
    }
}

/// What a relay remembers of what has come.
#[derive(Debug)]
pub(super) struct History {
    /// Before the names of our own epochs, which are nobody else's.
    prefix: String,
    last_epoch: u64,
    channels: OrderedMap<ChannelName, Past>,
    /// Which channel each event that is kept is of, oldest first. One whose channel has begun anew
    /// may be gone already.
    order: VecDeque<(ChannelName, usize)>,
    bytes: usize,
}

impl History {
    pub(super) const fn new(prefix: String) -> Self {
        Self {
            prefix,
            last_epoch: 0,
            channels: OrderedMap::new(),
            order: VecDeque::new(),
            bytes: 0,
        }
    }

    /// Where a channel stands for those that follow; it begins here, if it is new.
    pub(super) fn position(
        &mut self,
        channel: &ChannelName,
        server: Option<&Position>,
    ) -> Position {
        if !self.channels.contains_key(channel) {
            self.begin(channel, server);
        }
        let past = self.channels.get(channel);
        past.map_or_else(nowhere, Past::position)
    }

    /// A channel is live: whether what was said of it before holds on. It does if nothing was lost on
    /// the way: the server stands where we do, or has no positions and goes on where it ended.
    pub(super) fn resume(
        &mut self,
        channel: &ChannelName,
        server: Option<&Position>,
        resumed: bool,
    ) -> bool {
        let Some(past) = self.channels.get(channel) else {
            return true;
        };
        let holds = match server {
            Some(server) => !past.is_own && past.position() == *server,
            None => past.is_own && resumed,
        };
        if !holds {
            self.begin(channel, server);
        }
        holds
    }

    fn begin(&mut self, channel: &ChannelName, server: Option<&Position>) {
        self.forget(channel);
        if self.channels.len() >= MOST_CHANNELS {
            self.clear();
        }
        let past = match server {
            Some(position) => Past::at(position.clone(), false),
            None => {
                self.last_epoch += 1;
                let epoch = Epoch::from(format!("{}-{}", self.prefix, self.last_epoch));
                Past::at(Position { epoch, seq: 0 }, true)
            }
        };
        self.channels.insert(channel.clone(), past);
    }

    fn forget(&mut self, channel: &ChannelName) {
        if let Some(past) = self.channels.remove(channel) {
            self.bytes -= past.events.iter().map(|event| event.len()).sum::<usize>();
            self.order.retain(|(of, _)| of != channel);
        }
    }

    pub(super) fn clear(&mut self) {
        self.channels.clear();
        self.order.clear();
        self.bytes = 0;
    }

    /// The place that an event takes. The server's, if it numbers them; else one of ours.
    pub(super) fn place(
        &mut self,
        channel: &ChannelName,
        server: Option<&Position>,
    ) -> Option<Position> {
        if let Some(server) = server {
            let follows = self.channels.get(channel).is_some_and(|past| {
                let is_next = past.last.checked_add(1) == Some(server.seq);
                !past.is_own && past.base.epoch == server.epoch && is_next
            });
            if !follows {
                // Whoever follows sees the hole, too.
                let before = Position {
                    seq: server.seq.saturating_sub(1),
                    ..server.clone()
                };
                self.begin(channel, Some(&before));
            }
        } else if !self.channels.contains_key(channel) {
            self.begin(channel, None);
        }
        let past = self.channels.get_mut(channel)?;
        if server.is_none() && !past.is_own {
            // The server numbers the events of this channel, but not this one: it is not kept there.
            return None;
        }
        past.last = past.last.saturating_add(1);
        Some(past.position())
    }

    /// Keeps an event that has just taken its place.
    pub(super) fn keep(&mut self, channel: &ChannelName, event: &str) {
        let Some(past) = self.channels.get_mut(channel) else {
            return;
        };
        past.events.push_back(event.into());
        self.bytes += event.len();
        self.order.push_back((channel.clone(), event.len()));
        while self.order.len() > MOST_EVENTS || self.bytes > MOST_BYTES {
            let Some((channel, bytes)) = self.order.pop_front() else {
                return;
            };
            if let Some(past) = self.channels.get_mut(&channel)
                && past.events.pop_front().is_some()
            {
                past.base.seq += 1;
                self.bytes -= bytes;
            }
        }
    }

    /// What came after `since`; `None` if nobody knows.
    pub(super) fn after(&self, channel: &ChannelName, since: &Position) -> Option<Vec<Rc<str>>> {
        let past = self.channels.get(channel)?;
        let skipped = since.seq.checked_sub(past.base.seq)?;
        if past.base.epoch != since.epoch || since.seq > past.last {
            return None;
        }
        let skipped = usize::try_from(skipped).ok()?;
        Some(past.events.iter().skip(skipped).cloned().collect())
    }
}

/// A place in no history.
fn nowhere() -> Position {
    Position {
        epoch: "".into(),
        seq: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(epoch: &str, seq: u64) -> Position {
        Position {
            epoch: epoch.into(),
            seq,
        }
    }

    fn texts(history: &History, since: &Position) -> Option<Vec<String>> {
        let after = history.after(&"c".into(), since)?;
        Some(after.iter().map(ToString::to_string).collect())
    }

    fn take(history: &mut History, server: Option<&Position>, text: &str) -> Option<Position> {
        let place = history.place(&"c".into(), server);
        if place.is_some() {
            history.keep(&"c".into(), text);
        }
        place
    }

    #[test]
    fn what_came_after_a_position_is_known_until_it_is_too_long_ago() {
        let mut history = History::new("t".into());
        let channel = ChannelName::from("c");
        assert_eq!(history.position(&channel, Some(&at("e", 7))), at("e", 7));
        for seq in 8..=10 {
            let place = take(&mut history, Some(&at("e", seq)), &seq.to_string());
            assert_eq!(place, Some(at("e", seq)));
        }
        assert_eq!(texts(&history, &at("e", 8)).unwrap(), ["9", "10"]);
        assert_eq!(texts(&history, &at("e", 10)).unwrap(), [""; 0]);
        for unknown in [at("e", 6), at("e", 11), at("f", 8)] {
            assert_eq!(texts(&history, &unknown), None);
        }
        let large = "x".repeat(MOST_BYTES - 2);
        take(&mut history, Some(&at("e", 11)), &large);
        assert_eq!(texts(&history, &at("e", 8)), None, "8 and 9 made room");
        assert_eq!(texts(&history, &at("e", 9)).unwrap().len(), 2);
        assert!(history.bytes <= MOST_BYTES);
    }

    #[test]
    fn a_hole_or_another_epoch_begins_it_anew() {
        let mut history = History::new("t".into());
        take(&mut history, Some(&at("e", 1)), "1");
        take(&mut history, Some(&at("e", 3)), "3");
        assert_eq!(texts(&history, &at("e", 1)), None);
        assert_eq!(texts(&history, &at("e", 2)).unwrap(), ["3"]);
        take(&mut history, Some(&at("f", 1)), "1");
        assert_eq!(texts(&history, &at("e", 2)), None);
        assert_eq!(history.bytes, 1);
        assert_eq!(history.order.len(), 1);
    }

    #[test]
    fn without_positions_of_the_server_ours_count_for_as_long_as_nothing_can_be_lost() {
        let mut history = History::new("t".into());
        let channel = ChannelName::from("c");
        let start = history.position(&channel, None);
        let first = take(&mut history, None, "a").unwrap();
        assert_eq!((start.seq, first.seq), (0, 1));
        assert_eq!(texts(&history, &start).unwrap(), ["a"]);
        assert!(history.resume(&channel, None, true));
        assert!(
            !history.resume(&channel, None, false),
            "something may be lost"
        );
        assert_eq!(texts(&history, &start), None);
        assert_ne!(history.position(&channel, None).epoch, start.epoch);
        assert!(!history.resume(&channel, Some(&at("e", 1)), true));
        assert!(history.resume(&channel, Some(&at("e", 1)), true));
        assert_eq!(take(&mut history, None, "ephemeral"), None);
    }
}
