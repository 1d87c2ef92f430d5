//! Options of a connection: time-outs, giving up, the token.

use super::{BackoffOptions, ClosePolicy, HeartbeatOptions};
use std::time::Duration;

/// How the connection behaves; the default is right for most apps.
///
/// Durations below one millisecond count as one millisecond.
///
/// ```
/// use realtime_core::connection::ConnectionOptions;
///
/// let options = ConnectionOptions { give_up_after: Some(5), ..Default::default() };
/// assert_eq!(options.connect_timeout.as_secs(), 10);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ConnectionOptions {
    /// How long to wait between attempts.
    pub backoff: BackoffOptions,
    /// How a dead link is noticed.
    pub heartbeat: HeartbeatOptions,
    /// A link that lived this long was healthy, and forgives all failures before it. Default 5 s.
    ///
    /// A shorter one forgives nothing; else a server that accepts and closes would be hammered.
    pub stable_after: Duration,
    /// How long the app's token provider may take. Default 15 s.
    pub token_timeout: Duration,
    /// How long a socket may take to open until another attempt is planned. Default 10 s.
    ///
    /// If it opens after all before that begins, it is taken: browsers hold sockets back to a server
    /// that was down.
    pub connect_timeout: Duration,
    /// How long the server may take to answer `auth`. Default 10 s.
    pub handshake_timeout: Duration,
    /// How long a link may be missing before people are told. Default 5 s.
    pub trouble_after: Duration,
    /// How many attempts in a row may fail before giving up. Default `None`: never give up.
    pub give_up_after: Option<u32>,
    /// What to do about each close code, where the app knows better than the table.
    pub close_policy: ClosePolicy,
    /// Whether the app gives tokens: one is then asked for before every attempt. Default `false`.
    pub has_token: bool,
}

impl Default for ConnectionOptions {
    fn default() -> Self {
        Self {
            backoff: BackoffOptions::default(),
            heartbeat: HeartbeatOptions::default(),
            stable_after: Duration::from_secs(5),
            token_timeout: Duration::from_secs(15),
            connect_timeout: Duration::from_secs(10),
            handshake_timeout: Duration::from_secs(10),
            trouble_after: Duration::from_secs(5),
            give_up_after: None,
            close_policy: ClosePolicy::default(),
            has_token: false,
        }
    }
}

impl ConnectionOptions {
    /// With every duration long enough that a timer which fires moves time on.
    pub(super) fn at_least_a_millisecond(mut self) -> Self {
        for duration in [
            &mut self.token_timeout,
            &mut self.connect_timeout,
            &mut self.handshake_timeout,
            &mut self.trouble_after,
            &mut self.backoff.min,
            &mut self.backoff.slow_min,
            &mut self.heartbeat.ping_every,
            &mut self.heartbeat.pong_within,
            &mut self.heartbeat.probe_within,
        ] {
            *duration = (*duration).max(Duration::from_millis(1));
        }
        self
    }
}
