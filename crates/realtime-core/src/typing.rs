//! Typing: who types in one channel, here and elsewhere.
//!
//! A [`TypingRoom`] is one user's view of one channel: it turns keys into as few events as keep the
//! others' view steady, and the others' events into a list that cannot stick.

mod local;
mod options;
mod stats;
mod typists;

pub use options::{MESSAGE_EVENTS, TypingOptions};
pub use stats::TypingStats;
pub use typists::Typist;

use crate::{
    ChannelName, DecodeError, Ephemeral, Instant, UserId,
    object::{self, ObjectWriter},
    text::{Field, display_name, is_usable_id},
    time::earliest,
};
use local::{LocalTyping, Say};
use std::{cell::RefCell, rc::Rc};
use typists::Typists;

/// Sent and received: somebody types.
pub const START: &str = "typing:start";
/// Sent and received: somebody has stopped typing.
pub const STOP: &str = "typing:stop";

/// One user's view of who is typing in one channel.
///
/// *Us.* Call [`start`](Self::start) with every key (or [`input`](Self::input) with every change of
/// the field) and [`stop`](Self::stop) on send, blur and unmount. The first key is told at once,
/// further ones at most every 1.2 s, and 3 s after the last one we have stopped. Nothing is queued
/// while the link is down: the first key after it tells the others again.
///
/// *Others.* Somebody is shown from their start until their stop, or until 3 s pass without another
/// start, or until [`clear_user`](Self::clear_user) or [`link_down`](Self::link_down). The wire does
/// not tell two tabs of one user apart, so they are one typist: the stop of one takes them away at once,
/// and the other one's next start, at most 1.2 s later, shows them again. Waiting to see whether
/// that start comes would leave every typist lingering instead.
///
/// Every call first drops what has expired before `now`.
///
/// ```
/// use realtime_core::{ChannelName, Instant, TypingOptions, UserId, typing::TypingRoom};
///
/// let now = Instant::from_millis(0);
/// let mut room = TypingRoom::new(
///     ChannelName::from("room:1"), UserId::from("u1"), "Ada", TypingOptions::default());
/// room.link_up(now);
/// room.start(now);
/// assert_eq!(room.poll_outgoing().unwrap().event, "typing:start");
///
/// assert!(room.receive(now, "typing:start", r#"{"id":"u2","name":"Lin"}"#)?);
/// assert_eq!(&*room.snapshot()[0].name, "Lin");
/// # Ok::<(), realtime_core::DecodeError>(())
/// ```
#[derive(Debug)]
pub struct TypingRoom {
    channel: ChannelName,
    user: Typist,
    options: TypingOptions,
    local: LocalTyping,
    typists: Typists,
    stats: TypingStats,
    shown: RefCell<(u64, Rc<[Rc<Typist>]>)>,
}

impl TypingRoom {
    /// A typing room of `channel` for this user, with the link down.
    #[must_use]
    pub fn new(
        channel: ChannelName,
        user_id: UserId,
        user_name: impl AsRef<str>,
        options: TypingOptions,
    ) -> Self {
        Self {
            channel,
            user: Typist {
                name: display_name(user_name.as_ref(), &user_id),
                id: user_id,
            },
            local: LocalTyping::new(&options),
            options,
            typists: Typists::default(),
            stats: TypingStats::default(),
            shown: RefCell::new((0, Rc::new([]))),
        }
    }

    /// A room of the same channel, user and options that knows nobody and has said nothing.
    pub(crate) fn anew(&self) -> Self {
        let Typist { id, name } = self.user.clone();
        Self::new(self.channel.clone(), id, name, self.options.clone())
    }

    /// The channel it watches.
    #[must_use]
    pub fn channel(&self) -> &ChannelName {
        &self.channel
    }

    /// Whether our own user is typing: a key in the last 3 s and no stop since.
    #[must_use]
    pub fn is_typing(&self) -> bool {
        self.local.is_typing()
    }

    /// Our name changed; the next start tells it.
    pub fn set_user_name(&mut self, name: impl AsRef<str>) {
        self.user.name = display_name(name.as_ref(), &self.user.id);
    }

    /// A key was pressed.
    pub fn start(&mut self, now: Instant) {
        self.catch_up(now);
        self.local.key(now);
    }

    /// The message was sent, the field was left, or it is gone. Says so if others were told that we
    /// type.
    pub fn stop(&mut self, now: Instant) {
        self.catch_up(now);
        self.local.stop();
    }

    /// The field's text changed: a [`start`](Self::start), or a [`stop`](Self::stop) if it is empty
    /// now.
    pub fn input(&mut self, now: Instant, text_is_empty: bool) {
        if text_is_empty {
            self.stop(now);
        } else {
            self.start(now);
        }
    }

    /// The channel is subscribed on a fresh socket.
    pub fn link_up(&mut self, now: Instant) {
        self.catch_up(now);
        self.local.link_up();
    }

    /// The link is gone: nobody is known to type.
    pub fn link_down(&mut self, now: Instant) {
        self.catch_up(now);
        self.local.link_down();
        self.stats.cleared += self.typists.clear();
    }

    /// Takes an event of the channel: `typing:start` or `typing:stop`. Others are counted and ignored.
    /// True if anything visible changed.
    ///
    /// # Errors
    /// If `data` cannot be read; then nothing has changed but what had expired anyway, which
    /// [`revision`](Self::revision) tells.
    pub fn receive(&mut self, now: Instant, event: &str, data: &str) -> Result<bool, DecodeError> {
        let before = self.revision();
        self.catch_up(now);
        self.read(now, event, data)
            .inspect_err(|_| self.stats.malformed += 1)?;
        Ok(self.revision() != before)
    }

    /// Whether an event of this name is a message, whose author is not typing any more.
    pub(crate) fn is_message(&self, event: &str) -> bool {
        self.options.is_message(event)
    }

    /// Somebody's message arrived, or they left: they are not typing. True if they were shown.
    pub fn clear_user(&mut self, now: Instant, id: &UserId) -> bool {
        self.catch_up(now);
        let cleared = self.typists.remove(id);
        self.stats.cleared += u64::from(cleared);
        cleared
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.catch_up(now);
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called, if nothing happens before.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        earliest(self.local.deadline(), self.typists.deadline())
    }

    /// What is to be sent next.
    pub fn poll_outgoing(&mut self) -> Option<Ephemeral> {
        let (event, name) = match self.local.poll()? {
            Say::Start => {
                self.stats.starts_sent += 1;
                (START, Some(&*self.user.name))
            }
            Say::Stop => {
                self.stats.stops_sent += 1;
                (STOP, None)
            }
        };
        let mut data = ObjectWriter::default();
        data.text("channel", Some(&self.channel));
        data.text("id", Some(&self.user.id));
        data.text("name", name);
        Some(Ephemeral::new(event, data))
    }

    /// Grows whenever the [`snapshot`](Self::snapshot) changes.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.typists.revision()
    }

    /// The others who are typing, in the order in which they began: the same `Rc` as before if nothing
    /// changed.
    #[must_use]
    pub fn snapshot(&self) -> Rc<[Rc<Typist>]> {
        let mut shown = self.shown.borrow_mut();
        if shown.0 != self.revision() {
            *shown = (self.revision(), self.typists.iter().cloned().collect());
        }
        Rc::clone(&shown.1)
    }

    /// What it has seen, done and refused so far.
    #[must_use]
    pub fn stats(&self) -> TypingStats {
        self.stats
    }

    fn catch_up(&mut self, now: Instant) {
        self.local.advance(now);
        self.typists.expire(now, &mut self.stats);
    }

    fn read(&mut self, now: Instant, event: &str, data: &str) -> Result<(), DecodeError> {
        let what = match event {
            START => START,
            STOP => STOP,
            _ => {
                self.stats.unknown_events += 1;
                return Ok(());
            }
        };
        let because = |reason| DecodeError::new(what, reason);
        if !data.trim_start().starts_with('{') {
            return Err(because("it is no JSON object"));
        }
        let [id, name] = object::fields(data, ["id", "name"])
            .map_err(|error| DecodeError::new(what, error))?
            .map(Field::of);
        let id = match id {
            Field::Text(id) if is_usable_id(&id) => UserId::from(id.as_ref()),
            Field::Text(_) => return Err(because("the id is empty or longer than 256 bytes")),
            Field::Absent => return Err(because("the id is not there")),
            Field::Odd => {
                return Err(because(
                    "the id is neither text nor a whole number; give it as text",
                ));
            }
        };
        if id == self.user.id {
            self.stats.own += 1;
        } else if what == START {
            if name == Field::Odd {
                return Err(because("the name is no text"));
            }
            self.stats.starts += 1;
            let typist = Typist {
                name: display_name(name.text().unwrap_or_default(), &id),
                id,
            };
            let until = now + self.options.effective_timeout();
            let shown = self.typists.start(typist, until, self.options.max_typists);
            self.stats.refused += u64::from(!shown);
        } else {
            self.stats.stops += 1;
            self.stats.unknown_stops += u64::from(!self.typists.remove(&id));
        }
        Ok(())
    }
}
