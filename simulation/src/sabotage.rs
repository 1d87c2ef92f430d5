//! The proof of the proof: each rule of the client is broken, and the simulation must notice.

use crate::{
    breach::Breach,
    plan::{Wire, Worlds},
    stage::run,
};
use realtime_sabotage::{Rule, without};
use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

/// A rule that was switched off, and what gave that away.
#[derive(Clone, Debug)]
pub struct Caught {
    /// The rule.
    pub rule: Rule,
    /// The seed that gave it away, and how; `None` if none did.
    pub by: Option<(u64, Breach)>,
}

/// Switches `rules` off one at a time, and plays seeds from `first` on, at most `seeds`, until one
/// shows it.
///
/// # Panics
///
/// When a thread does, which it should not.
#[must_use]
pub fn sabotage(rules: &[Rule], first: u64, seeds: u64, jobs: usize) -> Vec<Caught> {
    let next = AtomicUsize::new(0);
    let caught = Mutex::new(Vec::new());
    let work = || {
        while let Some(rule) = rules.get(next.fetch_add(1, Ordering::Relaxed)) {
            let by = without(*rule, || search(*rule, first, seeds));
            let found = Caught { rule: *rule, by };
            caught
                .lock()
                .expect("no thread panics with the lock")
                .push(found);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            scope.spawn(work);
        }
    });
    let mut caught = caught.into_inner().expect("no thread panics with the lock");
    caught.sort_by_key(|caught| caught.rule);
    caught
}

/// The rules that only matter where pages die and are opened again.
const OF_PAGES: [Rule; 8] = [
    Rule::WholeSeed,
    Rule::FetchAhead,
    Rule::EmptySeed,
    Rule::DoubtedSeed,
    Rule::KeptMessageId,
    Rule::KeptRowIds,
    Rule::KeptUntilNamed,
    Rule::KeptWithInsert,
];

/// The rules that only matter where tabs share a socket.
const OF_TABS: [Rule; 9] = [
    Rule::ClosedChannel,
    Rule::OnlyTheLeader,
    Rule::SilentLeader,
    Rule::AheadWaits,
    Rule::GivenUpIsTold,
    Rule::LinksGoTogether,
    Rule::OwnEpochs,
    Rule::LastTabLeaves,
    Rule::RosterForLater,
];

fn search(rule: Rule, first: u64, seeds: u64) -> Option<(u64, Breach)> {
    let worlds = match rule {
        _ if OF_TABS.contains(&rule) => Worlds::Sharing,
        _ if OF_PAGES.contains(&rule) => Worlds::Reloading,
        _ => Worlds::Plain,
    };
    (first..first + seeds).find_map(|seed| {
        let breaches = run(&worlds.plan(seed, Wire::default())).breaches;
        Some((seed, breaches.into_iter().next()?))
    })
}
