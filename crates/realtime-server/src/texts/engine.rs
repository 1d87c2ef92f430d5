//! Engine: what is asked of yrs. Only what [`update`](super::update) has let through gets here; should yrs fail over it all the
//! same, the document is thrown away and made anew from what is stored of it.

use super::{error::TextError, update::Clocks};
use std::panic::{AssertUnwindSafe, catch_unwind};
use yrs::{
    ClientID, Doc, GetString, OffsetKind, Options, ReadTxn, StateVector, Transact, Update,
    updates::decoder::Decode,
};

/// An open document.
pub(super) struct Engine {
    doc: Doc,
}

impl Engine {
    /// A document to which these updates have been made.
    pub(super) fn open<'a>(updates: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, TextError> {
        let options = Options {
            // What Yjs counts in; and what stays the same when a character is cut in two.
            offset_kind: OffsetKind::Utf16,
            cleanup_formatting: false,
            ..Options::default()
        };
        let engine = Self {
            doc: Doc::with_options(options),
        };
        for update in updates {
            engine.integrate(update)?;
        }
        Ok(engine)
    }

    /// Makes an update; says whether it changed anything. After an error the document is of no use any more.
    pub(super) fn integrate(&self, update: &[u8]) -> Result<bool, TextError> {
        caught(|| {
            let update = Update::decode_v1(update).map_err(|_| TextError::Damaged)?;
            let mut transaction = self.doc.transact_mut();
            let done = transaction.apply_update(update);
            let is_new =
                !transaction.insert_set().is_empty() || !transaction.delete_set().is_empty();
            drop(transaction);
            let waits = self.doc.transact().has_missing_updates();
            match done {
                Ok(()) if !waits => Ok(is_new),
                _ => Err(TextError::Damaged),
            }
        })
    }

    /// What somebody lacks who knows so much; all of it is the document, compacted.
    pub(super) fn diff(&self, known: &Clocks) -> Result<Vec<u8>, TextError> {
        let known = known
            .iter()
            .map(|(client, clock)| (ClientID::new(*client), *clock));
        let known: StateVector = known.collect();
        caught(|| Ok(self.doc.transact().encode_diff_v1(&known)))
    }

    /// The text of this name.
    pub(super) fn text(&self, name: &str) -> Result<String, TextError> {
        caught(|| {
            let transaction = self.doc.transact();
            let text = transaction.get_text(name);
            Ok(text.map_or_else(String::new, |text| text.get_string(&transaction)))
        })
    }
}

/// What comes of it; where yrs panics, that the document is damaged. (Builds that abort on a panic rely on the checks before.)
fn caught<T>(work: impl FnOnce() -> Result<T, TextError>) -> Result<T, TextError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(TextError::Damaged))
}
