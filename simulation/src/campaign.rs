//! Many worlds, on several threads.

use crate::{
    breach::Breach,
    plan::{Plan, Wire, Worlds},
    shrink::shrink,
    stage::{Outcome, run},
    tally::Tally,
};
use realtime_sabotage::{Rule, without};
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// Which worlds to play.
#[derive(Clone, Copy, Debug)]
pub struct Campaign {
    /// The first seed.
    pub first: u64,
    /// How many seeds.
    pub seeds: u64,
    /// How many threads.
    pub jobs: usize,
    /// A rule that is switched off.
    pub rule: Option<Rule>,
    /// What all of them speak.
    pub wire: Wire,
    /// What may happen to clients.
    pub worlds: Worlds,
}

/// A seed whose world came to a bad end.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// What is wrong.
    pub breaches: Vec<Breach>,
}

/// What became of a campaign.
#[derive(Clone, Debug)]
pub struct Report {
    /// What all worlds went through.
    pub tally: Tally,
    /// The bad ones, by seed.
    pub failures: Vec<Failure>,
    /// How long it took.
    pub elapsed: Duration,
}

impl Campaign {
    /// Plays all of them.
    #[must_use]
    pub fn run(&self) -> Report {
        let began = Instant::now();
        let next = AtomicU64::new(self.first);
        let end = self.first + self.seeds;
        let work = || {
            let mut tally = Tally::default();
            let mut failures = Vec::new();
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= end {
                    return (tally, failures);
                }
                let outcome = play(&self.worlds.plan(seed, self.wire), self.rule);
                tally += &outcome.tally;
                if !outcome.breaches.is_empty() {
                    let breaches = outcome.breaches;
                    failures.push(Failure { seed, breaches });
                }
            }
        };
        let mut tally = Tally::default();
        let mut failures = Vec::new();
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..self.jobs.max(1)).map(|_| scope.spawn(work)).collect();
            for worker in workers {
                let (counts, bad) = worker
                    .join()
                    .expect("a worker catches panics of its worlds");
                tally += &counts;
                failures.extend(bad);
            }
        });
        failures.sort_by_key(|failure| failure.seed);
        Report {
            tally,
            failures,
            elapsed: began.elapsed(),
        }
    }
}

fn play(plan: &Plan, rule: Option<Rule>) -> Outcome {
    match rule {
        Some(rule) => without(rule, || run(plan)),
        None => run(plan),
    }
}

/// Plays one seed and, if it ends badly, looks for the smallest plan that ends as badly.
#[must_use]
pub fn investigate(
    seed: u64,
    wire: Wire,
    worlds: Worlds,
    rule: Option<Rule>,
) -> (Outcome, Option<(Plan, Vec<Breach>)>) {
    let plan = worlds.plan(seed, wire);
    let outcome = play(&plan, rule);
    let Some(kind) = outcome.breaches.first().map(|breach| breach.kind) else {
        return (outcome, None);
    };
    let is_bad = |plan: &Plan| play(plan, rule).breaches.iter().any(|it| it.kind == kind);
    let small = shrink(&plan, is_bad);
    let breaches = play(&small, rule).breaches;
    (outcome, Some((small, breaches)))
}
