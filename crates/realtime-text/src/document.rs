//! Document: the texts of one channel, the same for all who edit them, whatever order their edits come in.

use crate::{
    check::{check_state_vector, check_update},
    error::TextError,
    limits::TextLimits,
    outgoing::Outgoing,
    splice::{Splice, byte_at, units},
    text::NamedText,
};
use std::{
    collections::BTreeMap,
    fmt, iter, mem,
    ops::Range,
    rc::Rc,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use yrs::{
    Doc, OffsetKind, Options, ReadTxn, StateVector, Text, Transact, Update,
    updates::{decoder::Decode, encoder::Encode},
};

/// Edits of this origin are the user's own, and can be undone.
pub(crate) const OWN: &str = "own";
/// A long text goes in in pieces of this many bytes, so that each fits into a message.
const INSERT_BYTES: usize = 8 * 1_024;

/// The texts of one channel, as a Yjs document: edits of all who have it merge, in whatever order they come. It does no
/// I/O and reads no clock.
///
/// What a server or another client gives goes in by [`receive`](Self::receive) and [`synced`](Self::synced); what is
/// to be sent comes out by [`take_outgoing`](Self::take_outgoing).
///
/// ```
/// use realtime_text::{Document, Splice, TextLimits};
///
/// let mut ada = Document::new(TextLimits::default());
/// ada.edit("notes", &Splice { at: 0, delete: 0, insert: "hello".into() }, 0)?;
/// let update = ada.take_outgoing().expect("an edit");
/// let mut bob = Document::new(TextLimits::default());
/// bob.receive(&update)?;
/// assert_eq!(&*bob.text("notes"), "hello");
/// # Ok::<(), realtime_text::TextError>(())
/// ```
pub struct Document {
    doc: Doc,
    texts: BTreeMap<Rc<str>, NamedText>,
    /// The updates of transactions, as they are committed.
    committed: Arc<Mutex<Vec<Vec<u8>>>>,
    clock: Arc<AtomicU64>,
    outgoing: Outgoing,
    limits: TextLimits,
    /// At least as many bytes as the document has as one update.
    bytes: usize,
    /// The revision at which they were last measured, and not only added up.
    measured: u64,
    revision: u64,
    stats: TextStats,
}

/// What a document has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextStats {
    /// Updates that were taken in.
    pub received: u64,
    /// Updates that were refused: unreadable, of something else than text, or too large.
    pub refused: u64,
    /// Updates that wait for others on which they build.
    pub early: u64,
}

impl Document {
    /// An empty document.
    #[must_use]
    pub fn new(limits: TextLimits) -> Self {
        let doc = Doc::with_options(Options {
            offset_kind: OffsetKind::Utf16,
            ..Options::default()
        });
        let committed = Arc::<Mutex<Vec<Vec<u8>>>>::default();
        let sink = Arc::clone(&committed);
        let observed = doc.observe_update_v1("document", move |_, event| {
            let mut sink = sink.lock().unwrap_or_else(PoisonError::into_inner);
            sink.push(event.update.clone());
        });
        debug_assert!(observed.is_ok(), "nobody else has a transaction");
        Self {
            doc,
            texts: BTreeMap::new(),
            committed,
            clock: Arc::default(),
            outgoing: Outgoing::default(),
            limits,
            bytes: 0,
            measured: 0,
            revision: 0,
            stats: TextStats::default(),
        }
    }

    /// The text of this name; empty if nobody has written it.
    pub fn text(&mut self, name: &str) -> Rc<str> {
        let (named, doc) = self.named(name);
        named.show(doc)
    }

    /// Replaces a piece of the text of this name, as an edit of the user's own. `now` is a clock in milliseconds: edits
    /// within half a second are undone together.
    ///
    /// # Errors
    /// [`TextError::OutOfRange`], [`TextError::DocumentTooLarge`].
    pub fn edit(&mut self, name: &str, splice: &Splice, now: u64) -> Result<(), TextError> {
        if splice.is_empty() {
            return Ok(());
        }
        self.check_room(splice.insert.len())?;
        let shown = self.text(name);
        let length = units(&shown);
        let end = splice
            .at
            .checked_add(splice.delete)
            .filter(|end| *end <= length);
        let (Some(end), Some(from)) = (end, byte_at(&shown, splice.at)) else {
            let at = splice.at.saturating_add(splice.delete);
            return Err(TextError::OutOfRange { at, length });
        };
        // No half of a pair is taken or left alone.
        let at = units(shown.get(..from).unwrap_or_default());
        let end = match byte_at(&shown, end) {
            _ if splice.delete == 0 => at,
            Some(to) if is_within_pair(&shown, to, end) => end + 1,
            _ => end,
        };
        self.clock
            .fetch_max(now.saturating_add(1), Ordering::Relaxed);
        let (named, doc) = self.named(name);
        if end > at {
            let mut transaction = doc.transact_mut_with(OWN);
            named.text.remove_range(&mut transaction, at, end - at);
        }
        let mut place = at;
        for piece in pieces(&splice.insert) {
            let mut transaction = doc.transact_mut_with(OWN);
            named.text.insert(&mut transaction, place, piece);
            place = place.saturating_add(units(piece));
        }
        self.send_committed();
        Ok(())
    }

    /// Takes back the newest edits of the user's own, and none of others; whether there were any.
    pub fn undo(&mut self, name: &str) -> bool {
        let changed = self.named(name).0.history.undo_blocking();
        self.send_committed();
        changed
    }

    /// Does again what was undone last; whether there was anything.
    pub fn redo(&mut self, name: &str) -> bool {
        let changed = self.named(name).0.history.redo_blocking();
        self.send_committed();
        changed
    }

    /// Whether there is an edit to undo.
    #[must_use]
    pub fn can_undo(&self, name: &str) -> bool {
        let named = self.texts.get(name);
        named.is_some_and(|named| named.history.can_undo())
    }

    /// Whether there is an edit to do again.
    #[must_use]
    pub fn can_redo(&self, name: &str) -> bool {
        let named = self.texts.get(name);
        named.is_some_and(|named| named.history.can_redo())
    }

    /// Takes in an update of somebody; whether it has changed anything. An update that was taken in before, or is our own,
    /// changes nothing.
    ///
    /// # Errors
    /// [`TextError::Unreadable`], [`TextError::NotText`], [`TextError::UpdateTooLarge`], [`TextError::DocumentTooLarge`].
    pub fn receive(&mut self, update: &[u8]) -> Result<bool, TextError> {
        let max = self.limits.update_bytes;
        if update.len() > max {
            self.stats.refused += 1;
            return Err(TextError::UpdateTooLarge {
                bytes: update.len(),
                max,
            });
        }
        let was_behind = self.is_behind();
        let changed = self.integrate(update)?;
        self.stats.received += 1;
        self.stats.early += u64::from(!was_behind && self.is_behind());
        Ok(changed)
    }

    /// Takes in a server's answer to [`state_vector`](Self::state_vector): the update with what was missing here, and the
    /// server's own state vector, by which what is missing there is made ready to be sent.
    ///
    /// # Errors
    /// As [`receive`](Self::receive), but for the length of the update.
    pub fn synced(&mut self, update: &[u8], server: &[u8]) -> Result<(), TextError> {
        self.refusing(check_state_vector(server))?;
        let server = StateVector::decode_v1(server);
        let server =
            self.refusing(server.map_err(|_| TextError::Unreadable("it is no state vector")))?;
        self.integrate(update)?;
        // An update names all that its author knows to be deleted.
        let update = Update::decode_v1(update);
        let missing = {
            let transaction = self.doc.transact();
            let own = transaction.snapshot();
            let lacks_text = (own.state_map.iter()).any(|(one, clock)| server.get(one) < *clock);
            let lacks_deletes =
                update.is_ok_and(|update| !own.delete_set.diff(update.delete_set()).is_empty());
            (lacks_text || lacks_deletes).then(|| transaction.encode_diff_v1(&server))
        };
        if let Some(missing) = missing {
            // It has all that waits, too.
            self.outgoing = Outgoing::default();
            self.outgoing.push(missing);
        }
        Ok(())
    }

    /// What is here, in the words of a server that is to send the rest.
    #[must_use]
    pub fn state_vector(&self) -> Vec<u8> {
        self.doc.transact().state_vector().encode_v1()
    }

    /// What whoever has this state vector lacks, as an update: the answer to a client's [`state_vector`](Self::state_vector).
    ///
    /// # Errors
    /// [`TextError::Unreadable`], when it is no state vector.
    pub fn missing(&self, state_vector: &[u8]) -> Result<Vec<u8>, TextError> {
        check_state_vector(state_vector)?;
        let theirs = StateVector::decode_v1(state_vector)
            .map_err(|_| TextError::Unreadable("it is no state vector"))?;
        Ok(self.doc.transact().encode_diff_v1(&theirs))
    }

    /// All of it as one update.
    #[must_use]
    pub fn to_update(&self) -> Vec<u8> {
        self.doc
            .transact()
            .encode_state_as_update_v1(&StateVector::default())
    }

    /// Whether updates have come that build on others which have not: it is time to sync.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.doc.transact().has_missing_updates()
    }

    /// Whether the server has confirmed all edits.
    #[must_use]
    pub fn is_saved(&self) -> bool {
        self.outgoing.is_empty()
    }

    /// The next update to send, if none is under way: edits that have come together since are one. Say what became of it by
    /// [`confirm`](Self::confirm) or [`put_back`](Self::put_back).
    pub fn take_outgoing(&mut self) -> Option<Vec<u8>> {
        self.outgoing.take()
    }

    /// The server has stored what was under way.
    pub fn confirm(&mut self) {
        self.outgoing.confirm();
    }

    /// Nobody knows whether the server has what was under way: it goes out again with the next.
    pub fn put_back(&mut self) {
        self.outgoing.put_back();
    }

    /// What was not confirmed, as one update, to be kept beside [`to_update`](Self::to_update).
    #[must_use]
    pub fn unsaved(&self) -> Option<Vec<u8>> {
        self.outgoing.to_update()
    }

    /// Marks an update that is in the document as not confirmed.
    pub(crate) fn send_again(&mut self, update: Vec<u8>) {
        self.outgoing.push(update);
    }

    /// Another number whenever a text has changed.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// What was counted.
    #[must_use]
    pub const fn stats(&self) -> TextStats {
        self.stats
    }

    /// Where a piece of the text of an earlier revision is now, without what others have written at its edges; of a
    /// caret, an empty piece, that is behind it. `None` if that was too long ago to tell.
    #[must_use]
    pub fn map(&self, name: &str, revision: u64, piece: Range<u32>) -> Option<Range<u32>> {
        let Some(named) = self.texts.get(name) else {
            return Some(piece);
        };
        let shifts = named.since(revision)?;
        Some(shifts.fold(piece, |piece, shift| shift.map(piece)))
    }

    /// The text of this name, and the document that it is in.
    pub(crate) fn named(&mut self, name: &str) -> (&mut NamedText, &Doc) {
        let (doc, clock, revision) = (&self.doc, &self.clock, self.revision);
        let named = (self.texts.entry(Rc::from(name)))
            .or_insert_with(|| NamedText::new(doc, name, clock, revision));
        (named, doc)
    }

    pub(crate) fn integrate(&mut self, update: &[u8]) -> Result<bool, TextError> {
        self.refusing(check_update(update))?;
        let room = self.check_room(update.len());
        self.refusing(room)?;
        let read = Update::decode_v1(update).map_err(|_| TextError::Unreadable("it is no update"));
        let read = self.refusing(read)?;
        let applied = self.doc.transact_mut_with("received").apply_update(read);
        self.refusing(applied.map_err(|_| TextError::Unreadable("it contradicts itself")))?;
        self.bytes += update.len();
        Ok(!self.take_committed().is_empty())
    }

    /// Whether this many bytes more fit. What was counted is an upper bound, so it is measured before it says no.
    fn check_room(&mut self, more: usize) -> Result<(), TextError> {
        let max = self.limits.document_bytes;
        if self.bytes + more > max && self.measured != self.revision {
            self.bytes = self.to_update().len();
            self.measured = self.revision;
        }
        let bytes = self.bytes + more;
        match bytes <= max {
            true => Ok(()),
            false => Err(TextError::DocumentTooLarge { bytes, max }),
        }
    }

    fn refusing<T>(&mut self, result: Result<T, TextError>) -> Result<T, TextError> {
        self.stats.refused += u64::from(result.is_err());
        result
    }

    fn send_committed(&mut self) {
        for update in self.take_committed() {
            self.bytes += update.len();
            self.outgoing.push(update);
        }
    }

    /// What the transactions since the last call have changed.
    fn take_committed(&mut self) -> Vec<Vec<u8>> {
        let mut committed = self
            .committed
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let updates = mem::take(&mut *committed);
        drop(committed);
        if !updates.is_empty() {
            self.revision += 1;
            for named in self.texts.values_mut() {
                named.note(self.revision);
            }
        }
        updates
    }
}

/// Cuts a text into pieces that fit into a message.
fn pieces(mut text: &str) -> impl Iterator<Item = &str> {
    iter::from_fn(move || {
        let end = text.floor_char_boundary(INSERT_BYTES);
        let (piece, rest) = text.split_at(end);
        text = rest;
        (!piece.is_empty()).then_some(piece)
    })
}

/// Whether the unit `place` is the second of the letter that begins at this byte.
fn is_within_pair(text: &str, byte: usize, place: u32) -> bool {
    text.get(..byte).is_some_and(|before| units(before) < place)
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("texts", &self.texts.keys())
            .field("revision", &self.revision)
            .field("is_saved", &self.is_saved())
            .field("stats", &self.stats)
            .finish_non_exhaustive()
    }
}
