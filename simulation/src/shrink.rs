//! Shrinking: from a plan that goes wrong to the few actions that make it go wrong.

use crate::plan::Plan;

/// How many worlds may be played in search of a smaller plan.
const TRIES: usize = 1_500;

/// The smallest plan that this finds for which `is_bad` still holds: without actions, clients and
/// pauses that do not matter.
pub fn shrink(plan: &Plan, is_bad: impl FnMut(&Plan) -> bool) -> Plan {
    let mut search = Search {
        best: plan.clone(),
        is_bad,
        tries: TRIES,
    };
    search.drop_clients();
    while search.drop_actions() | search.drop_clients() && search.tries > 0 {}
    search.shorten();
    search.best
}

struct Search<F> {
    best: Plan,
    is_bad: F,
    tries: usize,
}

impl<F: FnMut(&Plan) -> bool> Search<F> {
    /// Takes a plan if it is still bad.
    fn try_out(&mut self, plan: Plan) -> bool {
        if self.tries == 0 {
            return false;
        }
        self.tries -= 1;
        let bad = (self.is_bad)(&plan);
        if bad {
            self.best = plan;
        }
        bad
    }

    fn drop_clients(&mut self) -> bool {
        let mut progress = false;
        for number in 0..self.best.clients.len() {
            if !self.best.clients[number].present {
                continue;
            }
            let mut plan = self.best.clone();
            plan.clients[number].present = false;
            plan.actions.retain(|timed| !timed.action.is_of(number));
            progress |= self.try_out(plan);
        }
        progress
    }

    /// Leaves out runs of actions, long ones first.
    fn drop_actions(&mut self) -> bool {
        let mut progress = false;
        let mut length = self.best.actions.len().div_ceil(2);
        while length > 0 && self.tries > 0 {
            let mut start = 0;
            while start < self.best.actions.len() {
                let end = (start + length).min(self.best.actions.len());
                let mut plan = self.best.clone();
                plan.actions.drain(start..end);
                if self.try_out(plan) {
                    progress = true;
                } else {
                    start = end;
                }
            }
            length /= 2;
        }
        progress
    }

    /// Shortens the pauses between actions.
    fn shorten(&mut self) {
        for most in [60_000, 10_000, 1_000, 100, 10] {
            for at in 0..self.best.actions.len() {
                let before = at.checked_sub(1).map_or(0, |it| self.best.actions[it].at);
                let pause = self.best.actions[at].at - before;
                if pause > most {
                    let mut plan = self.best.clone();
                    for timed in &mut plan.actions[at..] {
                        timed.at -= pause - most;
                    }
                    self.try_out(plan);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{Action, ServerDeed};

    fn says(plan: &Plan, uid: u32) -> bool {
        let said = Action::Server(ServerDeed::Say(uid));
        plan.actions.iter().any(|timed| timed.action == said)
    }

    #[test]
    fn what_does_not_matter_is_left_out() {
        let mut plan = Plan::generate(1, crate::plan::Wire::default());
        for (uid, at) in [(900_000, 0), (900_001, 1)] {
            let action = Action::Server(ServerDeed::Say(uid));
            let place = plan.actions.len() / 2 + at;
            let at = plan.actions[place].at;
            plan.actions.insert(place, crate::Timed { at, action });
        }
        let small = shrink(&plan, |plan| says(plan, 900_000) && says(plan, 900_001));
        assert_eq!(small.actions.len(), 2, "{small}");
        assert!(small.clients.iter().all(|client| !client.present));
        assert!(small.actions[1].at <= 20, "{small}");
    }
}
