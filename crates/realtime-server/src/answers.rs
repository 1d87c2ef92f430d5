//! Answers: what became of messages, for those that are sent again after a broken connection.

use crate::{Limits, Refusal, limits, reply_to::ReplyTo};
use serde_json::value::RawValue;
use std::{
    collections::{HashMap, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
    time::Instant,
};

/// What became of a message.
pub(crate) type Outcome = Result<Arc<RawValue>, Refusal>;

/// What became of the last messages, by user and message id; the oldest go first when there are too many.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    known: HashMap<Key, Answer>,
    oldest: VecDeque<(Instant, Key)>,
    bytes: usize,
}

/// What a message is found by: whose it is, and its id. Others see its id on the event that it causes, and may not use it
/// up.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) user: Option<String>,
    pub(crate) id: String,
}

#[derive(Debug)]
struct Answer {
    fingerprint: u64,
    state: State,
}

#[derive(Debug)]
enum State {
    /// The app is at it, and these want to know as well.
    UnderWay(Vec<ReplyTo>),
    Done(Outcome),
}

/// What is to be done with a message.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// It is a new one.
    New,
    /// It was handled before, and this is what came of it.
    Known(Outcome),
    /// It is being handled, and its answer will be given twice.
    UnderWay,
}

/// What tells a message from another one under the same id.
pub(crate) fn fingerprint(parts: &[&str]) -> u64 {
    let mut hasher = DefaultHasher::new();
    parts.hash(&mut hasher);
    hasher.finish()
}

impl Answers {
    /// Takes note of a message, and says what is to be done with it.
    pub(crate) fn begin(
        &mut self,
        key: &Key,
        fingerprint: u64,
        reply_to: &ReplyTo,
        limits: &Limits,
        now: Instant,
    ) -> Verdict {
        self.forget(limits, now);
        match self.known.get_mut(key) {
            Some(answer) if answer.fingerprint != fingerprint => {
                Verdict::Known(Err(Refusal::duplicate_id()))
            }
            Some(answer) => match &mut answer.state {
                State::Done(outcome) => Verdict::Known(outcome.clone()),
                State::UnderWay(waiting) if waiting.len() < limits::REPEATS => {
                    waiting.push(reply_to.clone());
                    Verdict::UnderWay
                }
                State::UnderWay(_) => {
                    Verdict::Known(Err(Refusal::unavailable(limits::RETRY_AFTER_MS)))
                }
            },
            None => {
                if limits.answers > 0 {
                    let state = State::UnderWay(Vec::new());
                    self.known
                        .insert(key.clone(), Answer { fingerprint, state });
                }
                Verdict::New
            }
        }
    }

    /// Remembers what became of a message, unless it may turn out differently next time; gives those who also want to know.
    pub(crate) fn end(
        &mut self,
        key: Key,
        outcome: &Outcome,
        limits: &Limits,
        now: Instant,
    ) -> Vec<ReplyTo> {
        let Some(answer) = self.known.get_mut(&key) else {
            return Vec::new();
        };
        let done = State::Done(outcome.clone());
        let State::UnderWay(waiting) = std::mem::replace(&mut answer.state, done) else {
            return Vec::new();
        };
        if outcome.as_ref().is_err_and(Refusal::is_passing) {
            self.known.remove(&key);
        } else {
            self.bytes += size(&key, outcome);
            self.oldest.push_back((now, key));
            self.forget(limits, now);
        }
        waiting
    }

    fn forget(&mut self, limits: &Limits, now: Instant) {
        while let Some((at, key)) = self.oldest.front() {
            let is_young = now.saturating_duration_since(*at) < limits.answer_life;
            let has_room = self.oldest.len() <= limits.answers && self.bytes <= limits.answer_bytes;
            if is_young && has_room {
                break;
            }
            if let Some(answer) = self.known.remove(key)
                && let State::Done(outcome) = answer.state
            {
                self.bytes -= size(key, &outcome);
            }
            self.oldest.pop_front();
        }
    }
}

/// The bytes that an answer holds.
fn size(key: &Key, outcome: &Outcome) -> usize {
    let answer = match outcome {
        Ok(data) => data.get().len(),
        Err(refusal) => refusal.to_string().len(),
    };
    2 * (key.id.len() + key.user.as_ref().map_or(0, String::len)) + answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn key(user: Option<&str>, id: &str) -> Key {
        Key {
            user: user.map(str::to_owned),
            id: id.to_owned(),
        }
    }

    fn done(text: &str) -> Outcome {
        let data = RawValue::from_string(format!("\"{text}\"")).unwrap();
        Ok(Arc::from(data))
    }

    fn told(verdict: Verdict) -> String {
        match verdict {
            Verdict::New => "new".to_owned(),
            Verdict::UnderWay => "under way".to_owned(),
            Verdict::Known(Ok(data)) => data.get().to_owned(),
            Verdict::Known(Err(refusal)) => refusal.code().to_owned(),
        }
    }

    struct Bench {
        answers: Answers,
        limits: Limits,
        start: Instant,
    }

    impl Bench {
        fn new(limits: Limits) -> Self {
            Self {
                answers: Answers::default(),
                limits,
                start: Instant::now(),
            }
        }

        fn begin(&mut self, key: &Key, says: &str, after: Duration) -> String {
            let (limits, now) = (&self.limits, self.start + after);
            let reply_to = ReplyTo::none();
            told(
                self.answers
                    .begin(key, fingerprint(&[says]), &reply_to, limits, now),
            )
        }

        fn end(&mut self, key: &Key, outcome: &Outcome) -> usize {
            let (limits, now) = (&self.limits, self.start);
            self.answers.end(key.clone(), outcome, limits, now).len()
        }
    }

    const NOW: Duration = Duration::ZERO;

    #[test]
    fn a_repeat_gets_the_first_answer_for_an_hour_and_waits_for_one_that_is_under_way() {
        let (mut bench, a) = (Bench::new(Limits::default()), key(None, "a"));
        assert_eq!(bench.begin(&a, "x", NOW), "new");
        assert_eq!(bench.begin(&a, "x", NOW), "under way");
        assert_eq!(bench.begin(&a, "y", NOW), "duplicate_id");
        assert_eq!(bench.end(&a, &done("first")), 1);
        let hour = Duration::from_secs(3_600);
        let just_before = hour - Duration::from_millis(1);
        assert_eq!(bench.begin(&a, "x", just_before), "\"first\"");
        assert_eq!(bench.begin(&a, "y", just_before), "duplicate_id");
        assert_eq!(bench.begin(&a, "x", hour), "new");
    }

    #[test]
    fn nobody_uses_up_the_ids_of_others_or_hears_their_answers() {
        let mut bench = Bench::new(Limits::default());
        let eve = key(Some("eve"), "a");
        bench.begin(&eve, "x", NOW);
        bench.end(&eve, &done("hers"));
        assert_eq!(bench.begin(&key(Some("ada"), "a"), "x", NOW), "new");
        assert_eq!(bench.begin(&key(None, "a"), "x", NOW), "new");
        assert_eq!(bench.begin(&eve, "x", NOW), "\"hers\"");
    }

    #[test]
    fn what_may_turn_out_differently_is_tried_again_and_a_refusal_for_good_is_not() {
        let mut bench = Bench::new(Limits::default());
        let a = key(None, "a");
        bench.begin(&a, "x", NOW);
        bench.end(&a, &Err(Refusal::unavailable(1)));
        assert_eq!(bench.begin(&a, "x", NOW), "new");
        bench.end(&a, &Err(Refusal::conflict("newer")));
        assert_eq!(bench.begin(&a, "x", NOW), "conflict");
    }

    #[test]
    fn the_oldest_go_when_there_are_too_many_or_too_large_ones() {
        for limits in [
            Limits {
                answers: 2,
                ..Limits::default()
            },
            Limits {
                answer_bytes: 250,
                ..Limits::default()
            },
        ] {
            let mut bench = Bench::new(limits);
            let keys = ["a", "b", "c"].map(|id| key(None, id));
            for key in &keys {
                bench.begin(key, "x", NOW);
                bench.end(key, &done(&"x".repeat(100)));
            }
            assert_eq!(bench.begin(&keys[2], "y", NOW), "duplicate_id");
            assert_eq!(bench.begin(&keys[0], "x", NOW), "new");
        }
        let mut none = Bench::new(Limits {
            answers: 0,
            ..Limits::default()
        });
        let a = key(None, "a");
        none.begin(&a, "x", NOW);
        none.end(&a, &done("x"));
        assert_eq!(none.begin(&a, "x", NOW), "new");
        assert!(none.answers.known.is_empty());
    }
}
