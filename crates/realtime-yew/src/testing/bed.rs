//! One client and the world around it.

use super::{
    clock::{MAX_RINGS, ManualClock},
    flush::{flush, next_microtask},
    mounted::Mounted,
    page::FakePage,
    transport::FakeTransport,
};
#[cfg(feature = "http")]
use crate::runtime::{Answer, Answers};
use crate::{
    client::RealtimeClient,
    options::RealtimeOptions,
    runtime::{PageEvent, Platform},
};
#[cfg(feature = "http")]
use realtime_core::Position;
use realtime_core::testing::ScriptedServer;
#[cfg(feature = "http")]
use serde::Serialize;
use std::{cell::RefMut, fmt, rc::Rc, time::Duration};
use yew::{Html, html::BaseComponent};

/// A client, a server, the network between them, a page and a clock.
///
/// Frames, in both senses, wait until [`settle`](Self::settle), [`deliver`](Self::deliver) or
/// [`advance`](Self::advance).
pub struct TestBed {
    client: RealtimeClient,
    clock: ManualClock,
    page: FakePage,
    transport: FakeTransport,
    #[cfg(feature = "http")]
    answers: Rc<Answers>,
}

/// How often [`settle`](TestBed::settle) looks again for something to do.
const MAX_ROUNDS: usize = 100;

/// After so many looks in vain there is nothing to do.
const IDLE_ROUNDS: usize = 2;

impl Default for TestBed {
    fn default() -> Self {
        Self::new()
    }
}

impl TestBed {
    /// A bed with the default options.
    #[must_use]
    pub fn new() -> Self {
        Self::with_options(RealtimeOptions::default())
    }

    /// A bed whose client has these options. The seed is fixed, unless they say otherwise.
    #[must_use]
    pub fn with_options(options: RealtimeOptions) -> Self {
        let clock = ManualClock::default();
        let page = FakePage::new(clock.clone());
        let transport = FakeTransport::default();
        let platform = Platform {
            clock: Rc::new(clock.clone()),
            page: Rc::new(page.clone()),
            transport: Rc::new(transport.clone()),
            seed: 7,
        };
        Self {
            client: RealtimeClient::on_platform("wss://test/ws", options, platform),
            clock,
            page,
            transport,
            #[cfg(feature = "http")]
            answers: Answers::new(),
        }
    }

    /// The client. It connects when something is mounted, or when told to.
    #[must_use]
    pub fn client(&self) -> RealtimeClient {
        self.client.clone()
    }

    /// The server. Let go of it before time passes.
    #[must_use]
    pub fn server(&self) -> RefMut<'_, ScriptedServer> {
        self.transport.wire().server.borrow_mut()
    }

    /// The warnings that the page's console got since this was last asked. A page in a debug build
    /// gets each once.
    pub fn take_warnings(&self) -> Vec<String> {
        self.page.take_warnings()
    }

    /// The clock.
    #[must_use]
    pub const fn clock(&self) -> &ManualClock {
        &self.clock
    }

    /// Mounts `html` under a provider of this client, in a new element of the page's body.
    ///
    /// # Panics
    ///
    /// Outside a browser.
    #[must_use = "it unmounts when dropped"]
    pub fn mount(&self, html: Html) -> Mounted {
        Mounted::new(Some(self.client.clone()), html)
    }

    /// Takes over `html`, which a server rendered of the same component with the same properties, in
    /// a new element of the page's body. The component brings its own provider.
    ///
    /// # Panics
    ///
    /// Outside a browser, or if the component renders something else than the server did.
    #[must_use = "it unmounts when dropped"]
    pub fn hydrate<C: BaseComponent>(&self, props: C::Properties, html: &str) -> Mounted {
        Mounted::hydrate::<C>(props, html)
    }

    /// Carries what is on its way between client and server.
    pub fn deliver(&self) {
        self.transport.deliver();
    }

    /// Lets this much time pass: timers ring in order, and what they cause is carried.
    ///
    /// # Panics
    ///
    /// If a timer sets itself again and again for the same moment.
    pub fn advance(&self, by: Duration) {
        let until = self.clock.now() + by;
        self.deliver();
        for _ in 0..MAX_RINGS {
            if !self.clock.ring_next(until) {
                self.clock.jump(until);
                return;
            }
            self.deliver();
        }
        panic!("a timer rings again and again at {}", self.clock.now());
    }

    /// The machine sleeps this long: time has passed, but nothing has rung.
    pub fn sleep(&self, by: Duration) {
        self.clock.jump(self.clock.now() + by);
    }

    /// Lets everything happen that needs no time: frames are carried and drawn, fetches answer,
    /// components render, until nothing is left to do.
    ///
    /// # Panics
    ///
    /// As [`flush`](super::flush) does, and if it finds no end: where each frame or each render
    /// brings another one.
    pub async fn settle(&self) {
        let mut idle = 0;
        for _ in 0..MAX_ROUNDS {
            let carried = self.transport.deliver();
            next_microtask().await;
            let drawn = self.page.draw_frame();
            flush().await;
            // A render of the last round may have begun something that this one could not see.
            idle = if carried || drawn { 0 } else { idle + 1 };
            if idle == IDLE_ROUNDS {
                return;
            }
        }
        panic!("there is still something to do after {MAX_ROUNDS} rounds of frames and renders");
    }

    /// Lets this much time pass as [`advance`](Self::advance) does, with everything settled between
    /// one timer and the next: fetches, token providers and components keep up.
    ///
    /// # Panics
    ///
    /// As [`advance`](Self::advance).
    pub async fn pass(&self, by: Duration) {
        let until = self.clock.now() + by;
        self.settle().await;
        for _ in 0..MAX_RINGS {
            if !self.clock.ring_next(until) {
                self.clock.jump(until);
                return;
            }
            self.settle().await;
        }
        panic!("a timer rings again and again at {}", self.clock.now());
    }

    /// Whoever fetches `url` by [`get_json`](crate::get_json) and the like gets `data`, as JSON, from now
    /// on. The URL must be the one that is fetched, to the letter. Feature `http`.
    ///
    /// Once a bed answers anything, no such fetch goes over the network: one that nobody has an answer
    /// for fails, and its error says for which URL.
    ///
    /// ```
    /// use realtime_yew::{Fetcher, get_json, prelude::*, testing::TestBed};
    /// use yew::prelude::*;
    ///
    /// #[component]
    /// fn Motd() -> Html {
    ///     let motd = use_realtime_query(
    ///         key!["motd"],
    ///         Fetcher::<String>::positioned(|| get_json("/api/motd")),
    ///         UseRealtimeQueryOptions::default().with_event("motd"),
    ///     );
    ///     if let Some(error) = motd.error() {
    ///         return html! { <p>{ error.to_string() }</p> };
    ///     }
    ///     html! { <p>{ motd.data().as_deref().cloned() }</p> }
    /// }
    ///
    /// // Under wasm-bindgen-test, in a browser.
    /// async fn the_message_of_the_day_is_shown() {
    ///     let bed = TestBed::new();
    ///     bed.respond("/api/motd", "Hello");
    ///     let page = bed.mount(html! { <Motd /> });
    ///     bed.settle().await;
    ///     assert_eq!(page.text("p"), "Hello");
    ///     assert_eq!(bed.requested(), ["/api/motd"]);
    ///
    ///     bed.respond_status("/api/motd", 404);
    ///     bed.client().refetch(&key!["motd"]);
    ///     bed.settle().await;
    ///     assert!(page.text("p").contains("404"));
    /// }
    /// ```
    ///
    /// # Panics
    ///
    /// If `data` does not turn into JSON.
    #[cfg(feature = "http")]
    pub fn respond(&self, url: &str, data: impl Serialize) {
        self.answer(url, 200, &data, None);
    }

    /// As [`respond`](Self::respond), with the position of the channel at which the data was read.
    ///
    /// # Panics
    ///
    /// If `data` does not turn into JSON.
    #[cfg(feature = "http")]
    pub fn respond_at(&self, url: &str, position: Position, data: impl Serialize) {
        self.answer(url, 200, &data, Some(position));
    }

    /// As [`respond`](Self::respond), with this status and no data: 404 is final, 503 is tried again.
    #[cfg(feature = "http")]
    pub fn respond_status(&self, url: &str, status: u16) {
        self.answer(url, status, &(), None);
    }

    /// The URLs that were fetched so far, in order, by those who are answered here.
    #[cfg(feature = "http")]
    #[must_use]
    pub fn requested(&self) -> Vec<String> {
        self.answers.asked()
    }

    #[cfg(feature = "http")]
    fn answer(&self, url: &str, status: u16, data: &impl Serialize, position: Option<Position>) {
        let body = serde_json::to_string(data).expect("what a test answers turns into JSON");
        let answer = Answer {
            status,
            body,
            position,
        };
        self.answers.set(url, answer);
    }

    /// The connection breaks, without a word to either side.
    pub fn cut(&self) {
        self.transport.cut();
    }

    /// While true, attempts to connect fail.
    pub fn set_unreachable(&self, unreachable: bool) {
        self.transport.wire().unreachable.set(unreachable);
    }

    /// How many attempts to connect there were.
    #[must_use]
    pub fn attempts(&self) -> usize {
        self.transport.wire().attempts.get()
    }

    /// The codes with which the client has closed its sockets.
    #[must_use]
    pub fn goodbyes(&self) -> Vec<u16> {
        self.transport.wire().goodbyes.borrow().clone()
    }

    /// What the browser claims to have buffered for the socket, from the next send on.
    pub fn set_buffered(&self, bytes: u32) {
        self.transport.wire().buffered.set(bytes);
    }

    /// The page is shown or hidden. A hidden page has no frames.
    pub fn set_visible(&self, visible: bool) {
        self.page.tell(PageEvent::Visible(visible));
    }

    /// The browser says that it is online or offline.
    pub fn set_online(&self, online: bool) {
        self.page.tell(PageEvent::Online(online));
    }

    /// The user leaves the page, perhaps to come back.
    pub fn leave_page(&self) {
        self.page.tell(PageEvent::Gone);
    }

    /// The user comes back to the page.
    pub fn return_to_page(&self) {
        self.page.tell(PageEvent::Back);
    }

    /// The user presses a key or moves the pointer.
    pub fn touch(&self) {
        self.page.tell(PageEvent::Activity);
    }

    /// How many clients listen to the page: none once the client is gone.
    #[must_use]
    pub fn page_listeners(&self) -> usize {
        self.page.watchers()
    }

    /// The page is loaded anew: the client goes as one does whose page is left, and another one with these
    /// options takes its place, with the same server, network, page and clock. What was mounted before shows
    /// the old one; unmount it first.
    pub fn reload(&mut self, options: RealtimeOptions) {
        self.leave_page();
        let platform = Platform {
            clock: Rc::new(self.clock.clone()),
            page: Rc::new(self.page.clone()),
            transport: Rc::new(self.transport.clone()),
            seed: 9,
        };
        self.client = RealtimeClient::on_platform("wss://test/ws", options, platform);
    }

    /// Drops the bed's own clone of the client, and keeps the world to look at.
    pub fn drop_client(&mut self) {
        let platform = Platform {
            clock: Rc::new(self.clock.clone()),
            page: Rc::new(self.page.clone()),
            transport: Rc::new(self.transport.clone()),
            seed: 8,
        };
        self.client =
            RealtimeClient::on_platform("wss://test/ws", RealtimeOptions::default(), platform);
    }
}

impl fmt::Debug for TestBed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestBed")
            .field("client", &self.client)
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}
