//! Typing of one of our users on a channel, shared by all hooks that want it.

use super::{
    author,
    part::{Context, Happening},
    room::{Changes, Occupant},
    rooms::Rooms,
};
use crate::{
    channel::ChannelError,
    error::DecodeError,
    id::{ChannelName, UserId},
    presence::{self, PresenceEvent},
    time::Instant,
    typing::{TypingOptions, TypingRoom},
};

/// One hook's share in a channel's typing.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the share is held until it is given back with `Client::close_typing`"]
pub struct TypingLease(ChannelName, UserId);

pub(super) struct Typing {
    user: UserId,
    pub(super) room: TypingRoom,
    users: usize,
    revision: u64,
}

impl Typing {
    /// The typing of one of our users on a channel, which may have something to say afterwards.
    pub(super) fn of<'a>(
        rooms: &'a mut Rooms,
        channel: &ChannelName,
        user: &UserId,
    ) -> Option<&'a mut Self> {
        let mut all = rooms.get_mut(channel)?.all_mut();
        all.find(|typing: &&mut Self| typing.user == *user)
    }

    pub(super) fn seen<'a>(
        rooms: &'a Rooms,
        channel: &ChannelName,
        user: &UserId,
    ) -> Option<&'a Self> {
        let mut all = rooms.get(channel)?.all();
        all.find(|typing: &&Self| typing.user == *user)
    }

    pub(super) fn open(
        rooms: &mut Rooms,
        channel: &ChannelName,
        user: UserId,
        name: &str,
        options: TypingOptions,
        context: &mut Context<'_>,
    ) -> Result<TypingLease, ChannelError> {
        let now = context.turn.now;
        let room = rooms.open(channel, context)?;
        let is_known = room.all().any(|typing: &Self| typing.user == user);
        if !is_known {
            let mut typing = TypingRoom::new(channel.clone(), user.clone(), name, options);
            if room.is_up {
                typing.link_up(now);
            }
            room.put_last(Box::new(Self {
                user: user.clone(),
                room: typing,
                users: 0,
                revision: u64::MAX,
            }));
        }
        if let Some(typing) = room
            .all_mut()
            .find(|typing: &&mut Self| typing.user == user)
        {
            typing.users += 1;
            typing.room.set_user_name(name);
        }
        Ok(TypingLease(channel.clone(), user))
    }

    pub(super) fn close(rooms: &mut Rooms, now: Instant, lease: &TypingLease) {
        let TypingLease(channel, user) = lease;
        if let Some(typing) = Self::of(rooms, channel, user) {
            typing.users = typing.users.saturating_sub(1);
            if typing.users == 0 {
                typing.room.stop(now);
            }
        }
    }
}

impl Occupant for Typing {
    fn handle(&mut self, now: Instant, happening: &Happening<'_>) {
        match happening {
            Happening::ChannelUp { .. } => self.room.link_up(now),
            Happening::ChannelDown(_) => self.room.link_down(now),
            Happening::Leaving => self.room.stop(now),
            // The user has signed out: nobody is known to type.
            Happening::SignedOut => {
                self.room = self.room.anew();
                self.revision = u64::MAX;
            }
            Happening::Timeout => self.room.handle_timeout(now),
            _ => {}
        }
    }

    fn next_deadline(&self) -> Option<Instant> {
        self.room.next_deadline()
    }

    fn listens_to(&self, event: &str) -> bool {
        event.starts_with("typing:")
    }

    fn receive(&mut self, now: Instant, event: &str, data: &str) -> Result<(), DecodeError> {
        self.room.receive(now, event, data).map(drop)
    }

    fn ends_typing(&self, event: &str) -> bool {
        // Whoever leaves signs the event that says so.
        event == presence::LEAVE || self.room.is_message(event)
    }

    fn author(&self, data: &str, anyone: bool) -> Option<UserId> {
        if self.room.snapshot().is_empty() {
            return None;
        }
        match anyone {
            true => author::of_message(data),
            false => author::of_created(data),
        }
    }

    fn clear_typist(&mut self, now: Instant, user: &UserId) {
        self.room.clear_user(now, user);
    }

    fn take_changes(&mut self, now: Instant, changes: &mut Changes) {
        for event in &changes.events {
            if let PresenceEvent::Left(member) = event {
                self.room.clear_user(now, &member.user.id);
            }
        }
        while let Some(outgoing) = self.room.poll_outgoing() {
            changes.outgoing.push(outgoing);
        }
        let revision = self.room.revision();
        changes.typing |= std::mem::replace(&mut self.revision, revision) != revision;
    }

    fn is_over(&self, _: Instant) -> bool {
        self.users == 0
    }
}
