//! A server with a document, a page with a field, and what a user does with that.

use realtime_text::{
    ByteString, Document, Form, SYNC, Splice, SyncAnswer, SyncRequest, TextLimits, UPDATE,
    UpdatePayload,
};
use realtime_yew::{
    realtime_core::ServerError,
    testing::{Mounted, TestBed},
};
use serde::de::DeserializeOwned;
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    CompositionEvent, HtmlTextAreaElement, KeyboardEvent, KeyboardEventInit, js_sys::Promise,
};

pub(crate) const CHANNEL: &str = "notes";
pub(crate) const NAME: &str = "body";

/// The document as the server has it.
#[derive(Clone)]
pub(crate) struct Text(Rc<RefCell<Document>>);

impl Text {
    /// Makes the bed's server one that keeps a document, in which this stands.
    pub(crate) fn serve(bed: &TestBed, text: &str) -> Self {
        let document = Rc::new(RefCell::new(Document::new(TextLimits::default())));
        if !text.is_empty() {
            insert(&document, 0, 0, text);
        }
        let (asked, told) = (Rc::clone(&document), Rc::clone(&document));
        let mut server = bed.server();
        server.on(SYNC, move |server, request| {
            let request: SyncRequest = data(&request.envelope["data"]);
            let (epoch, seq) = server.position(CHANNEL);
            let document = asked.borrow();
            let base64 = |bytes| ByteString::new(bytes, Form::Base64);
            let update = document.missing(&request.state_vector.bytes).unwrap();
            let answer = SyncAnswer {
                update: base64(update),
                state_vector: base64(document.state_vector()),
                epoch: Some(epoch),
                seq: Some(seq),
            };
            Ok(serde_json::to_value(answer).unwrap())
        });
        server.on(UPDATE, move |server, request| {
            let data_of_it = request.envelope["data"].clone();
            let update: UpdatePayload = data(&data_of_it);
            let taken = told.borrow_mut().receive(&update.update.bytes);
            if let Err(error) = taken {
                return Err(ServerError::new("invalid_data", error.to_string()));
            }
            let id = request.text("id").to_owned();
            server.publish_as(CHANNEL, UPDATE, &data_of_it.to_string(), Some(&id));
            Ok(serde_json::json!({}))
        });
        drop(server);
        Self(document)
    }

    /// Somebody else writes.
    pub(crate) fn insert(&self, bed: &TestBed, at: u32, delete: u32, text: &str) {
        let update = insert(&self.0, at, delete, text);
        let payload = UpdatePayload {
            update: ByteString::new(update, Form::Base64),
        };
        let data = serde_json::to_string(&payload).unwrap();
        bed.server().publish(CHANNEL, UPDATE, &data);
    }

    pub(crate) fn says(&self) -> String {
        self.0.borrow_mut().text(NAME).to_string()
    }

    pub(crate) fn document(&self) -> std::cell::RefMut<'_, Document> {
        self.0.borrow_mut()
    }
}

fn data<T: DeserializeOwned>(value: &serde_json::Value) -> T {
    serde_json::from_str(&value.to_string()).unwrap()
}

fn insert(document: &RefCell<Document>, at: u32, delete: u32, text: &str) -> Vec<u8> {
    let mut document = document.borrow_mut();
    let splice = Splice {
        at,
        delete,
        insert: text.into(),
    };
    document.edit(NAME, &splice, 0).unwrap();
    let update = document.take_outgoing().unwrap();
    document.confirm();
    update
}

/// The field, and what a user does with it.
pub(crate) struct Area(pub(crate) HtmlTextAreaElement);

impl Area {
    pub(crate) fn of(page: &Mounted) -> Self {
        Self(element(page, "textarea").unchecked_into())
    }

    pub(crate) fn value(&self) -> String {
        self.0.value()
    }

    pub(crate) fn focus(&self, at: u32) {
        self.0.focus().unwrap();
        self.0.set_selection_range(at, at).unwrap();
    }

    pub(crate) fn caret(&self) -> u32 {
        self.0.selection_start().unwrap().unwrap()
    }

    /// Types at the caret, as a browser does it.
    pub(crate) fn type_text(&self, text: &str) {
        self.write(text);
        self.fire(&web_sys::Event::new_with_event_init_dict("input", &bubbling()).unwrap());
    }

    /// What an input method shows while it composes.
    pub(crate) fn write(&self, text: &str) {
        let (start, end) = (self.caret(), self.0.selection_end().unwrap().unwrap());
        self.0
            .set_range_text_with_start_and_end(text, start, end)
            .unwrap();
        let caret = start + u32::try_from(text.encode_utf16().count()).unwrap();
        self.0.set_selection_range(caret, caret).unwrap();
    }

    pub(crate) fn key(&self, key: &str, has_shift: bool) {
        let init = KeyboardEventInit::new();
        init.set_key(key);
        init.set_ctrl_key(true);
        init.set_shift_key(has_shift);
        init.set_bubbles(true);
        init.set_cancelable(true);
        let event = KeyboardEvent::new_with_keyboard_event_init_dict("keydown", &init).unwrap();
        self.fire(&event);
    }

    pub(crate) fn compose(&self, event: &str) {
        self.fire(&CompositionEvent::new(event).unwrap());
    }

    fn fire(&self, event: &web_sys::Event) {
        self.0.dispatch_event(event).unwrap();
    }
}

pub(crate) fn bubbling() -> web_sys::EventInit {
    let init = web_sys::EventInit::new();
    init.set_bubbles(true);
    init
}

pub(crate) fn element(page: &Mounted, selector: &str) -> web_sys::Element {
    assert_eq!(page.count(selector), 1, "{selector}");
    let document = web_sys::window().unwrap().document().unwrap();
    // Of a test that has failed something may be left before it.
    let found = document.query_selector_all(selector).unwrap();
    found.item(found.length() - 1).unwrap().unchecked_into()
}

/// Lets things happen until `is_done` says so: a real disk is part of it.
pub(crate) async fn until(bed: &TestBed, mut is_done: impl FnMut() -> bool) {
    for _ in 0..500 {
        bed.settle().await;
        if is_done() {
            return;
        }
        let moment = Promise::new(&mut |resolve, _| {
            let window = web_sys::window().unwrap();
            window
                .set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, 10)
                .unwrap();
        });
        JsFuture::from(moment).await.unwrap();
    }
    panic!("it has not come about");
}
