//! Limits: how large documents, updates and what waits may be.

/// How large a document and what comes for it may be. What is beyond is refused, with an error and a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextLimits {
    /// The longest update that one event may bring: 1 MiB.
    pub update_bytes: usize,
    /// The longest document, as one update, with what its deletions leave behind: 16 MiB.
    pub document_bytes: usize,
}

impl Default for TextLimits {
    fn default() -> Self {
        Self {
            update_bytes: 1 << 20,
            document_bytes: 16 << 20,
        }
    }
}

impl TextLimits {
    /// With updates of this many bytes at most.
    #[must_use]
    pub const fn with_update_bytes(mut self, bytes: usize) -> Self {
        self.update_bytes = bytes;
        self
    }

    /// With documents of this many bytes at most.
    #[must_use]
    pub const fn with_document_bytes(mut self, bytes: usize) -> Self {
        self.document_bytes = bytes;
        self
    }
}
