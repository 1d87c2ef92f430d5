//! Outbox: what waits to be sent, and what waits to be answered, within limits.
//!
//! Every push gets a [`SendId`], and every [`SendId`] settles exactly once, even if the push was
//! refused. Messages leave in the order they were pushed, and again in that order on a new link.

mod held;
mod limits;
mod message;
mod settlement;

pub use limits::OutboxLimits;
pub use message::{Delivery, Message, ReliableOptions, SendId};
pub use settlement::{OutboxOutput, OutboxStats, SendError};

use crate::{
    error::{DecodeError, EncodeError, ServerError},
    id::MessageId,
    ordered::{OrderedMap, OrderedSet},
    time::Instant,
};
use held::{Held, Kind, Owner};
use serde_json::value::RawValue;
use std::{collections::VecDeque, rc::Rc};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Connectivity {
    /// There is none, but one is expected.
    Down,
    Up,
    /// There is none, and none will come.
    Ended,
}

/// A bounded queue of messages with three kinds of [`Delivery`].
///
/// [`OutboxOutput::Transmit`] is made only when polled, so a caller who sees the socket fill up
/// while draining can say [`set_blocked`](Self::set_blocked) and keep the rest in here.
///
/// ```
/// use realtime_core::outbox::{Message, Outbox, OutboxLimits, OutboxOutput};
/// use realtime_core::Instant;
///
/// let now = Instant::ZERO;
/// let mut outbox = Outbox::new(OutboxLimits::default(), "q7f");
/// let send = outbox.push(now, Message::new("message:send", r#"{"text":"hello"}"#));
/// assert_eq!(outbox.poll_output(), None); // no link yet
///
/// outbox.up(now);
/// let Some(OutboxOutput::Transmit { id: Some(id), .. }) = outbox.poll_output() else { panic!() };
/// assert!(outbox.acked(now, &id, Ok(r#"{"id":"m9"}"#)));
/// let settled = OutboxOutput::Settled { send, result: Ok(r#"{"id":"m9"}"#.into()) };
/// assert_eq!(outbox.poll_output(), Some(settled));
/// ```
#[derive(Debug)]
pub struct Outbox {
    limits: OutboxLimits,
    id_prefix: Rc<str>,
    now: Instant,
    link: Connectivity,
    blocked: bool,
    last: SendId,
    held: OrderedMap<SendId, Held>,
    unsent: OrderedSet<SendId>,
    latest: OrderedMap<(Owner, Rc<str>), SendId>,
    /// Sends with an id that was given.
    given: OrderedMap<MessageId, SendId>,
    deadlines: OrderedSet<(Instant, SendId)>,
    settled: VecDeque<(SendId, Result<Rc<str>, SendError>)>,
    stats: OutboxStats,
}

impl Outbox {
    /// An empty outbox without a link. `id_prefix` makes its message ids unique among all clients,
    /// so it should be random.
    #[must_use]
    pub fn new(limits: OutboxLimits, id_prefix: &str) -> Self {
        Self {
            limits,
            id_prefix: id_prefix.into(),
            now: Instant::ZERO,
            link: Connectivity::Down,
            blocked: false,
            last: SendId(0),
            held: OrderedMap::new(),
            unsent: OrderedSet::new(),
            latest: OrderedMap::new(),
            given: OrderedMap::new(),
            deadlines: OrderedSet::new(),
            settled: VecDeque::new(),
            stats: OutboxStats::default(),
        }
    }

    /// Takes a message in. Whatever becomes of it, the returned id will settle.
    pub fn push(&mut self, now: Instant, message: Message) -> SendId {
        self.push_as(now, message, None)
    }

    /// As [`push`](Self::push), to be sent with this id: for a message that may have been sent
    /// before, so that the server can know it again.
    pub(crate) fn push_as(
        &mut self,
        now: Instant,
        message: Message,
        id: Option<MessageId>,
    ) -> SendId {
        self.take(now, message, id, Owner::App)
    }

    /// As [`push`](Self::push), for what the client says itself: its keys replace none of the app's.
    pub(crate) fn push_own(&mut self, now: Instant, message: Message) -> SendId {
        self.take(now, message, None, Owner::Client)
    }

    /// Settles a message that cannot be sent as it is, without taking it in.
    pub(crate) fn refuse(&mut self, now: Instant, error: EncodeError) -> SendId {
        self.advance(now);
        self.last = SendId(self.last.0 + 1);
        self.settle(self.last, Err(SendError::Unsendable(error)));
        self.last
    }

    fn take(
        &mut self,
        now: Instant,
        message: Message,
        id: Option<MessageId>,
        owner: Owner,
    ) -> SendId {
        self.advance(now);
        self.last = SendId(self.last.0 + 1);
        let send = self.last;
        let replaced = match &message.delivery {
            Delivery::Latest(key) => self.latest.get(&(owner, Rc::clone(key))).copied(),
            Delivery::Reliable(_) | Delivery::Volatile => None,
        };
        if let Some(error) = self.refuses(&message, replaced) {
            self.settle(send, Err(error));
            return send;
        }
        if let Some(replaced) = replaced {
            self.finish(replaced, Err(SendError::Superseded));
        }
        if let Some(id) = &id {
            self.given.insert(id.clone(), send);
        }
        let id = id.unwrap_or_else(|| self.message_id_of(send));
        let entry = Held::new(now, id, message, owner);
        if let Kind::Latest(key) = &entry.kind {
            self.latest.insert(key.clone(), send);
        }
        self.stats.held_bytes += entry.size;
        let expires = entry.expires();
        self.held.insert(send, entry);
        self.unsent.insert(send);
        self.set_deadline(send, expires);
        send
    }

    /// The id that a send goes out with, if it is held and wants an answer. The event that it
    /// causes comes back with the same id.
    #[must_use]
    pub fn message_id(&self, send: SendId) -> Option<&MessageId> {
        self.held.get(&send)?.id.as_ref()
    }

    /// The link is up and subscribed: what waits may go.
    pub fn up(&mut self, now: Instant) {
        self.advance(now);
        self.link = Connectivity::Up;
        self.blocked = false;
    }

    /// The link is down, but another is sought. Also to be called when the app wants a link again
    /// after [`disconnected_for_good`](Self::disconnected_for_good).
    pub fn down(&mut self, now: Instant) {
        self.advance(now);
        self.link = Connectivity::Down;
        self.drop_volatile(&SendError::Disconnected);
        let unanswered: Vec<SendId> = self.held.keys().copied().collect();
        for send in unanswered {
            if self.unsent.insert(send) {
                let expires = self.held.get(&send).and_then(Held::expires);
                self.set_deadline(send, expires);
            }
        }
    }

    /// No link will come: everything held settles as [`SendError::Disconnected`], and so does every
    /// push until [`down`](Self::down) or [`up`](Self::up).
    pub fn disconnected_for_good(&mut self, now: Instant) {
        self.advance(now);
        self.link = Connectivity::Ended;
        self.settle_all(&SendError::Disconnected);
    }

    /// The user signs out: everything held settles as [`SendError::SignedOut`].
    pub fn sign_out(&mut self, now: Instant) {
        self.advance(now);
        self.settle_all(&SendError::SignedOut);
    }

    fn settle_all(&mut self, error: &SendError) {
        let all: Vec<SendId> = self.held.keys().copied().collect();
        for send in all {
            self.finish(send, Err(error.clone()));
        }
    }

    /// Whether the socket has so much to send that it should get no more for now.
    pub fn set_blocked(&mut self, now: Instant, blocked: bool) {
        self.advance(now);
        self.blocked = blocked;
        if blocked {
            self.drop_volatile(&SendError::Overflow);
        }
    }

    /// The server answered. `false` if nothing waits for this answer.
    pub fn acked(
        &mut self,
        now: Instant,
        id: &MessageId,
        result: Result<&str, ServerError>,
    ) -> bool {
        self.advance(now);
        let awaiting = self.send_of(id).filter(|send| {
            self.held
                .get(send)
                .is_some_and(|entry| entry.sent && entry.id.as_ref() == Some(id))
        });
        match awaiting {
            Some(send) => self.finish(send, result.map(Rc::from).map_err(SendError::Server)),
            None => self.stats.unknown_answers += 1,
        }
        awaiting.is_some()
    }

    /// The message that was just polled cannot be sent: it settles with `error` instead.
    pub fn unsendable(&mut self, send: SendId, error: EncodeError) {
        let error = SendError::Unsendable(error);
        if self.held.contains_key(&send) {
            return self.finish(send, Err(error));
        }
        // One that waits for no answer has settled with being polled, but nobody has heard so yet.
        let settled = self.settled.iter_mut().rev().find(|(of, _)| *of == send);
        if let Some((_, result)) = settled {
            *result = Err(error);
            self.stats.recount(result);
        }
    }

    /// Forgets a send, which settles as [`SendError::Cancelled`]. If it was sent, the server may
    /// still handle it. `false` if it had settled already.
    pub fn cancel(&mut self, send: SendId) -> bool {
        let held = self.held.contains_key(&send);
        self.finish(send, Err(SendError::Cancelled));
        held
    }

    /// Settles what has waited too long; harmless when nothing has. Nothing else does: the answer may
    /// have come, and wait to be read.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.advance(now);
        while let Some((at, send)) = self.deadlines.first().copied()
            && at <= self.now
        {
            self.time_out(send);
        }
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) next. Counts only what has been
    /// polled as sent.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    /// The next thing to do, if any.
    pub fn poll_output(&mut self) -> Option<OutboxOutput> {
        let settled = |this: &mut Self| {
            let (send, result) = this.poll_settled()?;
            Some(OutboxOutput::Settled { send, result })
        };
        settled(self)
            .or_else(|| self.poll_transmit())
            .or_else(|| settled(self))
    }

    /// The next send that is over, if any.
    pub(crate) fn poll_settled(&mut self) -> Option<(SendId, Result<Rc<str>, SendError>)> {
        self.settled.pop_front()
    }

    /// Whether a message waits that may go.
    pub(crate) fn may_transmit(&self) -> bool {
        self.link == Connectivity::Up && !self.blocked && !self.unsent.is_empty()
    }

    /// What has been counted so far.
    #[must_use]
    pub fn stats(&self) -> OutboxStats {
        OutboxStats {
            held: self.held.len(),
            ..self.stats
        }
    }

    fn refuses(&self, message: &Message, replaced: Option<SendId>) -> Option<SendError> {
        let (size, limit) = (message.size(), self.limits.message_bytes);
        if size > limit {
            return Some(SendError::TooLarge { size, limit });
        }
        if let Err(error) = serde_json::from_str::<&RawValue>(&message.data) {
            let what = format!("data of `{}`", message.event);
            return Some(SendError::Invalid(DecodeError::new(what, error)));
        }
        match self.link {
            Connectivity::Ended => return Some(SendError::Disconnected),
            Connectivity::Down if message.delivery == Delivery::Volatile => {
                return Some(SendError::Disconnected);
            }
            Connectivity::Up if self.blocked && message.delivery == Delivery::Volatile => {
                return Some(SendError::Overflow);
            }
            Connectivity::Down | Connectivity::Up => {}
        }
        let freed = replaced
            .and_then(|send| self.held.get(&send))
            .map_or((0, 0), |entry| (1, entry.size));
        let full = self.held.len() - freed.0 >= self.limits.messages
            || self.stats.held_bytes - freed.1 + size > self.limits.bytes;
        full.then_some(SendError::Overflow)
    }

    fn advance(&mut self, now: Instant) {
        self.now = self.now.max(now);
    }

    /// The time of a send is up.
    fn time_out(&mut self, send: SendId) {
        let sent = self.held.get(&send).is_some_and(|entry| entry.sent);
        let error = if sent {
            SendError::Timeout
        } else {
            SendError::Expired
        };
        self.finish(send, Err(error));
    }

    /// The next message to encode and give to the socket; none, too, if one that was overdue has just
    /// settled.
    pub(crate) fn poll_transmit(&mut self) -> Option<OutboxOutput> {
        if !self.may_transmit() {
            return None;
        }
        let send = self.unsent.pop_first()?;
        let deadline = self.held.get(&send).and_then(|entry| entry.deadline);
        if deadline.is_some_and(|at| at <= self.now) {
            // Nothing that is overdue may still be sent.
            self.time_out(send);
            return None;
        }
        let entry = self.held.get_mut(&send)?;
        let transmit = OutboxOutput::Transmit {
            send,
            id: entry.id.clone(),
            event: entry.event.clone(),
            channel: entry.channel.clone(),
            data: entry.data.clone(),
        };
        self.stats.transmitted += 1;
        self.stats.repeated += u64::from(entry.sent);
        if let Kind::Acked { timeout, .. } = entry.kind {
            entry.sent = true;
            self.set_deadline(send, Some(self.now + timeout));
        } else {
            self.finish(send, Ok("null".into()));
        }
        Some(transmit)
    }

    fn drop_volatile(&mut self, error: &SendError) {
        let volatile: Vec<SendId> = self
            .unsent
            .iter()
            .filter(|send| matches!(self.held.get(send), Some(entry) if matches!(entry.kind, Kind::Volatile)))
            .copied()
            .collect();
        for send in volatile {
            self.finish(send, Err(error.clone()));
        }
    }

    /// Settles a send that is held; one that is not has settled before.
    fn finish(&mut self, send: SendId, result: Result<Rc<str>, SendError>) {
        self.set_deadline(send, None);
        self.unsent.remove(&send);
        if let Some(entry) = self.held.remove(&send) {
            self.stats.held_bytes -= entry.size;
            if let Some(id) = &entry.id
                && self.given.get(id) == Some(&send)
            {
                self.given.remove(id);
            }
            if let Kind::Latest(key) = &entry.kind {
                self.latest.remove(key);
            }
            self.settle(send, result);
        }
    }

    fn settle(&mut self, send: SendId, result: Result<Rc<str>, SendError>) {
        self.stats.count(&result);
        self.settled.push_back((send, result));
    }

    fn set_deadline(&mut self, send: SendId, deadline: Option<Instant>) {
        if let Some(entry) = self.held.get_mut(&send) {
            if let Some(old) = entry.deadline.take() {
                self.deadlines.remove(&(old, send));
            }
            entry.deadline = deadline;
            self.deadlines.extend(deadline.map(|at| (at, send)));
        }
    }

    fn message_id_of(&self, send: SendId) -> MessageId {
        format!("{}-{}", self.id_prefix, send.0).into()
    }

    fn send_of(&self, id: &MessageId) -> Option<SendId> {
        if let Some(send) = self.given.get(id) {
            return Some(*send);
        }
        let number = id.strip_prefix(&*self.id_prefix)?.strip_prefix('-')?;
        number.parse().ok().map(SendId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_remembers_a_message_that_is_gone() {
        let mut outbox = Outbox::new(OutboxLimits::default(), "q7f");
        let now = Instant::ZERO;
        for key in ["sent", "cancelled", "ended"] {
            let send = outbox.push(
                now,
                Message::new("e", "1").with(Delivery::Latest(key.into())),
            );
            outbox.push(now, Message::new("e", "1"));
            match key {
                "sent" => outbox.up(now),
                "cancelled" => assert!(outbox.cancel(send)),
                _ => outbox.disconnected_for_good(now),
            }
            while outbox.poll_output().is_some() {}
            assert!(outbox.latest.is_empty(), "{key}");
        }
        assert!(outbox.held.is_empty() && outbox.unsent.is_empty());
        assert!(outbox.deadlines.is_empty());
    }

    #[test]
    fn a_message_sent_again_under_its_id_is_answered_by_it() {
        let mut outbox = Outbox::new(OutboxLimits::default(), "q7f");
        let (now, id) = (Instant::ZERO, MessageId::from("q7fm-1"));
        outbox.up(now);
        for _ in 0..2 {
            let send = outbox.push_as(now, Message::new("e", "1"), Some(id.clone()));
            let sent = outbox.poll_output();
            assert!(
                matches!(sent, Some(OutboxOutput::Transmit { id: Some(sent), .. }) if sent == id)
            );
            assert_eq!(outbox.message_id(send), Some(&id));
            assert!(outbox.acked(now, &id, Ok("1")));
            assert!(!outbox.acked(now, &id, Ok("1")));
            outbox.poll_output();
        }
        assert!(outbox.given.is_empty());
    }
}
