//! Membership of a channel's presence, shared by all hooks that want it.

use super::{
    part::{Context, Happening},
    room::{Changes, Occupant},
    rooms::Rooms,
};
use crate::{
    channel::ChannelError,
    error::DecodeError,
    id::ChannelName,
    presence::{PresenceOptions, Roster, User},
    time::{Instant, earliest},
};
use std::time::Duration;

/// How long a roster outlives its last user, so that a component mounted anew does not make its
/// user leave and come back.
const LEAVE_GRACE: Duration = Duration::from_secs(1);

/// One hook's share in a channel's presence.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the share is held until it is given back with `Client::leave`"]
pub struct RosterLease(pub(super) ChannelName);

pub(super) struct Membership {
    pub(super) roster: Roster,
    users: usize,
    leaving: Option<Instant>,
    visible: bool,
    revision: u64,
}

impl Membership {
    /// Our membership of a channel's presence, which may have something to say afterwards.
    pub(super) fn of<'a>(rooms: &'a mut Rooms, channel: &ChannelName) -> Option<&'a mut Self> {
        rooms.get_mut(channel)?.all_mut().next()
    }

    pub(super) fn seen<'a>(rooms: &'a Rooms, channel: &ChannelName) -> Option<&'a Self> {
        rooms.get(channel)?.all().next()
    }

    /// Joins a channel as `user`, or shares the place that this user has there. A second user takes the
    /// place of the first.
    pub(super) fn join(
        rooms: &mut Rooms,
        channel: &ChannelName,
        user: User,
        options: PresenceOptions,
        context: &mut Context<'_>,
    ) -> Result<RosterLease, ChannelError> {
        let now = context.turn.now;
        let visible = rooms.is_visible();
        let before = Self::of(rooms, channel);
        if let Some(before) = before.filter(|it| it.roster.user().id != user.id) {
            before.roster.leave(now);
            // What the one before had to say goes out before the new one speaks.
            rooms.poll_room(channel, context);
        }
        let seed = rooms.chance();
        let room = rooms.open(channel, context)?;
        let known: Option<&mut Self> = room.all_mut().next();
        let users = known.as_ref().map_or(0, |it| it.users);
        if known.is_none_or(|it| it.roster.user().id != user.id) {
            let roster = Roster::new(channel.clone(), user.clone(), options).with_seed(seed);
            let mut new = Self {
                roster,
                users,
                leaving: None,
                visible,
                revision: u64::MAX,
            };
            new.roster.set_visible(now, visible);
            if room.is_up {
                // What somebody asked for on this link before may still come.
                new.roster.link_up_as(now, true);
            }
            room.put_first(new);
        }
        if let Some(it) = room.all_mut::<Self>().next() {
            it.users += 1;
            it.leaving = None;
            it.roster.set_user(now, user);
        }
        Ok(RosterLease(channel.clone()))
    }

    pub(super) fn release(&mut self, now: Instant) {
        self.users = self.users.saturating_sub(1);
        if self.users == 0 {
            self.leaving = Some(now + LEAVE_GRACE);
        }
    }
}

impl Occupant for Membership {
    fn handle(&mut self, now: Instant, happening: &Happening<'_>) {
        match *happening {
            Happening::ChannelUp { resumed, .. } => self.roster.link_up_as(now, resumed),
            Happening::ChannelDown(_) => self.roster.link_down(now),
            Happening::Leaving => self.roster.leave(now),
            // The user has signed out: nobody is known to be here.
            Happening::SignedOut => {
                self.roster = self.roster.anew();
                self.roster.set_visible(now, self.visible);
                self.revision = u64::MAX;
            }
            Happening::Visible(visible) => {
                self.visible = visible;
                self.roster.set_visible(now, visible);
            }
            Happening::Activity => self.roster.activity(now),
            Happening::Timeout => self.roster.handle_timeout(now),
            _ => {}
        }
    }

    fn next_deadline(&self) -> Option<Instant> {
        earliest(self.leaving, self.roster.next_deadline())
    }

    fn listens_to(&self, event: &str) -> bool {
        event.starts_with("presence:")
    }

    fn receive(&mut self, now: Instant, event: &str, data: &str) -> Result<(), DecodeError> {
        self.roster.receive(now, event, data).map(drop)
    }

    fn take_changes(&mut self, now: Instant, changes: &mut Changes) {
        let over = self.is_over(now);
        if over {
            self.roster.leave(now);
        }
        while let Some(event) = self.roster.poll_event() {
            changes.events.push(event);
        }
        while let Some(outgoing) = self.roster.poll_outgoing() {
            changes.outgoing.push(outgoing);
        }
        let revision = self.roster.revision();
        changes.presence = over || self.revision != revision;
        self.revision = revision;
    }

    fn is_over(&self, now: Instant) -> bool {
        self.leaving.is_some_and(|at| at <= now)
    }
}
