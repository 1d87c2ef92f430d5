//! One channel: who uses it, how its subscription stands, and how far its events have come.

use super::{ChannelState, Continuity, EventPosition, GapReason, SubscribeReply, Verdict};
use crate::{
    access::SubscribeOptions,
    error::ServerError,
    id::{MessageId, Position},
    rule::{Rule, off},
    time::Instant,
};

#[derive(Debug)]
pub(super) struct Entry {
    /// When it was first asked for, in order of all channels.
    pub(super) order: u64,
    pub(super) leases: usize,
    /// How many of the leases came with params or a token.
    pub(super) with_options: usize,
    pub(super) options: SubscribeOptions,
    pub(super) link: Link,
    pub(super) position: Option<Position>,
    /// The last of the missed events that the server is sending just now.
    missed_up_to: Option<u64>,
    /// Whether it was ever live, so that there is something to have missed.
    pub(super) was_live: bool,
    /// When its two timers fire, as the list of all timers has them.
    pub(super) grace_over: Option<Instant>,
    pub(super) answer_due: Option<Instant>,
}

#[derive(Debug)]
pub(super) enum Link {
    Down,
    Subscribing(MessageId),
    /// Live without an answer; one may still come.
    Assumed(MessageId),
    Live,
    Refused(ServerError),
}

impl Entry {
    pub(super) fn new(order: u64) -> Self {
        Self {
            order,
            leases: 0,
            with_options: 0,
            options: SubscribeOptions::default(),
            link: Link::Down,
            position: None,
            missed_up_to: None,
            was_live: false,
            grace_over: None,
            answer_due: None,
        }
    }

    pub(super) fn state(&self) -> ChannelState {
        match &self.link {
            Link::Down => ChannelState::Waiting,
            Link::Subscribing(_) => ChannelState::Subscribing,
            Link::Assumed(_) | Link::Live => ChannelState::Live,
            Link::Refused(error) => ChannelState::Refused(error.clone()),
        }
    }

    pub(super) fn is_live(&self) -> bool {
        matches!(self.link, Link::Assumed(_) | Link::Live)
    }

    /// Whether the answer to `subscribe`, or a missed event after it, is still to come.
    pub(super) fn is_coming_back(&self) -> bool {
        let reached = self.position.as_ref().map_or(0, |position| position.seq);
        match self.link {
            Link::Subscribing(_) => true,
            Link::Live => self.missed_up_to.is_some_and(|last| reached < last),
            Link::Down | Link::Assumed(_) | Link::Refused(_) => false,
        }
    }

    /// The `subscribe` that an answer may still come to.
    pub(super) fn unanswered(&self) -> Option<&MessageId> {
        match &self.link {
            Link::Subscribing(id) | Link::Assumed(id) => Some(id),
            Link::Down | Link::Live | Link::Refused(_) => None,
        }
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
        self.missed_up_to = None;
        self.was_live = false;
    }

    /// Goes on without an answer. Whatever comes next is where we start to count from.
    pub(super) fn assume(&mut self) {
        if let Link::Subscribing(id) = &self.link {
            self.link = Link::Assumed(id.clone());
        }
        self.was_live = true;
        self.position = None;
    }

    /// The server answered.
    pub(super) fn answered(&mut self, reply: SubscribeReply) -> Continuity {
        let late = matches!(self.link, Link::Assumed(_));
        let returning = self.was_live;
        self.missed_up_to = None;
        self.link = Link::Live;
        self.was_live = true;
        let continuity = match (&self.position, &reply.position) {
            (Some(ours), Some(theirs)) if late && ours.epoch == theirs.epoch => {
                // Events that we already had need not come again.
                let seq = ours.seq.max(theirs.seq);
                self.position = reply.position.map(|theirs| Position { seq, ..theirs });
                return Continuity::Unknown;
            }
            // What was fetched without an answer may lie before the subscription.
            _ if late => Continuity::Unknown,
            (None, _) if !returning => Continuity::Fresh,
            // The server's word alone: it sends what was missed, and does not say how much.
            (_, None) if reply.recovered => return Continuity::Recovered { missed: 0 },
            (None, _) | (_, None) => Continuity::Unknown,
            (Some(ours), Some(theirs)) => resume(ours, theirs, reply.recovered),
        };
        if matches!(continuity, Continuity::Recovered { .. }) {
            self.missed_up_to = reply.position.map(|position| position.seq);
        } else {
            self.position = reply.position;
        }
        continuity
    }

    /// Judges an event by its position, and moves on to it. A gap is only found on a live channel.
    pub(super) fn check(
        &mut self,
        event: Option<EventPosition<'_>>,
    ) -> (Verdict, Option<GapReason>) {
        if matches!(self.link, Link::Down | Link::Refused(_)) {
            return (Verdict::Unsubscribed, None);
        }
        let live = self.is_live();
        let Some(event) = event else {
            return (Verdict::Apply, None);
        };
        let Some(ours) = &mut self.position else {
            // Without an answer the first event tells where we are; before it, the answer will.
            self.position = live.then(|| position_of(event));
            return (Verdict::Apply, None);
        };
        if event.epoch.is_some_and(|epoch| epoch != &*ours.epoch) && !off(Rule::EpochCheck) {
            if !live {
                return (Verdict::Early, None);
            }
            *ours = position_of(event);
            return (Verdict::Apply, Some(GapReason::EpochChanged));
        }
        if event.seq <= ours.seq && !off(Rule::PositionCheck) {
            return (Verdict::Duplicate, None);
        }
        let expected = ours.seq + 1;
        let got = event.seq;
        if got == expected || off(Rule::HoleDetection) {
            ours.seq = got;
            return (Verdict::Apply, None);
        }
        if !live {
            return (Verdict::Early, None);
        }
        ours.seq = got;
        (Verdict::Apply, Some(GapReason::Hole { expected, got }))
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
    if ours.epoch != theirs.epoch && !off(Rule::EpochCheck) {
        return Continuity::Gap(GapReason::EpochChanged);
    }
    match theirs.seq.checked_sub(ours.seq) {
        None => Continuity::Gap(GapReason::Rewound),
        Some(missed) if recovered || missed == 0 || off(Rule::RecoveredFlag) => {
            Continuity::Recovered { missed }
        }
        Some(_) => Continuity::Gap(GapReason::NotRecovered),
    }
}
