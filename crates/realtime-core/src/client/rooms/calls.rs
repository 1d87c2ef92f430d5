//! The way from the client to what rooms do. It leads through pointers that the first room sets: the
//! linker drops all code of presence and typing from an app in which nothing opens a room.

use super::Rooms;
use crate::{
    client::{Client, Fault},
    id::ChannelName,
    time::Instant,
    wire::EventFrame,
};

/// What rooms do when something happens.
#[derive(Debug)]
pub(super) struct Calls {
    visible: fn(&mut Rooms, Instant, bool),
    activity: fn(&mut Rooms, Instant),
    leave: fn(&mut Rooms, Instant),
    link_up: fn(&mut Rooms, Instant, &ChannelName),
    link_down: fn(&mut Rooms, Instant, &ChannelName),
    timeout: fn(&mut Rooms, Instant),
    event: fn(&mut Rooms, Instant, &str, &EventFrame<'_>, &mut Vec<Fault>) -> bool,
    drain: fn(&mut Client, Instant) -> bool,
    start_over: fn(&mut Rooms, Instant),
}

pub(super) static CALLS: Calls = Calls {
    visible: Rooms::on_visible,
    activity: Rooms::on_activity,
    leave: Rooms::on_leave,
    link_up: Rooms::on_link_up,
    link_down: Rooms::on_link_down,
    timeout: Rooms::on_timeout,
    event: Rooms::on_event,
    drain: Client::drain_all_rooms,
    start_over: Rooms::on_start_over,
};

impl Rooms {
    pub(in crate::client) fn set_visible(&mut self, now: Instant, visible: bool) {
        self.visible = visible;
        if let Some(calls) = self.calls {
            (calls.visible)(self, now, visible);
        }
    }

    pub(in crate::client) fn activity(&mut self, now: Instant) {
        if let Some(calls) = self.calls {
            (calls.activity)(self, now);
        }
    }

    pub(in crate::client) fn leave_all(&mut self, now: Instant) {
        if let Some(calls) = self.calls {
            (calls.leave)(self, now);
        }
    }

    pub(in crate::client) fn link_up(&mut self, now: Instant, channel: &ChannelName) {
        if let Some(calls) = self.calls {
            (calls.link_up)(self, now, channel);
        }
    }

    pub(in crate::client) fn link_down(&mut self, now: Instant, channel: &ChannelName) {
        if let Some(calls) = self.calls {
            (calls.link_down)(self, now, channel);
        }
    }

    pub(in crate::client) fn handle_timeout(&mut self, now: Instant) {
        if let Some(calls) = self.calls {
            (calls.timeout)(self, now);
        }
    }

    /// Forgets everybody. Those who are mounted stay in their rooms, and are told of to nobody.
    pub(in crate::client) fn start_over(&mut self, now: Instant) {
        if let Some(calls) = self.calls {
            (calls.start_over)(self, now);
        }
    }

    /// Takes an event. True if it was presence or typing of a room of ours; anything else may
    /// still tell that somebody has stopped typing.
    pub(in crate::client) fn receive(
        &mut self,
        now: Instant,
        channel: &str,
        frame: &EventFrame<'_>,
        faults: &mut Vec<Fault>,
    ) -> bool {
        self.calls
            .is_some_and(|calls| (calls.event)(self, now, channel, frame, faults))
    }
}

impl Client {
    /// Lets the rooms say what they have to say; whether any had.
    pub(in crate::client) fn drain_rooms(&mut self, now: Instant) -> bool {
        let calls = self.rooms.calls;
        calls.is_some_and(|calls| (calls.drain)(self, now))
    }
}
