//! Voice: what a tab says to the others, under its name and in its term, and what it wants done.

use super::{
    TabId, TabOutput, TabStats,
    message::{Kind, Message},
};
use crate::time::Instant;
use std::{borrow::Cow, collections::VecDeque};

/// Who a tab is, in which term it lives, and what it has said that was not polled yet.
#[derive(Debug)]
pub(super) struct Voice {
    pub(super) me: TabId,
    pub(super) term: u64,
    pub(super) now: Instant,
    pub(super) visible: bool,
    /// Whom it follows; itself, if it leads.
    pub(super) leader: Option<TabId>,
    /// How many tabs it knows of.
    pub(super) count: usize,
    said_at: Option<Instant>,
    outputs: VecDeque<TabOutput>,
    pub(super) stats: TabStats,
}

impl Voice {
    pub(super) fn new(me: TabId) -> Self {
        Self {
            me,
            term: 0,
            now: Instant::ZERO,
            visible: true,
            leader: None,
            count: 1,
            said_at: None,
            outputs: VecDeque::new(),
            stats: TabStats::default(),
        }
    }

    pub(super) fn poll_output(&mut self) -> Option<TabOutput> {
        self.outputs.pop_front()
    }

    pub(super) fn push(&mut self, output: TabOutput) {
        self.outputs.push_back(output);
    }

    /// When it last said anything.
    pub(super) const fn said_at(&self) -> Option<Instant> {
        self.said_at
    }

    /// Whether this tab is whom it follows.
    pub(super) fn follows(&self, tab: &TabId) -> bool {
        self.leader.as_ref() == Some(tab)
    }

    pub(super) fn of_kind(&self, kind: Kind) -> Message<'static> {
        Message::new(&self.me, self.term, kind)
    }

    pub(super) fn post(&mut self, message: &Message<'_>) {
        self.said_at = Some(self.now);
        self.stats.posted += 1;
        self.push(TabOutput::Post(message.write()));
    }

    /// Says something to all.
    pub(super) fn say(&mut self, kind: Kind) {
        let is_beacon = kind == Kind::Beacon;
        let message = Message {
            leader: self.leader.clone(),
            visible: self.visible,
            number: if is_beacon { self.count as u64 } else { 0 },
            ..self.of_kind(kind)
        };
        self.post(&message);
    }

    pub(super) fn say_to(&mut self, tab: &TabId, kind: Kind) {
        let message = Message {
            to: Some(tab.clone()),
            ..self.of_kind(kind)
        };
        self.post(&message);
    }

    /// Says something to the leader, on a link.
    pub(super) fn say_on(&mut self, kind: Kind, link: u64, payload: &str) {
        let message = Message {
            to: self.leader.clone(),
            link: Some(link),
            payload: Cow::Borrowed(payload),
            ..self.of_kind(kind)
        };
        self.post(&message);
    }

    pub(super) fn set_count(&mut self, count: usize) {
        if std::mem::replace(&mut self.count, count) != count {
            self.push(TabOutput::Counted);
        }
    }
}
