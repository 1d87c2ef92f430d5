//! Support for the tests: something to show, and ways to count.

use futures::channel::oneshot;
use gloo_timers::callback::Timeout;
use realtime_yew::prelude::*;
use serde::{Deserialize, Serialize};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};
use wasm_bindgen::{JsCast, closure::Closure};

/// How often a page is looked at, at most, before what should be seen there counts as missing.
pub(crate) const GLANCES: u32 = 2_000;

/// Waits ten milliseconds, between two looks at a page whose server is a real one.
pub(crate) async fn glance() {
    let (wake, woken) = oneshot::channel::<()>();
    let timeout = Timeout::new(10, move || drop(wake));
    // It ends by being dropped.
    let _ = woken.await;
    drop(timeout);
}

/// A number that components may be given: the same one is the same prop.
#[derive(Clone, Debug, Default)]
pub(crate) struct Count(Rc<Cell<usize>>);

impl Count {
    pub(crate) fn up(&self) {
        self.0.set(self.0.get() + 1);
    }

    pub(crate) fn get(&self) -> usize {
        self.0.get()
    }

    /// The number, which begins again at zero.
    pub(crate) fn take(&self) -> usize {
        self.0.take()
    }
}

impl PartialEq for Count {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// Takes notes; the same pad is the same prop.
#[derive(Clone, Debug)]
pub(crate) struct Log<T>(Rc<RefCell<Vec<T>>>);

impl<T> Default for Log<T> {
    fn default() -> Self {
        Self(Rc::default())
    }
}

impl<T> Log<T> {
    pub(crate) fn note(&self, note: T) {
        self.0.borrow_mut().push(note);
    }

    pub(crate) fn take(&self) -> Vec<T> {
        self.0.take()
    }
}

impl<T> PartialEq for Log<T> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stock {
    pub(crate) symbol: String,
    pub(crate) price: f64,
}

pub(crate) fn stock(symbol: &str, price: f64) -> Stock {
    Stock {
        symbol: symbol.to_owned(),
        price,
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) id: u64,
    pub(crate) version: u64,
    pub(crate) title: String,
}

impl ListItem for Task {
    fn id(&self) -> RowId {
        self.id.into()
    }

    fn version(&self) -> Option<u64> {
        Some(self.version)
    }
}

pub(crate) fn task(id: u64, title: &str) -> Task {
    Task {
        id,
        version: 1,
        title: title.to_owned(),
    }
}

pub(crate) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Real frames of the browser pass until `is_done` says so: for what only the browser knows, such
/// as the sizes of things.
pub(crate) async fn until(mut is_done: impl FnMut() -> bool) {
    for _ in 0..300 {
        if is_done() {
            return;
        }
        next_frame().await;
    }
    panic!("it has not come about in 300 frames");
}

/// One frame of the browser passes. What it tells of sizes, it has told before the one after.
pub(crate) async fn next_frame() {
    let (sender, receiver) = futures::channel::oneshot::channel();
    let drawn = Closure::once_into_js(move || sender.send(()).expect("the test waits for it"));
    web_sys::window()
        .expect("tests run in a browser")
        .request_animation_frame(drawn.unchecked_ref())
        .expect("a window has frames");
    receiver.await.expect("the frame comes");
    realtime_yew::testing::flush().await;
}
