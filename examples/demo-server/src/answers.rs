//! The outcomes of messages that changed something, for those that are sent again after a broken connection.

use crate::{
    command::{Once, Outcome},
    errors::Refusal,
    limits,
};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, VecDeque};

/// How the messages of the last five minutes turned out, by message id; the oldest go first when there are too many.
/// Times are in milliseconds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Answers {
    by_id: HashMap<String, Answer>,
    oldest: VecDeque<(u64, String)>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Answer {
    fingerprint: u64,
    outcome: Outcome,
}

impl Answers {
    /// The first outcome, if this message was handled before. The same id on another message is refused.
    pub(crate) fn find(&mut self, once: &Once, now: u64) -> Option<Outcome> {
        self.forget(now);
        let answer = self.by_id.get(&once.id)?;
        Some(if answer.fingerprint == once.fingerprint {
            answer.outcome.clone()
        } else {
            Err(Refusal::DuplicateId)
        })
    }

    /// Remembers the outcome of a message that has not been handled before.
    pub(crate) fn remember(&mut self, once: Once, outcome: Outcome, now: u64) {
        let answer = Answer {
            fingerprint: once.fingerprint,
            outcome,
        };
        self.oldest.push_back((now, once.id.clone()));
        self.by_id.insert(once.id, answer);
        self.forget(now);
    }

    fn forget(&mut self, now: u64) {
        while let Some((at, id)) = self.oldest.front() {
            let young = now.saturating_sub(*at) < limits::ANSWER_LIFE_MS;
            if young && self.oldest.len() <= limits::ANSWERS {
                break;
            }
            self.by_id.remove(id);
            self.oldest.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Done;

    fn once(id: &str, content: &str) -> Once {
        Once::new(id, &[content])
    }

    fn done(id: &str) -> Outcome {
        Ok(Done::Message { id: id.into() })
    }

    #[test]
    fn a_repeat_gets_the_first_outcome_for_five_minutes() {
        let mut answers = Answers::default();
        assert_eq!(answers.find(&once("a", "x"), 7), None);
        answers.remember(once("a", "x"), done("first"), 7);
        let later = 7 + limits::ANSWER_LIFE_MS - 1;
        assert_eq!(answers.find(&once("a", "x"), later), Some(done("first")));
        let other = answers.find(&once("a", "y"), later);
        assert_eq!(other, Some(Err(Refusal::DuplicateId)));
        assert_eq!(answers.find(&once("a", "x"), later + 1), None);
    }

    #[test]
    fn the_oldest_outcomes_go_when_there_are_too_many() {
        let mut answers = Answers::default();
        for n in 0..=limits::ANSWERS {
            answers.remember(once(&n.to_string(), "x"), Ok(Done::Nothing), 0);
        }
        assert_eq!(answers.find(&once("0", "x"), 0), None);
        assert!(answers.find(&once("1", "x"), 0).is_some());
        assert_eq!(answers.by_id.len(), limits::ANSWERS);
    }
}
