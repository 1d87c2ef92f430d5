//! A cache under a virtual clock, with the fetches it asked for in the test's hands.

use realtime_core::{
    ChannelName, Continuity, DecodeError, Instant, Position, QueryKey, QueryMeta, QueryOptions,
    key,
    query::{
        BindingIndex, EntryId, EventView, Feed, FetchError, FetchId, Fetched, ObserverId, Patch,
        QueryCache, QueryError, QueryLimits, QueryOutput, Record, RecordSpec,
    },
};
use std::{rc::Rc, time::Duration};

pub(crate) const REPLACE: BindingIndex = BindingIndex::new(0);
pub(crate) const ADD: BindingIndex = BindingIndex::new(1);
pub(crate) const INVALIDATE: BindingIndex = BindingIndex::new(2);

pub(crate) fn channel() -> Feed {
    Feed::Channel("numbers".into())
}

pub(crate) fn at(epoch: &str, seq: u64) -> Position {
    Position {
        epoch: epoch.into(),
        seq,
    }
}

/// A number that events replace or add to.
pub(crate) fn number() -> RecordSpec<i64> {
    let channel = || Some(ChannelName::from("numbers"));
    RecordSpec::new()
        .on("set", channel(), Patch::replace())
        .on(
            "add",
            channel(),
            Patch::reduce_as(|more: i64, old: Option<&i64>| old.map(|old| old + more)),
        )
        .on("changed", channel(), Patch::invalidate(key!["n"]))
}

pub(crate) struct Harness {
    pub(crate) cache: QueryCache,
    pub(crate) now: Instant,
    /// Asked for and not answered yet, oldest first.
    pub(crate) running: Vec<(FetchId, QueryKey)>,
    pub(crate) started: usize,
    pub(crate) cancelled: Vec<FetchId>,
    pub(crate) changed: Vec<QueryKey>,
    pub(crate) removed: Vec<QueryKey>,
    /// How far apart by chance fetches after a gap are.
    pub(crate) jitter: Duration,
}

impl Harness {
    pub(crate) fn new() -> Self {
        Self::with_limits(QueryLimits::default())
    }

    pub(crate) fn with_limits(limits: QueryLimits) -> Self {
        Self {
            cache: QueryCache::new(fastrand::Rng::with_seed(42), limits),
            now: Instant::from_millis(1_000),
            running: Vec::new(),
            started: 0,
            cancelled: Vec::new(),
            changed: Vec::new(),
            removed: Vec::new(),
            jitter: Duration::ZERO,
        }
    }

    pub(crate) fn drain(&mut self) {
        while let Some(output) = self.cache.poll_output() {
            match output {
                QueryOutput::StartFetch { fetch, key, .. } => {
                    assert!(
                        !self.running.iter().any(|(_, running)| *running == key),
                        "two fetches of {key} at once"
                    );
                    self.running.push((fetch, key));
                    self.started += 1;
                }
                QueryOutput::CancelFetch { fetch } => {
                    self.running.retain(|(running, _)| *running != fetch);
                    self.cancelled.push(fetch);
                }
                QueryOutput::Changed { key, .. } => self.changed.push(key),
                QueryOutput::Removed { key, .. } => self.removed.push(key),
                other => panic!("unknown output {other:?}"),
            }
        }
    }

    pub(crate) fn observe(
        &mut self,
        key: &QueryKey,
        options: QueryOptions,
        feed: &Feed,
    ) -> ObserverId {
        self.try_observe(key, options, feed).unwrap()
    }

    pub(crate) fn try_observe(
        &mut self,
        key: &QueryKey,
        options: QueryOptions,
        feed: &Feed,
    ) -> Result<ObserverId, QueryError> {
        let make = || Box::new(number().build()) as Box<_>;
        // When a gap is healed is the business of the tests that say so.
        let options = options.with_gap_jitter(self.jitter);
        let observed = self.cache.observe(self.now, key, &options, make, feed)?;
        self.drain();
        Ok(observed.observer)
    }

    /// An observed entry with data under a live source, and no fetch running.
    pub(crate) fn live(&mut self, key: &QueryKey, value: i64) -> ObserverId {
        let observer = self.observe(key, QueryOptions::default(), &channel());
        self.source_live(key, Continuity::Fresh);
        self.answer(value);
        assert!(self.running.is_empty());
        observer
    }

    pub(crate) fn unobserve(&mut self, observer: ObserverId) {
        self.cache.unobserve(self.now, observer);
        self.drain();
    }

    pub(crate) fn set_enabled(&mut self, observer: ObserverId, enabled: bool) {
        self.cache.set_enabled(self.now, observer, enabled);
        self.drain();
    }

    pub(crate) fn entry(&self, key: &QueryKey) -> EntryId {
        self.cache.entry_id(key).unwrap()
    }

    pub(crate) fn source_live(&mut self, key: &QueryKey, continuity: Continuity) {
        let entry = self.entry(key);
        self.cache.source_live(self.now, entry, continuity, None);
        self.drain();
    }

    pub(crate) fn source_down(&mut self, key: &QueryKey) {
        let entry = self.entry(key);
        self.cache.source_down(self.now, entry);
        self.drain();
    }

    pub(crate) fn event(
        &mut self,
        key: &QueryKey,
        binding: BindingIndex,
        data: &str,
        position: Option<Position>,
    ) -> Result<(), DecodeError> {
        let event = EventView {
            event: "e",
            channel: Some("numbers"),
            data,
            position: position.as_ref(),
            id: None,
        };
        let entry = self.entry(key);
        let result = self.cache.apply_event(self.now, entry, binding, &event);
        self.drain();
        result
    }

    pub(crate) fn set(&mut self, key: &QueryKey, value: i64) {
        self.event(key, REPLACE, &value.to_string(), None).unwrap();
    }

    pub(crate) fn add(&mut self, key: &QueryKey, value: i64, position: Option<Position>) {
        self.event(key, ADD, &value.to_string(), position).unwrap();
    }

    /// Ends the oldest running fetch with `value`.
    pub(crate) fn answer(&mut self, value: i64) {
        self.finish(Ok(Fetched::new(value)));
    }

    pub(crate) fn answer_at(&mut self, value: i64, position: Position) {
        self.finish(Ok(Fetched::new(value).with_position(position)));
    }

    pub(crate) fn fail(&mut self) {
        self.finish(Err(FetchError::new("no luck")));
    }

    pub(crate) fn finish(&mut self, result: Result<Fetched, FetchError>) {
        let (fetch, _) = self.running.remove(0);
        self.cache.fetch_finished(self.now, fetch, result);
        self.drain();
    }

    pub(crate) fn refetch(&mut self, key: &QueryKey) {
        self.cache.refetch(self.now, key);
        self.drain();
    }

    pub(crate) fn invalidate(&mut self, prefix: &QueryKey) {
        self.cache.invalidate(self.now, prefix);
        self.drain();
    }

    pub(crate) fn set_online(&mut self, online: bool) {
        self.cache.set_online(self.now, online);
        self.drain();
    }

    pub(crate) fn set_visible(&mut self, visible: bool) {
        self.cache.set_visible(self.now, visible);
        self.drain();
    }

    /// Lets time pass, stopping at every deadline on the way.
    pub(crate) fn advance(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(at) = self.cache.next_deadline().filter(|at| *at <= end) {
            assert!(at >= self.now, "a deadline in the past");
            self.now = at;
            self.cache.handle_timeout(at);
            self.drain();
            assert!(
                self.cache.next_deadline().is_none_or(|next| next > at),
                "a deadline that does not go away"
            );
        }
        self.now = end;
    }

    pub(crate) fn meta(&self, key: &QueryKey) -> QueryMeta {
        self.cache.meta(key).unwrap().clone()
    }

    pub(crate) fn data(&self, key: &QueryKey) -> Option<i64> {
        self.rc(key).map(|value| *value)
    }

    pub(crate) fn rc(&self, key: &QueryKey) -> Option<Rc<i64>> {
        self.cache.resource::<Record<i64>>(key).unwrap().data()
    }
}

pub(crate) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
