//! Owners of mutations that are kept: pages of one user that live at the same time, over one database.

use crate::{
    persistence_kit::{TasksProps, app, until},
    support::{Log, Task},
};
use realtime_yew::{
    PersistOptions,
    prelude::*,
    testing::{Mounted, TestBed},
};
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

/// One tab: a client with a page, a network and a server of its own.
struct Tab {
    bed: TestBed,
    page: Mounted,
    /// The ids of what the server has been sent.
    ids: Log<String>,
}

impl Tab {
    /// A tab that cannot reach the server, and has read what is kept.
    async fn open(name: &str, seed: u64) -> Self {
        let tab = Self::begin(name, seed);
        until(&tab.bed, || tab.page.count("p") == 1).await;
        tab
    }

    fn begin(name: &str, seed: u64) -> Self {
        let options = RealtimeOptions::default()
            .with_persist_mutations(PersistOptions::new(name).with_build("1"))
            .with_seed(seed)
            .with_console(false);
        let bed = TestBed::with_options(options);
        let ids = Log::default();
        let seen = ids.clone();
        bed.server().on("task:rename", move |_, request| {
            seen.note(request.text("id").to_owned());
            Ok(json!(null))
        });
        bed.set_unreachable(true);
        let page = bed.mount(app(&TasksProps::default()));
        Self { bed, page, ids }
    }

    fn pending(&self) -> usize {
        self.bed.client().pending_mutations()
    }

    /// Renames a task, and waits until that is on the disk.
    async fn rename(&self, title: &str) {
        let tasks = ListRef::<Task>::from(key!["tasks"]);
        let change = json!({ "id": 1, "title": title });
        let batches = || self.bed.client().stats().store.batches;
        let before = batches();
        self.bed.client().mutate(
            MutationSpec::message("task:rename", "tasks", &change)
                .with_edit(tasks.update(1_u64, &json!({ "title": title })))
                .with_persist(),
        );
        until(&self.bed, || batches() > before).await;
    }

    /// Sends what waits; how much the server has got then.
    async fn sent(&self) -> usize {
        self.bed.set_unreachable(false);
        self.bed.client().reconnect();
        until(&self.bed, || self.pending() == 0).await;
        self.ids.take().len()
    }

    /// Closes the tab without a word to the server.
    fn close(self) {
        self.bed.leave_page();
        self.page.unmount();
    }
}

/// Lets things happen in both tabs until `is_done` says so.
async fn until_any(tabs: [&Tab; 2], is_done: impl Fn() -> bool) {
    for _ in 0..crate::support::GLANCES {
        for tab in tabs {
            tab.bed.settle().await;
        }
        if is_done() {
            return;
        }
        crate::support::glance().await;
    }
    panic!("it has not come about");
}

/// A tab, opened and closed again, has left an edit.
async fn left_behind(name: &str) {
    let tab = Tab::open(name, 1).await;
    tab.rename("Bake bread").await;
    tab.close();
}

#[wasm_bindgen_test]
async fn a_page_does_not_take_over_what_another_that_lives_has_done() {
    let first = Tab::open("owner lives", 1).await;
    first.rename("Bake bread").await;
    let second = Tab::open("owner lives", 2).await;
    assert_eq!((first.pending(), second.pending()), (1, 0));
    // What the second has done is not the first's either, and both are sent once.
    second.rename("Bake cake").await;
    assert_eq!((first.sent().await, second.sent().await), (1, 1));
    second.close();
    let third = Tab::open("owner lives", 3).await;
    assert_eq!(third.pending(), 0);
    drop(first);
}

#[wasm_bindgen_test]
async fn what_a_page_has_done_that_is_gone_a_page_that_lives_takes_over_once() {
    let first = Tab::open("owner gone", 1).await;
    let second = Tab::open("owner gone", 2).await;
    let third = Tab::open("owner gone", 3).await;
    // Both have been there before there was anything to own.
    first.rename("Bake bread").await;
    first.close();
    let heirs = [&second, &third];
    let pending = || heirs.map(Tab::pending);
    until_any(heirs, || pending() != [0, 0]).await;
    let fourth = Tab::open("owner gone", 4).await;
    assert_eq!((pending().iter().sum::<usize>(), fourth.pending()), (1, 0));
    // It is that page's now, until that one is gone as well.
    let (heir, other) = match pending() {
        [1, _] => (second, third),
        _ => (third, second),
    };
    heir.close();
    let pending = || other.pending() + fourth.pending();
    until_any([&other, &fourth], || pending() == 1).await;
    assert_eq!(other.sent().await + fourth.sent().await, 1);
    let fifth = Tab::open("owner gone", 5).await;
    assert_eq!(fifth.pending(), 0);
}

#[wasm_bindgen_test]
async fn a_page_that_has_nothing_to_own_any_more_leaves_what_it_does_later_to_itself() {
    let first = Tab::open("owner again", 1).await;
    let second = Tab::open("owner again", 2).await;
    first.rename("Bake bread").await;
    assert_eq!(first.sent().await, 1);
    until_held("owner again", 0).await;
    first.bed.set_unreachable(true);
    first.bed.cut();
    first.rename("Bake rolls").await;
    // The second hears that the first has given its lock back, and looks for what that has left.
    for _ in 0..400 {
        until_any([&first, &second], || true).await;
        crate::support::glance().await;
    }
    assert_eq!((first.pending(), second.pending()), (1, 0));
    assert_eq!(first.sent().await, 1);
}

#[wasm_bindgen_test]
async fn of_two_pages_that_open_at_once_one_takes_over_what_was_left() {
    left_behind("at once").await;
    let (one, other) = (Tab::begin("at once", 2), Tab::begin("at once", 3));
    for tab in [&one, &other] {
        until(&tab.bed, || tab.page.count("p") == 1).await;
    }
    assert_eq!(one.pending() + other.pending(), 1);
    let (by_one, by_other) = (one.sent().await, other.sent().await);
    assert_eq!(by_one + by_other, 1);
}

#[wasm_bindgen_test]
async fn where_there_are_no_locks_everything_is_taken_over() {
    let broken = crate::persistence_failures::Broken::by(
        "Object.defineProperty(navigator, 'locks', { value: undefined, configurable: true })",
        "delete navigator.locks",
    );
    let first = Tab::open("no locks", 1).await;
    first.rename("Bake bread").await;
    let second = Tab::open("no locks", 2).await;
    assert_eq!((first.pending(), second.pending()), (1, 1));
    drop(broken);
}

#[wasm_bindgen_test]
async fn a_page_that_owns_nothing_holds_no_lock() {
    let tab = Tab::open("idle", 1).await;
    assert_eq!(held("idle").await, 0);
    tab.rename("Bake bread").await;
    assert_eq!(held("idle").await, 1);
    tab.sent().await;
    until_held("idle", 0).await;
}

/// Lets so many pages of an app hold a lock.
async fn until_held(app: &str, count: usize) {
    for _ in 0..crate::support::GLANCES {
        if held(app).await == count {
            return;
        }
        crate::support::glance().await;
    }
    panic!("others than {count} hold one");
}

/// How many pages hold a lock in the database of an app.
async fn held(app: &str) -> usize {
    let script = format!(
        "return navigator.locks.query().then(({{ held }}) => held.filter(({{ name }}) =>
            name.startsWith('realtime-page/realtime/{}/{app}/')).length)",
        app.len()
    );
    let count = crate::persistence_failures::run(&script);
    let count = wasm_bindgen_futures::JsFuture::from(js_sys::Promise::from(count)).await;
    count
        .ok()
        .and_then(|count| count.as_f64())
        .expect("it is a number") as usize
}
