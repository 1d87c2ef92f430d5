//! Databases that are missing, blocked, full or lost: IndexedDB is broken for one page at a time, in JavaScript.

use crate::persistence_kit::{TasksProps, app, mount, options, until, write};
use js_sys::{Function, Reflect};
use realtime_core::StoreError;
use realtime_yew::{PersistOptions, prelude::*, testing::TestBed};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;
use yew::prelude::*;

/// Runs a script that breaks something, and another one when it is dropped.
pub(crate) struct Broken {
    mend: &'static str,
}

impl Broken {
    pub(crate) fn by(script: &str, mend: &'static str) -> Self {
        run(script);
        Self { mend }
    }
}

impl Drop for Broken {
    fn drop(&mut self) {
        run(self.mend);
    }
}

pub(crate) fn run(script: &str) -> JsValue {
    Function::new_no_args(script)
        .call0(&JsValue::NULL)
        .expect("the script is sound")
}

/// A page whose errors are taken down.
fn bed(name: &str) -> (TestBed, Rc<RefCell<Vec<StoreError>>>) {
    let errors = Rc::<RefCell<Vec<StoreError>>>::default();
    let noted = Rc::clone(&errors);
    let options = options(name).with_on_error(move |error| {
        if let RealtimeError::Fault(realtime_core::Fault::Store(error)) = error {
            noted.borrow_mut().push(error);
        }
    });
    (TestBed::with_options(options), errors)
}

#[wasm_bindgen_test]
async fn without_indexeddb_the_page_works_and_says_so_once() {
    let broken = Broken::by(
        "globalThis.realDatabases = Object.getOwnPropertyDescriptor(globalThis, 'indexedDB');
         Object.defineProperty(globalThis, 'indexedDB', { value: undefined, configurable: true })",
        "Object.defineProperty(globalThis, 'indexedDB', globalThis.realDatabases)",
    );
    let (bed, errors) = bed("missing");
    let props = TasksProps::default();
    let page = mount(&bed, &props).await;
    assert_eq!(page.text("p"), "Bake Call");
    bed.set_visible(false);
    bed.set_visible(true);
    bed.settle().await;
    assert!(
        matches!(errors.borrow()[..], [StoreError::Missing(_)]),
        "{errors:?}"
    );
    assert_eq!(bed.client().stats().store.refused, 1);
    let warnings = bed.take_warnings();
    let said = warnings
        .iter()
        .filter(|line| line.contains("nothing is kept"));
    assert_eq!(said.count(), 1, "{warnings:?}");
    drop(broken);
}

#[wasm_bindgen_test]
async fn a_database_that_cannot_be_opened_is_none() {
    let broken = Broken::by(
        "globalThis.realOpen = IDBFactory.prototype.open;
         IDBFactory.prototype.open = function () { throw new DOMException('no', 'SecurityError') }",
        "IDBFactory.prototype.open = globalThis.realOpen",
    );
    let (bed, errors) = bed("forbidden");
    mount(&bed, &TasksProps::default()).await;
    assert_eq!(errors.borrow().len(), 1, "{errors:?}");
    drop(broken);
}

#[wasm_bindgen_test]
async fn a_database_that_never_opens_is_waited_for_two_seconds() {
    let broken = Broken::by(
        "globalThis.realOpen = IDBFactory.prototype.open;
         IDBFactory.prototype.open = function () {
             const request = Object.create(IDBOpenDBRequest.prototype);
             for (const name of ['onupgradeneeded', 'onsuccess', 'onblocked', 'onerror'])
                 Object.defineProperty(request, name, { value: null, writable: true });
             return request;
         }",
        "IDBFactory.prototype.open = globalThis.realOpen",
    );
    let (bed, errors) = bed("hangs");
    let page = bed.mount(app(&TasksProps::default()));
    bed.pass(std::time::Duration::from_millis(1_999)).await;
    assert_eq!(page.count("p"), 0);
    bed.pass(std::time::Duration::from_millis(1)).await;
    until(&bed, || page.text("p") == "Bake Call").await;
    assert!(
        matches!(errors.borrow()[..], [StoreError::Slow { .. }]),
        "{errors:?}"
    );
    drop(broken);
}

#[wasm_bindgen_test]
async fn a_full_database_is_told_of_and_the_page_goes_on() {
    let (bed, errors) = bed("full");
    let page = mount(&bed, &TasksProps::default()).await;
    let broken = Broken::by(
        "globalThis.realPut = IDBObjectStore.prototype.put;
         IDBObjectStore.prototype.put = function () { throw new DOMException('no', 'QuotaExceededError') }",
        "IDBObjectStore.prototype.put = globalThis.realPut",
    );
    bed.advance(std::time::Duration::from_millis(500));
    until(&bed, || !errors.borrow().is_empty()).await;
    assert_eq!(*errors.borrow(), [StoreError::Full]);
    assert_eq!(bed.client().stats().store.refused, 1);
    drop(broken);
    bed.server().publish(
        "tasks",
        "list:update",
        r#"{"action":"delete","item":{"id":1}}"#,
    );
    until(&bed, || page.text("p") == "Call").await;
    bed.pass(crate::support::seconds(2)).await;
    until(&bed, || bed.client().stats().store.batches == 1).await;
}

#[wasm_bindgen_test]
async fn a_connection_that_the_browser_has_dropped_is_opened_anew() {
    let broken = Broken::by(
        "globalThis.opened = [];
         globalThis.realTransaction = IDBDatabase.prototype.transaction;
         IDBDatabase.prototype.transaction = function (...of) {
             globalThis.opened.push(this);
             return globalThis.realTransaction.apply(this, of);
         }",
        "IDBDatabase.prototype.transaction = globalThis.realTransaction",
    );
    let (bed, errors) = bed("lost");
    mount(&bed, &TasksProps::default()).await;
    // As WebKit does with hidden pages: whoever uses it hears of an invalid state.
    run("for (const database of globalThis.opened) database.close()");
    write(&bed).await;
    assert!(errors.borrow().is_empty(), "{errors:?}");
    let connections = run("return new Set(globalThis.opened).size");
    assert_eq!(connections.as_f64(), Some(2.0));
    drop(broken);
}

#[wasm_bindgen_test]
async fn a_database_that_another_page_blocks_is_not_waited_for_either() {
    // One page holds on to it, and another wants it deleted: whoever opens it waits for both.
    let broken = Broken::by(
        "const request = indexedDB.open('realtime/7/blocked/', 1);
         request.onsuccess = () => {
             globalThis.held = request.result;
             indexedDB.deleteDatabase('realtime/7/blocked/').onblocked = () => { globalThis.blocked = true };
         }",
        "globalThis.held.close()",
    );
    let (bed, errors) = bed("blocked");
    until(&bed, || is_true("blocked")).await;
    let page = bed.mount(app(&TasksProps::default()));
    bed.pass(std::time::Duration::from_secs(2)).await;
    until(&bed, || page.text("p") == "Bake Call").await;
    assert!(
        matches!(errors.borrow()[..], [StoreError::Slow { .. }]),
        "{errors:?}"
    );
    // Once it is let go, what changes is kept.
    drop(broken);
    write(&bed).await;
}

#[wasm_bindgen_test]
async fn a_database_that_another_tab_holds_in_an_older_form_is_done_without() {
    // What is asked for is one form newer than what the other tab has open and does not let go.
    let broken = Broken::by(
        "globalThis.realOpen = IDBFactory.prototype.open;
         const open = (name, version) => globalThis.realOpen.call(indexedDB, name, version);
         open('realtime/5/older/', 1).onsuccess = event => { globalThis.older = event.target.result };
         IDBFactory.prototype.open = (name, version) => open(name, version + 1)",
        "IDBFactory.prototype.open = globalThis.realOpen; globalThis.older.close()",
    );
    let (bed, errors) = bed("older");
    until(&bed, || is_true("older")).await;
    let page = mount(&bed, &TasksProps::default()).await;
    assert_eq!(page.text("p"), "Bake Call");
    assert_eq!(*errors.borrow(), [StoreError::Blocked]);
    bed.pass(crate::support::seconds(2)).await;
    let stats = bed.client().stats().store;
    assert_eq!((stats.refused, stats.batches), (1, 0));
    let warnings = bed.take_warnings();
    let said = warnings
        .iter()
        .filter(|line| line.contains("close the other tabs"));
    assert_eq!(said.count(), 1, "{warnings:?}");
    // It goes on in memory, also when the other tab lets go.
    drop(broken);
    bed.server().publish(
        "tasks",
        "list:update",
        r#"{"action":"delete","item":{"id":1}}"#,
    );
    until(&bed, || page.text("p") == "Call").await;
}

#[wasm_bindgen_test]
async fn a_database_of_a_newer_form_is_left_alone() {
    run("globalThis.newer = false;
         const request = indexedDB.open('realtime/5/newer/', 7);
         request.onsuccess = () => { request.result.close(); globalThis.newer = true }");
    let (bed, errors) = bed("newer");
    until(&bed, || is_true("newer")).await;
    let page = mount(&bed, &TasksProps::default()).await;
    assert_eq!(page.text("p"), "Bake Call");
    assert!(
        matches!(&errors.borrow()[..], [StoreError::Missing(why)] if why.contains("VersionError")),
        "{errors:?}"
    );
}

/// A disk with room for two things, whatever they are. A transaction that finds none leaves all as it was.
fn room_for_two() -> Broken {
    Broken::by(
        "const { put, delete: remove } = IDBObjectStore.prototype;
         globalThis.realPut = put; globalThis.realDelete = remove;
         let kept = new Set(); const before = new WeakMap();
         const begin = store => {
             if (!before.has(store.transaction)) before.set(store.transaction, new Set(kept));
             return key => `${store.name} ${key}`;
         };
         IDBObjectStore.prototype.put = function (value, key) {
             const name = begin(this)(key);
             if (!kept.has(name) && kept.size >= 2) {
                 kept = before.get(this.transaction);
                 throw new DOMException('no', 'QuotaExceededError');
             }
             kept.add(name);
             return put.call(this, value, key);
         };
         IDBObjectStore.prototype.delete = function (key) {
             kept.delete(begin(this)(key));
             return remove.call(this, key);
         };
         globalThis.namesKept = () => [...kept].sort().join()",
        "IDBObjectStore.prototype.put = globalThis.realPut;
         IDBObjectStore.prototype.delete = globalThis.realDelete",
    )
}

#[component]
fn Price(props: &PriceProps) -> Html {
    let price = use_realtime_query(
        key!["price", props.of],
        || async { Ok::<_, FetchError>(1.5) },
        UseRealtimeQueryOptions::default().with_persist(),
    );
    html! { <p>{ price.data().as_deref().copied() }</p> }
}

#[derive(PartialEq, Properties)]
struct PriceProps {
    of: u64,
}

#[wasm_bindgen_test]
async fn where_there_is_no_room_the_oldest_rows_go_and_never_what_was_done() {
    let broken = room_for_two();
    let errors = Rc::<RefCell<Vec<StoreError>>>::default();
    let noted = Rc::clone(&errors);
    let options = RealtimeOptions::default()
        .with_persist_mutations(PersistOptions::new("room"))
        .with_on_error(move |error| {
            if let RealtimeError::Fault(realtime_core::Fault::Store(error)) = error {
                noted.borrow_mut().push(error);
            }
        });
    let bed = TestBed::with_options(options);
    let kept = || run("return globalThis.namesKept()").as_string().unwrap();
    let page = bed.mount(html! { <Price of=1 /> });
    until(&bed, || page.text("p") == "1.5").await;
    write(&bed).await;
    page.set(html! { <main><Price of=1 /><Price of=2 /></main> });
    until(&bed, || page.text("main") == "1.51.5").await;
    write(&bed).await;
    assert_eq!(kept(), r#"seeds ["price",1],seeds ["price",2]"#);

    bed.set_unreachable(true);
    bed.cut();
    // Each takes the place of rows, the oldest first; there are none for the third.
    for done in 1..=2 {
        let spec = MutationSpec::message("note:add", "notes", &done).with_persist();
        bed.client().mutate(spec);
        until_later(&bed, || kept().matches("outbox").count() == done).await;
        assert_eq!(kept().contains(r#"["price",2]"#), done == 1, "{}", kept());
        assert_eq!(bed.client().stats().store.evicted, done as u64);
    }
    assert_eq!(*errors.borrow(), [StoreError::Full, StoreError::Full]);
    let spec = MutationSpec::message("note:add", "notes", &3).with_persist();
    bed.client().mutate(spec);
    until_later(&bed, || bed.client().stats().store.failures > 3).await;
    assert_eq!(kept().matches("outbox").count(), 2);
    assert_eq!(bed.client().pending_mutations(), 3);
    // Once there is room, it is kept as well.
    drop(broken);
    let batches = bed.client().stats().store.batches;
    until_later(&bed, || bed.client().stats().store.batches > batches).await;
}

/// Lets things happen and time pass until `is_done` says so.
async fn until_later(bed: &TestBed, is_done: impl Fn() -> bool) {
    let mut rounds = 0;
    until(bed, || {
        rounds += 1;
        bed.advance(std::time::Duration::from_millis(100));
        assert!(rounds < 600, "a minute has passed");
        is_done()
    })
    .await;
}

/// Whether a script has said so.
fn is_true(name: &str) -> bool {
    let said = Reflect::get(&js_sys::global(), &name.into());
    said.is_ok_and(|said| said.is_truthy())
}

#[wasm_bindgen_test]
async fn a_page_lets_go_of_the_database_that_another_wants_for_itself() {
    let (bed, errors) = bed("yield");
    mount(&bed, &TasksProps::default()).await;
    write(&bed).await;
    run("globalThis.deleted = false;
         indexedDB.deleteDatabase('realtime/5/yield/').onsuccess = () => { globalThis.deleted = true }");
    until(&bed, || is_true("deleted")).await;
    assert!(errors.borrow().is_empty(), "{errors:?}");
}
