//! Events that come while a fetch is under way.

use crate::{case::Workload, link::Link};
use realtime_core::{Fetched, Input, Patch, Position, QueryKey, QueryOptions, RecordSpec, key};
use serde::Deserialize;

#[derive(Deserialize)]
struct Added {
    by: u64,
}

struct Fold {
    link: Link,
    size: usize,
    seq: u64,
    total: u64,
    rounds: Vec<Vec<String>>,
}

fn counter() -> QueryKey {
    key!["counter"]
}

pub(crate) fn fold(size: u32) -> Box<dyn Workload> {
    let mut link = Link::new();
    let count = Patch::reduce_as(|added: Added, total: Option<&u64>| Some(total? + added.by));
    let spec = RecordSpec::<u64>::new().on("added", Some("c".into()), count);
    let observed =
        link.client
            .observe_record(Link::NOW, &counter(), spec, &QueryOptions::default());
    observed.expect("the key is free");
    link.pump();
    link.land(|| 0_u64);
    Box::new(Fold {
        link,
        size: size as usize,
        seq: 0,
        total: 0,
        rounds: Vec::new(),
    })
}

impl Workload for Fold {
    fn prepare(&mut self, count: usize) {
        let rounds = (0..count).step_by(self.size);
        self.rounds = rounds
            .map(|done| {
                // The last one has what is left.
                let events = (done..count.min(done + self.size)).map(|_| {
                    self.seq += 1;
                    let seq = self.seq;
                    format!(
                        r#"{{"event":"added","channel":"c","seq":{seq},"epoch":"e","data":{{"by":1}}}}"#
                    )
                });
                events.collect()
            })
            .collect();
    }

    fn run(&mut self) {
        for events in std::mem::take(&mut self.rounds) {
            self.link.client.refetch(Link::NOW, &counter());
            self.link.pump();
            for event in &events {
                self.link.frame(event);
            }
            // The fetch knows nothing of these events, so all of them are folded into its result.
            let before = Position {
                epoch: "e".into(),
                seq: self.total,
            };
            for fetch in std::mem::take(&mut self.link.fetches) {
                let result = Ok(Fetched::new(self.total).with_position(before.clone()));
                let input = Input::FetchFinished { fetch, result };
                self.link.client.handle(Link::NOW, input);
            }
            self.link.pump();
            self.total += events.len() as u64;
            debug_assert_eq!(
                self.link.client.record::<u64>(&counter()).as_deref(),
                Some(&self.total)
            );
        }
    }
}
