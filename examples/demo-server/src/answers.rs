//! The answers to messages that changed something, for those that are sent again after a broken connection.

use crate::{errors::Refusal, limits};
use axum::extract::ws::Utf8Bytes;
use std::{
    collections::{HashMap, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
    time::Instant,
};

/// The answers given in the last five minutes, by message id; the oldest go first when there are too many.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    by_id: HashMap<String, Answer>,
    oldest: VecDeque<(Instant, String)>,
}

#[derive(Debug)]
struct Answer {
    fingerprint: u64,
    frame: Utf8Bytes,
}

impl Answers {
    /// The first answer, if this message was handled before. The same id on another message is refused.
    pub(crate) fn find(
        &mut self,
        id: &str,
        content: impl Hash,
        now: Instant,
    ) -> Option<Result<Utf8Bytes, Refusal>> {
        self.forget(now);
        let answer = self.by_id.get(id)?;
        if answer.fingerprint == fingerprint(content) {
            Some(Ok(answer.frame.clone()))
        } else {
            Some(Err(Refusal::DuplicateId))
        }
    }

    /// Remembers the answer to a message that has not been handled before.
    pub(crate) fn remember(
        &mut self,
        id: &str,
        content: impl Hash,
        frame: Utf8Bytes,
        now: Instant,
    ) {
        let answer = Answer {
            fingerprint: fingerprint(content),
            frame,
        };
        if self.by_id.insert(id.to_owned(), answer).is_none() {
            self.oldest.push_back((now, id.to_owned()));
        }
        self.forget(now);
    }

    fn forget(&mut self, now: Instant) {
        while let Some((at, id)) = self.oldest.front() {
            let young = now.saturating_duration_since(*at) < limits::ANSWER_LIFE;
            if young && self.oldest.len() <= limits::ANSWERS {
                break;
            }
            self.by_id.remove(id);
            self.oldest.pop_front();
        }
    }
}

fn fingerprint(content: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_repeat_gets_the_first_answer_for_five_minutes() {
        let start = Instant::now();
        let mut answers = Answers::default();
        assert_eq!(answers.find("a", "x", start), None);
        answers.remember("a", "x", "first".into(), start);
        let later = start + limits::ANSWER_LIFE - Duration::from_millis(1);
        assert_eq!(answers.find("a", "x", later), Some(Ok("first".into())));
        assert_eq!(
            answers.find("a", "y", later),
            Some(Err(Refusal::DuplicateId))
        );
        assert_eq!(answers.find("a", "x", start + limits::ANSWER_LIFE), None);
    }

    #[test]
    fn the_oldest_answers_go_when_there_are_too_many() {
        let now = Instant::now();
        let mut answers = Answers::default();
        for n in 0..=limits::ANSWERS {
            answers.remember(&n.to_string(), n, "".into(), now);
        }
        assert_eq!(answers.find("0", 0, now), None);
        assert!(answers.find("1", 1, now).is_some());
        assert_eq!(answers.by_id.len(), limits::ANSWERS);
    }
}
