//! Tally: what many worlds went through.

use crate::breach::{Breach, BreachKind};
use std::{fmt, ops::AddAssign};

/// Counts over one world or many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Worlds.
    pub seeds: u64,
    /// Clients.
    pub clients: u64,
    /// Virtual time, in milliseconds.
    pub millis: u64,
    /// Events that reached someone.
    pub events: u64,
    /// Links after the first of a client.
    pub reconnects: u64,
    /// Channels that came back with nothing lost.
    pub recovered: u64,
    /// Times that events were lost.
    pub gaps: u64,
    /// Fetches begun.
    pub fetches: u64,
    /// Fetches that failed or timed out.
    pub failed_fetches: u64,
    /// Edits of a row that someone else had edited last.
    pub conflicts: u64,
    /// Events that were dropped as seen, or as older than what is there.
    pub repeats: u64,
    /// Sends.
    pub sends: u64,
    /// Sends that were acknowledged.
    pub delivered: u64,
    /// Optimistic edits.
    pub mutations: u64,
    /// Fields that an optimistic edit and someone else changed at once.
    pub merges: u64,
    /// Sends put on a socket again.
    pub resends: u64,
    /// Times that a tab began to lead.
    pub led: u64,
    /// Times that one took the lead from one that was silent, or that offered it.
    pub stolen: u64,
    /// Broken promises, by kind.
    pub breaches: [u64; 10],
}

impl Tally {
    pub(crate) fn count(&mut self, breaches: &[Breach]) {
        for breach in breaches {
            self.breaches[breach.kind as usize] += 1;
        }
    }

    /// How many promises of this kind were broken.
    #[must_use]
    pub const fn of(&self, kind: BreachKind) -> u64 {
        self.breaches[kind as usize]
    }
}

impl AddAssign<&Self> for Tally {
    fn add_assign(&mut self, other: &Self) {
        let fields = [
            (&mut self.seeds, other.seeds),
            (&mut self.clients, other.clients),
            (&mut self.millis, other.millis),
            (&mut self.events, other.events),
            (&mut self.reconnects, other.reconnects),
            (&mut self.recovered, other.recovered),
            (&mut self.gaps, other.gaps),
            (&mut self.fetches, other.fetches),
            (&mut self.failed_fetches, other.failed_fetches),
            (&mut self.conflicts, other.conflicts),
            (&mut self.repeats, other.repeats),
            (&mut self.sends, other.sends),
            (&mut self.delivered, other.delivered),
            (&mut self.mutations, other.mutations),
            (&mut self.merges, other.merges),
            (&mut self.resends, other.resends),
            (&mut self.led, other.led),
            (&mut self.stolen, other.stolen),
        ];
        for (ours, theirs) in fields {
            *ours += theirs;
        }
        for (ours, theirs) in self.breaches.iter_mut().zip(other.breaches) {
            *ours += theirs;
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let went_through = [
            ("seeds", self.seeds),
            ("clients", self.clients),
            ("virtual hours", self.millis / 3_600_000),
            ("events", self.events),
            ("reconnects", self.reconnects),
            ("recovered", self.recovered),
            ("gaps", self.gaps),
            ("fetches", self.fetches),
            ("of these failed", self.failed_fetches),
            ("conflicts", self.conflicts),
            ("repeats dropped", self.repeats),
            ("sends", self.sends),
            ("of these acknowledged", self.delivered),
            ("sent again", self.resends),
            ("mutations", self.mutations),
            ("fields that met", self.merges),
            ("times that a tab led", self.led),
            ("of these by stealing", self.stolen),
        ];
        for (name, count) in went_through {
            writeln!(f, "  {name:<24}{count:>12}")?;
        }
        writeln!(f)?;
        for (name, kind) in [
            ("lost", BreachKind::Lost),
            ("doubled", BreachKind::Doubled),
            ("diverged", BreachKind::Diverged),
            ("ready and empty", BreachKind::Empty),
            ("unsettled", BreachKind::Unsettled),
            ("ghosts", BreachKind::Ghost),
            ("stuck", BreachKind::Stuck),
            ("unbounded", BreachKind::Unbounded),
            ("split", BreachKind::Split),
            ("panicked", BreachKind::Panicked),
        ] {
            writeln!(f, "  {name:<24}{:>12}", self.of(kind))?;
        }
        Ok(())
    }
}
