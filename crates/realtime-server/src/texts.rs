//! Shared texts: documents of [Yjs](https://yjs.dev) by channel, which many people write in at once. Feature `text`.
//!
//! A hub keeps them by itself with [`HubBuilder::texts`](crate::HubBuilder::texts): it answers `text:sync` and `text:update`,
//! asks [`authorize`](crate::HubBuilder::authorize) whether somebody may, tells the others, and loads and stores documents
//! by callbacks of the app's.
//!
//! [`Texts`] is the same without a hub, for an app that brings updates into an order of its own, as several processes do
//! that share a state:
//!
//! ```
//! use realtime_server::texts::{TextLimits, Texts};
//!
//! // What a client of Yjs sends for "hi", as its client number 1, in the text "t".
//! let update = [1, 1, 1, 0, 4, 1, 1, b't', 2, b'h', b'i', 0];
//! let mut texts = Texts::new(TextLimits::default());
//! assert!(texts.apply("notes", &update)?.is_some());
//! assert_eq!(texts.text("notes", "t")?, "hi");
//! // A second time it is nothing new.
//! assert_eq!(texts.apply("notes", &update)?, None);
//! // Whoever has nothing lacks all of it.
//! let sync = texts.sync("notes", &[0])?;
//! assert_eq!(sync.update, update);
//! # Ok::<_, realtime_server::texts::TextError>(())
//! ```

mod document;
mod engine;
mod error;
mod limits;
mod reader;
pub(crate) mod service;
#[cfg(test)]
mod tests;
mod update;
mod wire;

pub use error::TextError;
pub use limits::{TextLimits, TextMetrics};
pub use service::TextOptions;
pub use wire::{Base64, SyncAnswer, SyncRequest, UpdateData};

use document::Document;
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};
use update::{Update, read_state_vector};

/// Shared texts: one document for each channel, bounded in size and in number. It does no I/O, and a copy is cheap.
///
/// Of each document it keeps the update in which it would be stored, compacted, and those since; it has it open as a
/// document of yrs while it is used, as long as there are not too many. What was deleted is collected; that it was there, and where, is
/// kept, as Yjs needs it.
#[derive(Debug, Default)]
pub struct Texts {
    limits: TextLimits,
    documents: HashMap<String, Entry>,
    /// The open ones by when they were used.
    open: BTreeMap<u64, String>,
    open_blocks: usize,
    bytes: usize,
    ticks: u64,
    metrics: TextMetrics,
}

#[derive(Clone, Debug, Default)]
struct Entry {
    document: Document,
    used: u64,
    /// What of it is counted in `open_blocks` and `bytes`.
    blocks: usize,
    bytes: usize,
}

/// In a copy no document is open.
impl Clone for Texts {
    fn clone(&self) -> Self {
        let closed = |entry: &Entry| Entry {
            blocks: 0,
            ..entry.clone()
        };
        let documents = self.documents.iter();
        Self {
            limits: self.limits.clone(),
            documents: documents
                .map(|(name, entry)| (name.clone(), closed(entry)))
                .collect(),
            open: BTreeMap::new(),
            open_blocks: 0,
            ..*self
        }
    }
}

/// What somebody lacks of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextSync {
    /// What they lack, as an update.
    pub update: Vec<u8>,
    /// What the document has, as a state vector: they send what it lacks.
    pub state_vector: Vec<u8>,
}

impl Texts {
    /// No texts yet, and so much room for them.
    #[must_use]
    pub fn new(limits: TextLimits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    /// What somebody lacks who has this state vector; all of it for `[0]`. A channel without a document has an empty one.
    ///
    /// # Errors
    /// [`TextError::Invalid`], when it is no state vector.
    pub fn sync(&mut self, channel: &str, state_vector: &[u8]) -> Result<TextSync, TextError> {
        let known = read_state_vector(state_vector);
        let known = known.inspect_err(|_| self.metrics.invalid += 1)?;
        let empty = TextSync {
            update: vec![0, 0],
            state_vector: vec![0],
        };
        let Some(entry) = self.documents.get_mut(channel) else {
            return Ok(empty);
        };
        let document = &mut entry.document;
        let clocks = document.clocks();
        // Clients that this document has never heard of say nothing about it.
        let known = known
            .into_iter()
            .filter_map(|(client, clock)| Some((client, clock.min(*clocks.get(&client)?))));
        let known = known.collect();
        let synced = document.diff(&known).map(|update| TextSync {
            update,
            state_vector: document.state_vector(),
        });
        self.keep_account(channel);
        synced
    }

    /// Makes a client's update; gives what of it was new, for the others, or nothing if nothing was.
    ///
    /// # Errors
    /// [`TextError`], when it cannot be read, builds on what is not here, or is too large. Nothing has changed then.
    pub fn apply(&mut self, channel: &str, update: &[u8]) -> Result<Option<Vec<u8>>, TextError> {
        self.change(channel, update, true)
    }

    /// The same, but however full the document is: for a copy of texts elsewhere, which must not decide otherwise than those
    /// do. What it depends on is what was made before, and nothing else. Ask [`admit`](Self::admit) before the update goes to all
    /// copies.
    ///
    /// # Errors
    /// As [`apply`](Self::apply) has them, but for those of a lack of room.
    pub fn merge(&mut self, channel: &str, update: &[u8]) -> Result<Option<Vec<u8>>, TextError> {
        self.change(channel, update, false)
    }

    /// Whether an update would be made.
    ///
    /// # Errors
    /// Those of [`apply`](Self::apply).
    pub fn admit(&mut self, channel: &str, update: &[u8]) -> Result<(), TextError> {
        let admitted = self.check(channel, update);
        self.count(admitted.as_ref().err());
        admitted
    }

    /// The document as one update, compacted, to be stored; nothing if the channel has none.
    ///
    /// # Errors
    /// [`TextError::Damaged`], when it cannot be read.
    pub fn snapshot(&mut self, channel: &str) -> Result<Option<Vec<u8>>, TextError> {
        let Some(entry) = self.documents.get_mut(channel) else {
            return Ok(None);
        };
        let bytes = entry.document.snapshot();
        self.keep_account(channel);
        bytes.map(|bytes| Some(bytes.to_vec()))
    }

    /// Takes up a document that was stored, in the place of the one that there is. Any update of Yjs will do that has
    /// all of it.
    ///
    /// # Errors
    /// [`TextError`], when it cannot be read, or there is no room.
    pub fn restore(&mut self, channel: &str, update: &[u8]) -> Result<(), TextError> {
        let document = Document::stored(update).map_err(|error| match error {
            TextError::Unsupported(_) => error,
            _ => TextError::Damaged,
        })?;
        let before = self.documents.get(channel).map_or(0, |entry| entry.bytes);
        let has_place =
            self.documents.contains_key(channel) || self.documents.len() < self.limits.documents;
        if !has_place || self.bytes - before + document.bytes() > self.limits.bytes {
            self.metrics.full += 1;
            return Err(TextError::NoRoom);
        }
        self.forget(channel);
        let entry = Entry {
            document,
            ..Entry::default()
        };
        self.documents.insert(channel.to_owned(), entry);
        self.keep_account(channel);
        Ok(())
    }

    /// A text of a channel's document by its name; empty if there is none.
    ///
    /// # Errors
    /// [`TextError::Damaged`], when the document cannot be read.
    pub fn text(&mut self, channel: &str, name: &str) -> Result<String, TextError> {
        let Some(entry) = self.documents.get_mut(channel) else {
            return Ok(String::new());
        };
        let text = entry.document.text(name);
        self.keep_account(channel);
        text
    }

    /// Lets a document go; whether there was one.
    pub fn forget(&mut self, channel: &str) -> bool {
        let Some(entry) = self.documents.remove(channel) else {
            return false;
        };
        self.open.remove(&entry.used);
        self.open_blocks -= entry.blocks;
        self.bytes -= entry.bytes;
        true
    }

    /// The channels that have a document.
    pub fn channels(&self) -> impl Iterator<Item = &str> {
        self.documents.keys().map(String::as_str)
    }

    /// Whether a channel has a document.
    #[must_use]
    pub fn has(&self, channel: &str) -> bool {
        self.documents.contains_key(channel)
    }

    /// What they hold, and what has happened to them.
    #[must_use]
    pub fn metrics(&self) -> TextMetrics {
        TextMetrics {
            documents: self.documents.len(),
            open_documents: self.open.len(),
            bytes: self.bytes,
            ..self.metrics
        }
    }

    /// The document that was not used for longest, of those that may go.
    pub(crate) fn oldest(&self, may_go: impl Fn(&str) -> bool) -> Option<String> {
        let going = self.documents.iter().filter(|(name, _)| may_go(name));
        going
            .min_by_key(|(_, entry)| entry.used)
            .map(|(name, _)| name.clone())
    }

    pub(crate) fn metrics_mut(&mut self) -> &mut TextMetrics {
        &mut self.metrics
    }

    fn change(
        &mut self,
        channel: &str,
        update: &[u8],
        by_room: bool,
    ) -> Result<Option<Vec<u8>>, TextError> {
        let checked = if by_room {
            self.check(channel, update)
        } else {
            Ok(())
        };
        let made = checked.and_then(|()| {
            let fits = read(update, &self.limits)?;
            let has_document = self.documents.contains_key(channel);
            let entry = self.documents.entry(channel.to_owned()).or_default();
            let made = fits
                .fit(entry.document.clocks())
                .and_then(|fitting| entry.document.integrate(fitting));
            if !has_document && entry.document.is_empty() {
                self.documents.remove(channel);
            }
            made
        });
        self.count(made.as_ref().err());
        self.metrics.updates += u64::from(matches!(made, Ok(Some(_))));
        self.keep_account(channel);
        made.map(|new: Option<Arc<[u8]>>| new.map(|update| update.to_vec()))
    }

    /// Refuses what there is no room for, or what does not fit.
    fn check(&mut self, channel: &str, update: &[u8]) -> Result<(), TextError> {
        let read = read(update, &self.limits)?;
        let (bytes, documents) = (self.bytes, self.documents.len());
        match self.documents.get_mut(channel) {
            Some(entry) => {
                let fitting = read.fit(entry.document.clocks())?;
                let added = fitting.bytes.len();
                let is_more = fitting.inserts;
                entry.document.admit(&fitting, &self.limits)?;
                if is_more && bytes + added > self.limits.bytes {
                    return Err(TextError::NoRoom);
                }
            }
            None => {
                let fitting = read.fit(&HashMap::new())?;
                let added = fitting.bytes.len();
                Document::default().admit(&fitting, &self.limits)?;
                if !fitting.is_empty()
                    && (documents >= self.limits.documents || bytes + added > self.limits.bytes)
                {
                    return Err(TextError::NoRoom);
                }
            }
        }
        Ok(())
    }

    fn count(&mut self, error: Option<&TextError>) {
        let metrics = &mut self.metrics;
        match error {
            None => {}
            Some(TextError::Behind) => metrics.behind += 1,
            Some(TextError::TooLarge { .. } | TextError::TooManyChanges { .. }) => {
                metrics.too_large += 1;
            }
            Some(TextError::DocumentFull | TextError::NoRoom) => metrics.full += 1,
            Some(_) => metrics.invalid += 1,
        }
    }

    /// Notes that a document was used, and closes those that were not used for longest if too much is open.
    fn keep_account(&mut self, channel: &str) {
        self.ticks += 1;
        let Some(entry) = self.documents.get_mut(channel) else {
            return;
        };
        self.open.remove(&entry.used);
        entry.used = self.ticks;
        if entry.document.is_open() {
            self.open.insert(entry.used, channel.to_owned());
        }
        self.measure(channel);
        while self.open_blocks > self.limits.open_blocks && self.open.len() > 1 {
            let Some((_, oldest)) = self.open.pop_first() else {
                return;
            };
            if let Some(entry) = self.documents.get_mut(&oldest) {
                entry.document.close();
            }
            self.measure(&oldest);
        }
    }

    /// Counts a document as it is now.
    fn measure(&mut self, channel: &str) {
        let Some(entry) = self.documents.get_mut(channel) else {
            return;
        };
        let document = &mut entry.document;
        let blocks = if document.is_open() {
            document.blocks()
        } else {
            0
        };
        self.open_blocks = self.open_blocks - entry.blocks + blocks;
        self.bytes = self.bytes - entry.bytes + document.bytes();
        (entry.blocks, entry.bytes) = (blocks, document.bytes());
        self.metrics.compactions += document.take_compactions();
    }
}

/// Reads an update that is not too large.
fn read<'a>(update: &'a [u8], limits: &TextLimits) -> Result<Update<'a>, TextError> {
    let limit = limits.update_bytes;
    if update.len() > limit {
        return Err(TextError::TooLarge { limit });
    }
    Update::read(update, limits.update_changes)
}
