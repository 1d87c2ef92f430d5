//! Feeds of the entries: what it means for them that a channel, or the link, comes, goes or is unknown.

use super::Client;
use crate::{
    channel::{self, ChannelError, ChannelState, GapReason},
    id::{ChannelName, History, Position},
    notify::Topic,
    ordered::OrderedSet,
    query::{Continuity, EntryId},
    time::Instant,
};

impl Client {
    /// A channel is live: so is each entry whose channels all are.
    pub(in crate::client) fn entries_live(
        &mut self,
        now: Instant,
        channel: &ChannelName,
        recovery: &channel::Continuity,
        position: Option<Position>,
    ) {
        let continuity = match recovery {
            channel::Continuity::Fresh => Continuity::Fresh,
            channel::Continuity::Recovered { .. } => Continuity::Recovered,
            channel::Continuity::Gap(reason) if reason.begins_anew() => Continuity::NewHistory,
            channel::Continuity::Gap(_) => Continuity::Gap,
            channel::Continuity::Unknown => Continuity::Unknown,
        };
        // The missed events are still to come.
        let position = match continuity {
            Continuity::Recovered => self.channels.position(channel).cloned(),
            _ => position,
        };
        for id in self.entries.fed_by(channel) {
            self.entries.note_recovery(id, *recovery);
            self.go_live(now, id, Some(continuity), position.clone(), None);
        }
        self.tell_anywhere(now, continuity);
    }

    /// Why events do not keep an entry fresh, as far as one of its channels is to blame.
    pub(in crate::client) fn channel_error_of(&self, entry: EntryId) -> Option<ChannelError> {
        let entry = self.entries.by_id.get(&entry)?;
        let mut channels = entry.channels.iter();
        let refusal = || channels.find_map(|it| self.channel_refusal(&it.channel));
        entry.channel_error.clone().or_else(refusal)
    }

    /// Whether a channel is refused has changed: tells those whom it feeds.
    pub(in crate::client) fn tell_of_channel(&mut self, channel: &ChannelName) {
        for id in self.entries.fed_by(channel) {
            self.dirty.mark(Topic::Query(id));
            self.dirty.mark(Topic::Order(id));
        }
        self.dirty.mark(Topic::Presence(channel.clone()));
    }

    /// A channel was asked for at `asked`, and nothing tells whether its events arrive.
    pub(in crate::client) fn entries_unknown(
        &mut self,
        now: Instant,
        channel: &ChannelName,
        asked: Instant,
    ) {
        for id in self.entries.fed_by(channel) {
            let unknown = channel::Continuity::Unknown;
            self.entries.note_recovery(id, unknown);
            self.go_live(now, id, None, None, Some(asked));
        }
        self.tell_anywhere(now, Continuity::Unknown);
    }

    /// The link is up: events without a channel flow again, and nobody can say what was missed.
    pub(in crate::client) fn link_entries_up(&mut self, now: Instant) {
        self.tell_anywhere(now, Continuity::Fresh);
    }

    /// Another channel, or the link itself, brings events to those that listen anywhere. If they
    /// were live before, what is fresh has brought them nothing so far that they could know of.
    fn tell_anywhere(&mut self, now: Instant, news: Continuity) {
        for id in self.entries.anywhere.clone() {
            let was_live = self.entries.by_id.get(&id).is_some_and(|it| it.was_live);
            let news = match news {
                Continuity::Fresh if was_live => Continuity::Unknown,
                news => news,
            };
            self.go_live(now, id, Some(news), None, None);
        }
    }

    /// Something is out of the way that those that listen anywhere may have waited for.
    pub(in crate::client) fn stop_waiting_for_channels(&mut self, now: Instant) {
        let is_waiting = |id: &EntryId| self.entries.by_id.get(id).is_some_and(|it| !it.is_live);
        let waiting = self.entries.anywhere.iter().copied().filter(is_waiting);
        for id in waiting.collect::<Vec<_>>() {
            self.go_live(now, id, None, None, None);
        }
    }

    /// The link is down.
    pub(in crate::client) fn link_entries_down(&mut self, now: Instant) {
        for id in self.entries.anywhere.clone() {
            self.entry_down(now, id);
        }
    }

    /// Tells the cache that an entry's events flow, if they do. `news` is what a channel that has
    /// just come back says of the time before; without it the channel was there all along, but the
    /// entry may not have been. `asked` is when a channel was asked for that has just become unknown.
    pub(super) fn go_live(
        &mut self,
        now: Instant,
        id: EntryId,
        news: Option<Continuity>,
        position: Option<Position>,
        asked: Option<Instant>,
    ) {
        let Some(entry) = self.entries.by_id.get_mut(&id) else {
            return;
        };
        entry.continuity = match (entry.continuity, news) {
            (Some(known), Some(news)) => Some(worse(known, news)),
            (known, news) => known.or(news),
        };
        if entry.is_live && news.is_none() || entry.bindings.is_empty() {
            return;
        }
        let position = position.or_else(|| {
            let first = entry.channels.first()?;
            self.channels.position(&first.channel).cloned()
        });
        let (mut open, mut known) = (true, true);
        for feeding in &entry.channels {
            match self.channels.state(&feeding.channel) {
                Some(ChannelState::Live) => {}
                Some(ChannelState::Unknown) => known = false,
                _ => open = false,
            }
        }
        if open && !known {
            entry.is_live = false;
            let asked = match news {
                // Another of its channels has lost something.
                Some(news) if news != Continuity::Recovered => Some(now),
                _ => asked,
            };
            return self.cache.source_unknown(now, id, asked);
        }
        // Any channel that is on its way back may bring what a fetch made now would lack or, of
        // several channels, what came before another's events that are lost.
        let link_is_live = || self.connection.is_open() && !self.channels.are_coming_back();
        if open && (!entry.listens_anywhere || link_is_live()) {
            entry.is_live = true;
            entry.was_live = true;
            let continuity = entry.continuity.take().unwrap_or(Continuity::Fresh);
            self.cache.source_live(now, id, continuity, position);
        }
    }

    /// A channel is down or gone: events may be missed from here on.
    pub(in crate::client) fn entries_down(&mut self, now: Instant, channel: &ChannelName) {
        for id in self.entries.fed_by(channel) {
            self.entry_down(now, id);
        }
    }

    fn entry_down(&mut self, now: Instant, id: EntryId) {
        if let Some(entry) = self.entries.by_id.get_mut(&id) {
            entry.is_live = false;
            self.cache.source_down(now, id);
        }
    }

    /// The server will not have us on a channel: nothing is to be waited for.
    pub(in crate::client) fn entries_refused(&mut self, now: Instant, channel: &ChannelName) {
        for id in self.entries.fed_by(channel) {
            self.entry_down(now, id);
            self.cache.source_refused(now, id);
        }
    }

    /// Events of a live channel are lost, perhaps some for those that listen to any channel. What
    /// has reached `position` contains them.
    pub(in crate::client) fn entries_gap(
        &mut self,
        now: Instant,
        channel: &ChannelName,
        reason: GapReason,
        position: Option<&Position>,
    ) {
        let fed = self.entries.fed_by(channel).into_iter();
        let fed: OrderedSet<EntryId> = fed.chain(self.entries.anywhere.iter().copied()).collect();
        let history = reason.begins_anew().then_some(History::New);
        for id in fed {
            self.entries
                .note_recovery(id, channel::Continuity::Gap(reason));
            self.cache.source_gap(now, id, history, position.cloned());
        }
    }
}

/// What two channels of one entry amount to together.
const fn worse(a: Continuity, b: Continuity) -> Continuity {
    const fn badness(continuity: Continuity) -> u8 {
        match continuity {
            Continuity::Recovered => 0,
            Continuity::Fresh => 1,
            Continuity::Unknown => 2,
            Continuity::Gap => 3,
            Continuity::NewHistory => 4,
        }
    }
    if badness(a) >= badness(b) { a } else { b }
}
