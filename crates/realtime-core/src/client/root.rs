//! The root: matches what one object says to what another takes in, and decides nothing itself.

use super::{
    ClientOptions, Fault, Input, Output,
    hold::Hold,
    link::{Link, LinkOutput},
    part::{Context, Happening, Part, Parts},
    route::Target,
    router::{Ambiguous, Router, received},
    seeds::{Seeds, WaitingSeed},
    store::{Query, Store},
    turn::Turn,
    waking::Waking,
};
use crate::{
    channel::{ChannelOutput, Continuity, GapReason, Verdict},
    id::{ChannelName, EventName, MessageId, Position},
    key::QueryKey,
    mutation::MutationLimits,
    notify::Topic,
    query::{EventView, ObserverId, QueryCache, QueryError, QueryOptions},
    seed::seeds_are_used,
    time::{Instant, earliest},
    wire::{Codec, EventFrame},
};
use std::rc::Rc;

/// The objects of a client.
#[derive(Debug)]
pub(super) struct Root {
    pub(super) link: Link,
    pub(super) store: Store,
    pub(super) router: Router,
    pub(super) parts: Parts,
    pub(super) turn: Turn,
    waking: Waking,
    limits: MutationLimits,
    /// While seeds are waited for.
    pub(super) held: Option<Hold>,
    /// Hands on what a store says, if there is one.
    pub(super) take_kept: Option<fn(&mut Self) -> bool>,
    /// Kept for its memory.
    targets: Vec<Target>,
}

impl Root {
    pub(super) fn new(options: ClientOptions, codec: Box<dyn Codec>) -> Self {
        let mut rng = fastrand::Rng::with_seed(options.seed);
        let id_prefix: String = (0..8).map(|_| rng.lowercase()).collect();
        let link = Link::new(&options, codec, &id_prefix, &mut rng);
        Self {
            link,
            store: Store::new(QueryCache::new(rng.fork(), options.queries)),
            router: Router::new(options.channel_rules, options.max_listeners, id_prefix),
            parts: Parts::default(),
            turn: Turn::default(),
            waking: Waking::new(options.connection.heartbeat.probe_within),
            limits: options.mutations,
            held: None,
            take_kept: None,
            targets: Vec::new(),
        }
    }

    /// Begins a turn.
    pub(super) fn at(&mut self, now: Instant) -> &mut Self {
        debug_assert!(now >= self.turn.now, "the time went back");
        self.turn.now = now;
        self
    }

    pub(super) fn handle(&mut self, input: Input<'_>) {
        let now = self.turn.now;
        let is_timer = matches!(input, Input::Timeout);
        debug_assert!(
            !is_timer || self.turn.is_over(),
            "a timer came before all outputs were polled"
        );
        self.link.begin_burst();
        let connection = &mut self.link.connection;
        match input {
            Input::Token { generation, result } => {
                self.link.token(generation, result, &mut self.turn);
            }
            Input::Opened { generation } => connection.socket_opened(now, generation),
            Input::AddressRefused { generation, error } => {
                self.link.address_refused(generation, error, &mut self.turn);
            }
            Input::Frame { generation, frame } => {
                let event = self.link.frame(generation, frame, &mut self.turn);
                if let Some(event) = event {
                    self.event(&event);
                }
            }
            Input::Closed {
                generation,
                code,
                reason,
                was_clean,
            } => connection.socket_closed(now, generation, code, reason, was_clean),
            Input::FetchFinished { fetch, result } => {
                let entry = self.store.cache.fetching(fetch);
                self.store.cache.fetch_finished(now, fetch, result);
                if let Some(entry) = entry {
                    self.tell(&Happening::EntryTouched(entry));
                }
            }
            Input::MutationFinished { mutation, result } => {
                self.tell(&Happening::Carried(mutation, &result));
            }
            Input::Timeout => self.timeout(),
            Input::Visible(visible) => {
                connection.set_visible(now, visible);
                self.store.cache.set_visible(now, visible);
                self.tell(&Happening::Visible(visible));
            }
            Input::Online(online) => {
                connection.set_online(now, online);
                self.store.cache.set_online(now, online);
                self.tell(&Happening::Online(online));
            }
            Input::PageHide => {
                self.leave();
                self.link.connection.page_hide(now);
            }
            Input::PageShow => connection.page_show(now),
            Input::Activity => {
                self.tell(&Happening::Activity);
            }
            Input::Blocked(blocked) => self.link.outbox.set_blocked(now, blocked),
            Input::Store(event) => {
                self.tell(&Happening::Store(&event));
            }
        }
        self.settle();
    }

    fn timeout(&mut self) {
        let now = self.turn.now;
        self.link.connection.handle_timeout(now);
        self.tell(&Happening::Timeout);
        if self.waking.may_give_up(now, self.answers_due()) {
            self.link.answers_overdue(now);
            self.store.cache.handle_timeout(now);
            self.tell(&Happening::AnswersDue);
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let answers = self.answers_due().map(|due| self.waking.put_off(due));
        let rest = self.link.has_more().then_some(self.turn.now);
        let own = [self.link.connection.next_deadline(), rest, answers];
        own.into_iter().fold(self.parts.next_deadline(), earliest)
    }

    /// When the time is up of something that an answer would settle.
    fn answers_due(&self) -> Option<Instant> {
        let parts = earliest(self.link.answers_due(), self.parts.answers_due());
        earliest(parts, self.store.cache.next_deadline())
    }

    /// The next thing for the shell to do. What waits to be sent is made into frames only here.
    pub(super) fn poll_output(&mut self) -> Option<Output> {
        loop {
            if let Some(output) = self.turn.pop() {
                return Some(output);
            }
            if !self.link.transmit_next(&mut self.turn) {
                return None;
            }
            self.settle();
        }
    }

    /// Gives what each object says to the others, until none has more to say.
    pub(super) fn settle(&mut self) {
        loop {
            while let Some(output) = self.link.poll_output(&mut self.turn) {
                self.link_output(output);
            }
            let (parts, mut context) = self.parts();
            let mut changed = parts.poll(&mut context);
            if let Some(take_kept) = self.take_kept {
                changed |= take_kept(self);
            }
            while let Some((entry, feeding)) =
                self.store.poll_output(&mut self.link, &mut self.turn)
            {
                changed = true;
                self.router.remove_entry(entry, feeding.bindings());
            }
            if !changed {
                break;
            }
        }
    }

    fn link_output(&mut self, output: LinkOutput) {
        let now = self.turn.now;
        match output {
            LinkOutput::Sought => {
                self.tell(&Happening::Sought);
            }
            LinkOutput::Up => {
                self.store.link_up(now, &self.link);
                self.tell(&Happening::Up);
            }
            LinkOutput::Down => {
                self.store.link_down(now);
                self.tell(&Happening::Down);
            }
            LinkOutput::Ended => {
                self.tell(&Happening::Ended);
            }
            LinkOutput::Channel(output) => self.channel_output(output),
            LinkOutput::Settled(send, result) => {
                if !self.tell(&Happening::Settled(send, &result)) {
                    self.turn.push(Output::Settled { send, result });
                }
            }
            LinkOutput::Event(event) => self.event(&event),
        }
    }

    fn channel_output(&mut self, output: ChannelOutput) {
        let now = self.turn.now;
        let (store, link, turn) = (&mut self.store, &self.link, &mut self.turn);
        match output {
            ChannelOutput::Live {
                channel,
                continuity,
                position,
            } => {
                tracing::debug!(%channel, ?continuity, "channel live");
                store.tell_of_channel(&channel, turn);
                let resumed = matches!(continuity, Continuity::Recovered { .. });
                store.channel_live(now, &channel, continuity, position, link);
                let channel = &channel;
                self.tell(&Happening::ChannelUp { channel, resumed });
            }
            ChannelOutput::Unknown { channel, asked, .. } => {
                tracing::debug!(%channel, "nothing tells whether its events arrive");
                store.channel_unknown(now, &channel, asked, link);
                turn.dirty.mark(Topic::Presence(channel.clone()));
                // Nobody says that it is another session.
                self.tell(&Happening::ChannelUp {
                    channel: &channel,
                    resumed: true,
                });
            }
            ChannelOutput::Lost { channel } => {
                store.channel_down(now, &channel);
                self.tell(&Happening::ChannelDown(&channel));
            }
            ChannelOutput::Gap {
                channel,
                reason,
                position,
            } => {
                tracing::debug!(%channel, ?reason, "gap in a live channel");
                store.channel_gap(now, &channel, reason, position.as_ref());
                if matches!(reason, GapReason::Short { .. }) {
                    store.stop_waiting_for_channels(now, link);
                }
                #[cfg(feature = "tabs")]
                self.tell(&Happening::Gap(&channel, reason));
            }
            ChannelOutput::Refused { channel, .. } => {
                store.tell_of_channel(&channel, turn);
                store.channel_refused(now, &channel);
                store.stop_waiting_for_channels(now, link);
                self.tell(&Happening::ChannelDown(&channel));
            }
            ChannelOutput::Closed { channel } => {
                store.channel_closed(now, &channel);
                store.stop_waiting_for_channels(now, link);
            }
            // The link has said what these want said.
            ChannelOutput::Subscribe { .. }
            | ChannelOutput::Unsubscribe { .. }
            | ChannelOutput::StillUnknown { .. } => {}
        }
    }

    /// An event goes to everyone whom it concerns.
    fn event(&mut self, frame: &EventFrame<'_>) {
        let now = self.turn.now;
        let channels = &mut self.link.channels;
        let addressed = self.router.address(now, frame, channels, &self.parts);
        if let Some(Verdict::Duplicate | Verdict::Early) = addressed.verdict {
            return;
        }
        // A hole was noticed just now: what it feeds must know before the event is applied.
        while let Some(output) = self.link.poll_channel(&mut self.turn) {
            self.channel_output(output);
        }
        let (channel, room) = (addressed.channel.as_deref(), addressed.room());
        let channels = &self.link.channels;
        let position = self.router.position_of(frame, channel, channels);
        #[cfg(feature = "tabs")]
        if channel.is_none() {
            self.tell(&Happening::Stray(frame));
        }
        let found = self.deliver(frame, channel, room, position.as_ref());
        let known = room.is_some_and(|room| self.tell(&Happening::Event(room, frame)));
        self.store.stop_waiting_for_channels(now, &self.link);
        let (channels, parts, turn) = (&self.link.channels, &self.parts, &mut self.turn);
        if let Err(Ambiguous) = addressed.only {
            for entry in self.router.unaddressed(&frame.event, channels, parts, turn) {
                self.store.cache.source_gap(now, entry, None, None);
            }
        }
        if let Some(channel) = channel {
            let found = room.is_some() && (found || known);
            self.router
                .note(&frame.event, channel, found, channels, parts, turn);
        }
        if found || known {
            turn.stats.events += 1;
        } else if addressed.only.is_ok() {
            turn.stats.unknown_events += 1;
        }
    }

    fn deliver(
        &mut self,
        frame: &EventFrame<'_>,
        channel: Option<&str>,
        room: Option<&str>,
        position: Option<&Position>,
    ) -> bool {
        let now = self.turn.now;
        let mut targets = std::mem::take(&mut self.targets);
        self.router.find(&frame.event, room, &mut targets);
        let found = !targets.is_empty();
        let id = frame.id.as_deref().map(MessageId::from);
        let mut shared = None;
        for target in targets.drain(..) {
            match target {
                Target::Entry(entry, binding) => {
                    let view = EventView {
                        event: &frame.event,
                        channel,
                        data: &frame.data,
                        position,
                        id: id.as_ref(),
                    };
                    let applied = self.store.cache.apply_event(now, entry, binding, &view);
                    if let Err(error) = applied {
                        self.turn.fault(Fault::Payload {
                            event: EventName::from(frame.event.as_ref()),
                            channel: channel.map(ChannelName::from),
                            error,
                        });
                    }
                    self.tell(&Happening::EntryTouched(entry));
                }
                Target::Listener(listener) => {
                    let event = shared
                        .get_or_insert_with(|| received(frame, channel, position, id.as_ref()));
                    let event = Rc::clone(event);
                    self.turn.push(Output::Event { listener, event });
                }
            }
        }
        self.targets = targets;
        found
    }

    /// Registers an observer; what was done to the query before shows in it.
    pub(super) fn observe(
        &mut self,
        key: &QueryKey,
        query: Query,
        options: &QueryOptions,
    ) -> Result<ObserverId, QueryError> {
        let seed = match seeds_are_used() {
            true => self.take_seed(key),
            false => None,
        };
        let (link, turn) = (&mut self.link, &mut self.turn);
        let observed = self.store.observe(key, query, seed, options, link, turn)?;
        if observed.is_new {
            if let Some(feeding) = self.store.cache.feeding(observed.entry) {
                self.router.add_entry(observed.entry, feeding.bindings());
            }
            self.tell(&Happening::EntryMade(observed.entry));
        }
        self.settle();
        Ok(observed.observer)
    }

    /// The app has changed the data of a query, to be published at once.
    pub(super) fn data_set(&mut self, key: &QueryKey) {
        if let Some(entry) = self.store.cache.entry_id(key) {
            self.tell(&Happening::EntrySet(entry));
        }
        self.turn.dirty.mark_urgent();
        self.settle();
    }

    /// The seed that waits for this query, if it is new.
    fn take_seed(&mut self, key: &QueryKey) -> Option<WaitingSeed> {
        let is_new = self.store.cache.entry_id(key).is_none();
        let (parts, mut context) = self.parts();
        let seed = parts.with(&mut context, |seeds: &mut Seeds, _| seeds.take(key));
        seed.filter(|_| is_new)
    }

    /// Starts connecting, once nothing is held any more.
    pub(super) fn connect(&mut self) {
        let now = self.turn.now;
        self.store.cache.sign_in(now);
        match &mut self.held {
            Some(hold) => hold.is_wanted = true,
            None => self.link.connection.connect(now),
        }
        self.settle();
    }

    /// The page or the connection is going away: everybody says goodbye, as far as the socket takes it.
    pub(super) fn leave(&mut self) {
        self.tell(&Happening::Leaving);
        self.settle();
        self.link.begin_burst();
        while self.link.transmit_next(&mut self.turn) {}
        self.settle();
    }

    pub(super) fn disconnect(&mut self) {
        let now = self.turn.now;
        if let Some(hold) = &mut self.held {
            hold.is_wanted = false;
        }
        self.leave();
        self.link.end_session(&mut self.turn);
        self.link.connection.disconnect(now);
        self.settle();
    }

    pub(super) fn sign_out(&mut self) {
        let now = self.turn.now;
        if let Some(hold) = &mut self.held {
            hold.is_wanted = false;
        }
        self.leave();
        self.tell(&Happening::SigningOut);
        self.link.outbox.sign_out(now);
        self.link.end_session(&mut self.turn);
        self.link.connection.disconnect(now);
        self.settle();
        self.link.channels.start_over();
        self.store.start_over(&mut self.turn);
        self.tell(&Happening::SignedOut);
        self.turn.dirty.mark_urgent();
        self.settle();
    }

    /// The parts, and what they act on.
    pub(super) const fn parts(&mut self) -> (&mut Parts, Context<'_>) {
        let context = Context {
            link: &mut self.link,
            store: &mut self.store,
            turn: &mut self.turn,
            limits: self.limits,
        };
        (&mut self.parts, context)
    }

    pub(super) fn tell(&mut self, happening: &Happening<'_>) -> bool {
        let (parts, mut context) = self.parts();
        parts.handle(happening, &mut context)
    }

    /// Lets the part `P`, which is made if need be, act.
    pub(super) fn part<P: Part, R>(
        &mut self,
        act: impl FnOnce(&mut P, &mut Context<'_>) -> R,
    ) -> R {
        let (parts, mut context) = self.parts();
        let result = parts.with(&mut context, act);
        self.settle();
        result
    }
}
