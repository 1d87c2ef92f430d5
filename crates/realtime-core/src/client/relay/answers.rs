//! Answers that the server has given lately, for messages that come again.

use crate::id::MessageId;
use std::collections::VecDeque;

/// How many answers are remembered for messages that may be sent again, and how many bytes of them.
const MOST_ANSWERS: usize = 256;
const MOST_ANSWER_BYTES: usize = 256 << 10;

/// What the server has answered lately, oldest first.
#[derive(Default)]
pub(super) struct Answers {
    kept: VecDeque<(MessageId, String)>,
    bytes: usize,
}

impl Answers {
    pub(super) fn keep(&mut self, id: MessageId, answer: String) {
        self.bytes += answer.len();
        self.kept.push_back((id, answer));
        while self.kept.len() > MOST_ANSWERS || self.bytes > MOST_ANSWER_BYTES {
            let Some((_, oldest)) = self.kept.pop_front() else {
                return;
            };
            self.bytes -= oldest.len();
        }
    }

    pub(super) fn get(&self, id: &str) -> Option<&str> {
        let found = self.kept.iter().find(|(of, _)| &**of == id);
        found.map(|(_, answer)| answer.as_str())
    }
}
