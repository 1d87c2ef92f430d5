//! Options of a roster: heartbeat, expiry, idle times, limits.

use super::PresenceStatus;
use std::time::Duration;

/// The shortest heartbeat: a shorter one would only be a flood.
const MIN_HEARTBEAT: Duration = Duration::from_secs(1);

/// How a [`Roster`](super::Roster) behaves; the defaults fit an ordinary room.
///
/// ```
/// use realtime_core::{PresenceOptions, PresenceStatus};
/// use std::time::Duration;
///
/// let options = PresenceOptions::default()
///     .with_initial_status(PresenceStatus::Busy)
///     .with_heartbeat(Duration::from_secs(10));
/// assert_eq!(options.expiry(), Duration::from_secs(25));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PresenceOptions {
    /// The status to join with: online.
    pub initial_status: PresenceStatus,
    /// How often to announce ourselves when nothing changes: 30 s. At least 1 s.
    pub heartbeat: Duration,
    /// How long a silent connection is believed in; `None` is 2.5 heartbeats, so that one lost
    /// heartbeat makes no ghost leave.
    pub expiry: Option<Duration>,
    /// How long without input until an online user is shown as away: 5 min; `None` is never.
    pub idle_after: Option<Duration>,
    /// How long a hidden page still counts as online: 1 min, so that a glance at another tab
    /// changes nothing; `None` is for ever.
    pub hidden_after: Option<Duration>,
    /// The least time between two announcements: 50 ms. Changes in between are sent as one.
    pub metadata_interval: Duration,
    /// How many members are kept, ourselves included: 10,000. More are refused.
    pub max_members: usize,
    /// How many connections of one member are kept: 64. The one unheard for longest makes way.
    pub max_connections_per_member: usize,
    /// How many bytes the members may take, with all they tell, their names and ids: 16 MiB. Metadata
    /// and pictures that do not fit are dropped, and the last quarter is kept for members without;
    /// connections that do not fit even so are refused. As much again may be parked, and wait as events.
    pub max_bytes: usize,
    /// How many changes are kept to be applied again over the room's snapshot: 1,000. The oldest
    /// makes way.
    pub max_parked: usize,
    /// How many events wait to be polled: 1,000. The oldest makes way.
    pub max_events: usize,
}

impl Default for PresenceOptions {
    fn default() -> Self {
        Self {
            initial_status: PresenceStatus::Online,
            heartbeat: Duration::from_secs(30),
            expiry: None,
            idle_after: Some(Duration::from_secs(5 * 60)),
            hidden_after: Some(Duration::from_secs(60)),
            metadata_interval: Duration::from_millis(50),
            max_members: 10_000,
            max_connections_per_member: 64,
            max_bytes: 16 << 20,
            max_parked: 1_000,
            max_events: 1_000,
        }
    }
}

impl PresenceOptions {
    /// With this status to join with.
    #[must_use]
    pub fn with_initial_status(mut self, status: PresenceStatus) -> Self {
        self.initial_status = status;
        self
    }

    /// With this time between heartbeats.
    #[must_use]
    pub fn with_heartbeat(mut self, heartbeat: Duration) -> Self {
        self.heartbeat = heartbeat;
        self
    }

    /// With this trust in silent connections; give at least 2.5 of the *peers'* heartbeats.
    #[must_use]
    pub fn with_expiry(mut self, expiry: Duration) -> Self {
        self.expiry = Some(expiry);
        self
    }

    /// With this patience before a user without input is away; `None` turns it off.
    #[must_use]
    pub fn with_idle_after(mut self, idle_after: impl Into<Option<Duration>>) -> Self {
        self.idle_after = idle_after.into();
        self
    }

    /// With this patience before a user whose page is hidden is away; `None` turns it off.
    #[must_use]
    pub fn with_hidden_after(mut self, hidden_after: impl Into<Option<Duration>>) -> Self {
        self.hidden_after = hidden_after.into();
        self
    }

    /// With this least time between announcements.
    #[must_use]
    pub fn with_metadata_interval(mut self, interval: Duration) -> Self {
        self.metadata_interval = interval;
        self
    }

    /// With room for this many members.
    #[must_use]
    pub fn with_max_members(mut self, members: usize) -> Self {
        self.max_members = members;
        self
    }

    /// With room for this many connections of each member.
    #[must_use]
    pub fn with_max_connections_per_member(mut self, connections: usize) -> Self {
        self.max_connections_per_member = connections;
        self
    }

    /// With room for this many bytes.
    #[must_use]
    pub fn with_max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// With room for this many parked changes.
    #[must_use]
    pub fn with_max_parked(mut self, parked: usize) -> Self {
        self.max_parked = parked;
        self
    }

    /// With room for this many events.
    #[must_use]
    pub fn with_max_events(mut self, events: usize) -> Self {
        self.max_events = events;
        self
    }

    /// How long a silent connection is believed in.
    #[doc(hidden)]
    #[must_use]
    pub fn expiry(&self) -> Duration {
        self.expiry
            .unwrap_or_else(|| self.effective_heartbeat().saturating_mul(5) / 2)
    }

    pub(super) fn effective_heartbeat(&self) -> Duration {
        self.heartbeat.max(MIN_HEARTBEAT)
    }

    pub(super) fn max_peers(&self) -> usize {
        self.max_members.saturating_sub(1)
    }
}
