//! Limits: the bounds of whatever a client can make grow.

use std::time::Duration;

/// The bounds of whatever a client can make grow, and how long it may take.
///
/// ```
/// use realtime_server::Limits;
///
/// let limits = Limits { connections: 10_000, ..Limits::default() };
/// assert_eq!(limits.history, 1_000);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Sockets at once. 10,000.
    pub connections: usize,
    /// Bytes of one message from a client. 65,536.
    pub message_bytes: usize,
    /// Messages per second and socket; twice as many at once after a pause, and a socket that sends ten times as many is
    /// closed. 100.
    pub messages_per_second: u32,
    /// Messages of one socket that the app's handler has at once. 1: in the order in which they came.
    pub messages_at_once: usize,
    /// Messages of one socket that wait for the app's handler. 256.
    pub messages_waiting: usize,
    /// Bytes of their data. 1 MiB.
    pub waiting_bytes: usize,
    /// Announcements and starts of typing per second and socket, as each goes to everybody on a channel; twice as many at
    /// once after a pause. 20, which is as many as a client makes.
    pub appearances_per_second: u32,
    /// Answers to messages that are remembered, for those that are sent again. 10,000; 0 remembers none.
    pub answers: usize,
    /// Bytes of those answers. 8 MiB.
    pub answer_bytes: usize,
    /// How long an answer is remembered. One hour.
    pub answer_life: Duration,
    /// Channels at once. Beyond, those that nobody follows and that were quiet longest are forgotten: who comes back to one
    /// fetches. 100,000.
    pub channels: usize,
    /// Channels that one socket follows. 100.
    pub subscriptions: usize,
    /// Events that are kept for those who resume, per channel. 1000.
    pub history: usize,
    /// Bytes of those events, and of one event. 1 MiB.
    pub history_bytes: usize,
    /// Sockets that are present in one channel. 500.
    pub members: usize,
    /// Bytes of the metadata of one. 4096.
    pub metadata_bytes: usize,
    /// How long a member may be silent until the others are told that they are gone. 75 s: two heartbeats of a client, and a
    /// half.
    pub member_life: Duration,
    /// Frames that may wait for one socket before it is given up as too slow. 4096.
    pub queue_frames: usize,
    /// Bytes that may wait for one socket. 8 MiB.
    pub queue_bytes: usize,
    /// How long a socket may be silent before it is pinged. 30 s.
    pub ping_after: Duration,
    /// How long a socket may be silent before it is given up. 90 s.
    pub silence: Duration,
    /// How long a socket may take to say who it is. 5 s.
    pub auth_within: Duration,
    /// How long the app's callbacks for authentication and permission may take. 10 s.
    pub callback_within: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            message_bytes: 64 * 1024,
            messages_per_second: 100,
            messages_at_once: 1,
            messages_waiting: 256,
            waiting_bytes: 1024 * 1024,
            appearances_per_second: 20,
            answers: 10_000,
            answer_bytes: 8 * 1024 * 1024,
            answer_life: Duration::from_secs(60 * 60),
            channels: 100_000,
            subscriptions: 100,
            history: 1_000,
            history_bytes: 1024 * 1024,
            members: 500,
            metadata_bytes: 4 * 1024,
            member_life: Duration::from_secs(75),
            queue_frames: 4_096,
            queue_bytes: 8 * 1024 * 1024,
            ping_after: Duration::from_secs(30),
            silence: Duration::from_secs(90),
            auth_within: Duration::from_secs(5),
            callback_within: Duration::from_secs(10),
        }
    }
}

/// Bytes of a message id, a channel or an event name.
pub(crate) const NAME_BYTES: usize = 128;
/// Characters of a user's id or name.
pub(crate) const NAME: usize = 80;
/// Bytes of an avatar's address.
pub(crate) const AVATAR: usize = 2 * 1024;
/// How many times its rate a socket may send before it is closed; up to there it is told to slow down.
pub(crate) const FLOOD: u32 = 10;
/// As many missed events as one message costs, where they are sent again: a few bytes must not get a whole history each.
pub(crate) const REPLAYED_PER_MESSAGE: usize = 50;
/// As many messages as a sync of a shared text costs beside itself, for the same reason.
pub(crate) const SYNC: u32 = 10;
/// How long before its token ends a socket is asked for a new one, unless the token is a short one.
pub(crate) const REFRESH: Duration = Duration::from_secs(60);
/// How long a socket may take to read a close frame, or to answer one.
pub(crate) const GRACE: Duration = Duration::from_secs(5);
/// Sockets beyond the cap that are told so at once; further ones are refused before the upgrade.
pub(crate) const REFUSALS: usize = 64;
/// Repeats of one message that wait for its answer at once.
pub(crate) const REPEATS: usize = 16;
/// When it makes sense to try again after the app gave no answer, in milliseconds.
pub(crate) const RETRY_AFTER_MS: u64 = 1_000;
/// Subscriptions that wait at once until a copy has caught up with their clients.
pub(crate) const AHEAD: usize = 4_096;
/// How long a client that knows more than this copy waits until it has caught up.
pub(crate) const CATCH_UP_WITHIN: Duration = Duration::from_secs(2);
