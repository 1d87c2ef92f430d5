//! Fold: how a fetch's result and the events that came during the fetch become one state.

use super::{log::EventLog, resource::BindingIndex};
use crate::id::Position;

/// After this many results in a row whose log of events had overflowed, one is taken.
const OVERFLOWS_IN_A_ROW: u32 = 3;

/// What is known when a result arrives.
pub(super) struct Facts<'a> {
    pub(super) has_data: bool,
    /// The result's position, if it has one that can be compared with the events'.
    pub(super) result: Option<&'a Position>,
    /// The last position known when the fetch began.
    pub(super) seen_before: Option<&'a Position>,
    /// The last position known now: of the last event in the log, or later.
    pub(super) seen: Option<&'a Position>,
    pub(super) log: &'a EventLog,
    /// How many results in a row, up to now, could not be put in order with the events.
    pub(super) unordered: u32,
}

/// Which of the logged events to replay over the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Replay {
    None,
    All,
    /// Those that the result's position does not cover. It is of the last event's epoch, so it
    /// covers what came in an earlier one.
    After,
}

/// What to do with a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plan {
    /// What is on screen is newer: leave the result, and fetch again.
    Keep,
    /// Take the result, replay, and, with `again`, fetch once more to be sure.
    Land { replay: Replay, again: bool },
}

const fn land(replay: Replay, again: bool) -> Plan {
    Plan::Land { replay, again }
}

pub(super) fn plan(facts: &Facts<'_>, is_idempotent: impl Fn(BindingIndex) -> bool) -> Plan {
    let patient = facts.unordered < OVERFLOWS_IN_A_ROW;
    let keep_or_land = if facts.has_data && patient {
        Plan::Keep
    } else {
        land(Replay::None, true)
    };
    let all_idempotent = || {
        let mut events = facts.log.events().iter();
        events.all(|event| is_idempotent(event.binding))
    };

    // A result of another epoch tells of another history than the events. The next one should
    // agree; if it does not either, the two will never be comparable.
    let same_epoch = |result: &&Position| facts.seen.is_none_or(|seen| seen.epoch == result.epoch);
    let comparable = facts.result.filter(same_epoch);
    if facts.result.is_some() && comparable.is_none() && facts.unordered == 0 {
        return keep_or_land;
    }
    if let Some(result) = comparable {
        let is_newer = |seen: &Position| seen.epoch == result.epoch && seen.seq > result.seq;
        let outdated = facts.seen_before.is_some_and(is_newer);
        if !outdated {
            if facts.log.overflowed() && !facts.seen.is_some_and(|seen| covers(result, seen)) {
                return keep_or_land;
            }
            let mut events = facts.log.events().iter();
            let unclear =
                events.any(|event| event.position.is_none() && !is_idempotent(event.binding));
            return land(Replay::After, unclear);
        }
        // However often: it is known to lack events. The fetches come later and later.
        return if facts.has_data {
            Plan::Keep
        } else {
            land(Replay::After, true)
        };
    }
    if facts.log.overflowed() {
        keep_or_land
    } else if all_idempotent() {
        land(Replay::All, false)
    } else {
        land(Replay::None, true)
    }
}

/// Whether a state as of `state` contains the event at `event`.
pub(super) fn covers(state: &Position, event: &Position) -> bool {
    state.epoch == event.epoch && event.seq <= state.seq
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::{EventView, log::LogBudget};

    fn at(epoch: &str, seq: u64) -> Position {
        Position {
            epoch: epoch.into(),
            seq,
        }
    }

    fn log(positions: &[Option<Position>]) -> EventLog {
        let mut log = EventLog::new(LogBudget::new(10, 10_000, 10_000));
        for position in positions {
            let event = EventView {
                event: "e",
                channel: None,
                data: "1",
                position: position.as_ref(),
                id: None,
            };
            log.push(BindingIndex::new(0), &event, position.as_ref());
        }
        log
    }

    struct Case {
        has_data: bool,
        result: Option<Position>,
        seen_before: Option<Position>,
        log: EventLog,
        unordered: u32,
        idempotent: bool,
    }

    impl Case {
        fn plan(&self) -> Plan {
            let last = self.log.events().last();
            let seen = last
                .and_then(|event| event.position.as_ref())
                .or(self.seen_before.as_ref());
            let facts = Facts {
                has_data: self.has_data,
                result: self.result.as_ref(),
                seen_before: self.seen_before.as_ref(),
                seen,
                log: &self.log,
                unordered: self.unordered,
            };
            plan(&facts, |_| self.idempotent)
        }
    }

    fn case(log: EventLog) -> Case {
        Case {
            has_data: true,
            result: None,
            seen_before: None,
            log,
            unordered: 0,
            idempotent: false,
        }
    }

    #[test]
    fn a_quiet_fetch_just_lands() {
        assert_eq!(case(log(&[])).plan(), land(Replay::All, false));
    }

    #[test]
    fn without_positions_harmless_events_are_replayed_and_others_ask_for_one_more_fetch() {
        let mut case = case(log(&[None]));
        assert_eq!(case.plan(), land(Replay::None, true));
        case.idempotent = true;
        assert_eq!(case.plan(), land(Replay::All, false));
    }

    #[test]
    fn with_positions_any_event_can_be_replayed() {
        let mut case = case(log(&[Some(at("a", 5))]));
        case.result = Some(at("a", 4));
        assert_eq!(case.plan(), land(Replay::After, false));
    }

    #[test]
    fn an_event_that_cannot_be_compared_spoils_the_order_unless_harmless() {
        let mut case = case(log(&[None]));
        case.result = Some(at("a", 4));
        assert_eq!(case.plan(), land(Replay::After, true));
        case.idempotent = true;
        assert_eq!(case.plan(), land(Replay::After, false));
    }

    #[test]
    fn a_result_older_than_the_screen_is_left_however_often_it_comes() {
        let mut case = case(log(&[]));
        case.result = Some(at("a", 4));
        case.seen_before = Some(at("a", 6));
        for unordered in 0..10 {
            case.unordered = unordered;
            assert_eq!(case.plan(), Plan::Keep);
        }
    }

    #[test]
    fn a_result_older_than_the_subscription_is_better_than_nothing() {
        let mut case = case(log(&[]));
        case.has_data = false;
        case.result = Some(at("a", 4));
        case.seen_before = Some(at("a", 6));
        for unordered in 0..10 {
            case.unordered = unordered;
            assert_eq!(case.plan(), land(Replay::After, true));
        }
    }

    #[test]
    fn another_epoch_asks_for_one_more_fetch_and_only_one() {
        let mut case = case(log(&[]));
        case.result = Some(at("b", 1));
        case.seen_before = Some(at("a", 6));
        assert_eq!(case.plan(), Plan::Keep);
        case.unordered = 1;
        assert_eq!(case.plan(), land(Replay::All, false));
    }

    #[test]
    fn after_an_overflow_only_a_result_that_contains_everything_may_land() {
        let mut overflowed = EventLog::new(LogBudget::new(0, 0, 0));
        let event = EventView {
            event: "e",
            channel: None,
            data: "1",
            position: None,
            id: None,
        };
        overflowed.push(BindingIndex::new(0), &event, None);
        let mut case = case(overflowed);
        case.idempotent = true;
        assert_eq!(case.plan(), Plan::Keep);
        case.has_data = false;
        assert_eq!(case.plan(), land(Replay::None, true));
        case.has_data = true;
        case.seen_before = Some(at("a", 6));
        case.result = Some(at("a", 7));
        assert_eq!(case.plan(), land(Replay::After, false));
    }
}
