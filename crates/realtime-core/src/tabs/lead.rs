//! Lead of one tab over the others: who follows it, that it says so, and to whom it goes next.

use super::{
    LinkAct, TabId, TabOutput,
    message::{Kind, Message},
    others::Others,
    voice::Voice,
};
use crate::time::{Instant, earliest};
use std::time::Duration;

/// How often a leader says that it leads.
const BEACON: Duration = Duration::from_secs(3);
/// How long a leader may be hidden while another tab is visible.
const HIDDEN: Duration = Duration::from_secs(5 * 60);
/// How long a tab has to take the lead that it is offered.
const OFFER: Duration = Duration::from_secs(5);
/// How long a leader that hears of another, or of a later term, waits to be told that it has lost.
const RIVALRY: Duration = Duration::from_millis(300);
/// A timer that is later than this was held up, and with it what the others said.
const LATE: Duration = Duration::from_secs(2);

/// What only a leader has.
#[derive(Debug)]
pub(super) struct Lead {
    others: Others,
    beacon_at: Instant,
    /// When to go on in a later term, and which was heard of.
    rivalry: Option<(Instant, u64)>,
    offer: Option<(TabId, Instant)>,
    hidden_since: Option<Instant>,
}

impl Lead {
    /// Begins, and says so.
    pub(super) fn new(hidden_since: Option<Instant>, voice: &mut Voice) -> Self {
        let mut lead = Self {
            others: Others::default(),
            beacon_at: voice.now,
            rivalry: None,
            offer: None,
            hidden_since,
        };
        lead.beacon(voice);
        lead
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let beacon = match self.rivalry {
            Some((over, _)) => over,
            None => self.beacon_at,
        };
        let offer = match &self.offer {
            Some((_, over)) => Some(*over),
            None => self.hand_over_at(),
        };
        let next = earliest(Some(beacon), self.others.next_deadline());
        earliest(next, offer)
    }

    pub(super) fn set_hidden(&mut self, since: Option<Instant>) {
        self.hidden_since = since;
        self.offer = None;
    }

    /// Time has passed.
    pub(super) fn go_on(&mut self, voice: &mut Voice) {
        let now = voice.now;
        if let Some((over, term)) = self.rivalry {
            if now >= over {
                self.rivalry = None;
                // Those that follow open their links anew, in this term.
                voice.term = voice.term.max(term) + 1;
                self.beacon(voice);
            }
        } else if now >= self.beacon_at {
            self.beacon(voice);
        }
        let gone_at = self.others.next_deadline();
        if gone_at.is_some_and(|due| now >= due + LATE) {
            self.others.excuse(now);
        }
        for tab in self.others.take_gone(now) {
            voice.push(TabOutput::Gone(tab));
        }
        if let Some((tab, _)) = self.offer.take_if(|(_, over)| now >= *over) {
            self.others.doubt(&tab);
        }
        self.hand_over(voice);
        self.recount(voice);
    }

    /// Another leads, or somebody lives in a later term. One of us will lose the lock; who does not
    /// goes on in a term later than both.
    pub(super) fn heard_rival(&mut self, now: Instant, term: u64) {
        let (over, known) = self.rivalry.unwrap_or((now + RIVALRY, 0));
        self.rivalry = Some((over, known.max(term)));
    }

    /// Another tab says something, which is for us.
    pub(super) fn heard(&mut self, message: &Message<'_>, voice: &mut Voice) {
        let tab = &message.from;
        if message.kind == Kind::Bye {
            if self.others.remove(tab) {
                voice.push(TabOutput::Gone(tab.clone()));
                self.recount(voice);
            }
            return;
        }
        if !self.others.takes(tab) {
            voice.stats.turned_away += 1;
            return voice.say_to(tab, Kind::Full);
        }
        let is_hello = message.kind == Kind::Hello;
        let visible = is_hello.then_some(message.visible);
        self.others.heard(voice.now, tab, visible);
        self.recount(voice);
        if is_hello {
            self.offer.take_if(|(to, _)| to == tab && !message.visible);
            let follows_another = message.leader.as_ref().is_some_and(|of| *of != voice.me);
            let is_of_our_term = message.term == voice.term;
            if message.term > voice.term || (is_of_our_term && follows_another) {
                self.heard_rival(voice.now, message.term);
            } else {
                self.beacon(voice);
            }
            return self.hand_over(voice);
        }
        if message.term != voice.term {
            voice.stats.stale += 1;
            return;
        }
        let does = match message.kind {
            Kind::Open => LinkAct::Open,
            Kind::Frame => LinkAct::Frame(message.payload.clone().into_owned()),
            Kind::Close => LinkAct::Close,
            Kind::Renew => return voice.push(TabOutput::Renew),
            Kind::Want => return voice.push(TabOutput::Wanted(tab.clone())),
            _ => return,
        };
        if let Some(link) = message.link {
            let tab = tab.clone();
            voice.push(TabOutput::Link { tab, link, does });
        }
    }

    fn beacon(&mut self, voice: &mut Voice) {
        voice.say(Kind::Beacon);
        self.beacon_at = voice.now + BEACON;
    }

    fn recount(&mut self, voice: &mut Voice) {
        let count = self.others.len() + 1;
        if count != voice.count {
            voice.set_count(count);
            self.beacon(voice);
        }
    }

    /// When the lead is to be offered to a tab that people see.
    fn hand_over_at(&self) -> Option<Instant> {
        let hidden = self.hidden_since?;
        self.others.visible().map(|_| hidden + HIDDEN)
    }

    fn hand_over(&mut self, voice: &mut Voice) {
        let is_due = self.hand_over_at().is_some_and(|due| voice.now >= due);
        if is_due
            && self.offer.is_none()
            && let Some(tab) = self.others.visible().cloned()
        {
            voice.say_to(&tab, Kind::Yield);
            self.offer = Some((tab, voice.now + OFFER));
        }
    }
}
