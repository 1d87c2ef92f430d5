//! The events that came while a fetch ran, to be replayed over its result.

use super::resource::{BindingIndex, EventView};
use crate::id::{MessageId, Position};
use std::{cell::Cell, mem, rc::Rc};

/// What one log may hold, and what all logs of a cache hold together.
#[derive(Clone, Debug)]
pub(super) struct LogBudget {
    pub(super) events: usize,
    pub(super) bytes: usize,
    pub(super) bytes_total: usize,
    used: Rc<Cell<usize>>,
}

impl LogBudget {
    pub(super) fn new(events: usize, bytes: usize, bytes_total: usize) -> Self {
        Self {
            events,
            bytes,
            bytes_total,
            used: Rc::default(),
        }
    }
}

/// An event, owned.
#[derive(Debug)]
pub(super) struct LoggedEvent {
    pub(super) binding: BindingIndex,
    pub(super) position: Option<Position>,
    event: Box<str>,
    channel: Option<Box<str>>,
    data: Box<str>,
    id: Option<MessageId>,
}

impl LoggedEvent {
    pub(super) fn view(&self) -> EventView<'_> {
        EventView {
            event: &self.event,
            channel: self.channel.as_deref(),
            data: &self.data,
            position: self.position.as_ref(),
            id: self.id.as_ref(),
        }
    }
}

/// A bounded log. One event too many empties it, for a log with holes is worth nothing.
#[derive(Debug)]
pub(super) struct EventLog {
    events: Vec<LoggedEvent>,
    bytes: usize,
    overflowed: bool,
    budget: LogBudget,
}

impl EventLog {
    pub(super) const fn new(budget: LogBudget) -> Self {
        Self {
            events: Vec::new(),
            bytes: 0,
            overflowed: false,
            budget,
        }
    }

    pub(super) fn events(&self) -> &[LoggedEvent] {
        &self.events
    }

    /// Whether events were lost since the log was last taken.
    pub(super) const fn overflowed(&self) -> bool {
        self.overflowed
    }

    /// Remembers an event; says whether this very event made the log overflow.
    pub(super) fn push(
        &mut self,
        binding: BindingIndex,
        event: &EventView<'_>,
        position: Option<&Position>,
    ) -> bool {
        if self.overflowed {
            return false;
        }
        let size = mem::size_of::<LoggedEvent>()
            + event.event.len()
            + event.channel.map_or(0, str::len)
            + event.data.len()
            + event.id.map_or(0, |id| id.len())
            + position.map_or(0, |position| position.epoch.len());
        if self.events.len() >= self.budget.events
            || self.bytes + size > self.budget.bytes
            || self.budget.used.get() + size > self.budget.bytes_total
        {
            self.take();
            self.overflowed = true;
            return true;
        }
        self.bytes += size;
        self.budget.used.set(self.budget.used.get() + size);
        self.events.push(LoggedEvent {
            binding,
            position: position.cloned(),
            event: event.event.into(),
            channel: event.channel.map(Into::into),
            data: event.data.into(),
            id: event.id.cloned(),
        });
        false
    }

    /// Empties the log and gives what it held.
    pub(super) fn take(&mut self) -> Vec<LoggedEvent> {
        let used = self.budget.used.get();
        self.budget.used.set(used.saturating_sub(self.bytes));
        self.bytes = 0;
        self.overflowed = false;
        mem::take(&mut self.events)
    }
}

impl Drop for EventLog {
    fn drop(&mut self) {
        self.take();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(data: &str) -> EventView<'_> {
        EventView {
            event: "e",
            channel: None,
            data,
            position: None,
            id: None,
        }
    }

    const BINDING: BindingIndex = BindingIndex::new(0);

    #[test]
    fn one_event_too_many_empties_the_log_and_says_so_once() {
        let mut log = EventLog::new(LogBudget::new(2, 1_000, 1_000));
        assert!(!log.push(BINDING, &event("1"), None));
        assert!(!log.push(BINDING, &event("2"), None));
        assert!(log.push(BINDING, &event("3"), None));
        assert!(!log.push(BINDING, &event("4"), None));
        assert!(log.overflowed());
        assert!(log.events().is_empty());
        log.take();
        assert!(!log.overflowed());
    }

    #[test]
    fn a_log_overflows_by_bytes_too() {
        let mut log = EventLog::new(LogBudget::new(100, 1_000, 1_000));
        let long = "x".repeat(1_001);
        assert!(log.push(BINDING, &event(&long), None));
        log.take();
        let (id, position) = (
            MessageId::from(long.as_str()),
            Position {
                epoch: long.as_str().into(),
                seq: 1,
            },
        );
        let named = EventView {
            id: Some(&id),
            ..event("1")
        };
        assert!(log.push(BINDING, &named, None));
        log.take();
        assert!(log.push(BINDING, &event("1"), Some(&position)));
    }

    #[test]
    fn logs_share_one_budget_and_give_back_what_they_held() {
        let budget = LogBudget::new(100, 1_000, 1_000);
        let text = "x".repeat(600);
        let mut first = EventLog::new(budget.clone());
        let mut second = EventLog::new(budget);
        assert!(!first.push(BINDING, &event(&text), None));
        assert!(second.push(BINDING, &event(&text), None));
        second.take();
        drop(first);
        assert!(!second.push(BINDING, &event(&text), None));
    }
}
