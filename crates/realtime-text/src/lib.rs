//! Shared text: documents that many people edit at once, merged as Yjs does.
//!
//! [`Document`] is the whole behaviour without I/O: it takes in updates of others, gives what is to be sent, undoes the
//! user's own edits, and ties carets to letters. Updates, state vectors and carets are those of Yjs, so that clients in
//! JavaScript edit the same document.
#![forbid(unsafe_code)]

mod caret;
mod check;
#[cfg(feature = "yew")]
mod components;
mod document;
mod error;
#[cfg(feature = "yew")]
mod hooks;
mod limits;
mod outgoing;
mod payload;
mod saved;
mod splice;
mod text;

pub use caret::{Caret, CaretMetadata};
#[cfg(feature = "yew")]
pub use components::{
    CaretOfOther, SharedCarets, SharedInput, SharedInputProps, SharedTextarea, SharedTextareaProps,
};
pub use document::{Document, TextStats};
pub use error::TextError;
#[cfg(feature = "yew")]
pub use hooks::{UseSharedTextHandle, UseSharedTextOptions, use_shared_text};
pub use limits::TextLimits;
pub use payload::{ByteString, Form, SYNC, SyncAnswer, SyncRequest, UPDATE, UpdatePayload};
pub use saved::SavedDocument;
pub use splice::Splice;
