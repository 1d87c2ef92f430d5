//! Schedule: which fault comes when, drawn from a seed.

use super::{FaultProxy, Flow, LinkId, Which};
use fastrand::Rng;
use std::{
    sync::mpsc::{Receiver, RecvTimeoutError},
    time::{Duration, Instant},
};

/// Whom a fault hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim {
    /// Every connection.
    All,
    /// Every WebSocket.
    Sockets,
    /// One of the WebSockets that are open then: the number counts them round and round.
    OneSocket(usize),
}

/// A fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Connections are closed on both sides.
    Cut(Aim),
    /// Connections are closed on the server's side only.
    HalfOpen(Aim),
    /// Bytes are held for a while.
    Stall(Aim, Duration),
    /// Answers and events are held for a while, and then lost with their connections.
    Mute(Aim, Duration),
    /// Pieces are late by up to the first time, for the second.
    Delay(Aim, Duration, Duration),
    /// Every WebSocket is cut, and nobody is let in for a while.
    Refuse(Duration),
}

impl Fault {
    fn aim(self) -> Aim {
        match self {
            Self::Cut(aim)
            | Self::HalfOpen(aim)
            | Self::Stall(aim, _)
            | Self::Mute(aim, _)
            | Self::Delay(aim, ..) => aim,
            Self::Refuse(_) => Aim::Sockets,
        }
    }

    fn lasts(self) -> Duration {
        match self {
            Self::Cut(_) | Self::HalfOpen(_) => Duration::ZERO,
            Self::Stall(_, time)
            | Self::Mute(_, time)
            | Self::Delay(_, _, time)
            | Self::Refuse(time) => time,
        }
    }
}

/// Faults one after another, each with the quiet time before it. Every kind comes once before one comes again, and what
/// leaves nobody to hit comes last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    faults: Vec<(Duration, Fault)>,
}

impl Schedule {
    /// Fills `length` with faults; the last one begins before its end. Every kind comes at least once in 60 s.
    pub fn new(seed: u64, length: Duration) -> Self {
        let mut rng = Rng::with_seed(seed);
        let mut faults = Vec::new();
        let mut end = Duration::ZERO;
        loop {
            let mut round = one_of_each(&mut rng);
            rng.shuffle(&mut round);
            // After it nobody is left to hit, until they find out.
            round.push(Fault::HalfOpen(Aim::All));
            for fault in round {
                let quiet = millis(&mut rng, 1_000, 2_500);
                if end + quiet >= length {
                    return Self { faults };
                }
                end += quiet + fault.lasts();
                faults.push((quiet, fault));
            }
        }
    }

    /// The faults, each with the quiet time before it.
    pub fn faults(&self) -> &[(Duration, Fault)] {
        &self.faults
    }

    /// Plays it on `proxy` until it is over or `end` says so, heals the proxy, and returns what was done when.
    pub fn play(&self, proxy: &FaultProxy, end: &Receiver<()>) -> Vec<String> {
        let start = Instant::now();
        let mut log = Vec::new();
        for (quiet, fault) in &self.faults {
            if is_over(end, *quiet) {
                break;
            }
            let which = whom(proxy, *fault);
            let hit = which.map_or(0, |which| strike(proxy, *fault, which));
            let at = start.elapsed().as_secs_f64();
            let open = proxy.links().len();
            log.push(format!("{at:6.2} s {fault:?}: {hit} hit, {open} open"));
            let over = is_over(end, fault.lasts());
            if let (Fault::Mute(..), Some(which)) = (fault, which) {
                proxy.cut(which);
            }
            if fault.lasts() > Duration::ZERO {
                proxy.heal();
            }
            if over {
                break;
            }
        }
        proxy.heal();
        log
    }
}

fn one_of_each(rng: &mut Rng) -> Vec<Fault> {
    let one = Aim::OneSocket;
    let late = millis(rng, 50, 500);
    vec![
        Fault::Cut(Aim::All),
        Fault::Cut(Aim::Sockets),
        Fault::Cut(one(rng.usize(..100))),
        Fault::HalfOpen(one(rng.usize(..100))),
        Fault::Stall(Aim::All, millis(rng, 1_000, 4_000)),
        Fault::Stall(one(rng.usize(..100)), millis(rng, 1_000, 4_000)),
        Fault::Mute(Aim::Sockets, millis(rng, 1_000, 3_000)),
        Fault::Mute(one(rng.usize(..100)), millis(rng, 1_000, 3_000)),
        Fault::Delay(Aim::All, late, millis(rng, 2_000, 5_000)),
        Fault::Delay(one(rng.usize(..100)), late * 2, millis(rng, 2_000, 5_000)),
        Fault::Refuse(millis(rng, 1_000, 4_000)),
    ]
}

fn millis(rng: &mut Rng, least: u64, most: u64) -> Duration {
    Duration::from_millis(rng.u64(least..=most))
}

/// Waits, and says whether it is over before the time is up.
fn is_over(end: &Receiver<()>, wait: Duration) -> bool {
    !matches!(end.recv_timeout(wait), Err(RecvTimeoutError::Timeout))
}

/// Makes a fault begin, and counts whom it hit.
fn strike(proxy: &FaultProxy, fault: Fault, which: Which) -> usize {
    match fault {
        Fault::Cut(_) => proxy.cut(which),
        Fault::HalfOpen(_) => proxy.half_open(which),
        Fault::Stall(..) => proxy.set_flow(which, Flow::Stall),
        Fault::Mute(..) => proxy.set_flow(which, Flow::Mute),
        Fault::Delay(_, most, _) => proxy.set_flow(which, Flow::Delay(most)),
        Fault::Refuse(_) => {
            proxy.refuse(true);
            proxy.cut(which)
        }
    }
}

fn whom(proxy: &FaultProxy, fault: Fault) -> Option<Which> {
    match fault.aim() {
        Aim::All => Some(Which::All),
        Aim::Sockets => Some(Which::Sockets),
        Aim::OneSocket(number) => one_socket(proxy, number).map(Which::One),
    }
}

fn one_socket(proxy: &FaultProxy, number: usize) -> Option<LinkId> {
    let links = proxy.links();
    let alive: Vec<_> = links
        .iter()
        .filter(|link| link.is_socket && !link.is_half_open)
        .collect();
    let at = number.checked_rem(alive.len())?;
    alive.get(at).map(|link| link.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        collections::HashSet,
        mem::discriminant,
        net::{TcpListener, TcpStream},
        sync::mpsc,
    };

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_seed_always_gives_the_same_schedule_and_another_seed_another() {
        assert_eq!(Schedule::new(7, MINUTE), Schedule::new(7, MINUTE));
        assert_ne!(Schedule::new(7, MINUTE), Schedule::new(8, MINUTE));
    }

    #[test]
    fn a_minute_has_every_kind_of_fault_whatever_the_seed() {
        for seed in 0..200 {
            let schedule = Schedule::new(seed, MINUTE);
            let kinds: HashSet<_> = schedule
                .faults()
                .iter()
                .map(|(_, fault)| discriminant(fault))
                .collect();
            assert_eq!(kinds.len(), 6, "seed {seed}: {schedule:?}");
            assert!(schedule.faults().len() >= 12, "seed {seed}: {schedule:?}");
        }
    }

    #[test]
    fn every_fault_begins_within_the_time() {
        for seed in 0..200 {
            let schedule = Schedule::new(seed, MINUTE);
            let mut end = Duration::ZERO;
            for (quiet, fault) in schedule.faults() {
                assert!(end + *quiet < MINUTE, "seed {seed}");
                end += *quiet + fault.lasts();
            }
        }
    }

    #[test]
    fn what_is_played_is_told_and_healed_afterwards() {
        let server = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let proxy = FaultProxy::start(server.local_addr().unwrap(), 1).unwrap();
        let _client = TcpStream::connect(proxy.address()).unwrap();
        let start = Instant::now();
        while proxy.links().is_empty() {
            assert!(start.elapsed() < MINUTE, "{:?}", proxy.stats());
        }
        let moment = Duration::from_millis(1);
        let faults = [
            Fault::Cut(Aim::OneSocket(5)),
            Fault::Refuse(moment),
            Fault::Stall(Aim::All, moment),
            Fault::Mute(Aim::All, moment),
            Fault::Cut(Aim::All),
        ];
        let schedule = Schedule {
            faults: faults.map(|fault| (Duration::ZERO, fault)).into(),
        };
        let (end, over) = mpsc::channel();
        let log = schedule.play(&proxy, &over);
        let told: Vec<_> = log
            .iter()
            .filter_map(|line| line.rsplit_once(": "))
            .map(|(_, hit)| hit)
            .collect();
        let expected = [
            "0 hit, 1 open",
            "0 hit, 1 open",
            "1 hit, 1 open",
            "1 hit, 1 open",
            "0 hit, 0 open",
        ];
        assert_eq!(told, expected);
        TcpStream::connect(proxy.address()).unwrap();
        while proxy.stats().accepted < 2 {
            assert!(start.elapsed() < MINUTE, "{:?}", proxy.stats());
        }
        drop(end);
        assert!(
            schedule.play(&proxy, &over).is_empty(),
            "nobody waits for it"
        );
    }
}
