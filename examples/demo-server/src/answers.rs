//! The outcomes of messages that changed something, for those that are sent again after a broken connection.

use crate::{
    command::{Once, Outcome},
    limits,
};
use realtime_server::Refusal;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, VecDeque};

/// How the messages of the last hour turned out, by user and message id; the oldest go first when there are too many.
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
        let answer = self.by_id.get(&key(once))?;
        Some(if answer.fingerprint == once.fingerprint {
            answer.outcome.clone()
        } else {
            Err(Refusal::duplicate_id())
        })
    }

    /// Remembers the outcome of a message that has not been handled before.
    pub(crate) fn remember(&mut self, once: Once, outcome: Outcome, now: u64) {
        let answer = Answer {
            fingerprint: once.fingerprint,
            outcome,
        };
        let key = key(&once);
        self.oldest.push_back((now, key.clone()));
        self.by_id.insert(key, answer);
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

/// What a message is found by. No user's id has a zero in it.
fn key(once: &Once) -> String {
    format!("{}\0{}", once.by.as_deref().unwrap_or_default(), once.id)
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
    fn a_repeat_gets_the_first_outcome_for_an_hour() {
        let mut answers = Answers::default();
        assert_eq!(answers.find(&once("a", "x"), 7), None);
        answers.remember(once("a", "x"), done("first"), 7);
        let later = 7 + limits::ANSWER_LIFE_MS - 1;
        assert_eq!(answers.find(&once("a", "x"), later), Some(done("first")));
        let other = answers.find(&once("a", "y"), later);
        assert_eq!(other, Some(Err(Refusal::duplicate_id())));
        assert_eq!(answers.find(&once("a", "x"), later + 1), None);
    }

    #[test]
    fn nobody_uses_up_the_ids_of_others_or_hears_their_outcomes() {
        let of = |user: &str| Once {
            by: Some(user.to_owned()),
            ..once("a", "x")
        };
        let mut answers = Answers::default();
        answers.remember(of("eve"), done("hers"), 7);
        assert_eq!(answers.find(&of("ada"), 7), None);
        assert_eq!(answers.find(&once("a", "x"), 7), None);
        assert_eq!(answers.find(&of("eve"), 7), Some(done("hers")));
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
