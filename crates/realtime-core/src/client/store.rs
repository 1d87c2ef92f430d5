//! The store: the query cache, and what the channels that feed its entries mean for them.

use super::{Fault, Output, link::Link, seeds::WaitingSeed, turn::Turn};
use crate::{
    channel::{ChannelError, Continuity, GapReason},
    id::{ChannelName, EntryId, EventName, History, Position},
    key::QueryKey,
    notify::Topic,
    ordered::{OrderedMap, OrderedSet},
    query::{
        Feed, Feeding, Fetched, Initial, Observed, ObserverId, QueryCache, QueryError,
        QueryOptions, QueryOutput, Resource, Standing, TakeRows,
    },
    seed::{Seeding, seeds_are_used},
    time::Instant,
};

/// What the first observer of a key makes of it.
pub(super) struct Query {
    /// Empty yet.
    pub(super) resource: Box<dyn Resource>,
    /// The events it listens to, each with its channel or, without one, on any.
    pub(super) bindings: Vec<(EventName, Option<ChannelName>)>,
    pub(super) initial: Option<Fetched>,
    pub(super) take_rows: Option<TakeRows>,
    pub(super) seeding: Option<&'static Seeding>,
    /// Whether what it holds is kept over page loads.
    pub(super) is_persisted: bool,
}

/// The cache's entries, and which of them each channel feeds.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) cache: QueryCache,
    by_channel: OrderedMap<ChannelName, Vec<EntryId>>,
    /// Those that listen to an event whatever its channel: the link itself feeds them.
    anywhere: Vec<EntryId>,
}

impl Store {
    pub(super) fn new(cache: QueryCache) -> Self {
        Self {
            cache,
            by_channel: OrderedMap::new(),
            anywhere: Vec::new(),
        }
    }

    /// Registers an observer. The first of an entry decides what the entry listens to.
    pub(super) fn observe(
        &mut self,
        key: &QueryKey,
        query: Query,
        seed: Option<WaitingSeed>,
        options: &QueryOptions,
        link: &mut Link,
        turn: &mut Turn,
    ) -> Result<Observed, QueryError> {
        let codec = &link.codec;
        if let Some((event, _)) = query.bindings.iter().find(|(it, _)| codec.keeps(it)) {
            let event = event.clone();
            return Err(QueryError::ReservedName { event });
        }
        let known = self.cache.entry_id(key);
        let was_enabled = known.is_some_and(|entry| self.cache.is_enabled(entry));
        let feed = match known {
            Some(_) => Feed::None,
            None => Feed::of(&query.bindings),
        };
        let (resource, seeding) = (query.resource, query.seeding);
        let seed = if seeds_are_used() { seed } else { None };
        let restored = seed.as_ref().zip(seeding).and_then(|(seed, seeding)| {
            let initial = seed.initial(seeding);
            initial.map_err(|error| turn.refuse_seed(error)).ok()
        });
        let is_restored = restored.is_some();
        let initial = restored.or(query.initial.map(Initial::Fetched));
        let (observed, unread) = self
            .cache
            .observe_from(turn.now, key, options, resource, &feed, initial)?;
        match unread {
            Some(error) if is_restored => turn.refuse_seed(error.into()),
            Some(_) => {}
            None => turn.stats.seeds.restored += u64::from(is_restored),
        }
        let entry = observed.entry;
        if query.is_persisted {
            self.cache.persist(entry);
        }
        if observed.is_new {
            let feeding = Feeding::new(query.bindings);
            if feeding.listens_anywhere() {
                self.anywhere.push(entry);
            }
            for channel in feeding.channels() {
                let fed = self
                    .by_channel
                    .get_or_insert_with(channel.clone(), Vec::new);
                fed.push(entry);
            }
            self.cache.feed(entry, feeding, query.take_rows, seeding);
        }
        if options.enabled && !was_enabled {
            self.activate(entry, link, turn);
        }
        Ok(observed)
    }

    /// Ends an observer; the last one lets the entry's channels go.
    pub(super) fn unobserve(&mut self, now: Instant, observer: ObserverId, link: &mut Link) {
        let entry = self.cache.unobserve(now, observer);
        if let Some(entry) = entry {
            self.rest(now, entry, link);
        }
    }

    /// Pauses an observer, or lets it go on.
    pub(super) fn set_enabled(
        &mut self,
        observer: ObserverId,
        enabled: bool,
        link: &mut Link,
        turn: &mut Turn,
    ) {
        let entry = self.cache.entry_of(observer);
        let Some(entry) = entry else { return };
        let was_enabled = self.cache.is_enabled(entry);
        self.cache.set_enabled(turn.now, observer, enabled);
        if enabled && !was_enabled {
            self.activate(entry, link, turn);
        }
        self.rest(turn.now, entry, link);
    }

    /// The first observer lets it fetch: its channels are leased.
    fn activate(&mut self, id: EntryId, link: &mut Link, turn: &mut Turn) {
        for error in self.cache.lease(turn.now, id, &mut link.channels) {
            turn.fault(Fault::Channel(error));
        }
        if seeds_are_used() {
            self.check_initial(id, link);
        }
        self.go_live(turn.now, id, link, None, None, None);
    }

    /// Of several channels, one that others use already may have brought what the initial data lacks.
    pub(super) fn check_initial(&mut self, id: EntryId, link: &Link) {
        let (since, feeding) = (self.cache.initial(id), self.cache.feeding(id));
        let resumes = |feeding: &Feeding| feeding.resumes_from(since, &link.channels);
        if since.len() > 1 && !feeding.is_some_and(resumes) {
            self.cache.forget_initial(id);
        }
    }

    /// Lets an entry's channels go, if no observer lets it fetch.
    fn rest(&mut self, now: Instant, id: EntryId, link: &mut Link) {
        if !self.cache.is_enabled(id)
            && let Some(feeding) = self.cache.feeding_mut(id)
        {
            feeding.release(now, &mut link.channels);
        }
    }

    /// The channels that feed an entry, while it is in use.
    pub(super) fn channels_of(&self, entry: EntryId) -> impl Iterator<Item = &ChannelName> {
        let feeding = self.cache.feeding(entry);
        let feeding = feeding.filter(|_| self.cache.is_enabled(entry));
        feeding.into_iter().flat_map(Feeding::channels)
    }

    /// What was last said of the events that an entry may have missed.
    pub(super) fn recovery(&self, entry: EntryId) -> Option<Continuity> {
        if self.cache.is_restored(entry) {
            return Some(Continuity::Restored);
        }
        self.cache.feeding(entry)?.recovery()
    }

    /// Why events do not keep an entry fresh, as far as one of its channels is to blame.
    pub(super) fn channel_error(&self, entry: EntryId, link: &Link) -> Option<ChannelError> {
        self.cache.feeding(entry)?.error(&link.channels)
    }

    /// Says what the cache has to say; gives an entry that is gone, with what it listened to.
    pub(super) fn poll_output(
        &mut self,
        link: &mut Link,
        turn: &mut Turn,
    ) -> Option<(EntryId, Feeding)> {
        while let Some(output) = self.cache.poll_output() {
            match output {
                QueryOutput::StartFetch { fetch, key, .. } => {
                    turn.push(Output::StartFetch { fetch, key });
                }
                QueryOutput::CancelFetch { fetch } => turn.push(Output::CancelFetch { fetch }),
                QueryOutput::Changed { entry, .. } => self.cache.publish(entry, &mut turn.dirty),
                QueryOutput::Removed { entry, .. } => {
                    turn.dirty.mark(Topic::Query(entry));
                    turn.dirty.mark(Topic::Order(entry));
                    turn.dirty.mark_items(entry);
                }
            }
        }
        let (id, mut feeding) = self.cache.take_gone()?;
        feeding.release(turn.now, &mut link.channels);
        self.anywhere.retain(|kept| *kept != id);
        for channel in feeding.channels() {
            if let Some(fed) = self.by_channel.get_mut(channel) {
                fed.retain(|kept| *kept != id);
                if fed.is_empty() {
                    self.by_channel.remove(channel);
                }
            }
        }
        Some((id, feeding))
    }

    /// The user has signed out: what is observed is empty.
    pub(super) fn start_over(&mut self, turn: &mut Turn) {
        self.cache.sign_out(turn.now);
        for id in self.cache.entries() {
            turn.dirty.mark_items(id);
        }
    }

    fn fed_by(&self, channel: &ChannelName) -> Vec<EntryId> {
        self.by_channel.get(channel).cloned().unwrap_or_default()
    }

    /// Whether a channel is refused has changed: tells those whom it feeds.
    pub(super) fn tell_of_channel(&self, channel: &ChannelName, turn: &mut Turn) {
        for id in self.by_channel.get(channel).into_iter().flatten() {
            turn.dirty.mark(Topic::Query(*id));
            turn.dirty.mark(Topic::Order(*id));
        }
        turn.dirty.mark(Topic::Presence(channel.clone()));
    }

    /// A channel is live: so is each entry whose channels all are.
    pub(super) fn channel_live(
        &mut self,
        now: Instant,
        channel: &ChannelName,
        continuity: Continuity,
        position: Option<Position>,
        link: &Link,
    ) {
        // The missed events are still to come.
        let position = match continuity {
            Continuity::Recovered { .. } => link.channels.position(channel).cloned(),
            _ => position,
        };
        for id in self.fed_by(channel) {
            self.note_recovery(id, continuity);
            self.go_live(now, id, link, Some(continuity), position.clone(), None);
        }
        self.tell_anywhere(now, continuity, link);
    }

    /// A channel was asked for at `asked`, and nothing tells whether its events arrive.
    pub(super) fn channel_unknown(
        &mut self,
        now: Instant,
        channel: &ChannelName,
        asked: Instant,
        link: &Link,
    ) {
        for id in self.fed_by(channel) {
            self.note_recovery(id, Continuity::Unknown);
            self.go_live(now, id, link, None, None, Some(asked));
        }
        self.tell_anywhere(now, Continuity::Unknown, link);
    }

    /// A channel is down or gone: events may be missed from here on.
    pub(super) fn channel_down(&mut self, now: Instant, channel: &ChannelName) {
        for id in self.fed_by(channel) {
            self.cache.source_down(now, id);
        }
    }

    /// A channel is given up. Who asks for it next may know more than those it fed: what it then says of
    /// the time between is not for them.
    pub(super) fn channel_closed(&mut self, now: Instant, channel: &ChannelName) {
        for id in self.fed_by(channel) {
            if let Some(feeding) = self.cache.feeding_mut(id) {
                feeding.learn(Continuity::Fresh);
            }
        }
        self.channel_down(now, channel);
    }

    /// The server will not have us on a channel: nothing is to be waited for.
    pub(super) fn channel_refused(&mut self, now: Instant, channel: &ChannelName) {
        for id in self.fed_by(channel) {
            self.cache.source_refused(now, id);
        }
    }

    /// Events of a live channel are lost, perhaps some for those that listen to any channel. What
    /// has reached `position` contains them.
    pub(super) fn channel_gap(
        &mut self,
        now: Instant,
        channel: &ChannelName,
        reason: GapReason,
        position: Option<&Position>,
    ) {
        let fed = self.fed_by(channel).into_iter();
        let fed: OrderedSet<EntryId> = fed.chain(self.anywhere.iter().copied()).collect();
        let history = reason.begins_anew().then_some(History::New);
        for id in fed {
            self.note_recovery(id, Continuity::Gap(reason));
            self.cache.source_gap(now, id, history, position.cloned());
        }
    }

    /// The link is up: events without a channel flow again, and nobody can say what was missed.
    pub(super) fn link_up(&mut self, now: Instant, link: &Link) {
        self.cache.set_link_open(now, true);
        self.tell_anywhere(now, Continuity::Fresh, link);
    }

    /// The link is down.
    pub(super) fn link_down(&mut self, now: Instant) {
        self.cache.set_link_open(now, false);
        for id in self.anywhere.clone() {
            self.cache.source_down(now, id);
        }
    }

    /// Something is out of the way that those that listen anywhere may have waited for.
    pub(super) fn stop_waiting_for_channels(&mut self, now: Instant, link: &Link) {
        let waiting = self.anywhere.iter().copied();
        let waiting = waiting.filter(|id| !self.cache.is_live(*id));
        for id in waiting.collect::<Vec<_>>() {
            self.go_live(now, id, link, None, None, None);
        }
    }

    /// Another channel, or the link itself, brings events to those that listen anywhere. If they
    /// were live before, what is fresh has brought them nothing so far that they could know of.
    fn tell_anywhere(&mut self, now: Instant, continuity: Continuity, link: &Link) {
        for id in self.anywhere.clone() {
            let was_live = self.cache.feeding(id).is_some_and(Feeding::was_live);
            let continuity = match continuity {
                Continuity::Fresh if was_live => Continuity::Unknown,
                continuity => continuity,
            };
            self.go_live(now, id, link, Some(continuity), None, None);
        }
    }

    fn note_recovery(&mut self, id: EntryId, recovery: Continuity) {
        if let Some(feeding) = self.cache.feeding_mut(id) {
            feeding.note_recovery(recovery);
        }
    }

    /// Tells an entry that its events flow, if they do. `continuity` is what a channel that has just come
    /// back says of the time before; without it the channel was there all along, but the entry may
    /// not have been. `asked` is when a channel was asked for that has just become unknown.
    fn go_live(
        &mut self,
        now: Instant,
        id: EntryId,
        link: &Link,
        continuity: Option<Continuity>,
        position: Option<Position>,
        asked: Option<Instant>,
    ) {
        let is_live = self.cache.is_live(id);
        let Some(feeding) = self.cache.feeding_mut(id) else {
            return;
        };
        if let Some(continuity) = continuity {
            feeding.learn(continuity);
        }
        if is_live && continuity.is_none() || feeding.bindings().is_empty() {
            return;
        }
        match feeding.standing(&link.channels, link.is_open()) {
            Standing::Down => {}
            Standing::Unknown => {
                let asked = match continuity {
                    // Another of its channels has lost something.
                    Some(continuity) if !matches!(continuity, Continuity::Recovered { .. }) => {
                        Some(now)
                    }
                    _ => asked,
                };
                self.cache.source_unknown(now, id, asked);
            }
            Standing::Live => {
                let position = position.or_else(|| feeding.position(&link.channels));
                let continuity = feeding.take_continuity();
                self.cache.source_live(now, id, continuity, position);
            }
        }
    }
}
