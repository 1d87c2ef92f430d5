//! The parts that touch the browser, in one. Everything is awaited, nothing slept for.

use super::{
    clock::{BrowserClock, Clock, Timer},
    frame::Repaint,
    page::{BrowserPage, Page, PageEvent},
};
use futures::channel::oneshot;
use realtime_core::AddressProblem;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::Event;

wasm_bindgen_test_configure!(run_in_browser);

/// A callback that counts its calls, and a future of the next one.
struct Bell {
    rings: Rc<Cell<u32>>,
    waiting: Rc<RefCell<Option<oneshot::Sender<()>>>>,
}

impl Bell {
    fn new() -> Self {
        Self {
            rings: Rc::default(),
            waiting: Rc::default(),
        }
    }

    fn ring(&self) -> Rc<dyn Fn()> {
        let (rings, waiting) = (Rc::clone(&self.rings), Rc::clone(&self.waiting));
        Rc::new(move || {
            rings.set(rings.get() + 1);
            if let Some(waiting) = waiting.borrow_mut().take() {
                let _ = waiting.send(());
            }
        })
    }

    async fn next(&self) {
        let (sender, receiver) = oneshot::channel();
        *self.waiting.borrow_mut() = Some(sender);
        receiver.await.expect("the bell outlives its sender");
    }
}

fn soon(millis: u64) -> Option<realtime_core::Instant> {
    Some(BrowserClock.now() + Duration::from_millis(millis))
}

/// Makes the page claim to be `state`, as a tab in the background would.
fn claim(state: &str) {
    let script = format!(
        "Object.defineProperty(document, 'visibilityState', {{ configurable: true, get: () => '{state}' }});\
         document.dispatchEvent(new Event('visibilitychange'));"
    );
    js_sys::eval(&script).expect("the script is valid");
}

fn end_claim() {
    js_sys::eval("delete document.visibilityState").expect("the script is valid");
}

#[wasm_bindgen_test]
async fn a_timer_armed_for_earlier_rings_earlier_and_only_once() {
    let bell = Bell::new();
    let timer = BrowserClock.timer(bell.ring());
    timer.arm(soon(3_600_000));
    timer.arm(soon(1));
    bell.next().await;
    let other = Bell::new();
    let later = BrowserClock.timer(other.ring());
    later.arm(soon(20));
    other.next().await;
    assert_eq!(bell.rings.get(), 1);
}

#[wasm_bindgen_test]
async fn a_timer_may_be_armed_again_from_its_own_ring() {
    let bell = Bell::new();
    let timer: Rc<RefCell<Option<Box<dyn Timer>>>> = Rc::default();
    let ring = {
        let (timer, ring) = (Rc::clone(&timer), bell.ring());
        Rc::new(move || {
            ring();
            if let Some(timer) = &*timer.borrow() {
                timer.arm(soon(1));
            }
        })
    };
    *timer.borrow_mut() = Some(BrowserClock.timer(ring));
    timer.borrow().as_ref().expect("just set").arm(soon(1));
    bell.next().await;
    bell.next().await;
    assert_eq!(bell.rings.get(), 2);
    timer.borrow_mut().take();
}

#[wasm_bindgen_test]
async fn a_timer_that_is_disarmed_or_dropped_does_not_ring() {
    let bell = Bell::new();
    let disarmed = BrowserClock.timer(bell.ring());
    disarmed.arm(soon(1));
    disarmed.arm(None);
    let dropped = BrowserClock.timer(bell.ring());
    dropped.arm(soon(1));
    drop(dropped);
    let other = Bell::new();
    let later = BrowserClock.timer(other.ring());
    later.arm(soon(20));
    other.next().await;
    assert_eq!(bell.rings.get(), 0);
}

#[wasm_bindgen_test]
async fn many_requests_are_one_frame() {
    let bell = Bell::new();
    let repaint = BrowserPage.repaint(bell.ring());
    for _ in 0..3 {
        repaint.request();
    }
    bell.next().await;
    assert_eq!(bell.rings.get(), 1);
    repaint.request();
    bell.next().await;
    assert_eq!(bell.rings.get(), 2);
}

#[wasm_bindgen_test]
async fn a_hidden_page_is_repainted_by_a_timer() {
    claim("hidden");
    let bell = Bell::new();
    let repaint: Box<dyn Repaint> = BrowserPage.repaint(bell.ring());
    repaint.request();
    bell.next().await;
    assert_eq!(bell.rings.get(), 1);
    end_claim();
}

#[wasm_bindgen_test]
async fn page_events_are_told_until_the_watch_is_dropped() {
    let told: Rc<RefCell<Vec<PageEvent>>> = Rc::default();
    let watch = BrowserPage.watch({
        let told = Rc::clone(&told);
        Rc::new(move |event| told.borrow_mut().push(event))
    });
    told.borrow_mut().clear();
    let window = web_sys::window().expect("tests run in a browser");
    let fire = |name: &str| {
        let event = Event::new(name).expect("the name is valid");
        window.dispatch_event(&event).expect("the event is new");
    };
    claim("hidden");
    claim("visible");
    end_claim();
    fire("offline");
    fire("online");
    // The first load also fires `pageshow`; it is no return.
    fire("pageshow");
    fire("pagehide");
    fire("pageshow");
    fire("keydown");
    fire("pointermove");
    assert_eq!(
        told.take(),
        [
            PageEvent::Visible(false),
            PageEvent::Visible(true),
            PageEvent::Online(false),
            PageEvent::Online(true),
            PageEvent::Gone,
            PageEvent::Back,
            PageEvent::Activity,
        ]
    );
    drop(watch);
    fire("offline");
    assert_eq!(told.take(), []);
}

#[wasm_bindgen_test]
fn urls_are_taken_against_the_page_and_made_for_sockets() {
    let host = web_sys::window()
        .expect("tests run in a browser")
        .location()
        .host()
        .expect("a page has a host");
    let resolve = |url| BrowserPage.resolve(url);
    assert_eq!(resolve("/ws#top"), Ok(format!("ws://{host}/ws")));
    assert_eq!(resolve("https://a.test/x"), Ok("wss://a.test/x".to_owned()));
    assert!(resolve("http://").is_err());
    for (url, problem) in [
        ("mailto:a@b.test", AddressProblem::Scheme),
        ("https://user:secret@a.test", AddressProblem::Credentials),
        ("https://999.999.1.1", AddressProblem::Host),
    ] {
        let error = resolve(url).expect_err(url);
        assert_eq!(error.problem, problem);
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
