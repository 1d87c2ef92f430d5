//! Heartbeat: any frame says that the link is alive; silence is asked about, and then the link is dead.

use crate::time::Instant;
use std::time::Duration;

/// How a dead link is noticed.
///
/// Where the protocol has the server ping (Socket.IO), none of this counts but `probe_within`: the
/// server says how long it may be silent, and a link silent for longer is dead. Once the browser
/// says that the network is gone, it may be silent for `probe_within`, since it cannot be asked.
///
/// Not every server answers pings. Until one has, on any link of this client, silence proves
/// nothing and is never taken for death; a ping right after the link is up finds out early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeartbeatOptions {
    /// How long the link may be silent before it is pinged. Default 25 s.
    pub ping_every: Duration,
    /// How long after a ping some frame must have come. Default 10 s.
    pub pong_within: Duration,
    /// The same for a ping with a cause: the page became visible, the network changed, or the
    /// clock jumped. Default 3 s.
    pub probe_within: Duration,
    /// Take it for granted that the server answers pings. Default `false`: find out.
    pub assume_pong: bool,
}

impl Default for HeartbeatOptions {
    fn default() -> Self {
        Self {
            ping_every: Duration::from_secs(25),
            pong_within: Duration::from_secs(10),
            probe_within: Duration::from_secs(3),
            assume_pong: false,
        }
    }
}

/// A timer this late did not fire late: the machine slept, or the tab's timers were throttled.
const CLOCK_JUMP: Duration = Duration::from_secs(5);

/// Whether `now` is so far past `deadline` that nothing could have arrived in between.
pub(super) fn clock_jumped(deadline: Instant, now: Instant) -> bool {
    now.saturating_since(deadline) > CLOCK_JUMP
}

/// What a server may say about its silence: not so little that a slow network looks dead, nor so
/// much that a dead one looks alive.
const SHORTEST_SILENCE: Duration = Duration::from_millis(100);
const LONGEST_SILENCE: Duration = Duration::from_secs(3_600);

/// What is to be done about the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pulse {
    /// Nothing.
    Fine,
    /// Send a ping.
    Ping,
    /// Give the link up.
    Dead,
}

#[derive(Clone, Copy, Debug)]
enum Due {
    Ping(Instant),
    Answer {
        by: Instant,
        probe: bool,
    },
    /// The server should have said something by then. `late` after a reprieve.
    Word {
        by: Instant,
        late: bool,
    },
}

#[derive(Debug)]
pub(super) struct Heartbeat {
    options: HeartbeatOptions,
    due: Due,
    last_frame: Instant,
    /// How long the server may be silent, where it is the one to ping.
    silence: Option<Duration>,
    /// The browser has said since this link was opened that there is no network.
    is_doubted: bool,
    answers_pings: bool,
    /// The oldest ping that a pong could be the answer to.
    pinged_at: Option<Instant>,
    round_trip: Option<Duration>,
}

impl Heartbeat {
    pub(super) fn new(options: HeartbeatOptions) -> Self {
        Self {
            due: Due::Ping(Instant::ZERO),
            last_frame: Instant::ZERO,
            silence: None,
            is_doubted: false,
            answers_pings: options.assume_pong,
            pinged_at: None,
            round_trip: None,
            options,
        }
    }

    /// A new socket is open; how its server keeps it alive is not known yet.
    pub(super) fn reset(&mut self) {
        self.silence = None;
        self.is_doubted = false;
    }

    /// On this socket the server pings, and is never silent for longer than this.
    pub(super) fn listen(&mut self, now: Instant, silence: Duration) {
        self.silence = Some(silence.clamp(SHORTEST_SILENCE, LONGEST_SILENCE));
        self.frame(now);
    }

    /// A new link is up.
    pub(super) fn start(&mut self, now: Instant) -> Pulse {
        self.pinged_at = None;
        self.round_trip = None;
        self.frame(now);
        if self.answers_pings || self.silence.is_some() {
            Pulse::Fine
        } else {
            self.ping(now, false)
        }
    }

    /// A frame came, whatever it says.
    pub(super) fn frame(&mut self, now: Instant) {
        self.last_frame = now;
        self.due = match self.silence {
            None => Due::Ping(now + self.options.ping_every),
            Some(silence) => Due::Word {
                by: now + silence.min(self.patience()),
                late: false,
            },
        };
    }

    /// The browser says that the network came or went.
    pub(super) fn network(&mut self, now: Instant, is_there: bool) {
        self.is_doubted = !is_there;
        if self.silence.is_some() && !is_there {
            let by = now + self.patience();
            self.due = Due::Word { by, late: false };
        }
    }

    /// How long a link that cannot be asked may be silent, whatever its server allows itself.
    fn patience(&self) -> Duration {
        if self.is_doubted {
            self.options.probe_within
        } else {
            LONGEST_SILENCE
        }
    }

    /// The frame was a pong.
    pub(super) fn pong(&mut self, now: Instant) {
        self.answers_pings = true;
        if let Some(pinged_at) = self.pinged_at.take() {
            self.round_trip = Some(now.saturating_since(pinged_at));
        }
    }

    /// Something happened that links often die of.
    pub(super) fn probe(&mut self, now: Instant) -> Pulse {
        if self.silence.is_some() {
            // There is nothing to ask. But a timer that a sleeping machine or a hidden page held
            // back may have been due long ago.
            return self.handle_timeout(now);
        }
        let probing = matches!(self.due, Due::Answer { probe: true, .. });
        let heard_lately = now.saturating_since(self.last_frame) < self.options.probe_within;
        if probing || heard_lately {
            return Pulse::Fine;
        }
        self.ping(now, true)
    }

    /// The network is another one than before: what is to be thought of a link that cannot be asked.
    /// One that has just spoken has survived that.
    pub(super) fn network_changed(&self, now: Instant) -> Pulse {
        let heard_lately = now.saturating_since(self.last_frame) < self.options.probe_within;
        if self.silence.is_some() && !heard_lately {
            Pulse::Dead
        } else {
            Pulse::Fine
        }
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) -> Pulse {
        match self.due {
            Due::Ping(at) if now >= at => self.ping(now, clock_jumped(at, now)),
            Due::Answer { by, probe } if now >= by => {
                if !self.answers_pings {
                    self.due = Due::Ping(now + self.options.ping_every);
                    Pulse::Fine
                } else if clock_jumped(by, now) && !probe {
                    // The answer may be waiting behind this very timer. Only one such reprieve:
                    // in a hidden tab every timer is late.
                    self.ping(now, true)
                } else {
                    Pulse::Dead
                }
            }
            Due::Word { by, late } if now >= by => {
                if clock_jumped(by, now) && !late {
                    // The server's word may be waiting behind this very timer.
                    let by = now + self.options.probe_within;
                    self.due = Due::Word { by, late: true };
                    Pulse::Fine
                } else {
                    Pulse::Dead
                }
            }
            Due::Ping(_) | Due::Answer { .. } | Due::Word { .. } => Pulse::Fine,
        }
    }

    pub(super) fn next_deadline(&self) -> Instant {
        match self.due {
            Due::Ping(at) | Due::Answer { by: at, .. } | Due::Word { by: at, .. } => at,
        }
    }

    pub(super) fn round_trip(&self) -> Option<Duration> {
        self.round_trip
    }

    fn ping(&mut self, now: Instant, probe: bool) -> Pulse {
        let within = if probe {
            self.options.probe_within
        } else {
            self.options.pong_within
        };
        // A ping out for longer than this will not be answered any more.
        let oldest = self
            .pinged_at
            .filter(|at| now.saturating_since(*at) <= self.options.pong_within);
        self.pinged_at = oldest.or(Some(now));
        self.due = Due::Answer {
            by: now + within,
            probe,
        };
        Pulse::Ping
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::from_millis(seconds * 1_000)
    }

    fn proven() -> Heartbeat {
        let mut heartbeat = Heartbeat::new(HeartbeatOptions {
            assume_pong: true,
            ..Default::default()
        });
        assert_eq!(heartbeat.start(at(0)), Pulse::Fine);
        heartbeat
    }

    #[test]
    fn an_unproven_server_is_pinged_at_once_and_never_declared_dead() {
        let mut heartbeat = Heartbeat::new(HeartbeatOptions::default());
        assert_eq!(heartbeat.start(at(0)), Pulse::Ping);
        assert_eq!(heartbeat.handle_timeout(at(10)), Pulse::Fine);
        assert_eq!(heartbeat.handle_timeout(at(35)), Pulse::Ping);
        assert_eq!(heartbeat.handle_timeout(at(45)), Pulse::Fine);
    }

    #[test]
    fn one_pong_proves_a_server_for_good() {
        let mut heartbeat = Heartbeat::new(HeartbeatOptions::default());
        heartbeat.start(at(0));
        heartbeat.frame(at(1));
        heartbeat.pong(at(1));
        assert_eq!(heartbeat.start(at(2)), Pulse::Fine);
        assert_eq!(heartbeat.handle_timeout(at(27)), Pulse::Ping);
        assert_eq!(heartbeat.handle_timeout(at(37)), Pulse::Dead);
    }

    #[test]
    fn a_probe_is_skipped_right_after_a_frame_and_not_repeated_while_one_is_out() {
        let mut heartbeat = proven();
        assert_eq!(heartbeat.probe(at(2)), Pulse::Fine);
        assert_eq!(heartbeat.probe(at(4)), Pulse::Ping);
        assert_eq!(heartbeat.probe(at(5)), Pulse::Fine);
        assert_eq!(heartbeat.next_deadline(), at(7));
    }

    /// One that cannot be asked.
    fn listening() -> Heartbeat {
        let mut heartbeat = Heartbeat::new(HeartbeatOptions::default());
        heartbeat.reset();
        heartbeat.listen(at(0), Duration::from_secs(45));
        assert_eq!(heartbeat.start(at(0)), Pulse::Fine);
        heartbeat
    }

    #[test]
    fn a_link_that_cannot_be_asked_has_little_time_once_the_network_is_gone() {
        let mut heartbeat = listening();
        heartbeat.network(at(10), false);
        assert_eq!(heartbeat.handle_timeout(at(12)), Pulse::Fine);
        heartbeat.frame(at(12));
        assert_eq!(heartbeat.handle_timeout(at(14)), Pulse::Fine);
        assert_eq!(heartbeat.handle_timeout(at(15)), Pulse::Dead);
    }

    #[test]
    fn the_network_that_came_back_and_a_new_link_are_not_doubted() {
        let mut heartbeat = listening();
        heartbeat.network(at(10), false);
        heartbeat.network(at(11), true);
        heartbeat.frame(at(12));
        assert_eq!(heartbeat.next_deadline(), at(57));
        heartbeat.network(at(20), false);
        heartbeat.reset();
        heartbeat.listen(at(30), Duration::from_secs(45));
        assert_eq!(heartbeat.next_deadline(), at(75));
    }

    #[test]
    fn the_round_trip_counts_from_the_oldest_ping_a_pong_could_answer() {
        let mut heartbeat = proven();
        heartbeat.handle_timeout(at(25));
        heartbeat.probe(at(30));
        heartbeat.frame(at(31));
        heartbeat.pong(at(31));
        assert_eq!(heartbeat.round_trip(), Some(Duration::from_secs(6)));
        heartbeat.pong(at(32));
        assert_eq!(heartbeat.round_trip(), Some(Duration::from_secs(6)));
    }
}
