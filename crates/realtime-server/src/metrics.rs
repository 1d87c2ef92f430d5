//! Metrics: what a hub holds, and what has happened to it.

use serde::Serialize;

/// What a hub holds now, and what has happened since it was made. It serialises as one flat object, for a health check or
/// a scraper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Metrics {
    /// Sockets that are open.
    pub connections: usize,
    /// Channels in which something has happened or that somebody follows.
    pub channels: usize,
    /// Whether the hub is being drained.
    pub is_draining: bool,
    /// Frames read from sockets.
    pub frames: u64,
    /// Of these, the ones that were refused.
    pub refused: u64,
    /// Of the refused, the ones that came too fast.
    pub rate_limited: u64,
    /// Messages that were answered from memory, as they had been handled before.
    pub repeated: u64,
    /// Numbered events published.
    pub events: u64,
    /// Subscriptions that went on where they had been.
    pub recovered: u64,
    /// Present members dropped because they fell silent.
    pub expired_members: u64,
    /// Sockets turned away because there was no place left.
    pub turned_away: u64,
    /// Sockets closed because they read too slowly.
    pub slow_consumers: u64,
    /// Channels forgotten because there were too many.
    pub forgotten_channels: u64,
}
