//! The root: matches what one object says to what another takes in, and decides nothing itself.

use super::{
    ClientOptions, Fault, Input, Output,
    link::{Link, LinkOutput},
    outputs::Outputs,
    part::{Context, Happening, Part, Parts},
    route::Target,
    router::{Ambiguous, Router, received},
    store::{Query, Store},
    waking::Waking,
};
use crate::{
    channel::{ChannelOutput, GapReason, Verdict},
    id::{ChannelName, EventName, MessageId, Position},
    key::QueryKey,
    mutation::MutationLimits,
    notify::Topic,
    query::{EventView, ObserverId, QueryCache, QueryError, QueryOptions},
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
    pub(super) out: Outputs,
    waking: Waking,
    limits: MutationLimits,
    /// When the client was last told something.
    now: Instant,
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
            out: Outputs::default(),
            waking: Waking::new(options.connection.heartbeat.probe_within),
            limits: options.mutations,
            now: Instant::ZERO,
            targets: Vec::new(),
        }
    }

    pub(super) fn handle(&mut self, now: Instant, input: Input<'_>) {
        let is_timer = matches!(input, Input::Timeout);
        debug_assert!(
            !is_timer || self.out.is_empty(),
            "a timer came before all outputs were polled"
        );
        self.link.shell_heard();
        let connection = &mut self.link.connection;
        match input {
            Input::Token { generation, result } => {
                self.link.token(now, generation, result, &mut self.out);
            }
            Input::Opened { generation } => connection.socket_opened(now, generation),
            Input::AddressRefused { generation, error } => {
                let out = &mut self.out;
                self.link.address_refused(now, generation, error, out);
            }
            Input::Frame { generation, frame } => {
                let event = self.link.frame(now, generation, frame, &mut self.out);
                if let Some(event) = event {
                    self.event(now, &event);
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
                    self.tell(now, &Happening::EntryTouched(entry));
                }
            }
            Input::MutationFinished { mutation, result } => {
                self.tell(now, &Happening::Carried(mutation, &result));
            }
            Input::Timeout => self.timeout(now),
            Input::Visible(visible) => {
                connection.set_visible(now, visible);
                self.store.cache.set_visible(now, visible);
                self.tell(now, &Happening::Visible(visible));
            }
            Input::Online(online) => {
                connection.set_online(now, online);
                self.store.cache.set_online(now, online);
                self.tell(now, &Happening::Online(online));
            }
            Input::PageHide => {
                self.leave(now);
                self.link.connection.page_hide(now);
            }
            Input::PageShow => connection.page_show(now),
            Input::Activity => {
                self.tell(now, &Happening::Activity);
            }
            Input::Blocked(blocked) => self.link.outbox.set_blocked(now, blocked),
        }
        self.settle(now);
    }

    fn timeout(&mut self, now: Instant) {
        self.link.connection.handle_timeout(now);
        self.tell(now, &Happening::Timeout);
        if self.waking.may_give_up(now, self.answers_due()) {
            self.link.answers_overdue(now);
            self.store.cache.handle_timeout(now);
            self.tell(now, &Happening::AnswersDue);
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let answers = self.answers_due().map(|due| self.waking.put_off(due));
        let rest = self.link.has_more().then_some(self.now);
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
            if let Some(output) = self.out.pop() {
                return Some(output);
            }
            if !self.link.transmit_next(&mut self.out) {
                return None;
            }
            self.settle(self.now);
        }
    }

    /// Lets the objects hear of each other until none has more to say.
    pub(super) fn settle(&mut self, now: Instant) {
        debug_assert!(now >= self.now, "the time went back");
        self.now = now;
        loop {
            while let Some(output) = self.link.poll_output(now, &mut self.out) {
                self.link_output(now, output);
            }
            let mut context = Context {
                link: &mut self.link,
                store: &mut self.store,
                out: &mut self.out,
                limits: self.limits,
            };
            let mut spoke = self.parts.poll(now, &mut context);
            while let Some((entry, feeding)) =
                self.store.poll_output(now, &mut self.link, &mut self.out)
            {
                spoke = true;
                self.router.remove_entry(entry, feeding.bindings());
            }
            if !spoke {
                break;
            }
        }
    }

    fn link_output(&mut self, now: Instant, output: LinkOutput) {
        match output {
            LinkOutput::Sought => {
                self.tell(now, &Happening::Sought);
            }
            LinkOutput::Up => {
                self.store.link_up(now, &self.link);
                self.tell(now, &Happening::Up);
            }
            LinkOutput::Down => {
                self.store.link_down(now);
                self.tell(now, &Happening::Down);
            }
            LinkOutput::Ended => {
                self.tell(now, &Happening::Ended);
            }
            LinkOutput::Channel(output) => self.channel_output(now, output),
            LinkOutput::Settled(send, result) => {
                if !self.tell(now, &Happening::Settled(send, &result)) {
                    self.out.push(Output::Settled { send, result });
                }
            }
            LinkOutput::Event(event) => self.event(now, &event),
        }
    }

    fn channel_output(&mut self, now: Instant, output: ChannelOutput) {
        let (store, link, out) = (&mut self.store, &self.link, &mut self.out);
        match output {
            ChannelOutput::Live {
                channel,
                continuity,
                position,
            } => {
                tracing::debug!(%channel, ?continuity, "channel live");
                store.tell_of_channel(&channel, out);
                store.channel_live(now, &channel, continuity, position, link);
                self.tell(now, &Happening::ChannelUp(&channel));
            }
            ChannelOutput::Unknown { channel, asked, .. } => {
                tracing::debug!(%channel, "nothing tells whether its events arrive");
                store.channel_unknown(now, &channel, asked, link);
                out.dirty.mark(Topic::Presence(channel.clone()));
                self.tell(now, &Happening::ChannelUp(&channel));
            }
            ChannelOutput::Lost { channel } => {
                store.channel_down(now, &channel);
                self.tell(now, &Happening::ChannelDown(&channel));
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
            }
            ChannelOutput::Refused { channel, .. } => {
                store.tell_of_channel(&channel, out);
                store.channel_refused(now, &channel);
                store.stop_waiting_for_channels(now, link);
                self.tell(now, &Happening::ChannelDown(&channel));
            }
            ChannelOutput::Closed { channel } => {
                store.channel_down(now, &channel);
                store.stop_waiting_for_channels(now, link);
            }
            // The link has said what these want said.
            ChannelOutput::Subscribe { .. }
            | ChannelOutput::Unsubscribe { .. }
            | ChannelOutput::StillUnknown { .. } => {}
        }
    }

    /// An event goes to everyone whom it concerns.
    fn event(&mut self, now: Instant, frame: &EventFrame<'_>) {
        let channels = &mut self.link.channels;
        let addressed = self.router.address(now, frame, channels, &self.parts);
        if let Some(Verdict::Duplicate | Verdict::Early) = addressed.verdict {
            return;
        }
        // A hole was noticed just now: what it feeds must know before the event is applied.
        while let Some(output) = self.link.poll_channel(&mut self.out) {
            self.channel_output(now, output);
        }
        let (channel, room) = (addressed.channel.as_deref(), addressed.room());
        let channels = &self.link.channels;
        let position = self.router.position_of(frame, channel, channels);
        let found = self.deliver(now, frame, channel, room, position.as_ref());
        let known = room.is_some_and(|room| self.tell(now, &Happening::Event(room, frame)));
        self.store.stop_waiting_for_channels(now, &self.link);
        let (channels, parts, out) = (&self.link.channels, &self.parts, &mut self.out);
        if let Err(Ambiguous) = addressed.only {
            for entry in self.router.unaddressed(&frame.event, channels, parts, out) {
                self.store.cache.source_gap(now, entry, None, None);
            }
        }
        if let Some(channel) = channel {
            let found = room.is_some() && (found || known);
            self.router
                .note(&frame.event, channel, found, channels, parts, out);
        }
        if found || known {
            out.stats.events += 1;
        } else if addressed.only.is_ok() {
            out.stats.unknown_events += 1;
        }
    }

    fn deliver(
        &mut self,
        now: Instant,
        frame: &EventFrame<'_>,
        channel: Option<&str>,
        room: Option<&str>,
        position: Option<&Position>,
    ) -> bool {
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
                        self.out.fault(Fault::Payload {
                            event: EventName::from(frame.event.as_ref()),
                            channel: channel.map(ChannelName::from),
                            error,
                        });
                    }
                    self.tell(now, &Happening::EntryTouched(entry));
                }
                Target::Listener(listener) => {
                    let event = shared
                        .get_or_insert_with(|| received(frame, channel, position, id.as_ref()));
                    let event = Rc::clone(event);
                    self.out.push(Output::Event { listener, event });
                }
            }
        }
        self.targets = targets;
        found
    }

    /// Registers an observer; what was done to the query before shows in it.
    pub(super) fn observe(
        &mut self,
        now: Instant,
        key: &QueryKey,
        query: Query,
        options: &QueryOptions,
    ) -> Result<ObserverId, QueryError> {
        let (link, out) = (&mut self.link, &mut self.out);
        let observed = self.store.observe(now, key, query, options, link, out)?;
        if observed.is_new {
            if let Some(feeding) = self.store.cache.feeding(observed.entry) {
                self.router.add_entry(observed.entry, feeding.bindings());
            }
            self.tell(now, &Happening::EntryMade(observed.entry));
        }
        self.settle(now);
        Ok(observed.observer)
    }

    /// The page or the connection is going away: everybody says goodbye, as far as the socket takes it.
    pub(super) fn leave(&mut self, now: Instant) {
        self.tell(now, &Happening::Leaving);
        self.settle(now);
        self.link.shell_heard();
        while self.link.transmit_next(&mut self.out) {}
        self.settle(now);
    }

    pub(super) fn disconnect(&mut self, now: Instant) {
        self.leave(now);
        self.link.end_session(&mut self.out);
        self.link.connection.disconnect(now);
        self.settle(now);
    }

    pub(super) fn sign_out(&mut self, now: Instant) {
        self.leave(now);
        self.tell(now, &Happening::SigningOut);
        self.link.outbox.sign_out(now);
        self.link.end_session(&mut self.out);
        self.link.connection.disconnect(now);
        self.settle(now);
        self.link.channels.start_over();
        self.store.start_over(now, &mut self.out);
        self.tell(now, &Happening::SignedOut);
        self.out.dirty.mark_urgent();
        self.settle(now);
    }

    fn tell(&mut self, now: Instant, happening: &Happening<'_>) -> bool {
        let mut context = Context {
            link: &mut self.link,
            store: &mut self.store,
            out: &mut self.out,
            limits: self.limits,
        };
        self.parts.handle(now, happening, &mut context)
    }

    /// Lets the part `P`, which is made if need be, act.
    pub(super) fn part<P: Part, R>(
        &mut self,
        now: Instant,
        act: impl FnOnce(&mut P, &mut Context<'_>) -> R,
    ) -> R {
        let mut context = Context {
            link: &mut self.link,
            store: &mut self.store,
            out: &mut self.out,
            limits: self.limits,
        };
        let result = self.parts.with(&mut context, act);
        self.settle(now);
        result
    }
}
