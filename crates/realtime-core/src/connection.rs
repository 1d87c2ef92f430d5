//! The link to the server: when to open it, when to doubt it, when to let it go.
//!
//! Tell [`Connection`] what happened, drain [`Connection::poll_output`] until it is empty, then
//! wait for more or for [`Connection::next_deadline`], whichever comes first. It decodes nothing:
//! whoever reads the frames says that one came, and that the handshake is done.

mod backoff;
mod close_code;
mod heartbeat;
mod options;
mod output;
mod status;
mod tokens;
mod transition;

pub use backoff::BackoffOptions;
pub use close_code::{CloseAction, ClosePolicy};
pub use heartbeat::HeartbeatOptions;
pub use options::ConnectionOptions;
pub use output::ConnectionOutput;
pub use status::{CloseReason, ConnectionError, ConnectionInfo, ConnectionStats, ConnectionStatus};

use crate::{
    error::{AddressError, ServerError},
    id::Generation,
    time::{Instant, earliest},
};
use heartbeat::Heartbeat;
use std::{collections::VecDeque, time::Duration};
use tokens::Renewal;
use transition::{Failure, Hanging, State};

/// A socket that has been opening for longer hangs, and is not what somebody waits for who asks for a
/// connection now.
const HANGS_AFTER: Duration = Duration::from_secs(1);

/// The state machine of one connection, from the first attempt to the last goodbye.
///
/// Every attempt has its own [`Generation`]; inputs stamped with another are ignored and counted,
/// so a callback of a socket already given up can do no harm.
///
/// ```
/// use realtime_core::connection::{Connection, ConnectionOptions, ConnectionOutput, ConnectionStatus};
/// use realtime_core::Instant;
///
/// let now = Instant::ZERO;
/// let mut connection = Connection::new(ConnectionOptions::default(), fastrand::Rng::with_seed(1));
/// connection.connect(now);
/// let Some(ConnectionOutput::Connect { generation }) = connection.poll_output() else { panic!() };
///
/// connection.socket_opened(now, generation);
/// connection.handshake_done(now, generation); // no token, so nothing to wait for
/// assert_eq!(connection.info().status, ConnectionStatus::Connected);
/// ```
#[derive(Debug)]
pub struct Connection {
    options: ConnectionOptions,
    rng: fastrand::Rng,
    state: State,
    generation: Generation,
    /// Attempts begun since the last healthy link.
    attempts: u32,
    heartbeat: Heartbeat,
    /// Since when the app has been without a healthy link that it wants.
    missing_since: Option<Instant>,
    /// The last time that a new token was asked for on the open link.
    renewal: Option<Renewal>,
    was_open: bool,
    last_error: Option<ConnectionError>,
    info: ConnectionInfo,
    outputs: VecDeque<ConnectionOutput>,
    stats: ConnectionStats,
}

impl Connection {
    /// A connection that does nothing until [`connect`](Self::connect).
    #[must_use]
    pub fn new(options: ConnectionOptions, rng: fastrand::Rng) -> Self {
        let options = options.at_least_a_millisecond();
        Self {
            heartbeat: Heartbeat::new(options.heartbeat.clone()),
            options,
            rng,
            state: State::Idle,
            generation: Generation::default(),
            attempts: 0,
            missing_since: None,
            renewal: None,
            was_open: false,
            last_error: None,
            info: ConnectionInfo {
                status: ConnectionStatus::Disconnected,
                attempt: 0,
                retry_at: None,
                since: Instant::ZERO,
                trouble: false,
                last_error: None,
                close_reason: None,
                round_trip: None,
            },
            outputs: VecDeque::new(),
            stats: ConnectionStats::default(),
        }
    }

    /// Connects, if the connection is idle or has ended; otherwise it is already at it.
    pub fn connect(&mut self, now: Instant) {
        if matches!(self.state, State::Idle | State::Closed(_)) {
            self.attempts = 0;
            self.attempt(now);
        }
        self.publish(now);
    }

    /// Connects at once, whatever the state: cuts a wait short, replaces an open link, comes back
    /// after the end. An attempt that is under way is kept, unless its socket has been opening for
    /// more than a second: a fresh one may be quicker. Earlier failures are forgotten.
    pub fn reconnect(&mut self, now: Instant) {
        let hangs = matches!(self.state, State::Connecting { since, .. }
            if now.saturating_since(since) > HANGS_AFTER);
        if self.state.is_attempting() && !hangs {
            self.attempts = 1;
        } else {
            self.leave(Some((close_code::NORMAL, "reconnecting")));
            self.attempts = 0;
            self.attempt(now);
        }
        self.publish(now);
    }

    /// Connects at once by another socket, whatever the state, as the one there is belongs to somebody
    /// else now. Earlier failures are forgotten.
    #[cfg(feature = "tabs")]
    pub(crate) fn replace(&mut self, now: Instant) {
        self.leave(Some((close_code::NORMAL, "another tab leads")));
        self.attempts = 0;
        self.attempt(now);
        self.publish(now);
    }

    /// Ends the connection; nothing but [`connect`](Self::connect) or
    /// [`reconnect`](Self::reconnect) brings it back.
    pub fn disconnect(&mut self, now: Instant) {
        if !matches!(self.state, State::Closed(_)) {
            self.leave(Some((close_code::NORMAL, "disconnecting")));
            self.last_error = None;
            self.end(CloseReason::Requested);
        }
        self.publish(now);
    }

    /// The socket is open.
    pub fn socket_opened(&mut self, now: Instant, generation: Generation) {
        match &mut self.state {
            State::Connecting { token, .. }
            | State::Waiting {
                hanging: Some(Hanging { token }),
                ..
            } if generation == self.generation => {
                let token = token.take();
                self.authenticate(now, token);
            }
            _ => self.stats.stale += 1,
        }
        self.publish(now);
    }

    /// The server accepted the handshake, or there was none to do.
    pub fn handshake_done(&mut self, now: Instant, generation: Generation) {
        if self.is_current(generation) && matches!(self.state, State::Handshaking { .. }) {
            self.open(now);
        } else {
            self.stats.stale += 1;
        }
        self.publish(now);
    }

    /// The server refused the handshake. The next attempt comes with backoff, with a fresh token (at
    /// the slow pace where the app has none to give), and not before the server's `retryAfter`. After
    /// the code `forbidden` there is none.
    pub fn handshake_failed(&mut self, now: Instant, generation: Generation, error: ServerError) {
        if self.is_current(generation) && matches!(self.state, State::Handshaking { .. }) {
            self.refused(now, error);
        } else {
            self.stats.stale += 1;
        }
        self.publish(now);
    }

    /// A frame came. `false` means that it came from an older socket and is to be ignored.
    pub fn frame_received(&mut self, now: Instant, generation: Generation) -> bool {
        let current = self.is_current(generation)
            && matches!(self.state, State::Handshaking { .. } | State::Open { .. });
        if current {
            self.heartbeat.frame(now);
        } else {
            self.stats.stale += 1;
        }
        current
    }

    /// The frame was a pong. To be called after [`frame_received`](Self::frame_received).
    pub fn pong_received(&mut self, now: Instant, generation: Generation) {
        if self.is_current(generation) && self.is_open() {
            self.heartbeat.pong(now);
        }
        self.publish(now);
    }

    /// The socket closed, or failed to open. `was_clean` only goes into the error.
    pub fn socket_closed(
        &mut self,
        now: Instant,
        generation: Generation,
        code: u16,
        reason: &str,
        was_clean: bool,
    ) {
        if self.is_current(generation) && self.state.take_hanging().is_some() {
            // The next attempt is under way as it is.
            return;
        }
        if !self.is_current(generation) || !self.state.has_socket() {
            self.stats.stale += 1;
            return;
        }
        if matches!(self.state, State::Connecting { .. }) {
            // A browser hides the HTTP status: this may have been a 401. The next attempt asks for
            // a fresh token anyway.
            self.fail(now, ConnectionError::NeverOpened { code }.into());
        } else {
            self.closed_by_server(now, code, reason.into(), was_clean);
        }
        self.publish(now);
    }

    /// The server said something after which this socket is of no use; the next one may be.
    pub fn protocol_error(&mut self, now: Instant, generation: Generation, message: &str) {
        if self.is_current(generation) && self.state.has_socket() {
            let failure = Failure {
                close: Some((close_code::PROTOCOL_ERROR, "protocol error")),
                ..ConnectionError::Protocol(message.into()).into()
            };
            self.fail(now, failure);
        } else {
            self.stats.stale += 1;
        }
        self.publish(now);
    }

    /// On this socket the server pings: it is dead when nothing has come for `silence`.
    pub fn server_pings(&mut self, now: Instant, generation: Generation, silence: Duration) {
        if self.is_current(generation) && self.state.has_socket() {
            self.heartbeat.listen(now, silence);
        } else {
            self.stats.stale += 1;
        }
    }

    /// The address that [`ConnectionOutput::Connect`] is for is none: the connection ends, until
    /// [`connect`](Self::connect) or [`reconnect`](Self::reconnect).
    pub fn address_refused(&mut self, now: Instant, generation: Generation, error: AddressError) {
        if self.is_current(generation) && self.state.has_socket() {
            self.leave(None);
            self.last_error = Some(ConnectionError::Address(error.clone()));
            self.end(CloseReason::BadAddress(error));
        } else {
            self.stats.stale += 1;
        }
        self.publish(now);
    }

    /// The server is about to close the socket, and another may be opened.
    pub fn server_closing(&mut self, now: Instant, generation: Generation) {
        if self.is_current(generation) && self.state.has_socket() {
            self.fail(
                now,
                Failure {
                    close: Some((close_code::NORMAL, "the server is closing")),
                    ..ConnectionError::ServerClosing.into()
                },
            );
        } else {
            self.stats.stale += 1;
        }
        self.publish(now);
    }

    /// The server wants this client no more: the connection ends, until
    /// [`connect`](Self::connect) or [`reconnect`](Self::reconnect).
    pub fn dismissed(&mut self, now: Instant, generation: Generation, reason: &str) {
        if self.is_current(generation) && self.state.has_socket() {
            self.leave(Some((close_code::NORMAL, "dismissed")));
            self.last_error = Some(ConnectionError::Dismissed(reason.into()));
            self.end(CloseReason::Dismissed {
                reason: reason.into(),
            });
        } else {
            self.stats.stale += 1;
        }
        self.publish(now);
    }

    /// The server owed an answer and did not give it in time: doubts an open link.
    pub fn answer_missed(&mut self, now: Instant) {
        self.probe(now);
        self.publish(now);
    }

    /// The page became visible or hidden.
    ///
    /// Becoming visible doubts an open link and cuts a wait short. Being hidden changes nothing:
    /// a hidden tab may have notifications to show, so it keeps trying.
    pub fn set_visible(&mut self, now: Instant, visible: bool) {
        if visible {
            self.probe(now);
            if let State::Waiting { told: false, .. } = self.state {
                self.attempt(now);
            }
        }
        self.publish(now);
    }

    /// The browser says that the network came or went; to be called on each such event.
    ///
    /// Both doubt an open link. `online` also forgets earlier failures and cuts a wait short, and
    /// replaces a link that cannot be asked whether it lives, since it may be of the old network;
    /// `offline` is not trusted, so attempts go on.
    pub fn set_online(&mut self, now: Instant, online: bool) {
        self.heartbeat.network(now, online);
        self.probe(now);
        if online && self.is_open() {
            let pulse = self.heartbeat.network_changed(now);
            self.follow(now, pulse);
        }
        if let State::Waiting { told: false, .. } = self.state
            && online
        {
            self.attempts = 0;
            self.attempt(now);
        }
        self.publish(now);
    }

    /// The page is being left, perhaps to be frozen: closes cleanly, and waits.
    pub fn page_hide(&mut self, now: Instant) {
        if !matches!(self.state, State::Idle | State::Closed(_)) {
            self.leave(Some((close_code::NORMAL, "page hidden")));
            self.state = State::Suspended;
            self.missing_since = None;
        }
        self.publish(now);
    }

    /// The page is back: connects again, if it was connected before [`page_hide`](Self::page_hide).
    pub fn page_show(&mut self, now: Instant) {
        if matches!(self.state, State::Suspended) {
            self.attempts = 0;
            self.attempt(now);
        }
        self.publish(now);
    }

    /// Does what is due; harmless when nothing is.
    pub fn handle_timeout(&mut self, now: Instant) {
        let reprieve = self.options.heartbeat.probe_within;
        let timed_out = self
            .state
            .deadline_mut()
            .is_some_and(|deadline| deadline.is_over(now, reprieve));
        match self.state {
            _ if timed_out => self.attempt_timed_out(now),
            State::Waiting { until, .. } if now >= until => self.attempt(now),
            State::Open { .. } => {
                let pulse = self.heartbeat.handle_timeout(now);
                self.follow(now, pulse);
            }
            _ => {}
        }
        self.publish(now);
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) next, if nothing else happens.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        let state = match &self.state {
            State::AwaitingToken { deadline }
            | State::Connecting { deadline, .. }
            | State::Handshaking { deadline } => Some(deadline.at()),
            State::Waiting { until, .. } => Some(*until),
            State::Open { .. } => Some(self.heartbeat.next_deadline()),
            State::Idle | State::Suspended | State::Closed(_) => None,
        };
        let trouble = self.trouble_at().filter(|_| !self.info.trouble);
        earliest(state, trouble)
    }

    /// The next thing to do, if any.
    pub fn poll_output(&mut self) -> Option<ConnectionOutput> {
        self.outputs.pop_front()
    }

    /// The connection as people see it.
    #[must_use]
    pub fn info(&self) -> &ConnectionInfo {
        &self.info
    }

    /// Whether the link is up: the only state in which anything may be sent.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Open { .. })
    }

    /// The latest attempt's generation; what is stamped with another is ignored.
    #[must_use]
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// What has been counted so far.
    #[must_use]
    pub fn stats(&self) -> ConnectionStats {
        self.stats
    }
}
