//! Channels: those in which something has happened, and in which history they are counted.
//!
//! They change by what is published and by [`Change`]s only: copies that are given the same ones in the same order are the
//! same.
//!
//! [`Change`]: crate::replica::Change

use crate::{
    Limits, Position,
    channel::Channel,
    peer::{NodeId, Peer},
};
use serde::{Deserialize, Serialize};
use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap},
    time::{Duration, Instant},
};

/// How long nothing is looked for that may go, after too little was found.
const LOOKS_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// The channels in which something has happened.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Channels {
    epoch: String,
    /// How often channels were forgotten that clients may know: what comes into being afterwards is counted anew.
    era: u64,
    open: HashMap<String, Channel>,
    /// When it was last looked in vain for some that may go: that takes long, and is not done for each name that somebody
    /// thinks of.
    #[serde(skip)]
    in_vain: Option<Instant>,
}

/// There are as many channels as there may be, and all are in use.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooMany;

/// A name for a history that no other one has.
pub(crate) fn new_epoch() -> String {
    std::iter::repeat_with(fastrand::alphanumeric)
        .take(10)
        .collect()
}

impl Channels {
    pub(crate) fn new(epoch: String) -> Self {
        Self {
            epoch,
            era: 0,
            open: HashMap::new(),
            in_vain: None,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.open.len()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Channel> {
        self.open.get(name)
    }

    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut Channel> {
        self.open.get_mut(name)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&String, &Channel)> {
        self.open.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (&String, &mut Channel)> {
        self.open.iter_mut()
    }

    /// Where a channel stands; one in which nothing has happened yet is at its start.
    pub(crate) fn position(&self, name: &str) -> Position {
        let channel = self.open.get(name);
        Position {
            epoch: match channel {
                Some(channel) => channel.epoch.clone().unwrap_or_else(|| self.epoch.clone()),
                None => self.epoch_of_new().unwrap_or_else(|| self.epoch.clone()),
            },
            seq: channel.map_or(0, Channel::seq),
        }
    }

    /// Whether `epoch` is that of a channel.
    pub(crate) fn is_epoch_of(&self, name: &str, epoch: &str) -> bool {
        match self.open.get(name) {
            Some(channel) => channel.epoch.as_deref().unwrap_or(&self.epoch) == epoch,
            None => self.epoch_of_new().as_deref().unwrap_or(&self.epoch) == epoch,
        }
    }

    fn epoch_of_new(&self) -> Option<String> {
        (self.era > 0).then(|| format!("{}.{}", self.epoch, self.era))
    }

    /// Finds a channel, or lets it come into being. Where there are too many, some that nobody follows make way, if
    /// `may_forget`; `forgotten` counts them.
    pub(crate) fn open(
        &mut self,
        name: &str,
        limits: &Limits,
        may_forget: bool,
        is_followed: impl Fn(&str) -> bool,
        forgotten: &mut u64,
    ) -> Result<&mut Channel, TooMany> {
        if !self.open.contains_key(name) {
            if self.open.len() >= limits.channels {
                if may_forget {
                    *forgotten += self.forget_quiet(limits.channels, is_followed);
                }
                if self.open.len() >= limits.channels {
                    return Err(TooMany);
                }
            }
            let channel = Channel::new(self.epoch_of_new());
            self.open.insert(name.to_owned(), channel);
        }
        Ok(self.open.entry(name.to_owned()).or_default())
    }

    /// Forgets those that were quiet longest, a sixteenth of all at once, so that it is seldom done.
    fn forget_quiet(&mut self, most: usize, is_followed: impl Fn(&str) -> bool) -> u64 {
        let is_soon = |at: Instant| at.elapsed() < LOOKS_AGAIN_AFTER;
        if self.in_vain.is_some_and(is_soon) {
            return 0;
        }
        let mut quiet: Vec<(Reverse<Option<Instant>>, String)> = self
            .open
            .iter()
            .filter(|(name, channel)| !channel.is_inhabited() && !is_followed(name))
            .map(|(name, channel)| (Reverse(channel.used), name.clone()))
            .collect();
        let count = (most / 16).max(1);
        let kept = quiet.len().saturating_sub(count);
        if kept > 0 {
            quiet.select_nth_unstable(kept);
        }
        let gone = quiet.split_off(kept);
        for (_, name) in &gone {
            self.open.remove(name);
        }
        self.era += u64::from(!gone.is_empty());
        self.in_vain = (gone.len() < count).then(Instant::now);
        gone.len() as u64
    }

    /// Forgets a channel in which nothing was ever said and nobody is.
    pub(crate) fn close_if_unused(&mut self, name: &str) {
        if self.open.get(name).is_some_and(Channel::is_disposable) {
            self.open.remove(name);
        }
    }

    /// Forgets a channel: when it comes into being again, it is in another history.
    pub(crate) fn remove(&mut self, name: &str) {
        let gone = self.open.remove(name);
        let is_given_again = gone.is_some_and(|channel| channel.epoch == self.epoch_of_new());
        self.era += u64::from(is_given_again);
    }

    /// Another history begins on all channels that have none of their own: what clients know of this one counts no more.
    pub(crate) fn begin_epoch(&mut self, epoch: String) {
        let of_an_era = format!("{}.", self.epoch);
        for channel in self.open.values_mut() {
            let own = channel.epoch.as_deref();
            if own.is_none_or(|own| own.starts_with(&of_an_era)) {
                channel.epoch = None;
                channel.forget_history();
            }
        }
        self.epoch = epoch;
        self.era = 0;
    }

    /// The processes whose sockets are present or typing somewhere.
    pub(crate) fn nodes(&self) -> BTreeSet<NodeId> {
        let peers = self.open.values().flat_map(Channel::peers);
        peers.map(|peer| peer.node.clone()).collect()
    }

    /// Where the sockets of a process are present or typing.
    pub(crate) fn places_of(&self, node: &NodeId) -> Vec<(String, Peer)> {
        let mut places = Vec::new();
        for (name, channel) in &self.open {
            let of_node = channel.peers().filter(|peer| peer.node == *node);
            places.extend(of_node.map(|peer| (name.clone(), peer.clone())));
        }
        places
    }

    /// A copy of those whose names are to be kept.
    pub(crate) fn filtered(&self, keep: impl Fn(&str) -> bool) -> Self {
        let kept = self.open.iter().filter(|(name, _)| keep(name));
        Self {
            epoch: self.epoch.clone(),
            era: self.era,
            in_vain: None,
            open: kept
                .map(|(name, channel)| (name.clone(), channel.clone()))
                .collect(),
        }
    }

    /// Takes the place of `self` with another copy's channels, but for those of its own that are to be kept.
    pub(crate) fn replace(&mut self, mut other: Self, keep: impl Fn(&str) -> bool) {
        other
            .open
            .extend(self.open.extract_if(|name, _| keep(name)));
        *self = other;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(channels: usize) -> Limits {
        Limits {
            channels,
            ..Limits::default()
        }
    }

    fn publish(channels: &mut Channels, name: &str, limits: &Limits, followed: &[&str]) -> bool {
        let is_followed = |name: &str| followed.contains(&name);
        match channels.open(name, limits, true, is_followed, &mut 0) {
            Ok(channel) => {
                channel.record("x".into(), limits);
                true
            }
            Err(TooMany) => false,
        }
    }

    #[test]
    fn the_quietest_makes_way_and_is_counted_anew_when_it_comes_back() {
        let (mut channels, limits) = (Channels::new("e".into()), limits(2));
        assert!(publish(&mut channels, "a", &limits, &[]));
        assert!(publish(&mut channels, "b", &limits, &[]));
        let before = channels.position("a");
        assert!(publish(&mut channels, "c", &limits, &["b"]));
        assert!(channels.get("a").is_none() && channels.get("b").is_some());
        assert!(publish(&mut channels, "a", &limits, &["b"]));
        let after = channels.position("a");
        assert_eq!(after.seq, 1);
        assert_ne!(after.epoch, before.epoch);
        assert!(!channels.is_epoch_of("a", &before.epoch));
        assert_eq!(channels.position("b").epoch, "e", "others go on");
    }

    #[test]
    fn none_makes_way_that_is_in_use() {
        let (mut channels, limits) = (Channels::new("e".into()), limits(2));
        for name in ["a", "b"] {
            assert!(publish(&mut channels, name, &limits, &[]));
        }
        assert!(!publish(&mut channels, "c", &limits, &["a", "b"]));
        assert_eq!(channels.len(), 2);
    }

    #[test]
    fn a_position_of_a_channel_that_is_not_there_is_the_one_it_will_begin_at() {
        let (mut channels, limits) = (Channels::new("e".into()), limits(9));
        publish(&mut channels, "a", &limits, &[]);
        channels.remove("a");
        let before = channels.position("b");
        publish(&mut channels, "b", &limits, &[]);
        assert_eq!(channels.position("b").epoch, before.epoch);
    }

    #[test]
    fn another_epoch_is_none_of_a_channel_that_has_its_own() {
        let (mut channels, limits) = (Channels::new("e".into()), limits(9));
        publish(&mut channels, "a", &limits, &[]);
        channels.remove("a");
        for name in ["a", "shared", "own"] {
            publish(&mut channels, name, &limits, &[]);
        }
        let own = channels.get_mut("own").expect("it was published on");
        own.epoch = Some("x".into());
        channels.begin_epoch("f".into());
        let epoch = |name| channels.position(name).epoch;
        assert_eq!([epoch("a"), epoch("shared"), epoch("own")], ["f", "f", "x"]);
        let remembers = |name| {
            let channel = channels.get(name).expect("it is there");
            channel.since(0).is_some()
        };
        assert_eq!(["a", "shared", "own"].map(remembers), [false, false, true]);
    }
}
