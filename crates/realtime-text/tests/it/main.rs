//! Tests of documents: that all who have one see the same, that hostile updates do nothing, that carets and undo are one's own.

mod carets;
mod convergence;
mod editing;
mod hostile;
mod outgoing;
mod payloads;
mod saved;
