//! A connection driven by hand, under a clock that only the test moves.

use realtime_core::{
    Generation, Instant,
    connection::{
        CloseReason, Connection, ConnectionInfo, ConnectionOptions, ConnectionOutput,
        ConnectionStatus,
    },
};
use std::time::Duration;

/// A connection and the time.
pub(crate) struct Link {
    pub(crate) connection: Connection,
    pub(crate) now: Instant,
}

impl Link {
    pub(crate) fn new(options: ConnectionOptions) -> Self {
        Self::seeded(options, 1)
    }

    pub(crate) fn seeded(options: ConnectionOptions, seed: u64) -> Self {
        Self {
            connection: Connection::new(options, fastrand::Rng::with_seed(seed)),
            now: Instant::from_millis(1_000),
        }
    }

    /// A link that is up, to a server known to answer pings.
    pub(crate) fn up(options: ConnectionOptions) -> Self {
        let mut link = Self::new(options);
        link.connection.connect(link.now);
        link.establish();
        link.pong();
        link.drain();
        link
    }

    /// Lets the attempt under way succeed.
    pub(crate) fn establish(&mut self) {
        let generation = self.generation();
        self.connection.socket_opened(self.now, generation);
        self.connection.handshake_done(self.now, generation);
        assert_eq!(self.status(), ConnectionStatus::Connected);
    }

    pub(crate) fn pong(&mut self) {
        assert!(self.frame());
        self.connection.pong_received(self.now, self.generation());
    }

    pub(crate) fn frame(&mut self) -> bool {
        self.connection.frame_received(self.now, self.generation())
    }

    pub(crate) fn server_closes(&mut self, code: u16) {
        let generation = self.generation();
        self.connection
            .socket_closed(self.now, generation, code, "", true);
    }

    /// Lets time pass, firing every timer on time.
    pub(crate) fn wait(&mut self, duration: Duration) {
        let end = self.now + duration;
        while let Some(at) = self.connection.next_deadline().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.connection.handle_timeout(self.now);
        }
        self.now = end;
    }

    pub(crate) fn wait_secs(&mut self, seconds: u64) {
        self.wait(Duration::from_secs(seconds));
    }

    /// Lets time pass while every timer is frozen, then fires what is overdue.
    pub(crate) fn sleep(&mut self, duration: Duration) {
        self.now = self.now + duration;
        self.connection.handle_timeout(self.now);
    }

    /// What the connection wanted done since the last time; without the status changes.
    pub(crate) fn drain(&mut self) -> Vec<ConnectionOutput> {
        std::iter::from_fn(|| self.connection.poll_output())
            .filter(|output| *output != ConnectionOutput::StatusChanged)
            .collect()
    }

    /// Waits for the next attempt; says how long that took.
    pub(crate) fn await_attempt(&mut self) -> Duration {
        let since = self.now;
        let before = self.generation();
        while self.generation() == before {
            self.now = self.connection.next_deadline().expect("another attempt");
            self.connection.handle_timeout(self.now);
        }
        self.now - since
    }

    pub(crate) fn generation(&self) -> Generation {
        self.connection.generation()
    }

    pub(crate) fn info(&self) -> &ConnectionInfo {
        self.connection.info()
    }

    pub(crate) fn status(&self) -> ConnectionStatus {
        self.info().status
    }

    pub(crate) fn ended(&self) -> Option<&CloseReason> {
        self.info().close_reason.as_ref()
    }
}

/// How many of `outputs` open a socket.
pub(crate) fn connects(outputs: &[ConnectionOutput]) -> usize {
    outputs
        .iter()
        .filter(|output| matches!(output, ConnectionOutput::Connect { .. }))
        .count()
}

/// How many of `outputs` are pings.
pub(crate) fn pings(outputs: &[ConnectionOutput]) -> usize {
    outputs
        .iter()
        .filter(|output| matches!(output, ConnectionOutput::SendPing { .. }))
        .count()
}

/// The code that `outputs` close the socket with.
pub(crate) fn close_code(outputs: &[ConnectionOutput]) -> Option<u16> {
    outputs.iter().find_map(|output| match output {
        ConnectionOutput::Close { code, .. } => Some(*code),
        _ => None,
    })
}
