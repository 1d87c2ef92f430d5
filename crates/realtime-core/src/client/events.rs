//! From an event in a frame to everyone it concerns.

use super::{Client, Fault, Output, ReceivedEvent, route::Target};
use crate::{
    channel::{ChannelState, EventPosition, Verdict},
    id::{ChannelName, Epoch, EventName, MessageId, Position},
    presence,
    query::{EntryId, EventView},
    time::Instant,
    wire::EventFrame,
};
use rustc_hash::FxHashSet;
use std::{borrow::Cow, rc::Rc};

/// How many names of events that nobody could be given are remembered for being told only once.
const MOST_TOLD: usize = 256;

/// How many events of a name may be for channels that nobody uses, and none for one that somebody
/// does, before that looks like a mistake.
const MISSES_TOLD: u32 = 20;

/// Several channels listen to an event that names none of them.
struct Ambiguous;

impl Client {
    pub(super) fn event(&mut self, now: Instant, frame: &EventFrame<'_>) {
        let in_use = |channel: &str| self.channels.state(channel).is_some();
        let channel: Option<Cow<'_, str>> = match frame.channel.as_deref() {
            Some(channel) if in_use(channel) => Some(Cow::Borrowed(channel)),
            framed => {
                let (rules, event) = (&self.channel_rules, &frame.event);
                rules.channel_of(event, &frame.data, framed, in_use)
            }
        };
        let channel = channel.as_deref();
        let verdict = channel.map(|channel| {
            let position = frame.seq.map(|seq| EventPosition {
                epoch: frame.epoch.as_deref(),
                seq,
            });
            let shows = self.shows(frame);
            self.channels.judge(now, channel, position, shows)
        });
        let mut only = Ok(None);
        let room = match verdict {
            Some(Verdict::Duplicate | Verdict::Early) => return,
            Some(Verdict::Unsubscribed) => None,
            Some(Verdict::Apply) => channel,
            None => {
                only = self.only_channel(&frame.event);
                self.hear_unnamed(now, frame, &only);
                only.as_ref().ok().and_then(Option::as_deref)
            }
        };
        // A hole was noticed just now: what it feeds must know before the event is applied.
        self.drain_channels(now);
        let position = frame.seq.map(|seq| Position {
            epoch: self.epoch_of(frame, channel),
            seq,
        });
        let concerned = self.deliver(now, frame, channel, room, position.as_ref());
        let mut faults = Vec::new();
        let known = room.is_some_and(|room| self.rooms.receive(now, room, frame, &mut faults));
        for fault in faults {
            self.fault(fault);
        }
        self.stop_waiting_for_channels(now);
        if let Err(Ambiguous) = only {
            self.unaddressed(now, &frame.event);
        }
        if let Some(channel) = channel {
            let found = room.is_some() && (concerned || known);
            self.note_address(&frame.event, channel, found);
        }
        if concerned || known {
            self.stats.events += 1;
        } else if only.is_ok() {
            self.stats.unknown_events += 1;
        }
    }

    /// Whether an event shows that we are subscribed. Whoever announces itself gets `presence:sync`,
    /// and whoever says something may get its echo, subscribed or not.
    fn shows(&self, frame: &EventFrame<'_>) -> bool {
        let is_echo = |id: &str| id.starts_with(&self.id_prefix);
        frame.event != presence::SYNC && !frame.id.as_deref().is_some_and(is_echo)
    }

    /// The one channel that can be meant by an event that names none: the only one that listens to
    /// it or, if none does, the only one where somebody may have stopped typing by it.
    fn only_channel(&self, event: &str) -> Result<Option<ChannelName>, Ambiguous> {
        let mut listening = self.listening(event);
        let Some(only) = listening.next() else {
            return Ok(self.rooms.only().cloned());
        };
        if listening.any(|channel| channel != only) {
            return Err(Ambiguous);
        }
        Ok(Some(only.clone()))
    }

    /// An event that names no channel shows that the only one which listens to it is live.
    fn hear_unnamed(
        &mut self,
        now: Instant,
        frame: &EventFrame<'_>,
        only: &Result<Option<ChannelName>, Ambiguous>,
    ) {
        if let Ok(Some(channel)) = only
            && self.shows(frame)
            && self.channels.state(channel) == Some(ChannelState::Unknown)
            && self.listening(&frame.event).next().is_some()
        {
            self.channels.check(now, channel, None);
        }
    }

    /// The channels of those who listen to an event, as far as the server may send us any: not those
    /// that it refuses, nor those of entries that are only kept. One may come more than once.
    fn listening(&self, event: &str) -> impl Iterator<Item = &ChannelName> {
        let may_come = |channel: &&ChannelName| {
            let state = self.channels.state(channel);
            !matches!(state, None | Some(ChannelState::Refused(_)))
        };
        let bound = self.routes.channels_of(event);
        bound.chain(self.rooms.listening(event)).filter(may_come)
    }

    /// An event may be for any of several channels, and so was given to none of them: has fetched
    /// what may lack it now, and tells, once for each name.
    fn unaddressed(&mut self, now: Instant, event: &str) {
        self.stats.unaddressed_events += 1;
        let bound = self.routes.channels_of(event);
        let bound = bound.flat_map(|channel| self.routes.bound_to(event, channel));
        let entries: Vec<EntryId> = bound.filter_map(Target::entry).collect();
        for entry in entries {
            self.cache.source_gap(now, entry, None, None);
        }
        if self.unaddressed.len() < MOST_TOLD && !self.unaddressed.contains(event) {
            let channels: FxHashSet<&ChannelName> = self.listening(event).collect();
            let channels = channels.len();
            let event = EventName::from(event);
            self.unaddressed.insert(event.clone());
            self.fault(Fault::Unaddressed { event, channels });
        }
    }

    /// Notes whether an event that names a channel, or is led to one, has found somebody. Events of
    /// channels that nobody uses are no mistake, but if all are of such, and others are listened to,
    /// it is told, once for each name.
    fn note_address(&mut self, event: &str, channel: &str, found: bool) {
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
        let is_miss = self.channels.state(channel).is_none();
        if !is_miss || self.listening(event).next().is_none() {
            return;
        }
        let misses = so_far.saturating_add(1);
        self.misses.insert(EventName::from(event), Some(misses));
        if misses == MISSES_TOLD {
            let channels: FxHashSet<&ChannelName> = self.listening(event).collect();
            let channels = channels.len();
            self.fault(Fault::Misaddressed {
                event: EventName::from(event),
                channel: ChannelName::from(channel),
                channels,
            });
        }
    }

    fn deliver(
        &mut self,
        now: Instant,
        frame: &EventFrame<'_>,
        channel: Option<&str>,
        room: Option<&str>,
        position: Option<&Position>,
    ) -> bool {
        let mut targets = std::mem::take(&mut self.targets);
        self.routes.find(&frame.event, room, &mut targets);
        let concerned = !targets.is_empty();
        let id = frame.id.as_deref().map(MessageId::from);
        let mut received: Option<Rc<ReceivedEvent>> = None;
        for target in targets.drain(..) {
            match target {
                Target::Entry(entry, binding) => {
                    let view = EventView {
                        event: &frame.event,
                        channel,
                        data: &frame.data,
                        position,
                        id: id.as_ref(),
                    };
                    if let Err(error) = self.cache.apply_event(now, entry, binding, &view) {
                        self.fault(Fault::Payload {
                            event: EventName::from(frame.event.as_ref()),
                            channel: channel.map(ChannelName::from),
                            error,
                        });
                    }
                    self.hear_overlay(now, entry);
                }
                Target::Listener(listener) => {
                    let event = received.get_or_insert_with(|| {
                        Rc::new(ReceivedEvent {
                            event: EventName::from(frame.event.as_ref()),
                            channel: channel.map(ChannelName::from),
                            data: frame.data.as_ref().into(),
                            position: position.cloned(),
                            id: id.clone(),
                        })
                    });
                    let event = Rc::clone(event);
                    self.outputs.push_back(Output::Event { listener, event });
                }
            }
        }
        self.targets = targets;
        concerned
    }

    /// The epoch that an event's `seq` counts in: without a word of it, that of its channel.
    fn epoch_of(&mut self, frame: &EventFrame<'_>, channel: Option<&str>) -> Epoch {
        let Some(epoch) = frame.epoch.as_deref() else {
            let position = channel.and_then(|channel| self.channels.position(channel));
            return position.map_or_else(|| Epoch::from(""), |position| position.epoch.clone());
        };
        if &*self.epoch != epoch {
            self.epoch = Epoch::from(epoch);
        }
        self.epoch.clone()
    }
}
