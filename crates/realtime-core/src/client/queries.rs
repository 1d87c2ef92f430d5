//! Queries: the commands on records and lists, on the mutations that edit them, and on what is kept of both.

use super::{
    Client, doing::Doing, keeping::KeepMutations, list_spec::ListSpec, live_list::LiveList,
    part::Happening, persistence::Persistence, root::Root, store::Query,
};
use crate::{
    channel::{ChannelError, Continuity},
    id::{EntryId, MutationId, RowId},
    key::QueryKey,
    list::{ItemType, ListItem, ListSnapshot, ListStats, shared},
    mutation::{ItemState, Mutation, MutationInfo, Mutations},
    overlay::{LayerState, Overlay},
    query::{ObserverId, QueryError, QueryMeta, QueryOptions, Record, RecordSpec},
    seed::{Fit, Seed},
    storage::PersistOptions,
    time::Instant,
};
use std::rc::Rc;

impl Client {
    /// Watches the record `key`: subscribes to what `spec` names, then fetches, then keeps it
    /// fresh. Observers of one key share all of that; the first one's `spec` counts.
    ///
    /// # Errors
    ///
    /// When `key` holds another type already, the cache is full of watched entries, or the protocol
    /// keeps an event's name for itself.
    pub fn observe_record<T: PartialEq + 'static>(
        &mut self,
        now: Instant,
        key: &QueryKey,
        spec: RecordSpec<T>,
        options: &QueryOptions,
    ) -> Result<ObserverId, QueryError> {
        let bindings: Vec<_> = spec
            .bindings()
            .iter()
            .map(|binding| (binding.event.clone(), binding.channel.clone()))
            .collect();
        let query = Query {
            bindings,
            initial: spec.initial(),
            seeding: spec.seeding(),
            is_persisted: spec.is_persisted(),
            resource: Box::new(spec.build()),
            take_rows: None,
        };
        self.root.at(now).observe(key, query, options)
    }

    /// Watches the list `key`, as [`observe_record`](Self::observe_record) does a record.
    ///
    /// # Errors
    ///
    /// When `key` holds another type already, the cache is full of watched entries, or the protocol
    /// keeps an event's name for itself.
    pub fn observe_list<T: ListItem>(
        &mut self,
        now: Instant,
        key: &QueryKey,
        spec: ListSpec<T>,
        options: &QueryOptions,
    ) -> Result<ObserverId, QueryError> {
        let query = Query {
            bindings: vec![(spec.event, spec.channel)],
            initial: spec.initial,
            resource: Box::new(LiveList::new(ItemType::of::<T>(), spec.options.erased())),
            take_rows: Some(LiveList::take_rows),
            seeding: spec.seeding,
            is_persisted: spec.is_persisted,
        };
        self.root.at(now).observe(key, query, options)
    }

    /// Ends an observer; the last one lets the entry's channels go.
    pub fn unobserve(&mut self, now: Instant, observer: ObserverId) {
        let root = self.root.at(now);
        let (store, link) = (&mut root.store, &mut root.link);
        store.unobserve(now, observer, link);
        root.settle();
    }

    /// Pauses an observer, or lets it go on. While all of an entry's observers are paused it neither
    /// fetches nor subscribes.
    pub fn set_enabled(&mut self, now: Instant, observer: ObserverId, enabled: bool) {
        let root = self.root.at(now);
        let Root {
            store, link, turn, ..
        } = root;
        store.set_enabled(observer, enabled, link, turn);
        root.settle();
    }

    /// The entry of `key`, for its [`Topic`](crate::Topic)s; `None` while nobody has asked for it.
    #[doc(hidden)]
    #[must_use]
    pub fn entry(&self, key: &QueryKey) -> Option<EntryId> {
        self.root.store.cache.entry_id(key)
    }

    /// The record `key`, once there is data of type `T`.
    #[must_use]
    pub fn record<T: PartialEq + 'static>(&self, key: &QueryKey) -> Option<Rc<T>> {
        self.root.store.cache.resource::<Record<T>>(key)?.data()
    }

    /// The list `key` as it is now, once there is data. Costs the same for any length, and never
    /// changes afterwards.
    #[must_use]
    pub fn list<T: ListItem>(&self, key: &QueryKey) -> Option<ListSnapshot<T>> {
        Some(self.list_of::<T>(key)?.list.snapshot().typed())
    }

    /// One row of the list `key`.
    #[must_use]
    pub fn item<T: ListItem>(&self, key: &QueryKey, id: impl Into<RowId>) -> Option<Rc<T>> {
        shared(self.list_of::<T>(key)?.list.get(&id.into())?)
    }

    /// Where a row of the list `key` stands, counted from zero, in O(log n); also by the temporary id
    /// it had.
    #[must_use]
    pub fn rank(&self, key: &QueryKey, id: impl Into<RowId>) -> Option<usize> {
        self.filled_list(key)?.list.rank(&id.into())
    }

    /// What the list `key` has counted since it was made.
    #[doc(hidden)]
    #[must_use]
    pub fn list_stats(&self, key: &QueryKey) -> Option<ListStats> {
        let live = self.root.store.cache.resource::<LiveList>(key)?;
        Some(live.list.stats())
    }

    /// The list `key`, if its items are `T`s.
    fn list_of<T: ListItem>(&self, key: &QueryKey) -> Option<&LiveList> {
        let live = self.filled_list(key)?;
        live.list.holds::<T>().then_some(live)
    }

    fn filled_list(&self, key: &QueryKey) -> Option<&LiveList> {
        use crate::query::Resource as _;

        let live = self.root.store.cache.resource::<LiveList>(key)?;
        live.has_data().then_some(live)
    }

    /// Status, error and freshness of `key`.
    #[must_use]
    pub fn query_meta(&self, key: &QueryKey) -> Option<&QueryMeta> {
        self.root.store.cache.meta(key)
    }

    /// Grows with each change of anything about `key`, status included; 0 if nobody has asked for
    /// it.
    #[doc(hidden)]
    #[must_use]
    pub fn content_version(&self, key: &QueryKey) -> u64 {
        self.entry(key)
            .map_or(0, |entry| self.root.store.cache.versions(entry).1)
    }

    /// Grows with each change of the order of the list `key`, or of its status.
    #[doc(hidden)]
    #[must_use]
    pub fn order_version(&self, key: &QueryKey) -> u64 {
        self.entry(key)
            .map_or(0, |entry| self.root.store.cache.versions(entry).0)
    }

    /// How the last (re)subscription of the channel that feeds `key` turned out, or that a hole was
    /// noticed since: nothing missed, so many events recovered, or a gap, which one fetch heals.
    /// `None` before the first.
    #[doc(hidden)]
    #[must_use]
    pub fn recovery(&self, key: &QueryKey) -> Option<Continuity> {
        self.root.store.recovery(self.entry(key)?)
    }

    /// Why events do not keep `key` fresh, as far as its channel is to blame: the server has refused
    /// it, or there are too many.
    #[must_use]
    pub fn channel_error(&self, key: &QueryKey) -> Option<ChannelError> {
        let entry = self.entry(key)?;
        self.root.store.channel_error(entry, &self.root.link)
    }

    /// Takes the state of all queries along that have data and let it be taken
    /// ([`ListSpec::with_seed`], [`RecordSpec::with_seed`]), and whose key begins with `prefix`: what the
    /// server has said, without edits, and where each channel stood then, all of one moment.
    ///
    /// ```
    /// use realtime_core::{Client, ClientOptions, Fit, Instant, key, wire::JsonCodec};
    ///
    /// let now = Instant::ZERO;
    /// let new = || Client::new(ClientOptions::new("wss://example.test/ws"), Box::new(JsonCodec::default()));
    /// let (old, mut client) = (new(), new());
    /// let seeds = old.export(now, &key![]);
    /// client.import(now, seeds, Fit::Full);
    /// client.connect(now);
    /// ```
    #[must_use]
    pub fn export(&self, now: Instant, prefix: &QueryKey) -> Vec<Seed> {
        self.root.export(now, prefix)
    }

    /// Begins with what was taken along: gives how many of the seeds are of use. One waits until its query
    /// is observed, or fills it at once if it has no data yet; of what has data it replaces nothing. The
    /// rows are shown, and are stale, and [`recovery`](Self::recovery) is [`Continuity::Restored`], until
    /// the server has said what happened since. No listener hears of any of it.
    ///
    /// With [`Fit::Full`] the channels resume from where they stood. A server that can say what was missed
    /// spares the fetch.
    pub fn import(&mut self, now: Instant, seeds: Vec<Seed>, fit: Fit) -> usize {
        self.root.at(now).import(seeds, fit)
    }

    /// Keeps over page loads what queries hold that ask for it ([`ListSpec::with_persist`],
    /// [`RecordSpec::with_persist`](crate::RecordSpec::with_persist)): asks the shell for what is there
    /// ([`Output::Store`](crate::Output::Store)), and nothing is fetched and no socket is opened before it has answered, or
    /// [`PersistOptions::open_within`] has passed. From then on it has the shell write what changes.
    ///
    /// The store is that of one user. [`sign_out`](Self::sign_out) empties it and is the end of it: call
    /// this again for the next.
    pub fn persist(&mut self, now: Instant, options: PersistOptions) {
        let root = self.root.at(now);
        root.keep();
        root.hold();
        root.part(|persistence: &mut Persistence, context| persistence.open(options, context));
    }

    /// As [`persist`](Self::persist), and keeps the mutations that ask for it ([`Mutation::with_persist`]) until
    /// they have an outcome. In the next page their edits are shown before anything else is, and they are
    /// sent once, under the ids that they had.
    pub fn persist_mutations(&mut self, now: Instant, options: PersistOptions) {
        let keep = KeepMutations::new(&options);
        self.root.at(now).part(|_: &mut Mutations, context| {
            context.turn.keep_mutations = Some(keep);
        });
        self.persist(now, options);
    }

    /// Has the shell write what is not written yet, and nothing from then on: the page goes on without, or
    /// ends, and what is kept stays for the next.
    #[doc(hidden)]
    pub fn close_store(&mut self, now: Instant) {
        let root = self.root.at(now);
        if root.parts.get::<Persistence>().is_some() {
            root.part(|persistence: &mut Persistence, context| persistence.close(context));
        }
    }

    /// Whether the store is being read, and the client waits for it. That it does no more is told as
    /// [`Topic::Connection`](crate::Topic::Connection).
    #[doc(hidden)]
    #[must_use]
    pub fn is_loading_store(&self) -> bool {
        let persistence = self.root.parts.get::<Persistence>();
        persistence.is_some_and(Persistence::is_loading)
    }

    /// Fetches nothing and opens no socket until [`release_hold`](Self::release_hold): seeds are on their
    /// way.
    #[doc(hidden)]
    pub fn hold(&mut self, now: Instant) {
        self.root.at(now).hold();
    }

    /// Goes on after [`hold`](Self::hold): what is observed is fetched, and the connection opened if it was
    /// asked for.
    #[doc(hidden)]
    pub fn release_hold(&mut self, now: Instant) {
        self.root.at(now).release_hold();
    }

    /// Fetches `key` again. While a fetch is under way, one more follows it.
    pub fn refetch(&mut self, now: Instant, key: &QueryKey) {
        let root = self.root.at(now);
        root.store.cache.refetch(now, key);
        root.settle();
    }

    /// Marks all keys that begin with `prefix` stale, and fetches those in use again: however
    /// often this is called, at most one fetch a key runs and one waits.
    pub fn invalidate(&mut self, now: Instant, prefix: &QueryKey) {
        let root = self.root.at(now);
        root.store.cache.invalidate(now, prefix);
        root.settle();
    }

    /// Forgets all keys that begin with `prefix`. Those in use start over when next observed.
    pub fn forget(&mut self, now: Instant, prefix: &QueryKey) {
        let root = self.root.at(now);
        root.store.cache.remove(prefix);
        root.tell(&Happening::Forgotten(prefix));
        root.settle();
    }

    /// Sets the record `key` by hand, to be published at once; says whether anyone has asked for
    /// the key, as nothing is kept otherwise.
    ///
    /// # Errors
    ///
    /// When `key` holds another type.
    pub fn set_record<T: PartialEq + 'static>(
        &mut self,
        now: Instant,
        key: &QueryKey,
        value: T,
    ) -> Result<bool, QueryError> {
        self.set_data(now, key, Box::new(value))
    }

    /// Sets the list `key` by hand, as [`set_record`](Self::set_record) does a record.
    ///
    /// # Errors
    ///
    /// When `key` holds another type.
    pub fn set_list<T: ListItem>(
        &mut self,
        now: Instant,
        key: &QueryKey,
        items: Vec<T>,
    ) -> Result<bool, QueryError> {
        self.set_data(now, key, Box::new(items))
    }

    fn set_data(
        &mut self,
        now: Instant,
        key: &QueryKey,
        data: Box<dyn std::any::Any>,
    ) -> Result<bool, QueryError> {
        let root = self.root.at(now);
        let result = root.store.cache.set_data(now, key, data);
        root.data_set(key);
        result
    }

    /// Changes the record `key` where it stands, to be published at once. It counts as no fetch: whether the record is
    /// fresh, and where its channel stands, is as before. Says whether there was a record.
    ///
    /// # Errors
    ///
    /// When `key` holds another type.
    #[doc(hidden)]
    pub fn adjust_record<T: PartialEq + 'static>(
        &mut self,
        now: Instant,
        key: &QueryKey,
        adjust: impl FnOnce(&T) -> T,
    ) -> Result<bool, QueryError> {
        let Some(record) = self.record::<T>(key) else {
            return Ok(false);
        };
        let root = self.root.at(now);
        let Some(entry) = root.store.cache.entry_id(key) else {
            return Ok(false);
        };
        let result = (root.store.cache).adjust(now, entry, Box::new(adjust(&record)));
        root.data_set(key);
        result.map(|()| true)
    }

    /// Shows a mutation's edits and sends it, now or when it may be sent. Exactly one
    /// [`Output::Mutation`](crate::Output::Mutation), other than those that tell of a conflict, says how it ended.
    pub fn mutate(&mut self, now: Instant, mutation: Mutation) -> MutationId {
        self.root
            .at(now)
            .part(|queue, context| Doing::new(queue, context).begin(mutation))
    }

    /// Gives a mutation up: its edits go, and what the server says shows. One that was not
    /// sent never is; of one that was, the outcome is ignored, whatever it is. It fails as
    /// [`MutationError::Cancelled`](crate::MutationError::Cancelled), and with an insert those that edit its row are dropped.
    pub fn cancel_mutation(&mut self, now: Instant, id: MutationId) {
        self.root
            .at(now)
            .part(|queue, context| Doing::new(queue, context).cancel(id));
    }

    /// Tries a mutation again that failed and was kept. If it is not certain that the server did
    /// not carry it out, it is sent under the id it had.
    pub fn retry_mutation(&mut self, now: Instant, id: MutationId) {
        self.root
            .at(now)
            .part(|queue, context| Doing::new(queue, context).retry(id));
    }

    /// Lets a mutation go that failed and was kept: its edits go, and the mutations that edit a row
    /// which it was to insert are dropped.
    pub fn dismiss_mutation(&mut self, now: Instant, id: MutationId) {
        self.root
            .at(now)
            .part(|queue, context| Doing::new(queue, context).dismiss(id));
    }

    /// How a mutation stands. Of those that ended, the last 256 are remembered.
    #[must_use]
    pub fn mutation(&self, id: MutationId) -> Option<MutationInfo> {
        self.mutations()?.info(id)
    }

    /// Whether a mutation will end yet: it has no outcome, or it failed and is kept.
    #[doc(hidden)]
    #[must_use]
    pub fn is_mutation_open(&self, id: MutationId) -> bool {
        self.mutations()
            .is_some_and(|mutations| mutations.mutation(id).is_some())
    }

    /// How many mutations have no outcome.
    #[must_use]
    pub fn pending_mutations(&self) -> usize {
        self.mutations().map_or(0, Mutations::pending)
    }

    /// How a row of the list `key` stands between us and the server; also by its temporary id.
    #[must_use]
    pub fn item_state(&self, key: &QueryKey, id: impl Into<RowId>) -> ItemState {
        let live = self.root.store.cache.resource::<LiveList>(key);
        self.item_state_of(live.and_then(|live| live.list.layer_state(&id.into())))
    }

    /// The rows of the list `key` that are not [`ItemState::Synced`], and how they stand: a few, as
    /// each has a mutation.
    #[doc(hidden)]
    #[must_use]
    pub fn item_states(&self, key: &QueryKey) -> Vec<(RowId, ItemState)> {
        let live = self.root.store.cache.resource::<LiveList>(key);
        let states = live.into_iter().flat_map(|live| live.list.layer_states());
        let item = |(id, state): (&RowId, _)| (id.clone(), self.item_state_of(Some(state)));
        states.map(item).collect()
    }

    /// How the record `key` stands between us and the server.
    #[must_use]
    pub fn query_state<T: PartialEq + 'static>(&self, key: &QueryKey) -> ItemState {
        let record = self.root.store.cache.resource::<Record<T>>(key);
        self.item_state_of(record.and_then(Record::layer_state))
    }

    /// The id that a row of the list `key` has now, if `id` was a temporary one; also if the server
    /// named the row before the list was in the cache.
    #[must_use]
    pub fn current_id(&self, key: &QueryKey, id: impl Into<RowId>) -> RowId {
        let live = self.root.store.cache.resource::<LiveList>(key);
        let id = id.into();
        let id = live.map_or(&id, |live| live.list.current_id(&id));
        self.mutations()
            .map_or_else(|| id.clone(), |mutations| mutations.ids.resolve(id))
    }

    /// How many optimistic edits lie over the data of `key`.
    #[doc(hidden)]
    #[must_use]
    pub fn overlay_len(&self, key: &QueryKey) -> usize {
        let entry = self.root.store.cache.entry_id(key);
        let overlay = entry.and_then(|entry| self.root.store.cache.overlay_of(entry));
        overlay.map_or(0, Overlay::len)
    }

    fn mutations(&self) -> Option<&Mutations> {
        self.root.parts.get()
    }

    fn item_state_of(&self, state: Option<LayerState>) -> ItemState {
        match state {
            None => ItemState::Synced,
            Some(LayerState::Pending) => ItemState::Pending,
            Some(LayerState::Failed(mutation)) => {
                match self.mutations().and_then(|it| it.error(mutation)) {
                    Some(error) => ItemState::Failed {
                        mutation,
                        error: error.clone(),
                    },
                    None => ItemState::Pending,
                }
            }
        }
    }
}
