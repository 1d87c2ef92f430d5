//! A server, a lossy link and a slow fetcher in random order: in the end the cache shows what the
//! server has, and whenever the cache calls itself live it does so already.

use proptest::prelude::*;
use realtime_core::{
    ChannelName, Continuity, DecodeError, GapReason, Instant, Position, QueryKey, QueryOptions,
    key,
    query::{
        BindingIndex, EventView, Feed, FetchError, FetchId, Fetched, ObserverId, Patch, QueryCache,
        QueryLimits, QueryOutput, Record, RecordSpec,
    },
};
use std::{collections::VecDeque, time::Duration};

/// `count` grows with every write; `side` is written now and then.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
struct Doc {
    count: u64,
    side: u64,
}

/// How the server tells of its writes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Style {
    /// The whole record.
    Replace,
    /// The fields that changed.
    Merge,
    /// What to add.
    Reduce,
}

#[derive(Clone, Debug)]
enum Step {
    Write {
        side: bool,
    },
    Deliver,
    /// The server reads its state for the fetch that runs.
    Read,
    /// What was read reaches the client.
    Land,
    Fail,
    Disconnect,
    Connect {
        recover: bool,
    },
    /// The server forgets its history, and the link breaks.
    Restart,
    Refetch,
    Invalidate,
    SetEnabled(bool),
    SetOnline(bool),
    SetVisible(bool),
    Remount,
    Wait(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => any::<bool>().prop_map(|side| Step::Write { side }),
        6 => Just(Step::Deliver),
        4 => Just(Step::Read),
        4 => Just(Step::Land),
        1 => Just(Step::Fail),
        2 => Just(Step::Disconnect),
        4 => any::<bool>().prop_map(|recover| Step::Connect { recover }),
        1 => Just(Step::Restart),
        2 => Just(Step::Refetch),
        1 => Just(Step::Invalidate),
        1 => any::<bool>().prop_map(Step::SetEnabled),
        1 => any::<bool>().prop_map(Step::SetOnline),
        1 => any::<bool>().prop_map(Step::SetVisible),
        1 => Just(Step::Remount),
        3 => (0_u64..5_000).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 0..120)
}

fn spec(style: Style) -> RecordSpec<Doc> {
    let channel = Some(ChannelName::from("docs"));
    RecordSpec::new().on(
        "doc",
        channel,
        match style {
            Style::Replace => Patch::replace(),
            Style::Merge => Patch::merge(|old: &Doc, json: &str| {
                let error = |error| DecodeError::new("patch", error);
                let fields: serde_json::Map<String, serde_json::Value> =
                    serde_json::from_str(json).map_err(error)?;
                let mut new = serde_json::to_value(old).map_err(error)?;
                for (name, value) in fields {
                    new[name] = value;
                }
                serde_json::from_value(new).map_err(error)
            }),
            Style::Reduce => Patch::reduce_as(|more: Doc, old: Option<&Doc>| {
                old.map(|old| Doc {
                    count: old.count + more.count,
                    side: old.side + more.side,
                })
            }),
        },
    )
}

#[derive(Clone, Debug)]
struct Write {
    position: Position,
    json: String,
}

struct World {
    style: Style,
    positions: bool,
    now: Instant,
    key: QueryKey,
    options: QueryOptions,
    cache: QueryCache,
    observer: ObserverId,
    flight: Option<(FetchId, Option<(Doc, Position)>)>,
    // The server.
    doc: Doc,
    position: Position,
    history: Vec<Write>,
    // The link.
    connected: bool,
    pipe: VecDeque<Write>,
    /// How far the client has come.
    reached: Option<Position>,
    /// The largest `count` that was on screen.
    shown: u64,
}

impl World {
    fn new(style: Style, positions: bool) -> Self {
        let mut cache = QueryCache::new(fastrand::Rng::with_seed(1), QueryLimits::default());
        let key = key!["doc"];
        // Fresh for ever and tried for ever: what is fetched again is fetched for a reason.
        let options = QueryOptions::default()
            .with_stale_time(Duration::MAX)
            .with_gap_jitter(Duration::ZERO)
            .with_retry(u32::MAX);
        let now = Instant::from_millis(5_000);
        let feed = Feed::Channel("docs".into());
        let make = || Box::new(spec(style).build()) as Box<_>;
        let observed = cache.observe(now, &key, &options, make, &feed).unwrap();
        let mut world = Self {
            style,
            positions,
            now,
            key,
            options,
            cache,
            observer: observed.observer,
            flight: None,
            doc: Doc::default(),
            position: Position {
                epoch: "e0".into(),
                seq: 0,
            },
            history: Vec::new(),
            connected: false,
            pipe: VecDeque::new(),
            reached: None,
            shown: 0,
        };
        world.drain();
        world
    }

    fn data(&self) -> Option<&Doc> {
        self.cache.resource::<Record<Doc>>(&self.key)?.get()
    }

    fn drain(&mut self) {
        while let Some(output) = self.cache.poll_output() {
            match output {
                QueryOutput::StartFetch { fetch, .. } => {
                    assert!(self.flight.is_none(), "two fetches at once");
                    self.flight = Some((fetch, None));
                }
                QueryOutput::CancelFetch { .. } => self.flight = None,
                QueryOutput::Removed { .. } => panic!("an entry in use was removed"),
                _ => {}
            }
        }
        if self.style == Style::Replace && self.positions {
            let count = self.data().map_or(0, |doc| doc.count);
            assert!(count >= self.shown, "the screen went back in time");
            self.shown = count;
        }
    }

    fn step(&mut self, step: &Step) {
        let now = self.now;
        let entry = self.cache.entry_id(&self.key).unwrap();
        match step {
            Step::Write { side } => self.write(*side),
            Step::Deliver => self.deliver(),
            Step::Read => {
                if let Some((_, read)) = &mut self.flight {
                    *read = Some((self.doc.clone(), self.position.clone()));
                }
            }
            Step::Land => {
                if let Some((fetch, Some((doc, position)))) = self.flight.clone() {
                    self.flight = None;
                    let mut fetched = Fetched::new(doc);
                    fetched.position = self.positions.then_some(position);
                    self.cache.fetch_finished(now, fetch, Ok(fetched));
                }
            }
            Step::Fail => {
                if let Some((fetch, _)) = self.flight.take() {
                    let error = FetchError::new("no luck");
                    self.cache.fetch_finished(now, fetch, Err(error));
                }
            }
            Step::Disconnect => self.disconnect(),
            Step::Connect { recover } => self.connect(*recover),
            Step::Restart => {
                self.disconnect();
                self.history.clear();
                self.position = Position {
                    epoch: format!("{}'", self.position.epoch).into(),
                    seq: 0,
                };
            }
            Step::Refetch => self.cache.refetch(now, &self.key),
            Step::Invalidate => self.cache.invalidate(now, &key![]),
            Step::SetEnabled(enabled) => self.cache.set_enabled(now, self.observer, *enabled),
            Step::SetOnline(online) => self.cache.set_online(now, *online),
            Step::SetVisible(visible) => self.cache.set_visible(now, *visible),
            Step::Remount => {
                self.cache.unobserve(now, self.observer);
                self.drain();
                let make = || Box::new(spec(self.style).build()) as Box<_>;
                let feed = Feed::Channel("docs".into());
                let observed = self
                    .cache
                    .observe(now, &self.key, &self.options, make, &feed)
                    .unwrap();
                assert_eq!((observed.entry, observed.is_new), (entry, false));
                self.observer = observed.observer;
            }
            Step::Wait(millis) => self.wait(*millis),
        }
        self.drain();
        let is_live = self.cache.meta(&self.key).unwrap().is_live;
        if is_live && self.pipe.is_empty() {
            assert_eq!(
                self.data(),
                Some(&self.doc),
                "live, but not what the server has"
            );
        }
    }

    fn write(&mut self, side: bool) {
        self.position.seq += 1;
        self.doc.count += 1;
        self.doc.side += u64::from(side);
        let Doc { count, side: sides } = self.doc;
        let json = match self.style {
            Style::Replace => serde_json::to_string(&self.doc).unwrap(),
            Style::Merge if side => format!(r#"{{"count":{count},"side":{sides}}}"#),
            Style::Merge => format!(r#"{{"count":{count}}}"#),
            Style::Reduce => format!(r#"{{"count":1,"side":{}}}"#, u64::from(side)),
        };
        let write = Write {
            position: self.position.clone(),
            json,
        };
        self.history.push(write.clone());
        if self.connected {
            self.pipe.push_back(write);
        }
    }

    fn deliver(&mut self) {
        let Some(write) = self.pipe.pop_front() else {
            return;
        };
        let entry = self.cache.entry_id(&self.key).unwrap();
        let event = EventView {
            event: "doc",
            channel: Some("docs"),
            data: &write.json,
            position: self.positions.then_some(&write.position),
            id: None,
        };
        self.cache
            .apply_event(self.now, entry, BindingIndex::new(0), &event)
            .unwrap();
        self.reached = Some(write.position);
    }

    fn disconnect(&mut self) {
        if self.connected {
            self.connected = false;
            self.pipe.clear();
            let entry = self.cache.entry_id(&self.key).unwrap();
            self.cache.source_down(self.now, entry);
        }
    }

    fn connect(&mut self, recover: bool) {
        if self.connected {
            return;
        }
        self.connected = true;
        let continuity = match &self.reached {
            None => Continuity::Fresh,
            Some(reached) if recover && reached.epoch == self.position.epoch => {
                let missed = |write: &&Write| write.position.seq > reached.seq;
                self.pipe
                    .extend(self.history.iter().filter(missed).cloned());
                Continuity::Recovered { missed: 0 }
            }
            Some(_) => Continuity::Gap(GapReason::NotRecovered),
        };
        if continuity != (Continuity::Recovered { missed: 0 }) {
            self.reached = Some(self.position.clone());
        }
        let entry = self.cache.entry_id(&self.key).unwrap();
        let position = self.positions.then(|| self.position.clone());
        self.cache
            .source_live(self.now, entry, continuity, position);
    }

    fn wait(&mut self, millis: u64) {
        let end = self.now + Duration::from_millis(millis);
        while let Some(at) = self.cache.next_deadline().filter(|at| *at <= end) {
            self.now = at;
            self.cache.handle_timeout(at);
            self.drain();
        }
        self.now = end;
    }

    /// Everything gets well again, and nothing more is written.
    fn quiesce(&mut self) {
        for step in [
            Step::Connect { recover: true },
            Step::SetOnline(true),
            Step::SetVisible(true),
            Step::SetEnabled(true),
        ] {
            self.step(&step);
        }
        while !self.pipe.is_empty() {
            self.step(&Step::Deliver);
        }
        for _ in 0..5 {
            while let Some((_, read)) = &self.flight {
                if read.is_none() {
                    self.step(&Step::Read);
                }
                self.step(&Step::Land);
            }
            self.step(&Step::Wait(60_000));
        }
        assert!(self.flight.is_none(), "it never stops fetching");
    }
}

fn run(style: Style, positions: bool, steps: &[Step]) {
    let mut world = World::new(style, positions);
    for step in steps {
        world.step(step);
    }
    world.quiesce();
    assert_eq!(world.data(), Some(&world.doc));
    let meta = world.cache.meta(&world.key).unwrap();
    assert!(meta.is_live && !meta.is_stale, "{meta:?}");
    assert_eq!(world.cache.stats().log_overflows, 0);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn replacements_converge_with_and_without_positions(steps in steps(), positions: bool) {
        run(Style::Replace, positions, &steps);
    }

    #[test]
    fn merges_converge_with_and_without_positions(steps in steps(), positions: bool) {
        run(Style::Merge, positions, &steps);
    }

    #[test]
    fn sums_converge_with_positions(steps in steps()) {
        run(Style::Reduce, true, &steps);
    }
}
