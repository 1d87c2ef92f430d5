//! Channels: which of them the app wants, how they are subscribed and resumed, and how far each has come.
//!
//! What the app wants outlives the link: [`Channels`] subscribes again on each new one, resumes from
//! where it was, and says of each channel whether anything was lost.

mod asking;
mod continuity;
mod options;
mod output;
mod pace;
mod rewind;
mod subscription;

pub use continuity::{Continuity, GapReason};
pub use options::ChannelOptions;
pub use output::{
    ChannelError, ChannelOutput, ChannelState, ChannelStats, EventPosition, LeaseId,
    SubscribeReply, Verdict,
};

use crate::{
    access::SubscribeOptions,
    error::ServerError,
    id::{ChannelName, MessageId, Position},
    named::NamedMap,
    ordered::{OrderedMap, OrderedSet},
    time::Instant,
};
use std::{collections::VecDeque, rc::Rc};
use subscription::Subscription;

/// Whether the server answers `subscribe`, as far as we have seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answers {
    Unproven,
    Never,
    Yes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    Grace,
    /// What is due depends on how the subscription stands: an answer, the next time to ask, or the
    /// missed events.
    Subscription,
}

#[derive(Debug)]
struct Lease {
    channel: ChannelName,
    /// Whether it came with params or a token.
    has_options: bool,
}

/// The subscriptions of one client, counted by reference.
///
/// ```
/// use realtime_core::channel::{ChannelOptions, ChannelOutput, Channels, Continuity, SubscribeReply};
/// use realtime_core::Instant;
///
/// let now = Instant::ZERO;
/// let rng = fastrand::Rng::with_seed(7);
/// let mut channels = Channels::new(ChannelOptions::default(), "q7f", rng);
/// let lease = channels.subscribe(now, &"tasks".into()).unwrap();
/// let other = channels.subscribe(now, &"tasks".into()).unwrap();
/// channels.up(now);
/// let Some(ChannelOutput::Subscribe { id, .. }) = channels.poll_output() else { panic!() };
/// assert_eq!(channels.poll_output(), None); // two leases, one subscription
///
/// channels.reply(now, &id, Ok(SubscribeReply::default()));
/// let live = ChannelOutput::Live {
///     channel: "tasks".into(),
///     continuity: Continuity::Fresh,
///     position: None,
/// };
/// assert_eq!(channels.poll_output(), Some(live));
/// ```
#[derive(Debug)]
pub struct Channels {
    options: ChannelOptions,
    rng: fastrand::Rng,
    id_prefix: Rc<str>,
    entries: NamedMap<ChannelName, Subscription>,
    leases: OrderedMap<LeaseId, Lease>,
    /// The `subscribe`s of this link that may still be answered.
    unanswered: OrderedMap<MessageId, ChannelName>,
    timers: OrderedSet<(Instant, ChannelName, Timer)>,
    up: bool,
    answers: Answers,
    last_lease: u64,
    last_order: u64,
    last_id: u64,
    outputs: VecDeque<ChannelOutput>,
    stats: ChannelStats,
}

impl Channels {
    /// No channels yet, and no link. The ids of its messages are `{id_prefix}-s1`, `-s2`, …; the
    /// jitter of its waits comes from `rng`.
    #[must_use]
    pub fn new(options: ChannelOptions, id_prefix: &str, rng: fastrand::Rng) -> Self {
        Self {
            options,
            rng,
            id_prefix: id_prefix.into(),
            entries: NamedMap::new(),
            leases: OrderedMap::new(),
            unanswered: OrderedMap::new(),
            timers: OrderedSet::new(),
            up: false,
            answers: Answers::Unproven,
            last_lease: 0,
            last_order: 0,
            last_id: 0,
            outputs: VecDeque::new(),
            stats: ChannelStats::default(),
        }
    }

    /// Takes a lease on a channel; the first one subscribes to it. A channel that the server had
    /// refused is asked for again, unless it said when to.
    ///
    /// # Errors
    /// [`ChannelError::TooMany`] if this would be a channel more than `max_channels`.
    pub fn subscribe(
        &mut self,
        now: Instant,
        channel: &ChannelName,
    ) -> Result<LeaseId, ChannelError> {
        self.subscribe_with(now, channel, &SubscribeOptions::default())
    }

    /// As [`subscribe`](Self::subscribe), with params or a token. They are those of the channel's one
    /// subscription: a lease without any shares them, and one that brings the first asks for the
    /// channel anew. Once no lease with params is left, the next one's count.
    ///
    /// # Errors
    /// As [`subscribe`](Self::subscribe), and [`ChannelError::OtherParams`] if others use the channel
    /// with other params, [`ChannelError::Params`] if these do not turn into JSON.
    pub fn subscribe_with(
        &mut self,
        now: Instant,
        channel: &ChannelName,
        options: &SubscribeOptions,
    ) -> Result<LeaseId, ChannelError> {
        self.lease(now, channel, options, None)
    }

    /// As [`subscribe`](Self::subscribe), by somebody who knows the state as of `since`: a channel that
    /// was never subscribed to asks for what came after that.
    ///
    /// # Errors
    /// As [`subscribe`](Self::subscribe).
    pub fn subscribe_since(
        &mut self,
        now: Instant,
        channel: &ChannelName,
        since: Option<&Position>,
    ) -> Result<LeaseId, ChannelError> {
        self.lease(now, channel, &SubscribeOptions::default(), since)
    }

    /// Somebody who uses a channel already has learnt of the state as of `since`: if it was not asked for
    /// yet, it is asked for what came after that.
    pub(crate) fn resume_from(&mut self, channel: &ChannelName, since: &Position) {
        if let Some(entry) = self.entries.get_mut(channel) {
            entry.begin_at(since);
        }
    }

    /// As all three.
    ///
    /// # Errors
    /// As [`subscribe_with`](Self::subscribe_with).
    pub(crate) fn lease(
        &mut self,
        now: Instant,
        channel: &ChannelName,
        options: &SubscribeOptions,
        since: Option<&Position>,
    ) -> Result<LeaseId, ChannelError> {
        let has_options = !options.is_empty();
        if let Some(message) = options.error() {
            return Err(ChannelError::Params {
                channel: channel.clone(),
                message: message.clone(),
            });
        }
        let entry = self.entries.get(channel).filter(|_| has_options);
        if entry.is_some_and(|entry| !entry.takes(options)) {
            let channel = channel.clone();
            return Err(ChannelError::OtherParams { channel });
        }
        if !self.entries.contains_key(channel) {
            let limit = self.options.max_channels;
            if self.entries.len() >= limit {
                self.stats.too_many += 1;
                return Err(ChannelError::TooMany { limit });
            }
            self.last_order += 1;
            let order = self.last_order;
            (self.entries).get_or_insert_with(channel.clone(), || Subscription::new(order));
        }
        self.set_timer(channel, Timer::Grace, None);
        if has_options {
            self.ask_with(channel, options);
        }
        if let Some(entry) = self.entries.get_mut(channel) {
            entry.leases += 1;
            if let Some(since) = since {
                entry.begin_at(since);
            }
            let is_idle = !matches!(entry.state, ChannelState::Subscribing | ChannelState::Live);
            if self.up && is_idle && entry.due.is_none() {
                self.send_subscribe(now, channel);
            }
        }
        self.last_lease += 1;
        let lease = LeaseId(self.last_lease);
        let channel = channel.clone();
        let taken = Lease {
            channel,
            has_options,
        };
        self.leases.insert(lease, taken);
        Ok(lease)
    }

    /// Gives a lease back; the last one unsubscribes, after the grace. A lease already given back
    /// is ignored.
    pub fn release(&mut self, now: Instant, lease: LeaseId) {
        let Some(lease) = self.leases.remove(&lease) else {
            return;
        };
        let channel = lease.channel;
        if let Some(entry) = self.entries.get_mut(&channel) {
            entry.leases -= 1;
            entry.with_options -= usize::from(lease.has_options);
            if entry.leases == 0 {
                let over = now + self.options.grace;
                self.set_timer(&channel, Timer::Grace, Some(over));
            }
        }
    }

    /// The link is up: subscribes to every channel in use, in the order they were first asked for.
    pub fn up(&mut self, now: Instant) {
        if self.up {
            self.down();
        }
        self.up = true;
        let wanted: OrderedSet<(u64, ChannelName)> = self
            .entries
            .iter()
            .filter(|(_, entry)| entry.leases > 0)
            .map(|(channel, entry)| (entry.order, channel.clone()))
            .collect();
        for (_, channel) in wanted {
            self.send_subscribe(now, &channel);
        }
    }

    /// The link is down. Positions are kept, to resume from.
    pub fn down(&mut self) {
        self.up = false;
        self.unanswered.clear();
        self.timers
            .retain(|(_, _, timer)| *timer != Timer::Subscription);
        let mut lost = OrderedSet::new();
        self.entries.visit_mut(|channel, entry| {
            entry.due = None;
            if entry.down() {
                lost.insert((entry.order, channel.clone()));
            }
        });
        self.outputs.extend(
            lost.into_iter()
                .map(|(_, channel)| ChannelOutput::Lost { channel }),
        );
    }

    /// The user signs out, with the link down: what is wanted stays, but is asked for anew and not
    /// resumed.
    pub fn start_over(&mut self) {
        self.entries.visit_mut(|_, entry| entry.start_over());
    }

    /// Whether `id` is of a `subscribe` that this link waits for an answer to.
    #[must_use]
    pub fn expects(&self, id: &MessageId) -> bool {
        self.unanswered.contains_key(id)
    }

    /// The server answered a `subscribe`. `false` if the id is not of one that this link waits
    /// for.
    pub fn reply(
        &mut self,
        now: Instant,
        id: &MessageId,
        result: Result<SubscribeReply, ServerError>,
    ) -> bool {
        let Some(channel) = self.unanswered.remove(id) else {
            self.stats.unknown_answers += 1;
            return false;
        };
        self.answers = Answers::Yes;
        let Some(entry) = self.entries.get_mut(&channel) else {
            return false;
        };
        match result {
            Ok(reply) => {
                for ask in entry.take_asks() {
                    self.unanswered.remove(&ask);
                }
                let position = reply.position.clone();
                let continuity = entry.answered(reply);
                let waits = entry.is_recovering();
                let due = waits.then(|| now + self.options.recovery_timeout);
                self.set_timer(&channel, Timer::Subscription, due);
                if let Some(continuity) = continuity {
                    self.say_live(channel, continuity, position);
                }
            }
            // What was asked since will be answered too.
            Err(_) if entry.is_superseded(id) => entry.forget_ask(id),
            Err(error) if entry.may_be_granted_beside(id) => {
                entry.forget_ask(id);
                // An event has said more than the server does now.
                if matches!(entry.state, ChannelState::Unknown) {
                    self.leave_open(now, channel, error);
                }
            }
            Err(error) => self.refuse(now, channel, error),
        }
        true
    }

    /// The server ends a subscription that it had granted. It is asked for again after the error's
    /// `retry_after`; without one, by the next link or the next lease.
    pub fn revoke(&mut self, now: Instant, channel: &str, error: ServerError) {
        if let Some((channel, _)) = self.entries.get_key_value(channel) {
            self.refuse(now, channel.clone(), error);
        }
    }

    /// Judges an event by its channel and the position it carries, if any, and counts it in. An
    /// event shows that the channel is live.
    pub fn check(
        &mut self,
        now: Instant,
        channel: &str,
        position: Option<EventPosition<'_>>,
    ) -> Verdict {
        self.judge(now, channel, position, true)
    }

    /// The same for an event that only `shows` that the channel is live if it came because we are
    /// subscribed, and not as an answer to what we said.
    pub(crate) fn judge(
        &mut self,
        now: Instant,
        channel: &str,
        position: Option<EventPosition<'_>>,
        shows: bool,
    ) -> Verdict {
        let Some(entry) = self.entries.get_mut(channel) else {
            self.stats.unsubscribed += 1;
            return Verdict::Unsubscribed;
        };
        let (verdict, gap) = entry.check(now, position);
        match verdict {
            Verdict::Apply => {}
            Verdict::Duplicate => self.stats.duplicates += 1,
            Verdict::Early => self.stats.early += 1,
            Verdict::Unsubscribed => self.stats.unsubscribed += 1,
        }
        let is_first = shows && entry.note_event();
        if !is_first && gap.is_none() {
            return verdict;
        }
        // The event itself is still to be applied.
        let position = entry.position.as_ref().map(|position| Position {
            seq: position.seq.saturating_sub(1),
            ..position.clone()
        });
        let Some((channel, _)) = self.entries.get_key_value(channel) else {
            return verdict;
        };
        let channel = channel.clone();
        if is_first {
            self.set_timer(&channel, Timer::Subscription, None);
            self.say_live(channel.clone(), Continuity::Unknown, position);
        }
        if let Some(gap) = gap {
            self.say_gap(channel, gap);
        }
        verdict
    }

    /// Closes channels whose grace is over, goes on without answers and missed events that did not
    /// come, and asks again; harmless when there is nothing to do.
    pub fn handle_timeout(&mut self, now: Instant) {
        while self.timers.first().is_some_and(|(at, ..)| *at <= now)
            && let Some((_, channel, timer)) = self.timers.pop_first()
        {
            match timer {
                Timer::Grace => self.close(&channel),
                Timer::Subscription => self.subscription_due(now, &channel),
            }
        }
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.timers.first().map(|(at, ..)| *at)
    }

    /// The next thing to do, if any.
    pub fn poll_output(&mut self) -> Option<ChannelOutput> {
        self.outputs.pop_front()
    }

    /// How a channel is doing; `None` if there is no such channel, or no longer.
    #[must_use]
    pub fn state(&self, channel: &str) -> Option<ChannelState> {
        self.entries.get(channel).map(|entry| entry.state.clone())
    }

    /// Why the server sends no events of a channel, if it has refused to.
    #[must_use]
    pub fn refusal(&self, channel: &ChannelName) -> Option<ChannelError> {
        match &self.entries.get(channel)?.state {
            ChannelState::Refused(error) => Some(ChannelError::Refused {
                channel: channel.clone(),
                error: error.clone(),
            }),
            _ => None,
        }
    }

    /// Whether a channel's answer, or an event that was missed and is sent now, is to come.
    pub(crate) fn is_coming_back(&self, channel: &ChannelName) -> bool {
        self.entries
            .get(channel)
            .is_some_and(Subscription::is_coming_back)
    }

    /// Whether some channel is still on its way back: its answer, or an event that was missed and is
    /// sent now, is to come.
    #[must_use]
    pub fn are_coming_back(&self) -> bool {
        self.entries.values().any(Subscription::is_coming_back)
    }

    /// How far a channel's events have come, as far as the server numbers them.
    #[must_use]
    pub fn position(&self, channel: &str) -> Option<&Position> {
        self.entries.get(channel)?.position.as_ref()
    }

    /// How far each has come, as far as the server numbers its events.
    #[cfg(feature = "tabs")]
    pub(crate) fn positions(&self) -> impl Iterator<Item = (&ChannelName, Option<&Position>)> {
        let entries = self.entries.iter();
        entries.map(|(channel, entry)| (channel, entry.position.as_ref()))
    }

    /// A channel's name as it is kept.
    #[cfg(feature = "tabs")]
    pub(crate) fn name(&self, channel: &str) -> Option<ChannelName> {
        let (name, _) = self.entries.get_key_value(channel)?;
        Some(name.clone())
    }

    /// What has been counted so far.
    #[must_use]
    pub fn stats(&self) -> ChannelStats {
        let is_unknown = |entry: &&Subscription| matches!(entry.state, ChannelState::Unknown);
        ChannelStats {
            channels: self.entries.len(),
            unknown: self.entries.values().filter(is_unknown).count(),
            ..self.stats
        }
    }
}
