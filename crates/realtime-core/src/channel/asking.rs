//! Requests for channels: what is sent, how long the answer is waited for, and when it is sent again.

use super::{
    Answers, ChannelOutput, ChannelState, Channels, Continuity, Timer, pace,
    subscription::{Gap, Recovery},
};
use crate::{
    access::SubscribeOptions,
    error::ServerError,
    id::{ChannelName, MessageId, Position},
    time::Instant,
};
use std::time::Duration;

impl Channels {
    /// Notes what the channel is asked for with from now on. A subscription that was asked for
    /// with other params ends.
    pub(super) fn ask_with(&mut self, channel: &ChannelName, options: &SubscribeOptions) {
        let Some(entry) = self.entries.get_mut(channel) else {
            return;
        };
        if !entry.ask_with(options) {
            return;
        }
        let is_asked = entry.is_asked_for();
        for ask in entry.take_asks() {
            self.unanswered.remove(&ask);
        }
        let was_open = entry.down();
        entry.position = None;
        self.set_timer(channel, Timer::Subscription, None);
        if was_open {
            let channel = channel.clone();
            self.outputs.push_back(ChannelOutput::Lost { channel });
        }
        if is_asked {
            let channel = channel.clone();
            self.stats.unsubscribes += 1;
            self.outputs
                .push_back(ChannelOutput::Unsubscribe { channel });
        }
    }

    /// What a channel waited for has not come, or it is time to ask for it again.
    pub(super) fn subscription_due(&mut self, now: Instant, channel: &ChannelName) {
        let Some(entry) = self.entries.get_mut(channel) else {
            return;
        };
        entry.due = None;
        match entry.state {
            ChannelState::Waiting => {}
            ChannelState::Subscribing => {
                self.stats.unanswered += 1;
                let lost = self.answers == Answers::Yes;
                if self.answers == Answers::Unproven {
                    self.answers = Answers::Never;
                }
                self.assume(now, channel, lost);
            }
            ChannelState::Unknown | ChannelState::Refused(_) => self.send_subscribe(now, channel),
            ChannelState::Live => match entry.look_at_recovery() {
                Recovery::Complete => {}
                Recovery::UnderWay => {
                    let due = now + self.options.recovery_timeout;
                    self.set_timer(channel, Timer::Subscription, Some(due));
                }
                Recovery::Short(gap) => self.say_gap(channel.clone(), gap),
            },
        }
    }

    pub(super) fn send_subscribe(&mut self, now: Instant, channel: &ChannelName) {
        let Some(entry) = self.entries.get_mut(channel) else {
            return;
        };
        self.last_id += 1;
        let id: MessageId = format!("{}-s{}", self.id_prefix, self.last_id).into();
        self.stats.subscribes += 1;
        self.outputs.push_back(ChannelOutput::Subscribe {
            id: id.clone(),
            channel: channel.clone(),
            since: entry.position.clone(),
            options: entry.options.clone(),
        });
        let void = entry.asked(now, id.clone());
        self.unanswered.insert(id, channel.clone());
        if let Some(void) = void {
            self.unanswered.remove(&void);
        }
        if entry.is_open() {
            return self.ask_later(now, channel, Duration::ZERO);
        }
        let wait = match self.answers {
            Answers::Never => return self.assume(now, channel, false),
            Answers::Unproven => self.options.answer_wait,
            Answers::Yes => self.options.subscribe_timeout,
        };
        self.set_timer(channel, Timer::Subscription, Some(now + wait));
    }

    /// Goes on without an answer.
    fn assume(&mut self, now: Instant, channel: &ChannelName, lost: bool) {
        let Some(entry) = self.entries.get_mut(channel) else {
            return;
        };
        if entry.assume() {
            return self.say_live(channel.clone(), Continuity::Unknown, None);
        }
        self.outputs.push_back(ChannelOutput::Unknown {
            channel: channel.clone(),
            asked: entry.asked_at,
            lost,
        });
        self.ask_later(now, channel, Duration::ZERO);
    }

    /// Asks for a channel again, later and later; not before `asked` is over.
    fn ask_later(&mut self, now: Instant, channel: &ChannelName, asked: Duration) {
        if let Some(entry) = self.entries.get_mut(channel) {
            entry.tries = entry.tries.saturating_add(1);
            let wait = pace::wait(&mut self.rng, &self.options, entry.tries, asked);
            self.set_timer(channel, Timer::Subscription, Some(now + wait));
        }
    }

    pub(super) fn refuse(&mut self, now: Instant, channel: ChannelName, error: ServerError) {
        self.set_timer(&channel, Timer::Subscription, None);
        let Some(entry) = self.entries.get_mut(&channel) else {
            return;
        };
        for ask in entry.take_asks() {
            self.unanswered.remove(&ask);
        }
        entry.state = ChannelState::Refused(error.clone());
        self.stats.refused += 1;
        if let Some(millis) = error.retry_after.filter(|_| self.up) {
            self.ask_later(now, &channel, Duration::from_millis(millis));
        }
        self.outputs
            .push_back(ChannelOutput::Refused { channel, error });
    }

    /// The server refuses to be asked again, and has never answered the asks before: nobody knows
    /// more than before, but asking on would be in vain unless the server says when.
    pub(super) fn leave_open(&mut self, now: Instant, channel: ChannelName, error: ServerError) {
        self.stats.refused += 1;
        self.set_timer(&channel, Timer::Subscription, None);
        if let Some(millis) = error.retry_after {
            self.ask_later(now, &channel, Duration::from_millis(millis));
        }
        self.outputs
            .push_back(ChannelOutput::StillUnknown { channel, error });
    }

    pub(super) fn say_live(
        &mut self,
        channel: ChannelName,
        continuity: Continuity,
        position: Option<Position>,
    ) {
        self.stats.gaps += u64::from(matches!(continuity, Continuity::Gap(_)));
        let recovered = matches!(continuity, Continuity::Recovered { .. });
        self.stats.recovered += u64::from(recovered);
        self.outputs.push_back(ChannelOutput::Live {
            channel,
            continuity,
            position,
        });
    }

    pub(super) fn say_gap(&mut self, channel: ChannelName, gap: Gap) {
        self.stats.gaps += 1;
        self.outputs.push_back(ChannelOutput::Gap {
            channel,
            reason: gap.reason,
            position: gap.position,
        });
    }

    pub(super) fn close(&mut self, channel: &ChannelName) {
        self.set_timer(channel, Timer::Subscription, None);
        let Some(mut entry) = self.entries.remove(channel) else {
            return;
        };
        for ask in entry.take_asks() {
            self.unanswered.remove(&ask);
        }
        let channel = channel.clone();
        if entry.is_asked_for() {
            self.stats.unsubscribes += 1;
            self.outputs.push_back(ChannelOutput::Unsubscribe {
                channel: channel.clone(),
            });
        }
        self.outputs.push_back(ChannelOutput::Closed { channel });
    }

    pub(super) fn set_timer(&mut self, channel: &ChannelName, timer: Timer, at: Option<Instant>) {
        let Some(entry) = self.entries.get_mut(channel) else {
            return;
        };
        let slot = match timer {
            Timer::Grace => &mut entry.grace_over,
            Timer::Subscription => &mut entry.due,
        };
        if let Some(old) = std::mem::replace(slot, at) {
            self.timers.remove(&(old, channel.clone(), timer));
        }
        self.timers
            .extend(at.map(|at| (at, channel.clone(), timer)));
    }
}
