//! Statistics: what a typing room has seen, done and refused.

/// Counters of one [`TypingRoom`](super::TypingRoom), since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TypingStats {
    /// `typing:start`s handed out.
    pub starts_sent: u64,
    /// `typing:stop`s handed out.
    pub stops_sent: u64,
    /// `typing:start`s of others read.
    pub starts: u64,
    /// `typing:stop`s of others read.
    pub stops: u64,
    /// Events about ourselves, ignored.
    pub own: u64,
    /// Frames that could not be read.
    pub malformed: u64,
    /// Events that are not typing's.
    pub unknown_events: u64,
    /// Stops of somebody who was not typing.
    pub unknown_stops: u64,
    /// Typists refused because the room is full.
    pub refused: u64,
    /// Typists dropped because no further start came in time.
    pub expired: u64,
    /// Typists dropped because their message came, they left, or the link went down.
    pub cleared: u64,
}
