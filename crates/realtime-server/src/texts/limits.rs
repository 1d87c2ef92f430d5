//! Limits of shared texts, and counters of what was refused for them.

use serde::Serialize;

/// The bounds of whatever a client can make grow in shared texts.
///
/// ```
/// use realtime_server::texts::TextLimits;
///
/// let limits = TextLimits { documents: 500, ..TextLimits::default() };
/// assert_eq!(limits.update_bytes, 262_144);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextLimits {
    /// Bytes of one update. 262,144. What comes over a socket is bounded by [`Limits::message_bytes`] as well, of which
    /// base64 takes a third: 48 KiB are left unless that is raised.
    ///
    /// [`Limits::message_bytes`]: crate::Limits::message_bytes
    pub update_bytes: usize,
    /// Inserts and ranges of deletes in one update. 32,768.
    pub update_changes: usize,
    /// Bytes of one document as it is stored, compacted. 2 MiB. One that is full takes deletes and nothing else.
    pub document_bytes: usize,
    /// Blocks of one document: stretches of text, or of deleted text, that were made in one go. 131,072, each of which takes
    /// about 250 bytes while the document is open.
    pub document_blocks: usize,
    /// Documents at once. 10,000. Where they are stored elsewhere, those that were not used for longest are let go.
    pub documents: usize,
    /// Bytes of all documents together, as they are stored. 256 MiB; the same.
    pub bytes: usize,
    /// Blocks of all documents that are open together. 1,000,000, about 250 MB. Those that were not used for longest are
    /// closed: they take the bytes that they are stored in, and are opened again when they are used.
    pub open_blocks: usize,
}

impl Default for TextLimits {
    fn default() -> Self {
        Self {
            update_bytes: 256 * 1024,
            update_changes: 32_768,
            document_bytes: 2 * 1024 * 1024,
            document_blocks: 131_072,
            documents: 10_000,
            bytes: 256 * 1024 * 1024,
            open_blocks: 1_000_000,
        }
    }
}

/// The texts with names that one document may have, and the bytes of a name.
pub(super) const ROOTS: usize = 16;
pub(super) const ROOT_BYTES: usize = 128;

/// What texts hold, and what has happened to them. It serialises as one flat object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TextMetrics {
    /// Documents in memory.
    pub documents: usize,
    /// Of these, the ones that are open.
    pub open_documents: usize,
    /// Bytes of all documents, as they are stored.
    pub bytes: usize,
    /// Updates that brought something new.
    pub updates: u64,
    /// Updates and state vectors refused because they could not be read, or hold what is no text.
    pub invalid: u64,
    /// Updates refused because they build on some that are not here.
    pub behind: u64,
    /// Updates refused for their size.
    pub too_large: u64,
    /// Updates refused because the document, or the memory for all of them, is full.
    pub full: u64,
    /// How often a document was written anew without what nobody needs any more.
    pub compactions: u64,
    /// Documents let go because others needed their place.
    pub forgotten: u64,
    /// Times that a document could not be stored; each is tried again.
    pub store_failures: u64,
}
