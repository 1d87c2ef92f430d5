//! Text of one name within a document: what it shows, what can be undone, how places in it have moved.

use crate::{
    document::OWN,
    splice::{Shift, units},
};
use std::{
    collections::{HashSet, VecDeque},
    mem,
    rc::Rc,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use yrs::{
    Any, Doc, GetString, Observable, Out, TextRef, Transact, UndoManager, types::Delta, undo,
};

/// Edits within this many milliseconds are undone together.
const UNDO_TOGETHER_MS: u64 = 500;
/// How many shifts are kept for those who show an earlier revision.
const MAX_SHIFTS: usize = 4_096;

pub(crate) struct NamedText {
    pub(crate) text: TextRef,
    pub(crate) history: UndoManager,
    /// What the transactions have shifted, as they are committed.
    committed: Arc<Mutex<Vec<Shift>>>,
    shifts: VecDeque<(u64, Shift)>,
    /// Of this revision and those after it all shifts are known.
    known_since: u64,
    shown: Option<Rc<str>>,
}

impl NamedText {
    pub(crate) fn new(doc: &Doc, name: &str, clock: &Arc<AtomicU64>, revision: u64) -> Self {
        let text = doc.get_or_insert_text(name);
        let clock = Arc::clone(clock);
        let mut history = UndoManager::with_options(undo::Options {
            capture_timeout_millis: UNDO_TOGETHER_MS,
            tracked_origins: HashSet::from([OWN.into()]),
            capture_transaction: None,
            timestamp: Arc::new(move || clock.load(Ordering::Relaxed)),
            init_undo_stack: Vec::new(),
            init_redo_stack: Vec::new(),
        });
        history.expand_scope(doc, &text);
        let committed = Arc::<Mutex<Vec<Shift>>>::default();
        let sink = Arc::clone(&committed);
        text.observe("shifts", move |transaction, event| {
            let mut sink = sink.lock().unwrap_or_else(PoisonError::into_inner);
            let mut at = 0;
            for delta in event.delta(transaction) {
                let shift = match delta.clone() {
                    Delta::Retain(length, _) => {
                        at += length;
                        continue;
                    }
                    Delta::Inserted(Out::Any(Any::String(text)), _) => Shift {
                        at,
                        delete: 0,
                        insert: units(&text),
                    },
                    Delta::Inserted(..) => continue,
                    Delta::Deleted(delete) => Shift {
                        at,
                        delete,
                        insert: 0,
                    },
                };
                sink.push(shift);
                at += shift.insert;
            }
        });
        Self {
            text,
            history,
            committed,
            shifts: VecDeque::new(),
            known_since: revision,
            shown: None,
        }
    }

    /// What it says.
    pub(crate) fn show(&mut self, doc: &Doc) -> Rc<str> {
        let text = &self.text;
        let shown = self
            .shown
            .get_or_insert_with(|| Rc::from(text.get_string(&doc.transact())));
        Rc::clone(shown)
    }

    /// The document has come to this revision.
    pub(crate) fn note(&mut self, revision: u64) {
        let committed = mem::take(
            &mut *self
                .committed
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
        if !committed.is_empty() {
            self.shown = None;
        }
        self.shifts
            .extend(committed.into_iter().map(|shift| (revision, shift)));
        while self.shifts.len() > MAX_SHIFTS
            && let Some((forgotten, _)) = self.shifts.pop_front()
        {
            self.known_since = forgotten;
        }
    }

    /// What has shifted since a revision; `None` if that was too long ago.
    pub(crate) fn since(&self, revision: u64) -> Option<impl Iterator<Item = Shift>> {
        let is_later = move |(at, _): &&(u64, Shift)| *at > revision;
        (revision >= self.known_since)
            .then(|| self.shifts.iter().filter(is_later).map(|(_, shift)| *shift))
    }
}
