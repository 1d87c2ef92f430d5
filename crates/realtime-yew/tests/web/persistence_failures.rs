//! Databases that are missing, blocked, full or lost: IndexedDB is broken for one page at a time, in JavaScript.

use crate::persistence_kit::{TasksProps, app, mount, options, until, write};
use js_sys::{Function, Reflect};
use realtime_core::StoreError;
use realtime_yew::{prelude::*, testing::TestBed};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

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
