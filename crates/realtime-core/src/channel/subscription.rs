//! One channel: who uses it, how its subscription stands, and how far its events have come.

use super::{
    ChannelState, Continuity, EventPosition, GapReason, SubscribeReply, Verdict, rewind::Rewind,
};
use crate::{
    access::SubscribeOptions,
    id::{MessageId, Position},
    time::Instant,
};

#[derive(Debug)]
pub(super) struct Subscription {
    /// When it was first asked for, in order of all channels.
    pub(super) order: u64,
    pub(super) leases: usize,
    /// How many of the leases came with params or a token.
    pub(super) with_options: usize,
    pub(super) options: SubscribeOptions,
    pub(super) state: ChannelState,
    /// Whether an event came while the answer is waited for.
    had_event: bool,
    /// The `subscribe`s of this link that an answer may still come to, the newest last: it, and the
    /// one before it.
    asks: Vec<MessageId>,
    /// Whether one before those was never answered.
    has_lost_ask: bool,
    /// When the newest of them was sent.
    pub(super) asked_at: Instant,
    /// How many `subscribe`s in a row, up to the last, came to nothing on this link.
    pub(super) tries: u32,
    pub(super) position: Option<Position>,
    /// The last of the missed events that the server is sending just now.
    missed: Option<Missed>,
    /// Whether a link ended before all of them had come.
    is_owed: bool,
    rewind: Rewind,
    /// Whether it was ever live, so that there is something to have missed.
    pub(super) was_live: bool,
    /// When its two timers fire, as the list of all timers has them.
    pub(super) grace_over: Option<Instant>,
    pub(super) due: Option<Instant>,
}

/// The events that the server has promised to send again.
#[derive(Clone, Copy, Debug)]
struct Missed {
    /// The seq of the last of them.
    last: u64,
    /// How far they had come when we last looked.
    seen: u64,
}

/// What a timer, or an event, found out about a channel.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Gap {
    pub(super) reason: GapReason,
    pub(super) position: Option<Position>,
}

/// What has become of the missed events.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Recovery {
    /// All are here.
    Complete,
    /// Some came since we last looked.
    UnderWay,
    /// None came.
    Short(Gap),
}

impl Subscription {
    pub(super) fn new(order: u64) -> Self {
        Self {
            order,
            leases: 0,
            with_options: 0,
            options: SubscribeOptions::default(),
            state: ChannelState::Waiting,
            had_event: false,
            asks: Vec::new(),
            has_lost_ask: false,
            asked_at: Instant::ZERO,
            tries: 0,
            position: None,
            missed: None,
            is_owed: false,
            rewind: Rewind::default(),
            was_live: false,
            grace_over: None,
            due: None,
        }
    }

    /// Someone knows the state as of `since`: the first subscription resumes from there. Of two, from
    /// the earlier one.
    pub(super) fn begin_at(&mut self, since: &Position) {
        if self.was_live || !matches!(self.state, ChannelState::Waiting) {
            return;
        }
        let is_earlier = |known: &Position| known.epoch == since.epoch && since.seq < known.seq;
        if self.position.as_ref().is_none_or(is_earlier) {
            self.position = Some(since.clone());
        }
    }

    /// Whether events are waited for no longer, but applied as they come.
    pub(super) const fn is_open(&self) -> bool {
        matches!(self.state, ChannelState::Unknown | ChannelState::Live)
    }

    /// Whether the answer to `subscribe`, or a missed event after it, is still to come.
    pub(super) fn is_coming_back(&self) -> bool {
        match self.state {
            ChannelState::Subscribing => true,
            ChannelState::Live => self.missed.is_some_and(|missed| self.seq() < missed.last),
            ChannelState::Waiting | ChannelState::Unknown | ChannelState::Refused(_) => false,
        }
    }

    /// Whether the server may believe that we are subscribed.
    pub(super) const fn is_asked_for(&self) -> bool {
        self.is_open() || matches!(self.state, ChannelState::Subscribing)
    }

    /// Whether a lease with these options can share the subscription.
    pub(super) fn takes(&self, options: &SubscribeOptions) -> bool {
        self.with_options == 0 || self.options.same_params(options)
    }

    /// One more lease has these options; says whether the params are others than before.
    pub(super) fn ask_with(&mut self, options: &SubscribeOptions) -> bool {
        self.with_options += 1;
        let old = std::mem::replace(&mut self.options, options.clone());
        !old.same_params(options)
    }

    /// Forgets how far the channel had come.
    pub(super) fn start_over(&mut self) {
        self.options.forget_token();
        self.position = None;
        self.missed = None;
        self.is_owed = false;
        self.was_live = false;
    }

    fn seq(&self) -> u64 {
        self.position.as_ref().map_or(0, |position| position.seq)
    }

    /// The link is gone. Gives whether events were arriving, or may have been.
    pub(super) fn down(&mut self) -> bool {
        let was_open = self.is_open();
        self.state = ChannelState::Waiting;
        self.take_asks();
        self.tries = 0;
        self.is_owed |= self
            .missed
            .take()
            .is_some_and(|missed| self.seq() < missed.last);
        self.rewind = Rewind::default();
        was_open
    }

    /// A `subscribe` was sent. Gives the one whose answer does not count any more.
    pub(super) fn asked(&mut self, now: Instant, id: MessageId) -> Option<MessageId> {
        self.asked_at = now;
        if !self.is_open() {
            self.state = ChannelState::Subscribing;
            self.had_event = false;
        }
        self.asks.push(id);
        let is_over = self.asks.len() > 2;
        self.has_lost_ask |= is_over;
        is_over.then(|| self.asks.remove(0))
    }

    /// Forgets the `subscribe`s that might still be answered, and gives them.
    pub(super) fn take_asks(&mut self) -> Vec<MessageId> {
        self.has_lost_ask = false;
        std::mem::take(&mut self.asks)
    }

    /// Whether there is a later `subscribe` than this one, whose answer is to be waited for.
    pub(super) fn is_superseded(&self, id: &MessageId) -> bool {
        self.asks.last().is_some_and(|newest| newest != id)
    }

    /// Whether the server may have granted an ask that it never answered, and refuses `id` for that
    /// alone: some say that we are subscribed already.
    pub(super) fn may_be_granted_beside(&self, id: &MessageId) -> bool {
        let is_repeated = self.has_lost_ask || self.asks.iter().any(|ask| ask != id);
        is_repeated && self.is_open()
    }

    pub(super) fn forget_ask(&mut self, id: &MessageId) {
        self.asks.retain(|kept| kept != id);
    }

    /// Goes on without an answer; true if an event came meanwhile, so that the channel is live all
    /// the same. Whatever comes next is where we start to count from.
    pub(super) fn assume(&mut self) -> bool {
        let had_event = self.state == ChannelState::Subscribing && self.had_event;
        self.state = if had_event {
            ChannelState::Live
        } else {
            ChannelState::Unknown
        };
        self.was_live = true;
        self.position = None;
        had_event
    }

    /// The server answered. `None` if that tells nothing new.
    pub(super) fn answered(&mut self, reply: SubscribeReply) -> Option<Continuity> {
        let late = self.is_open();
        let was_shown = matches!(self.state, ChannelState::Live);
        let returning = self.was_live;
        let is_owed = std::mem::take(&mut self.is_owed);
        self.missed = None;
        self.rewind = Rewind::default();
        self.state = ChannelState::Live;
        self.tries = 0;
        self.was_live = true;
        let continuity = match (&self.position, &reply.position) {
            (Some(ours), Some(theirs)) if late && ours.epoch == theirs.epoch => {
                // Events that we already had need not come again. Those beyond have not come, and
                // were not fetched either.
                let is_behind = ours.seq < theirs.seq;
                let seq = ours.seq.max(theirs.seq);
                self.position = reply.position.map(|theirs| Position { seq, ..theirs });
                return (is_behind || !was_shown).then_some(Continuity::Unknown);
            }
            // What was fetched after the first event was fetched under the subscription.
            (_, None) if was_shown => return None,
            // What was fetched without an answer may lie before the subscription.
            _ if late => Continuity::Unknown,
            (None, _) if !returning => Continuity::Fresh,
            // The server's word alone: it sends what was missed, and does not say how much. It does not
            // send again what it owed the link before.
            (_, None) if reply.recovered && !is_owed => {
                return Some(Continuity::Recovered { missed: 0 });
            }
            (None, _) | (_, None) => Continuity::Unknown,
            (Some(ours), Some(theirs)) => resume(ours, theirs, reply.recovered),
        };
        if matches!(continuity, Continuity::Recovered { .. }) {
            let seen = self.seq();
            let last = reply.position.map(|position| position.seq);
            let missed = last.filter(|last| *last > seen);
            self.missed = missed.map(|last| Missed { last, seen });
        } else {
            self.position = reply.position;
        }
        Some(continuity)
    }

    /// Whether missed events are still to come.
    pub(super) const fn is_recovering(&self) -> bool {
        self.missed.is_some()
    }

    /// Looks whether the missed events have come. If none has since the last look, they count as
    /// lost, and events as continuing after them.
    pub(super) fn look_at_recovery(&mut self) -> Recovery {
        let reached = self.seq();
        let Some(missed) = &mut self.missed else {
            return Recovery::Complete;
        };
        let promised = missed.last;
        if reached >= promised {
            self.missed = None;
            return Recovery::Complete;
        }
        if std::mem::replace(&mut missed.seen, reached) < reached {
            return Recovery::UnderWay;
        }
        self.missed = None;
        if let Some(position) = &mut self.position {
            position.seq = promised;
        }
        Recovery::Short(Gap {
            reason: GapReason::Short { promised, reached },
            position: self.position.clone(),
        })
    }

    /// An event came. True if that shows that the channel is live, which nobody knew.
    pub(super) fn note_event(&mut self) -> bool {
        match self.state {
            ChannelState::Unknown => {
                self.state = ChannelState::Live;
                self.tries = 0;
                true
            }
            ChannelState::Subscribing => {
                self.had_event = true;
                false
            }
            ChannelState::Waiting | ChannelState::Live | ChannelState::Refused(_) => false,
        }
    }

    /// Judges an event by its position, and moves on to it. A gap is only found where we do not
    /// wait for the answer.
    pub(super) fn check(
        &mut self,
        now: Instant,
        event: Option<EventPosition<'_>>,
    ) -> (Verdict, Option<Gap>) {
        if matches!(self.state, ChannelState::Waiting | ChannelState::Refused(_)) {
            return (Verdict::Unsubscribed, None);
        }
        let open = self.is_open();
        let Some(event) = event else {
            return (Verdict::Apply, None);
        };
        let Some(ours) = &mut self.position else {
            // Without an answer the first event tells where we are; before it, the answer will.
            self.position = open.then(|| position_of(event));
            return (Verdict::Apply, None);
        };
        if event.epoch.is_some_and(|epoch| epoch != &*ours.epoch) {
            if !open {
                return (Verdict::Early, None);
            }
            *ours = position_of(event);
            return (Verdict::Apply, Some(self.jumped(GapReason::EpochChanged)));
        }
        if event.seq <= ours.seq {
            if !open || !self.rewind.behind(now, event.seq, ours.seq) {
                return (Verdict::Duplicate, None);
            }
            ours.seq = event.seq;
            return (Verdict::Apply, Some(self.jumped(GapReason::Rewound)));
        }
        let (expected, got) = (ours.seq.saturating_add(1), event.seq);
        if got == expected {
            ours.seq = got;
            self.rewind.advanced();
            return (Verdict::Apply, None);
        }
        if !open {
            return (Verdict::Early, None);
        }
        ours.seq = got;
        let gap = self.jumped(GapReason::Hole { expected, got });
        self.rewind.skipped(expected..got);
        (Verdict::Apply, Some(gap))
    }

    /// Our position has just jumped to that of an event which is still to be applied. What was
    /// promised before it will not come, or comes too late.
    fn jumped(&mut self, reason: GapReason) -> Gap {
        if reason.begins_anew() {
            self.missed = None;
            self.rewind = Rewind::default();
        }
        let before = |position: &Position| Position {
            seq: position.seq.saturating_sub(1),
            ..position.clone()
        };
        Gap {
            reason,
            position: self.position.as_ref().map(before),
        }
    }
}

fn position_of(event: EventPosition<'_>) -> Position {
    Position {
        epoch: event.epoch.unwrap_or_default().into(),
        seq: event.seq,
    }
}

/// What a server at `theirs` can say to someone who has come as far as `ours`.
fn resume(ours: &Position, theirs: &Position, recovered: bool) -> Continuity {
    if ours.epoch != theirs.epoch {
        return Continuity::Gap(GapReason::EpochChanged);
    }
    match theirs.seq.checked_sub(ours.seq) {
        None => Continuity::Gap(GapReason::Rewound),
        Some(missed) if recovered || missed == 0 => Continuity::Recovered { missed },
        Some(_) => Continuity::Gap(GapReason::NotRecovered),
    }
}
