//! The runs that pages may show.

use crate::plan::{Plan, Row, Update};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};
use tokio::sync::watch;

/// One run: rows, events, and whether these may go.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) plan: Plan,
    pub(crate) rows: Vec<Row>,
    pub(crate) updates: Vec<Update>,
    started: watch::Sender<bool>,
}

impl Run {
    fn new(plan: Plan) -> Self {
        Self {
            rows: plan.snapshot(),
            updates: plan.updates(),
            started: watch::Sender::new(false),
            plan,
        }
    }

    /// Lets the events go; the time in milliseconds since 1970.
    pub(crate) fn start(&self) -> f64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        self.started.send_replace(true);
        since.unwrap_or_default().as_secs_f64() * 1_000.0
    }

    /// Ready when the events may go.
    pub(crate) async fn started(&self) {
        // It fails only when the sender is gone, which is a field of this very run.
        let _ = self.started.subscribe().wait_for(|started| *started).await;
    }
}

/// All runs. The oldest goes when there are more than a few.
#[derive(Debug, Default)]
pub(crate) struct Runs(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    last: u64,
    by_number: BTreeMap<u64, Arc<Run>>,
}

impl Runs {
    /// Pages of older runs are closed by then.
    const KEPT: usize = 4;

    pub(crate) fn make(&self, plan: Plan) -> u64 {
        let run = Arc::new(Run::new(plan));
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.last += 1;
        let number = known.last;
        known.by_number.insert(number, run);
        while known.by_number.len() > Self::KEPT {
            known.by_number.pop_first();
        }
        number
    }

    pub(crate) fn get(&self, number: u64) -> Option<Arc<Run>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.by_number.get(&number).cloned()
    }

    /// The run of a channel such as `run:3`.
    pub(crate) fn of_channel(&self, channel: &str) -> Option<Arc<Run>> {
        self.get(channel.strip_prefix("run:")?.parse().ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_runs_are_kept_and_found_by_their_channel() {
        let runs = Runs::default();
        let plan = Plan {
            rows: 1,
            events: 1,
            rate: 0,
            seed: 1,
            probe_every: 1,
            partial: false,
        };
        for _ in 0..=Runs::KEPT {
            runs.make(plan);
        }
        assert!(runs.of_channel("run:1").is_none());
        assert!(runs.of_channel("run:2").is_some());
        assert!(runs.of_channel("2").is_none());
    }
}
