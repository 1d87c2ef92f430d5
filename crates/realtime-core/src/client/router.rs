//! The router: which channel an event is for, and who wants it.

use super::{
    Fault, ListenerId, ReceivedEvent,
    channel_rules::ChannelRules,
    part::Parts,
    route::{Routes, Target},
    turn::Turn,
};
use crate::{
    channel::{ChannelError, ChannelState, Channels, EventPosition, LeaseId, Verdict},
    id::{ChannelName, EntryId, Epoch, EventName, MessageId, Position},
    ordered::{OrderedMap, OrderedSet},
    presence,
    query::BindingIndex,
    time::Instant,
    wire::EventFrame,
};
use std::{borrow::Cow, rc::Rc};

/// How many names of events that nobody could be given are remembered for being told only once.
const MOST_TOLD: usize = 256;

/// How many events of a name may be for channels that nobody uses, and none for one that somebody
/// does, before that looks like a mistake.
const MISSES_TOLD: u32 = 20;

/// Several channels listen to an event that names none of them.
pub(super) struct Ambiguous;

/// What is known of an event before it is given to anyone.
pub(super) struct Addressed<'a> {
    /// The channel that it names, or that a rule leads it to.
    pub(super) channel: Option<Cow<'a, str>>,
    /// What its place in the channel's history says; none if it names no channel.
    pub(super) verdict: Option<Verdict>,
    /// The one channel that can be meant, if it names none.
    pub(super) only: Result<Option<ChannelName>, Ambiguous>,
}

impl Addressed<'_> {
    /// The channel whose listeners get it.
    pub(super) fn room(&self) -> Option<&str> {
        match self.verdict {
            Some(Verdict::Apply) => self.channel.as_deref(),
            Some(_) => None,
            None => self.only.as_ref().ok().and_then(Option::as_deref),
        }
    }
}

#[derive(Debug)]
struct Listener {
    event: EventName,
    channel: Option<ChannelName>,
    lease: Option<LeaseId>,
}

/// Who listens to what, and what tells the channel of an event that names none.
#[derive(Debug)]
pub(super) struct Router {
    routes: Routes,
    listeners: OrderedMap<ListenerId, Listener>,
    last_listener: u64,
    max_listeners: usize,
    rules: ChannelRules,
    /// Events that nobody could be given, which was told.
    unaddressed: OrderedSet<EventName>,
    /// How many events of a name were for channels that nobody uses; `None` once one has found
    /// somebody.
    misses: OrderedMap<EventName, Option<u32>>,
    /// The epoch seen last: most events share it, so it is not allocated again.
    epoch: Epoch,
    id_prefix: String,
}

impl Router {
    pub(super) fn new(rules: ChannelRules, max_listeners: usize, id_prefix: String) -> Self {
        Self {
            routes: Routes::default(),
            listeners: OrderedMap::new(),
            last_listener: 0,
            max_listeners,
            rules,
            unaddressed: OrderedSet::new(),
            misses: OrderedMap::new(),
            epoch: Epoch::from(""),
            id_prefix,
        }
    }

    /// Leads events to an entry of the cache.
    pub(super) fn add_entry(&mut self, id: EntryId, bindings: &[(EventName, Option<ChannelName>)]) {
        for (index, (event, channel)) in bindings.iter().enumerate() {
            let target = Target::Entry(id, BindingIndex::new(index));
            self.routes.add(event, channel.as_ref(), target);
        }
    }

    pub(super) fn remove_entry(
        &mut self,
        id: EntryId,
        bindings: &[(EventName, Option<ChannelName>)],
    ) {
        for (index, (event, channel)) in bindings.iter().enumerate() {
            let target = Target::Entry(id, BindingIndex::new(index));
            self.routes.remove(event, channel.as_ref(), target);
        }
    }

    /// Leads events to a listener of the app's.
    pub(super) fn listen(
        &mut self,
        now: Instant,
        event: &EventName,
        channel: Option<&ChannelName>,
        channels: &mut Channels,
    ) -> Result<ListenerId, ChannelError> {
        if self.listeners.len() >= self.max_listeners {
            return Err(ChannelError::TooManyListeners {
                limit: self.max_listeners,
            });
        }
        let lease = channel
            .map(|channel| channels.subscribe(now, channel))
            .transpose()?;
        self.last_listener += 1;
        let id = ListenerId(self.last_listener);
        self.routes.add(event, channel, Target::Listener(id));
        let listener = Listener {
            event: event.clone(),
            channel: channel.cloned(),
            lease,
        };
        self.listeners.insert(id, listener);
        Ok(id)
    }

    pub(super) fn unlisten(&mut self, now: Instant, id: ListenerId, channels: &mut Channels) {
        let Some(listener) = self.listeners.remove(&id) else {
            return;
        };
        let channel = listener.channel.as_ref();
        self.routes
            .remove(&listener.event, channel, Target::Listener(id));
        if let Some(lease) = listener.lease {
            channels.release(now, lease);
        }
    }

    /// Finds out which channel an event is for, and counts it in there.
    pub(super) fn address<'a>(
        &self,
        now: Instant,
        frame: &'a EventFrame<'_>,
        channels: &mut Channels,
        parts: &Parts,
    ) -> Addressed<'a> {
        let in_use = |channel: &str| channels.state(channel).is_some();
        let channel: Option<Cow<'_, str>> = match frame.channel.as_deref() {
            Some(channel) if in_use(channel) => Some(Cow::Borrowed(channel)),
            framed => (self.rules).channel_of(&frame.event, &frame.data, framed, in_use),
        };
        let shows = self.shows(frame);
        if let Some(channel) = &channel {
            let position = frame.seq.map(|seq| EventPosition {
                epoch: frame.epoch.as_deref(),
                seq,
            });
            let verdict = Some(channels.judge(now, channel, position, shows));
            return Addressed {
                channel: Some(channel.clone()),
                verdict,
                only: Ok(None),
            };
        }
        let mut listening = self.listening(&frame.event, channels, parts);
        let first = listening.next();
        let only = match first {
            None => Ok(parts.only_channel().cloned()),
            Some(first) if listening.any(|other| other != first) => Err(Ambiguous),
            Some(first) => Ok(Some(first.clone())),
        };
        let is_known = first.is_some();
        drop(listening);
        // An event that names no channel shows that the only one which listens to it is live.
        if let Ok(Some(channel)) = &only
            && shows
            && is_known
            && channels.state(channel) == Some(ChannelState::Unknown)
        {
            channels.check(now, channel, None);
        }
        Addressed {
            channel: None,
            verdict: None,
            only,
        }
    }

    /// Whether an event shows that we are subscribed. Whoever announces itself gets `presence:sync`,
    /// and whoever says something may get its echo, subscribed or not.
    fn shows(&self, frame: &EventFrame<'_>) -> bool {
        let is_echo = |id: &str| id.starts_with(&self.id_prefix);
        frame.event != presence::SYNC && !frame.id.as_deref().is_some_and(is_echo)
    }

    /// The channels of those who listen to an event, as far as the server may send us any: not those
    /// that it refuses, nor those of entries that are only kept. One may come more than once.
    fn listening<'a>(
        &'a self,
        event: &'a str,
        channels: &'a Channels,
        parts: &'a Parts,
    ) -> impl Iterator<Item = &'a ChannelName> {
        let may_come = |channel: &&ChannelName| {
            let state = channels.state(channel);
            !matches!(state, None | Some(ChannelState::Refused(_)))
        };
        let bound = self.routes.channels_of(event);
        bound.chain(parts.listening(event)).filter(may_come)
    }

    /// Writes an event's targets to `found`.
    pub(super) fn find(&self, event: &str, room: Option<&str>, found: &mut Vec<Target>) {
        self.routes.find(event, room, found);
    }

    /// An event may be for any of several channels, and so was given to none of them: tells, once for
    /// each name. Gives the entries that may lack it now.
    pub(super) fn unaddressed(
        &mut self,
        event: &str,
        channels: &Channels,
        parts: &Parts,
        turn: &mut Turn,
    ) -> Vec<EntryId> {
        turn.stats.unaddressed_events += 1;
        let bound = self.routes.channels_of(event);
        let bound = bound.flat_map(|channel| self.routes.bound_to(event, channel));
        let entries = bound.filter_map(Target::entry).collect();
        if self.unaddressed.len() < MOST_TOLD && !self.unaddressed.contains(event) {
            let channels = self.count(event, channels, parts);
            let event = EventName::from(event);
            self.unaddressed.insert(event.clone());
            turn.fault(Fault::Unaddressed { event, channels });
        }
        entries
    }

    fn count(&self, event: &str, channels: &Channels, parts: &Parts) -> usize {
        let listening = self.listening(event, channels, parts);
        listening.collect::<OrderedSet<_>>().len()
    }

    /// Notes whether an event that names a channel, or is led to one, has found somebody. Events of
    /// channels that nobody uses are no mistake, but if all are of such, and others are listened to,
    /// it is told, once for each name.
    pub(super) fn note(
        &mut self,
        event: &str,
        channel: &str,
        found: bool,
        channels: &Channels,
        parts: &Parts,
        turn: &mut Turn,
    ) {
        let so_far = match self.misses.get(event) {
            Some(None) => return,
            Some(Some(misses)) => *misses,
            None if self.misses.len() >= MOST_TOLD => return,
            None => 0,
        };
        if found {
            self.misses.insert(EventName::from(event), None);
            return;
        }
        let is_miss = channels.state(channel).is_none();
        if !is_miss || self.listening(event, channels, parts).next().is_none() {
            return;
        }
        let misses = so_far.saturating_add(1);
        self.misses.insert(EventName::from(event), Some(misses));
        if misses == MISSES_TOLD {
            turn.fault(Fault::Misaddressed {
                event: EventName::from(event),
                channel: ChannelName::from(channel),
                channels: self.count(event, channels, parts),
            });
        }
    }

    /// Where an event stands in its channel's history, if the server numbers events. Without a word
    /// of the epoch, it is that of the channel.
    pub(super) fn position_of(
        &mut self,
        frame: &EventFrame<'_>,
        channel: Option<&str>,
        channels: &Channels,
    ) -> Option<Position> {
        let seq = frame.seq?;
        let epoch = match frame.epoch.as_deref() {
            None => {
                let position = channel.and_then(|channel| channels.position(channel));
                position.map_or_else(|| Epoch::from(""), |position| position.epoch.clone())
            }
            Some(epoch) => {
                if &*self.epoch != epoch {
                    self.epoch = Epoch::from(epoch);
                }
                self.epoch.clone()
            }
        };
        Some(Position { epoch, seq })
    }
}

/// An event as listeners get it.
pub(super) fn received(
    frame: &EventFrame<'_>,
    channel: Option<&str>,
    position: Option<&Position>,
    id: Option<&MessageId>,
) -> Rc<ReceivedEvent> {
    Rc::new(ReceivedEvent {
        event: EventName::from(frame.event.as_ref()),
        channel: channel.map(ChannelName::from),
        data: frame.data.as_ref().into(),
        position: position.cloned(),
        id: id.cloned(),
    })
}
