//! Room: one channel on which the page shows who is there, or who types.

use super::part::Happening;
use crate::{
    channel::LeaseId,
    ephemeral::Ephemeral,
    error::DecodeError,
    id::{ChannelName, UserId},
    presence::PresenceEvent,
    time::{Instant, earliest},
};
use std::{any::Any, cell::Cell};

/// What takes part in a channel for the page: our membership of its presence, or the typing of one of our
/// users. The room knows it by this trait, so that a page with one kind does not carry the other.
pub(super) trait Occupant: Any {
    /// Takes in what happened to the channel, the page or the session.
    fn handle(&mut self, now: Instant, happening: &Happening<'_>);

    fn next_deadline(&self) -> Option<Instant>;

    /// Whether events of this name are its own.
    fn listens_to(&self, event: &str) -> bool;

    /// Takes an event of its own.
    fn receive(&mut self, now: Instant, event: &str, data: &str) -> Result<(), DecodeError>;

    /// Whether whoever signs an event of this name has stopped typing.
    fn ends_typing(&self, event: &str) -> bool {
        let _ = event;
        false
    }

    /// Who signs this payload, if that matters to it: anyone, or only who creates an item.
    fn author(&self, data: &str, anyone: bool) -> Option<UserId> {
        let _ = (data, anyone);
        None
    }

    /// Somebody does not type any more.
    fn clear_typist(&mut self, now: Instant, user: &UserId) {
        let _ = (now, user);
    }

    /// Adds what it has to say to what those before it have said.
    fn take_changes(&mut self, now: Instant, changes: &mut Changes);

    /// Whether nobody uses it any more.
    fn is_over(&self, now: Instant) -> bool;
}

/// A channel and what takes part in it.
pub(super) struct Room {
    channel: ChannelName,
    pub(super) lease: LeaseId,
    /// Whether events of the channel are applied, known to arrive or not.
    pub(super) is_up: bool,
    /// Whether it is on the list of those that may have something to say.
    dirty: Cell<bool>,
    /// When it is due, as the list of all timers has it.
    pub(super) timer: Option<Instant>,
    /// Our membership comes first, for it tells the others who has left.
    occupants: Vec<Box<dyn Occupant>>,
}

/// What a room has to say after something happened.
#[derive(Default)]
pub(super) struct Changes {
    pub(super) outgoing: Vec<Ephemeral>,
    pub(super) events: Vec<PresenceEvent>,
    /// Who is there changed, or we are not there any more.
    pub(super) presence: bool,
    pub(super) typing: bool,
}

impl Room {
    pub(super) const fn new(channel: ChannelName, lease: LeaseId, is_up: bool) -> Self {
        Self {
            channel,
            lease,
            is_up,
            dirty: Cell::new(false),
            timer: None,
            occupants: Vec::new(),
        }
    }

    pub(super) const fn channel(&self) -> &ChannelName {
        &self.channel
    }

    /// Its name, unless it is on the list of those that may have something to say already.
    pub(super) fn mark_dirty(&self) -> Option<ChannelName> {
        (!self.dirty.replace(true)).then(|| self.channel.clone())
    }

    /// Those of its occupants that are an `O`.
    pub(super) fn all<O: Occupant>(&self) -> impl Iterator<Item = &O> {
        let occupants = self.occupants.iter();
        occupants.filter_map(|occupant| (&**occupant as &dyn Any).downcast_ref())
    }

    /// Those of its occupants that are an `O`, to be changed.
    pub(super) fn all_mut<O: Occupant>(&mut self) -> impl Iterator<Item = &mut O> {
        let occupants = self.occupants.iter_mut();
        occupants.filter_map(|occupant| (&mut **occupant as &mut dyn Any).downcast_mut())
    }

    /// Puts an occupant before all others, and in place of one of its kind.
    pub(super) fn put_first<O: Occupant>(&mut self, occupant: O) {
        self.occupants
            .retain(|other| !(&**other as &dyn Any).is::<O>());
        self.occupants.insert(0, Box::new(occupant));
    }

    /// Puts an occupant after all others.
    pub(super) fn put_last(&mut self, occupant: Box<dyn Occupant>) {
        self.occupants.push(occupant);
    }

    /// Takes in what happened to the channel, the page or the session. The channel may say that it is
    /// live, or may be, again on the same link, when a late answer comes.
    pub(super) fn handle(&mut self, now: Instant, happening: &Happening<'_>) {
        match happening {
            Happening::ChannelUp { .. } if self.is_up => return,
            Happening::ChannelUp { .. } => self.is_up = true,
            Happening::ChannelDown(_) => self.is_up = false,
            _ => {}
        }
        for occupant in &mut self.occupants {
            occupant.handle(now, happening);
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let deadlines = self.occupants.iter().map(|it| it.next_deadline());
        deadlines.fold(None, earliest)
    }

    /// Whether it has a part for an event of this name.
    pub(super) fn listens_to(&self, event: &str) -> bool {
        self.occupants.iter().any(|it| it.listens_to(event))
    }

    /// Takes an event of the channel. True if it was about presence or typing; a message tells that
    /// its author has stopped typing.
    pub(super) fn receive(
        &mut self,
        now: Instant,
        event: &str,
        data: &str,
    ) -> Result<bool, DecodeError> {
        if self.listens_to(event) {
            let occupants = self.occupants.iter_mut();
            for occupant in occupants.filter(|it| it.listens_to(event)) {
                occupant.receive(now, event, data)?;
            }
        } else {
            self.clear_author(now, event, data);
        }
        Ok(event.starts_with("presence:") || event.starts_with("typing:"))
    }

    /// Whoever has just sent a message, or left, is not typing any more.
    fn clear_author(&mut self, now: Instant, event: &str, data: &str) {
        let mut occupants = self.occupants.iter();
        let anyone = self.occupants.iter().any(|it| it.ends_typing(event));
        if let Some(author) = occupants.find_map(|it| it.author(data, anyone)) {
            self.clear_typist(now, &author);
        }
    }

    pub(super) fn clear_typist(&mut self, now: Instant, user: &UserId) {
        for occupant in &mut self.occupants {
            occupant.clear_typist(now, user);
        }
    }

    /// Takes out what it has to say, and drops what nobody uses any more.
    pub(super) fn take_changes(&mut self, now: Instant) -> Changes {
        self.dirty.set(false);
        let mut changes = Changes::default();
        for occupant in &mut self.occupants {
            occupant.take_changes(now, &mut changes);
        }
        self.occupants.retain(|occupant| !occupant.is_over(now));
        changes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.occupants.is_empty()
    }
}
