//! The states of a connection and the moves between them.

use super::{
    CloseAction, CloseReason, Connection, ConnectionError, ConnectionInfo, ConnectionOutput,
    ConnectionStatus, backoff::Pace, close_code, heartbeat::Pulse, heartbeat::clock_jumped,
};
use crate::{access::Token, error::ServerError, id::Generation, time::Instant};
use std::{rc::Rc, time::Duration};

/// How a socket is closed that is waited for no longer.
const TOOK_TOO_LONG: (u16, &str) = (close_code::TIMEOUT, "took too long");

#[derive(Debug)]
pub(super) enum State {
    /// Nothing was asked for yet.
    Idle,
    /// An attempt begins with a token.
    AwaitingToken { deadline: Deadline },
    /// The socket is opening.
    Connecting {
        since: Instant,
        deadline: Deadline,
        token: Option<Token>,
    },
    /// The socket is open; the server has yet to accept us.
    Handshaking { deadline: Deadline },
    /// The link is up.
    Open { since: Instant },
    /// The next attempt is to come. If the server told us to wait, no event cuts it short. A socket
    /// that took too long to open may still do so.
    Waiting {
        until: Instant,
        told: bool,
        hanging: Option<Hanging>,
    },
    /// The page is in the browser's back/forward cache.
    Suspended,
    /// Nothing more will happen unasked.
    Closed(CloseReason),
}

impl State {
    pub(super) fn has_socket(&self) -> bool {
        matches!(
            self,
            Self::Connecting { .. } | Self::Handshaking { .. } | Self::Open { .. }
        )
    }

    pub(super) fn is_attempting(&self) -> bool {
        matches!(
            self,
            Self::AwaitingToken { .. } | Self::Connecting { .. } | Self::Handshaking { .. }
        )
    }

    /// Takes the socket that was left to open beside the wait.
    pub(super) fn take_hanging(&mut self) -> Option<Hanging> {
        match self {
            Self::Waiting { hanging, .. } => hanging.take(),
            _ => None,
        }
    }

    pub(super) fn deadline_mut(&mut self) -> Option<&mut Deadline> {
        match self {
            Self::AwaitingToken { deadline }
            | Self::Connecting { deadline, .. }
            | Self::Handshaking { deadline } => Some(deadline),
            _ => None,
        }
    }
}

/// A socket that has taken too long to open, and is let go when the next attempt begins. Browsers may
/// hold a socket back to a server that was down, Firefox for up to a minute: one that is given up
/// meanwhile would have to wait anew, while nobody tries.
#[derive(Debug)]
pub(super) struct Hanging {
    /// What it is to greet the server with.
    pub(super) token: Option<Token>,
}

/// When an attempt has taken too long.
#[derive(Debug)]
pub(super) struct Deadline {
    at: Instant,
    extended: bool,
}

impl Deadline {
    fn new(at: Instant) -> Self {
        let extended = false;
        Self { at, extended }
    }

    pub(super) fn at(&self) -> Instant {
        self.at
    }

    /// Whether time is up. If the clock jumped over the deadline, what we wait for may be queued
    /// behind this very timer: that earns a reprieve, once.
    pub(super) fn is_over(&mut self, now: Instant, reprieve: Duration) -> bool {
        let passed = now >= self.at;
        if passed && !self.extended && clock_jumped(self.at, now) {
            self.at = now + reprieve;
            self.extended = true;
            return false;
        }
        passed
    }
}

/// Why an attempt or a link came to nothing, and what follows.
pub(super) struct Failure {
    pub(super) error: ConnectionError,
    pub(super) pace: Pace,
    /// What the server asked for; the backoff comes on top, to spread those told the same.
    pub(super) at_least: Duration,
    /// How to close the socket, if it is not closed already.
    pub(super) close: Option<(u16, &'static str)>,
}

impl From<ConnectionError> for Failure {
    fn from(error: ConnectionError) -> Self {
        Self {
            error,
            pace: Pace::Normal,
            at_least: Duration::ZERO,
            close: None,
        }
    }
}

impl Connection {
    pub(super) fn is_current(&self, generation: Generation) -> bool {
        generation == self.generation
    }

    /// Begins an attempt, with the question for a token.
    pub(super) fn attempt(&mut self, now: Instant) {
        self.begin_attempt(now);
        if self.options.has_token {
            self.state = State::AwaitingToken {
                deadline: Deadline::new(now + self.options.token_timeout),
            };
            self.outputs.push_back(ConnectionOutput::RequestToken {
                generation: self.generation,
            });
        } else {
            self.open_socket(now, None);
        }
    }

    /// What is before is over, and what comes has a generation of its own.
    pub(super) fn begin_attempt(&mut self, now: Instant) {
        if self.state.take_hanging().is_some() {
            let (code, reason) = TOOK_TOO_LONG;
            self.outputs.push_back(ConnectionOutput::Close {
                generation: self.generation,
                code,
                reason,
            });
        }
        self.generation = self.generation.next();
        self.attempts = self.attempts.saturating_add(1);
        self.stats.attempts += 1;
        self.missing_since.get_or_insert(now);
    }

    pub(super) fn open_socket(&mut self, now: Instant, token: Option<Token>) {
        self.state = State::Connecting {
            since: now,
            deadline: Deadline::new(now + self.options.connect_timeout),
            token,
        };
        self.outputs.push_back(ConnectionOutput::Connect {
            generation: self.generation,
        });
    }

    pub(super) fn authenticate(&mut self, now: Instant, token: Option<Token>) {
        self.state = State::Handshaking {
            deadline: Deadline::new(now + self.options.handshake_timeout),
        };
        self.heartbeat.reset();
        self.outputs.push_back(ConnectionOutput::Handshake {
            generation: self.generation,
            token,
        });
    }

    pub(super) fn open(&mut self, now: Instant) {
        self.state = State::Open { since: now };
        self.was_open = true;
        self.last_error = None;
        self.stats.links += 1;
        self.outputs.push_back(ConnectionOutput::Up {
            generation: self.generation,
        });
        let pulse = self.heartbeat.start(now);
        self.follow(now, pulse);
    }

    pub(super) fn send_ping(&mut self) {
        self.stats.pings += 1;
        self.outputs.push_back(ConnectionOutput::SendPing {
            generation: self.generation,
        });
    }

    pub(super) fn probe(&mut self, now: Instant) {
        if self.is_open() {
            let pulse = self.heartbeat.probe(now);
            self.follow(now, pulse);
        }
    }

    /// Does what the heartbeat wants.
    pub(super) fn follow(&mut self, now: Instant, pulse: Pulse) {
        match pulse {
            Pulse::Fine => {}
            Pulse::Ping => self.send_ping(),
            Pulse::Dead => self.declare_dead(now),
        }
    }

    pub(super) fn attempt_timed_out(&mut self, now: Instant) {
        let error = match self.state {
            State::AwaitingToken { .. } => {
                ConnectionError::TokenTimeout(self.options.token_timeout)
            }
            State::Handshaking { .. } => {
                ConnectionError::HandshakeTimeout(self.options.handshake_timeout)
            }
            _ => ConnectionError::ConnectTimeout(self.options.connect_timeout),
        };
        let is_last = self.is_last_attempt();
        let hanging = match &mut self.state {
            State::Connecting { token, .. } if !is_last => Some(Hanging {
                token: token.take(),
            }),
            _ => None,
        };
        let failure = Failure {
            close: hanging.is_none().then_some(TOOK_TOO_LONG),
            ..error.into()
        };
        self.fail(now, failure);
        if let State::Waiting { hanging: slot, .. } = &mut self.state {
            *slot = hanging;
        }
    }

    /// Whether a failure now would be one too many.
    fn is_last_attempt(&self) -> bool {
        let limit = self.options.give_up_after;
        limit.is_some_and(|limit| self.attempts >= limit)
    }

    pub(super) fn declare_dead(&mut self, now: Instant) {
        self.stats.unresponsive += 1;
        let failure = Failure {
            close: Some((close_code::TIMEOUT, "no sign of life")),
            ..ConnectionError::Unresponsive.into()
        };
        self.fail(now, failure);
    }

    pub(super) fn closed_by_server(
        &mut self,
        now: Instant,
        code: u16,
        reason: Rc<str>,
        clean: bool,
    ) {
        let error = ConnectionError::Closed {
            code,
            reason: reason.clone(),
            clean,
        };
        let pace = match self.options.close_policy.action(code) {
            CloseAction::Stop => {
                self.leave(None);
                self.last_error = Some(error);
                return self.end(CloseReason::Server { code, reason });
            }
            CloseAction::Retry => Pace::Normal,
            CloseAction::RetrySlowly => Pace::Slow,
            CloseAction::RefreshToken => self.token_pace(),
        };
        let failure = error.into();
        self.fail(now, Failure { pace, ..failure });
    }

    /// The server refused who we are, in words.
    pub(super) fn refused(&mut self, now: Instant, error: ServerError) {
        // The last is what HTTP says, for servers that pass it on.
        if matches!(&*error.code, "forbidden" | "403") {
            let message = Rc::clone(&error.message);
            return self.unauthorized(ConnectionError::Refused(error), message);
        }
        let wait = Duration::from_millis(error.retry_after.unwrap_or(0));
        self.fail(
            now,
            Failure {
                pace: self.token_pace(),
                // A server may not silence its clients for days.
                at_least: wait.min(self.options.backoff.slow_max),
                close: Some((close_code::NORMAL, "handshake refused")),
                ..ConnectionError::Refused(error).into()
            },
        );
    }

    /// Nobody will let us in as who we are.
    pub(super) fn unauthorized(&mut self, error: ConnectionError, message: Rc<str>) {
        self.leave(Some((close_code::NORMAL, "not authorized")));
        self.last_error = Some(error);
        self.end(CloseReason::Unauthorized { message });
    }

    /// The pace after the server refused who we are: with no other token to offer, it is unlikely
    /// to change its mind soon.
    pub(super) fn token_pace(&self) -> Pace {
        if self.options.has_token {
            Pace::Normal
        } else {
            Pace::Slow
        }
    }

    /// The attempt or the link is over; there will be another, unless we give up.
    pub(super) fn fail(&mut self, now: Instant, failure: Failure) {
        if let State::Open { since } = self.state
            && now.saturating_since(since) >= self.options.stable_after
        {
            self.attempts = 0;
            self.missing_since = None;
        }
        self.missing_since.get_or_insert(now);
        self.leave(failure.close);
        self.last_error = Some(failure.error);
        if self.is_last_attempt() {
            return self.end(CloseReason::GaveUp);
        }
        let backoff = &self.options.backoff;
        let delay = backoff.delay(&mut self.rng, self.attempts, failure.pace);
        self.state = State::Waiting {
            until: now + failure.at_least.saturating_add(delay),
            told: failure.pace == Pace::Slow || !failure.at_least.is_zero(),
            hanging: None,
        };
    }

    /// Lets go of whatever link or socket there is.
    pub(super) fn leave(&mut self, close: Option<(u16, &'static str)>) {
        let generation = self.generation;
        self.renewal = None;
        if self.is_open() {
            self.outputs
                .push_back(ConnectionOutput::Down { generation });
        }
        let hung = self.state.take_hanging().is_some();
        if let Some((code, reason)) = close
            && (hung || self.state.has_socket())
        {
            self.outputs.push_back(ConnectionOutput::Close {
                generation,
                code,
                reason,
            });
        }
    }

    pub(super) fn end(&mut self, reason: CloseReason) {
        self.state = State::Closed(reason.clone());
        self.missing_since = None;
        self.was_open = false;
        self.outputs.push_back(ConnectionOutput::Ended { reason });
    }

    /// When a link missing since then becomes trouble.
    pub(super) fn trouble_at(&self) -> Option<Instant> {
        let since = self.missing_since.filter(|_| !self.is_open())?;
        Some(since + self.options.trouble_after)
    }

    /// Brings what people see up to date.
    pub(super) fn publish(&mut self, now: Instant) {
        let status = match &self.state {
            State::Open { .. } => ConnectionStatus::Connected,
            State::Idle | State::Closed(_) => ConnectionStatus::Disconnected,
            _ if self.was_open => ConnectionStatus::Reconnecting,
            _ => ConnectionStatus::Connecting,
        };
        let info = ConnectionInfo {
            status,
            attempt: if self.is_open() { 0 } else { self.attempts },
            retry_at: match self.state {
                State::Waiting { until, .. } => Some(until),
                _ => None,
            },
            since: if status == self.info.status {
                self.info.since
            } else {
                now
            },
            trouble: self.trouble_at().is_some_and(|at| now >= at),
            last_error: self.last_error.clone(),
            close_reason: match &self.state {
                State::Closed(reason) => Some(reason.clone()),
                _ => None,
            },
            round_trip: self.heartbeat.round_trip().filter(|_| self.is_open()),
        };
        if info != self.info {
            self.info = info;
            self.outputs.push_back(ConnectionOutput::StatusChanged);
        }
    }
}
