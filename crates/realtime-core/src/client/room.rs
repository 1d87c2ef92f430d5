//! Who is on one channel, and who is typing there.

use crate::{
    channel::LeaseId,
    ephemeral::Ephemeral,
    error::DecodeError,
    id::{ChannelName, UserId},
    presence::{self, PresenceEvent, Roster},
    text::Field,
    time::{Instant, earliest},
    typing::TypingRoom,
    wire::Text,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::{cell::Cell, time::Duration};

/// How long a roster outlives its last user, so that a component mounted anew does not make its
/// user leave and come back.
const LEAVE_GRACE: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Room {
    channel: ChannelName,
    pub(super) lease: LeaseId,
    /// Whether events of the channel are applied, known to arrive or not.
    pub(super) is_up: bool,
    /// Whether it is on the list of those that may have something to say.
    dirty: Cell<bool>,
    /// When it is due, as the list of all timers has it.
    pub(super) timer: Option<Instant>,
    pub(super) membership: Option<Membership>,
    pub(super) typing: Vec<Typing>,
}

/// Our membership of a channel's presence, shared by all hooks that want it.
#[derive(Debug)]
pub(super) struct Membership {
    pub(super) roster: Roster,
    pub(super) users: usize,
    leaving: Option<Instant>,
    revision: u64,
}

/// The typing of one of our users on a channel, shared by all hooks that want it.
#[derive(Debug)]
pub(super) struct Typing {
    pub(super) user: UserId,
    pub(super) room: TypingRoom,
    pub(super) users: usize,
    revision: u64,
}

/// What a room has to say after something happened.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) outgoing: Vec<Ephemeral>,
    pub(super) events: Vec<PresenceEvent>,
    /// Who is there changed, or we are not there any more.
    pub(super) presence: bool,
    pub(super) typing: bool,
}

impl Membership {
    pub(super) const fn new(roster: Roster) -> Self {
        Self {
            roster,
            users: 0,
            leaving: None,
            revision: u64::MAX,
        }
    }

    pub(super) fn take(&mut self) {
        self.users += 1;
        self.leaving = None;
    }

    pub(super) fn release(&mut self, now: Instant) {
        self.users = self.users.saturating_sub(1);
        if self.users == 0 {
            self.leaving = Some(now + LEAVE_GRACE);
        }
    }
}

impl Typing {
    pub(super) const fn new(user: UserId, room: TypingRoom) -> Self {
        Self {
            user,
            room,
            users: 0,
            revision: u64::MAX,
        }
    }
}

impl Room {
    pub(super) const fn new(channel: ChannelName, lease: LeaseId, is_up: bool) -> Self {
        Self {
            channel,
            lease,
            is_up,
            dirty: Cell::new(false),
            timer: None,
            membership: None,
            typing: Vec::new(),
        }
    }

    pub(super) const fn channel(&self) -> &ChannelName {
        &self.channel
    }

    /// Its name, unless it is on the list of those that may have something to say already.
    pub(super) fn mark_dirty(&self) -> Option<ChannelName> {
        (!self.dirty.replace(true)).then(|| self.channel.clone())
    }

    pub(super) fn typing(&self, user: &UserId) -> Option<&Typing> {
        self.typing.iter().find(|typing| typing.user == *user)
    }

    pub(super) fn typing_mut(&mut self, user: &UserId) -> Option<&mut Typing> {
        self.typing.iter_mut().find(|typing| typing.user == *user)
    }

    /// The channel is live, or may be; it may say so again on the same link, when a late answer
    /// comes.
    pub(super) fn link_up(&mut self, now: Instant) {
        if std::mem::replace(&mut self.is_up, true) {
            return;
        }
        if let Some(membership) = &mut self.membership {
            membership.roster.link_up(now);
        }
        for typing in &mut self.typing {
            typing.room.link_up(now);
        }
    }

    pub(super) fn link_down(&mut self, now: Instant) {
        self.is_up = false;
        if let Some(membership) = &mut self.membership {
            membership.roster.link_down(now);
        }
        for typing in &mut self.typing {
            typing.room.link_down(now);
        }
    }

    /// The page or the connection is going away.
    pub(super) fn leave(&mut self, now: Instant) {
        if let Some(membership) = &mut self.membership {
            membership.roster.leave(now);
        }
        for typing in &mut self.typing {
            typing.room.stop(now);
        }
    }

    /// The user has signed out: nobody is known to be here, and nobody to be typing.
    pub(super) fn start_over(&mut self, now: Instant, visible: bool) {
        if let Some(membership) = &mut self.membership {
            membership.roster = membership.roster.anew();
            membership.roster.set_visible(now, visible);
            membership.revision = u64::MAX;
        }
        for typing in &mut self.typing {
            typing.room = typing.room.anew();
            typing.revision = u64::MAX;
        }
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        if let Some(membership) = &mut self.membership {
            membership.roster.handle_timeout(now);
        }
        for typing in &mut self.typing {
            typing.room.handle_timeout(now);
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let membership = self
            .membership
            .as_ref()
            .and_then(|membership| earliest(membership.leaving, membership.roster.next_deadline()));
        self.typing.iter().fold(membership, |next, typing| {
            earliest(next, typing.room.next_deadline())
        })
    }

    /// Whether it has a part for an event of this name.
    pub(super) fn listens_to(&self, event: &str) -> bool {
        event.starts_with("presence:") && self.membership.is_some()
            || event.starts_with("typing:") && !self.typing.is_empty()
    }

    /// Takes an event of the channel. True if it was about presence or typing; a message tells that
    /// its author has stopped typing.
    pub(super) fn receive(
        &mut self,
        now: Instant,
        event: &str,
        data: &str,
    ) -> Result<bool, DecodeError> {
        if event.starts_with("typing:") {
            for typing in &mut self.typing {
                typing.room.receive(now, event, data)?;
            }
            return Ok(true);
        }
        let is_presence = event.starts_with("presence:");
        match &mut self.membership {
            Some(membership) if is_presence => {
                membership.roster.receive(now, event, data)?;
            }
            _ => self.clear_author(now, event, data),
        }
        Ok(is_presence)
    }

    /// Whoever has just sent a message, or left, is not typing any more.
    fn clear_author(&mut self, now: Instant, event: &str, data: &str) {
        let anyone_types = |typing: &Typing| !typing.room.snapshot().is_empty();
        if !self.typing.iter().any(anyone_types) {
            return;
        }
        // Whoever leaves signs the event that says so.
        let is_message = event == presence::LEAVE
            || self
                .typing
                .iter()
                .any(|typing| typing.room.is_message(event));
        let author = if is_message {
            author_of(data)
        } else {
            Change::of(data).and_then(|change| change.creator())
        };
        if let Some(author) = author {
            self.clear_typist(now, &author);
        }
    }

    pub(super) fn clear_typist(&mut self, now: Instant, user: &UserId) {
        for typing in &mut self.typing {
            typing.room.clear_user(now, user);
        }
    }

    /// Takes out what it has to say, and drops what nobody uses any more.
    pub(super) fn take_changes(&mut self, now: Instant) -> Changes {
        self.dirty.set(false);
        let mut changes = Changes::default();
        let over = |membership: &Membership| membership.leaving.is_some_and(|at| at <= now);
        let over = self.membership.as_ref().is_some_and(over);
        if let Some(membership) = &mut self.membership {
            if over {
                membership.roster.leave(now);
            }
            while let Some(event) = membership.roster.poll_event() {
                if let PresenceEvent::Left(member) = &event {
                    for typing in &mut self.typing {
                        typing.room.clear_user(now, &member.user.id);
                    }
                }
                changes.events.push(event);
            }
            while let Some(outgoing) = membership.roster.poll_outgoing() {
                changes.outgoing.push(outgoing);
            }
            let revision = membership.roster.revision();
            changes.presence = over || membership.revision != revision;
            membership.revision = revision;
        }
        for typing in &mut self.typing {
            while let Some(outgoing) = typing.room.poll_outgoing() {
                changes.outgoing.push(outgoing);
            }
            let revision = typing.room.revision();
            changes.typing |= std::mem::replace(&mut typing.revision, revision) != revision;
        }
        self.membership.take_if(|_| over);
        self.typing.retain(|typing| typing.users > 0);
        changes
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.membership.is_none() && self.typing.is_empty()
    }
}

/// A payload with the names that servers commonly give to who it is from.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Signed<'a> {
    #[serde(borrow)]
    user_id: Field<'a>,
    #[serde(borrow)]
    sender_id: Field<'a>,
    #[serde(borrow)]
    author_id: Field<'a>,
    #[serde(borrow)]
    user: Option<&'a RawValue>,
    #[serde(borrow)]
    sender: Option<&'a RawValue>,
    #[serde(borrow)]
    author: Option<&'a RawValue>,
}

impl Signed<'_> {
    fn author(&self) -> Option<UserId> {
        #[derive(Deserialize)]
        struct Named<'a> {
            #[serde(borrow, default)]
            id: Field<'a>,
        }

        let fields = [&self.user_id, &self.sender_id, &self.author_id];
        let text = fields.into_iter().find_map(Field::text).map(UserId::from);
        let people = || {
            let people = [self.user, self.sender, self.author];
            people.into_iter().flatten().find_map(|person| {
                let named: Named<'_> = object(person.get())?;
                named.id.text().map(UserId::from)
            })
        };
        text.or_else(people)
    }
}

/// A JSON object. A list would be read as the fields in their order.
fn object<'a, T: Deserialize<'a>>(data: &'a str) -> Option<T> {
    let is_object = data.trim_start().starts_with('{');
    is_object.then(|| serde_json::from_str(data).ok()).flatten()
}

/// A list's event.
#[derive(Deserialize)]
struct Change<'a> {
    #[serde(borrow)]
    action: Text<'a>,
    #[serde(borrow)]
    item: &'a RawValue,
}

impl<'a> Change<'a> {
    fn of(data: &'a str) -> Option<Self> {
        object(data)
    }

    /// Who made the item that it creates.
    fn creator(&self) -> Option<UserId> {
        let item = (self.action.0 == "create").then_some(self.item)?;
        object::<Signed<'_>>(item.get())?.author()
    }
}

/// Who a message is from: it says so itself, or the item that it creates does.
fn author_of(data: &str) -> Option<UserId> {
    match Change::of(data) {
        Some(change) => change.creator(),
        None => object::<Signed<'_>>(data)?.author(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_author_is_found_under_the_usual_names() {
        for data in [
            r#"{"userId":"u1","text":"hello"}"#,
            r#"{"senderId":"u1"}"#,
            r#"{"authorId":"u1"}"#,
            r#"{"user":{"id":"u1","name":"Ada"}}"#,
            r#"{"user":"Ada","sender":{"id":"u1"}}"#,
            r#"{"userId":{},"author":{"id":"u1"}}"#,
            r#"{"action":"create","item":{"id":"m1","userId":"u1"}}"#,
        ] {
            assert_eq!(author_of(data), Some(UserId::from("u1")), "{data}");
        }
    }

    #[test]
    fn an_author_may_be_a_number() {
        assert_eq!(author_of(r#"{"userId":7}"#), Some(UserId::from("7")));
        assert_eq!(author_of(r#"{"user":{"id":7}}"#), Some(UserId::from("7")));
        assert_eq!(author_of(r#"{"userId":7.0}"#), None);
        let created = r#"{"action":"create","item":{"senderId":7}}"#;
        assert_eq!(author_of(created), Some(UserId::from("7")));
    }

    #[test]
    fn only_an_item_that_is_created_tells_by_itself_that_somebody_wrote_it() {
        for data in [
            r#"{"userId":"u1","x":3,"y":4}"#,
            r#"{"action":"create","userId":"u1"}"#,
            r#"{"action":"move","item":{"userId":"u1"}}"#,
            r#"{"action":"create","item":["u1"]}"#,
        ] {
            let creator = Change::of(data).and_then(|change| change.creator());
            assert_eq!(creator, None, "{data}");
        }
    }

    #[test]
    fn an_edit_or_a_payload_of_another_shape_has_no_author() {
        for data in [
            r#"{"action":"update","item":{"id":"m1","userId":"u1"}}"#,
            r#"{"text":"hello"}"#,
            "[1]",
            r#"["u1",null,null,null]"#,
            "null",
            r#"{"user":"u1"}"#,
        ] {
            assert_eq!(author_of(data), None, "{data}");
        }
    }
}
