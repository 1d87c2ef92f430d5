//! The pump: feeds the client one input, does what it wants done, arms one timer, and publishes
//! once a frame. Nothing but this module and those below it touches the browser.
//!
//! The client is borrowed for one call at a time and never while other code runs, so whoever is
//! called from here (a callback, a subscriber, a socket) may call back in. The one exception is
//! code of the app that runs *inside* a client call (a reducer, a comparator): what it asks for is
//! queued.

#[cfg(all(feature = "http", feature = "testing"))]
mod answers;
#[cfg(all(test, target_arch = "wasm32"))]
mod browser_tests;
mod burst;
mod callbacks;
mod clock;
mod dispatch;
mod fetches;
mod first_pass;
mod frame;
mod gloo;
#[cfg(feature = "http")]
mod http;
mod keeping;
mod listener;
mod mutations;
#[cfg(feature = "tabs")]
mod neighbours;
mod page;
mod platform;
mod pressure;
#[cfg(feature = "http")]
mod rows;
pub(crate) mod scroller;
mod subscribers;
mod timer;
mod transport;
mod url;

#[cfg(all(feature = "http", feature = "testing"))]
pub(crate) use answers::{Answer, Answers};
#[cfg(feature = "testing")]
pub(crate) use clock::Clock;
pub(crate) use clock::{Timer, wall_clock};
pub(crate) use fetches::{FetcherSlot, Registration};
pub(crate) use first_pass::{ServerFetch, ServerFetches};
#[cfg(feature = "testing")]
pub(crate) use frame::Repaint;
#[cfg(feature = "http")]
pub use http::{Get, get_json, get_json_list};
pub(crate) use mutations::{Listen, Tracking, tracking};
pub(crate) use page::data_block;
#[cfg(feature = "testing")]
pub(crate) use page::{Page, PageEvent, Watch};
pub(crate) use platform::Platform;
pub(crate) use subscribers::Subscription;
#[cfg(feature = "testing")]
pub(crate) use transport::{Socket, SocketEvent, SocketSink, Transport};

use self::{
    callbacks::Callbacks, fetches::Fetches, first_pass::FirstPass, page::PageEvent as Told,
    pressure::Pressure, subscribers::Subscribers, transport::Socket as OpenSocket,
};
use crate::{
    options::App,
    session::Session,
    store::{Keeping, Persist},
};
use realtime_core::{
    ChannelName, Client, ConnectionInfo, Generation, Input, Instant, QueryKey, Topic,
};
use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::{Rc, Weak},
};

type Command = Box<dyn FnOnce(&mut Client, Instant)>;

/// One client and everything it needs of the browser.
pub(crate) struct Runtime {
    me: Weak<Self>,
    platform: Platform,
    client: RefCell<Client>,
    connection: RefCell<ConnectionInfo>,
    /// Commands that came while the client was borrowed.
    posted: RefCell<VecDeque<Command>>,
    /// Whether outputs are being dispatched further up the stack.
    settling: Cell<bool>,
    timer: Box<dyn Timer>,
    repaint: Box<dyn frame::Repaint>,
    round: Cell<u64>,
    temporary_ids: Cell<u64>,
    socket: RefCell<Option<(Generation, Box<dyn OpenSocket>)>>,
    pressure: Pressure,
    subscribers: Rc<Subscribers>,
    /// Who waits for somebody to observe a key.
    entry_watchers: Rc<Subscribers<QueryKey>>,
    /// Who waits for others to give up their params of a channel.
    params_watchers: Rc<Subscribers<ChannelName>>,
    fetches: Rc<Fetches>,
    first_pass: FirstPass,
    callbacks: Rc<Callbacks>,
    /// Brought along by the first mutation: pages without any do not carry it.
    mutations: RefCell<Option<Rc<dyn Tracking>>>,
    app: App,
    /// Whose data the client holds, as far as a provider has said so.
    session: RefCell<Option<Session>>,
    watch: RefCell<Option<Box<dyn page::Watch>>>,
    /// Keeps things over page loads, if the app wants that.
    keeper: Option<Box<dyn Keeping>>,
    #[cfg(feature = "tabs")]
    neighbours: neighbours::Neighbours,
}

impl Runtime {
    pub(crate) fn new(client: Client, mut app: App, platform: Platform) -> Rc<Self> {
        let page = Rc::clone(&platform.page);
        app.set_console(Rc::new(move |line| page.warn(line)));
        Rc::new_cyclic(|me: &Weak<Self>| {
            let call = |act: fn(&Self)| -> Rc<dyn Fn()> {
                let me = me.clone();
                Rc::new(move || {
                    if let Some(me) = me.upgrade() {
                        act(&me);
                    }
                })
            };
            let timer = platform.clock.timer(call(|me| me.input(Input::Timeout)));
            let repaint = platform.page.repaint(call(Self::publish));
            let pressure = Pressure::new(platform.clock.timer(call(Self::measure_pressure)));
            Self {
                me: me.clone(),
                connection: RefCell::new(client.connection().clone()),
                client: RefCell::new(client),
                posted: RefCell::default(),
                settling: Cell::new(false),
                timer,
                repaint,
                round: Cell::new(0),
                temporary_ids: Cell::new(0),
                socket: RefCell::default(),
                pressure,
                subscribers: Rc::default(),
                entry_watchers: Rc::default(),
                params_watchers: Rc::default(),
                fetches: Rc::default(),
                first_pass: FirstPass::default(),
                callbacks: Rc::default(),
                mutations: RefCell::default(),
                keeper: Persist::used(app.persist.as_ref()).map(|persist| persist.keeper()),
                #[cfg(feature = "tabs")]
                neighbours: neighbours::Neighbours::around(&app),
                app,
                session: RefCell::default(),
                watch: RefCell::default(),
                platform,
            }
        })
    }

    /// Runs `command` and does what the client then wants done. `None`, and nothing done, if this
    /// is called from inside another command.
    pub(crate) fn run<R>(&self, command: impl FnOnce(&mut Client, Instant) -> R) -> Option<R> {
        let now = self.now();
        let result = command(&mut *self.client.try_borrow_mut().ok()?, now);
        self.settle();
        Some(result)
    }

    /// Runs `command` now or, if this is called from inside another, right after that one.
    pub(crate) fn post(&self, command: impl FnOnce(&mut Client, Instant) + 'static) {
        self.post_boxed(Box::new(command));
    }

    fn post_boxed(&self, command: Command) {
        let now = self.now();
        let Ok(mut client) = self.client.try_borrow_mut() else {
            return self.posted.borrow_mut().push_back(command);
        };
        command(&mut client, now);
        drop(client);
        self.settle();
    }

    /// Looks something up. `None` from inside a command.
    pub(crate) fn read<R>(&self, look: impl FnOnce(&Client) -> R) -> Option<R> {
        Some(look(&*self.client.try_borrow().ok()?))
    }

    /// The client is `session`'s from now on; says whether it was another's.
    pub(crate) fn serve(&self, session: &Session) -> bool {
        let last = self.session.replace(Some(session.clone()));
        last.is_some_and(|last| last != *session)
    }

    /// The moment it is, on the client's clock.
    pub(crate) fn now(&self) -> Instant {
        self.platform.clock.now()
    }

    /// How the connection stands; as it was when last asked, from inside a command.
    pub(crate) fn connection(&self) -> ConnectionInfo {
        if let Ok(client) = self.client.try_borrow() {
            self.connection.replace(client.connection().clone());
        }
        self.connection.borrow().clone()
    }

    /// Whether this is a server, where nothing will ever arrive.
    pub(crate) fn is_server(&self) -> bool {
        self.platform.page.is_server()
    }

    /// An id that no other row has, here or elsewhere.
    pub(crate) fn temporary_id(&self) -> String {
        let number = self.temporary_ids.get() + 1;
        self.temporary_ids.set(number);
        format!("tmp-{:x}-{number}", self.platform.seed)
    }

    /// A timer on the client's clock.
    pub(crate) fn timer(&self, ring: Rc<dyn Fn()>) -> Box<dyn Timer> {
        self.platform.clock.timer(ring)
    }

    /// Calls `call` whenever one of `topics` changes, until the subscription is dropped.
    pub(crate) fn subscribe(&self, topics: Vec<Topic>, call: Rc<dyn Fn()>) -> Subscription {
        self.subscribers.subscribe(topics, call)
    }

    /// Calls `call` whenever somebody begins to observe `key`.
    pub(crate) fn subscribe_entry(
        &self,
        key: QueryKey,
        call: Rc<dyn Fn()>,
    ) -> Subscription<QueryKey> {
        self.entry_watchers.subscribe(vec![key], call)
    }

    /// Somebody has begun to observe `key`.
    pub(crate) fn announce_entry(&self, key: &QueryKey) {
        self.entry_watchers
            .notify(std::slice::from_ref(key), self.next_round());
    }

    /// Calls `call` whenever the params of `channel` may be others.
    pub(crate) fn subscribe_params(
        &self,
        channel: ChannelName,
        call: Rc<dyn Fn()>,
    ) -> Subscription<ChannelName> {
        self.params_watchers.subscribe(vec![channel], call)
    }

    /// Somebody has given back, or taken, `channel` with params.
    pub(crate) fn announce_params(&self, channel: &ChannelName) {
        self.params_watchers
            .notify(std::slice::from_ref(channel), self.next_round());
    }

    fn next_round(&self) -> u64 {
        let round = self.round.get() + 1;
        self.round.set(round);
        round
    }

    pub(crate) fn fetches(&self) -> &Rc<Fetches> {
        &self.fetches
    }

    pub(crate) const fn first_pass(&self) -> &FirstPass {
        &self.first_pass
    }

    pub(crate) fn callbacks(&self) -> &Rc<Callbacks> {
        &self.callbacks
    }

    /// The mutations under way, if there has been one.
    pub(crate) fn mutations(&self) -> Option<Rc<dyn Tracking>> {
        self.mutations.borrow().clone()
    }

    /// Tracks mutations from now on, by what `new` gives if none was tracked before.
    pub(crate) fn track_mutations(&self, new: fn() -> Rc<dyn Tracking>) -> Rc<dyn Tracking> {
        Rc::clone(self.mutations.borrow_mut().get_or_insert_with(new))
    }

    pub(crate) fn app(&self) -> &App {
        &self.app
    }

    /// Topics that hooks are subscribed to now.
    pub(crate) fn subscriptions(&self) -> usize {
        self.subscribers.len() + self.entry_watchers.len() + self.params_watchers.len()
    }

    /// Begins to listen to the page; once is enough.
    pub(crate) fn watch_page(&self) {
        if self.watch.borrow().is_some() {
            return;
        }
        let me = self.me.clone();
        let watch = self.platform.page.watch(Rc::new(move |told| {
            if let Some(me) = me.upgrade() {
                me.page_event(told);
            }
        }));
        *self.watch.borrow_mut() = Some(watch);
    }

    fn page_event(&self, told: Told) {
        let input = match told {
            Told::Visible(visible) => Input::Visible(visible),
            Told::Online(online) => Input::Online(online),
            Told::Gone => Input::PageHide,
            Told::Back => Input::PageShow,
            Told::Activity => Input::Activity,
        };
        #[cfg(feature = "tabs")]
        if matches!(told, Told::Back) && self.neighbours().is_some_and(|tabs| tabs.back(self)) {
            return;
        }
        self.input(input);
        #[cfg(feature = "tabs")]
        if let Some(tabs) = self.neighbours() {
            match told {
                Told::Visible(visible) => tabs.visible(self, visible),
                Told::Gone => tabs.gone(self),
                _ => {}
            }
        }
        if matches!(told, Told::Visible(_)) {
            // A frame asked for while the page was shown may never come now.
            self.publish();
        }
    }

    /// Feeds the client one input.
    fn input(&self, input: Input<'_>) {
        self.run(|client, now| client.handle(now, input));
    }

    /// Does what the client wants done, until it wants nothing more.
    fn settle(&self) {
        if self.settling.replace(true) {
            // Whoever is further up the stack goes on with what this call brought.
            return;
        }
        loop {
            let posted = self.posted.borrow_mut().pop_front();
            if let Some(command) = posted {
                let now = self.now();
                command(&mut self.client.borrow_mut(), now);
                continue;
            }
            let output = self.client.borrow_mut().poll_output();
            match output {
                Some(output) => self.dispatch(output),
                None => break,
            }
        }
        self.settling.set(false);
        self.schedule();
        #[cfg(feature = "tabs")]
        if let Some(tabs) = self.neighbours() {
            tabs.pump(self);
        }
    }

    /// What keeps things over page loads, if the app wants that.
    #[inline(always)]
    pub(crate) fn keeper(&self) -> Option<&dyn Keeping> {
        Persist::used(self.keeper.as_deref())
    }

    /// The app's other tabs, if it wants to know of them.
    #[cfg(feature = "tabs")]
    #[inline(always)]
    pub(crate) fn neighbours(&self) -> Option<&dyn crate::tabs::OtherTabs> {
        crate::tabs::Tabs::used(self.neighbours.tabs.as_deref())
    }

    /// Signs the user out on this page: the client, and whoever waits for a mutation.
    pub(crate) fn sign_out(&self) {
        let mutations = self.mutations();
        self.post(move |client, now| {
            client.sign_out(now);
            if let Some(mutations) = mutations {
                mutations.signed_out(client);
            }
        });
    }

    /// Arms the timer, and sees to it that changes are published.
    fn schedule(&self) {
        let (deadline, changed, urgent) = {
            let client = self.client.borrow();
            (
                client.next_deadline(),
                client.has_changes(),
                client.is_urgent(),
            )
        };
        self.timer.arm(deadline);
        if urgent {
            self.publish();
        } else if changed {
            self.repaint.request();
        }
    }

    /// Tells the hooks what changed since the last time.
    fn publish(&self) {
        let Ok(changes) = self
            .client
            .try_borrow_mut()
            .map(|mut client| client.take_changes())
        else {
            // Inside a command; what it changes is published after it.
            return;
        };
        if changes.contains(&Topic::Connection)
            && let Some(error) = &self.connection().last_error
        {
            self.app.warn_of(error);
        }
        if !changes.is_empty() {
            self.subscribers.notify(&changes, self.next_round());
        }
    }
}

impl Drop for Runtime {
    /// The last handle went: says goodbye on the wire, and drops the rest.
    fn drop(&mut self) {
        self.fetches.cancel_all();
        if let Some(mutations) = self.mutations() {
            mutations.cancel_all();
        }
        let now = self.platform.clock.now();
        let client = self.client.get_mut();
        if let Some(keeper) = Persist::used(self.keeper.as_ref()) {
            keeper.farewell(client, now);
        }
        client.disconnect(now);
        let mut outputs = Vec::new();
        while let Some(output) = client.poll_output() {
            outputs.push(output);
        }
        for output in outputs {
            self.dispatch_farewell(output);
        }
        #[cfg(feature = "tabs")]
        if let Some(tabs) = self.neighbours() {
            tabs.farewell(now);
        }
    }
}
