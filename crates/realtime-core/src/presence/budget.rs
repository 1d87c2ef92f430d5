//! Room in memory: how many bytes a roster may keep of what others say.

/// What a connection, an event or a parked change takes beside its text, in bytes: about.
pub(super) const OVERHEAD: usize = 128;

/// What is held, and what may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    pub(super) held: usize,
    limit: usize,
}

impl Budget {
    pub(super) const fn new(limit: usize) -> Self {
        Self { held: 0, limit }
    }

    /// Whether a connection fits with all it tells, in place of one of so many bytes. A quarter is
    /// left to those who tell nothing but who they are: a few talkers must not shut the others out.
    pub(super) fn fits(&self, bytes: usize, replaced: usize) -> bool {
        self.would_hold(bytes, replaced) <= self.limit - self.limit / 4
    }

    /// Whether a connection fits that tells nothing but who it is.
    pub(super) fn fits_bare(&self, bytes: usize, replaced: usize) -> bool {
        self.would_hold(bytes, replaced) <= self.limit
    }

    fn would_hold(&self, bytes: usize, replaced: usize) -> usize {
        self.held.saturating_sub(replaced).saturating_add(bytes)
    }

    /// What held so many bytes now holds so many.
    pub(super) fn change(&mut self, before: usize, after: usize) {
        self.held = self.would_hold(after, before);
    }
}
