//! From an event in a frame to everyone it concerns.

use super::{Client, Fault, Output, ReceivedEvent, route::Target};
use crate::{
    channel::{EventPosition, Verdict},
    id::{ChannelName, Epoch, EventName, MessageId, Position},
    query::EventView,
    time::Instant,
    wire::{EventFrame, Text},
};
use serde::Deserialize;
use std::{borrow::Cow, rc::Rc};

impl Client {
    pub(super) fn event(&mut self, now: Instant, frame: &EventFrame<'_>) {
        let channel: Option<Cow<'_, str>> = match &frame.channel {
            Some(channel) => Some(Cow::Borrowed(channel)),
            None => channel_in(&frame.data),
        };
        let channel = channel.as_deref();
        let verdict = channel.map(|channel| {
            let position = frame.seq.map(|seq| EventPosition {
                epoch: frame.epoch.as_deref(),
                seq,
            });
            self.channels.check(channel, position)
        });
        let held = match verdict {
            Some(Verdict::Duplicate | Verdict::Early) => return,
            Some(Verdict::Unsubscribed) => false,
            Some(Verdict::Apply) | None => true,
        };
        // A hole was noticed just now: what it feeds must know before the event is applied.
        self.drain_channels(now);
        let position = frame.seq.map(|seq| Position {
            epoch: self.epoch_of(frame, channel),
            seq,
        });
        let concerned = self.deliver(now, frame, channel, held, position.as_ref());
        let mut faults = Vec::new();
        let known = held && self.rooms.receive(now, channel, frame, &mut faults);
        for fault in faults {
            self.fault(fault);
        }
        self.stop_waiting_for_channels(now);
        if concerned || known {
            self.stats.events += 1;
        } else {
            self.stats.unknown_events += 1;
        }
    }

    fn deliver(
        &mut self,
        now: Instant,
        frame: &EventFrame<'_>,
        channel: Option<&str>,
        held: bool,
        position: Option<&Position>,
    ) -> bool {
        let mut targets = std::mem::take(&mut self.targets);
        self.routes.find(&frame.event, channel, held, &mut targets);
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
                    self.hear_overlay(entry);
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

/// The `channel` of a payload: servers of the plain pattern put it there.
fn channel_in(data: &str) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Addressed<'a> {
        #[serde(borrow)]
        channel: Option<Text<'a>>,
    }

    // A list would be read as the fields in their order.
    if !data.starts_with('{') {
        return None;
    }
    let addressed: Addressed<'_> = serde_json::from_str(data).ok()?;
    addressed.channel.map(|channel| channel.0)
}
