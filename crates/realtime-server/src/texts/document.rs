//! Document: a text, or a few, of one channel: as it is stored, and open while it is used.
//!
//! What is stored is one update, written by a document from which yrs has collected what was deleted, and the updates
//! since. It is what bounds memory: an open document takes some 250 bytes for each block, and the same one stored five to
//! thirty. It is also what an open document is made from again, should yrs fail.

use super::{
    engine::Engine,
    error::TextError,
    limits::TextLimits,
    update::{Clocks, Fitting, Update, write_state_vector},
};
use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    sync::Arc,
};

/// The texts of one channel.
#[derive(Default)]
pub(super) struct Document {
    base: Arc<[u8]>,
    base_blocks: usize,
    /// The updates since.
    tail: Vec<Arc<[u8]>>,
    tail_bytes: usize,
    tail_blocks: usize,
    clocks: Clocks,
    roots: BTreeSet<Box<str>>,
    open: Option<Engine>,
    /// Whether something was deleted since it was compacted.
    has_shrunk: bool,
    compactions: u64,
}

/// Bytes of updates that are kept as they came before the document is compacted, at least.
const TAIL: usize = 16 * 1024;

impl Document {
    /// The document that is stored as one update.
    pub(super) fn stored(bytes: &[u8]) -> Result<Self, TextError> {
        let mut document = Self::default();
        let fitting = Update::read(bytes, usize::MAX)?.fit(&HashMap::new())?;
        document.integrate(fitting)?;
        document.compact()?;
        document.compactions = 0;
        Ok(document)
    }

    /// Bytes that it takes to store it.
    pub(super) fn bytes(&self) -> usize {
        self.base.len() + self.tail_bytes
    }

    /// Blocks that it has while it is open, at most.
    pub(super) fn blocks(&self) -> usize {
        self.base_blocks + self.tail_blocks
    }

    /// Whether nothing was ever written.
    pub(super) fn is_empty(&self) -> bool {
        self.clocks.is_empty()
    }

    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// How often it was compacted since this was asked.
    pub(super) fn take_compactions(&mut self) -> u64 {
        std::mem::take(&mut self.compactions)
    }

    /// How much each client has written.
    pub(super) fn clocks(&self) -> &Clocks {
        &self.clocks
    }

    pub(super) fn state_vector(&self) -> Vec<u8> {
        write_state_vector(&self.clocks)
    }

    /// Refuses what the document has no room for.
    pub(super) fn admit(
        &mut self,
        fitting: &Fitting<'_>,
        limits: &TextLimits,
    ) -> Result<(), TextError> {
        fitting.check_roots(&self.roots)?;
        if fitting.is_empty() || self.has_room(fitting, limits, 1) {
            return Ok(());
        }
        // It may be smaller than it looks. To find out takes long, so there is to be some reason to believe it.
        let many_bytes = self.tail_bytes > limits.document_bytes / 16;
        let many_blocks = self.tail_blocks > limits.document_blocks / 16;
        if many_bytes || many_blocks || (self.has_shrunk && fitting.inserts) {
            self.compact()?;
        }
        // What only deletes is let in for longer, so that a full document can be made smaller.
        let times = if fitting.inserts { 1 } else { 2 };
        if self.has_room(fitting, limits, times) {
            return Ok(());
        }
        Err(TextError::DocumentFull)
    }

    fn has_room(&self, fitting: &Fitting<'_>, limits: &TextLimits, times: usize) -> bool {
        let bytes = self.bytes() + fitting.bytes.len();
        let blocks = self.blocks() + fitting.blocks;
        bytes <= times * limits.document_bytes && blocks <= times * limits.document_blocks
    }

    /// Makes an update that fits; gives what of it was new, if anything was.
    pub(super) fn integrate(
        &mut self,
        fitting: Fitting<'_>,
    ) -> Result<Option<Arc<[u8]>>, TextError> {
        fitting.check_roots(&self.roots)?;
        if fitting.is_empty() {
            return Ok(None);
        }
        let done = self.engine()?.integrate(&fitting.bytes);
        let is_new = done.inspect_err(|_| self.open = None)?;
        if !is_new {
            return Ok(None);
        }
        let update: Arc<[u8]> = fitting.bytes.into();
        self.tail.push(Arc::clone(&update));
        self.tail_bytes += update.len();
        self.tail_blocks += fitting.blocks;
        self.has_shrunk |= !fitting.inserts;
        self.clocks.extend(fitting.clocks);
        self.roots.extend(fitting.roots.into_iter().map(Into::into));
        if self.tail_bytes > TAIL.max(self.base.len() / 2) {
            self.compact()?;
        }
        Ok(Some(update))
    }

    /// Writes it anew, without what nobody needs any more.
    pub(super) fn compact(&mut self) -> Result<(), TextError> {
        if self.tail.is_empty() {
            return Ok(());
        }
        let base = self.engine()?.diff(&Clocks::new())?;
        let Ok(update) = Update::read(&base, usize::MAX) else {
            self.open = None;
            return Err(TextError::Damaged);
        };
        self.base_blocks = update.blocks();
        self.base = base.into();
        self.tail.clear();
        (self.tail_bytes, self.tail_blocks) = (0, 0);
        self.has_shrunk = false;
        self.compactions += 1;
        Ok(())
    }

    /// Closes it: it takes the bytes in which it is stored, and no more.
    pub(super) fn close(&mut self) {
        // One that cannot be compacted is kept as it is.
        drop(self.compact());
        self.open = None;
    }

    /// What somebody lacks who knows so much.
    pub(super) fn diff(&mut self, known: &Clocks) -> Result<Vec<u8>, TextError> {
        if known.is_empty() {
            return Ok(self.snapshot()?.to_vec());
        }
        self.engine()?.diff(known)
    }

    /// All of it, as one update.
    pub(super) fn snapshot(&mut self) -> Result<Arc<[u8]>, TextError> {
        self.compact()?;
        if self.base.is_empty() {
            return Ok(Arc::new([0, 0]));
        }
        Ok(Arc::clone(&self.base))
    }

    /// The text of this name.
    pub(super) fn text(&mut self, name: &str) -> Result<String, TextError> {
        self.engine()?.text(name)
    }

    fn engine(&mut self) -> Result<&Engine, TextError> {
        let engine = match self.open.take() {
            Some(engine) => engine,
            None => {
                let base = Some(&*self.base).filter(|base| !base.is_empty());
                let tail = self.tail.iter().map(|update| &**update);
                Engine::open(base.into_iter().chain(tail))?
            }
        };
        Ok(self.open.insert(engine))
    }
}

/// A copy is closed.
impl Clone for Document {
    fn clone(&self) -> Self {
        Self {
            base: Arc::clone(&self.base),
            tail: self.tail.clone(),
            clocks: self.clocks.clone(),
            roots: self.roots.clone(),
            open: None,
            ..*self
        }
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("bytes", &self.bytes())
            .field("blocks", &self.blocks())
            .field("is_open", &self.is_open())
            .finish_non_exhaustive()
    }
}
