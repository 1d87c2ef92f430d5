//! Waiter: who waits for the outcome of a command.

use std::fmt;

/// Who waits for the outcome of a command.
pub enum Waiter<O> {
    /// It happens by itself.
    Nobody,
    /// Somebody who is told.
    Somebody {
        /// Whether they are to be told of it in any case, or only of a refusal.
        wants_answer: bool,
        /// Tells them.
        tell: Box<dyn FnOnce(O) + Send>,
    },
}

impl<O> Waiter<O> {
    /// Somebody who is to be told in any case.
    pub fn new(tell: impl FnOnce(O) + Send + 'static) -> Self {
        Self::Somebody {
            wants_answer: true,
            tell: Box::new(tell),
        }
    }

    pub(crate) fn wants_answer(&self) -> bool {
        match self {
            Self::Nobody => false,
            Self::Somebody { wants_answer, .. } => *wants_answer,
        }
    }

    pub(crate) fn tell(self, outcome: O) {
        if let Self::Somebody { tell, .. } = self {
            tell(outcome);
        }
    }
}

impl<O> fmt::Debug for Waiter<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiter")
            .field("wants_answer", &self.wants_answer())
            .finish()
    }
}
