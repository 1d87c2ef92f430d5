//! Mutations that a function of the app's carries out, and edits of records.

use crate::support::{Log, seconds};
use realtime_core::{Edit, RecordEdit};
use realtime_yew::{
    prelude::*,
    realtime_core::MessageId,
    testing::{Mounted, TestBed},
};
use serde::{Deserialize, Serialize};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen_test::wasm_bindgen_test;
use yew::prelude::*;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Profile {
    name: String,
    age: u32,
}

/// The truth, and who may change it.
#[derive(Clone, Debug)]
struct Server {
    profile: Rc<RefCell<Profile>>,
    /// The keys of the calls.
    keys: Log<String>,
    /// How many calls fail before one does not.
    fails: Rc<Cell<u32>>,
}

impl PartialEq for Server {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.profile, &other.profile)
    }
}

impl Server {
    fn new(fails: u32) -> Self {
        let name = String::from("Ada");
        Self {
            profile: Rc::new(RefCell::new(Profile { name, age: 36 })),
            keys: Log::default(),
            fails: Rc::new(Cell::new(fails)),
        }
    }

    async fn fetch(self) -> Result<Profile, FetchError> {
        Ok(self.profile.borrow().clone())
    }

    async fn rename(self, name: String, key: MessageId) -> Result<Profile, FetchError> {
        self.keys.note(key.to_string());
        if let Some(left) = self.fails.get().checked_sub(1) {
            self.fails.set(left);
            return Err(FetchError::new("the server is busy"));
        }
        self.profile.borrow_mut().name = name;
        self.fetch().await
    }
}

#[derive(PartialEq, Properties)]
struct ProfileProps {
    server: Server,
}

#[component]
fn ProfilePage(props: &ProfileProps) -> Html {
    let server = props.server.clone();
    let profile = use_realtime_query(
        key!["profile"],
        move || server.clone().fetch(),
        UseRealtimeQueryOptions::default().with_event("profile"),
    );
    let server = props.server.clone();
    let rename = use_realtime_mutation(
        move |name: &String| {
            let patch = serde_json::json!({ "name": name }).to_string();
            let server = server.clone();
            MutationSpec::call(name, move |name, key| server.clone().rename(name, key))
                .with_edit(Edit::record::<Profile>(
                    key!["profile"],
                    RecordEdit::Patch(patch.into()),
                ))
                .with_retries(2)
        },
        UseRealtimeMutationOptions::default(),
    );
    let state = match profile.state() {
        ItemState::Synced => "synced",
        ItemState::Pending => "pending",
        ItemState::Failed { .. } => "failed",
    };
    let onclick = rename.mutate_callback().reform(|_| String::from("Lin"));
    html! {
        <p data-state={state}>
            <b>{ profile.data().map(|profile| profile.name.clone()) }</b>
            <i>{ rename.data().map(|profile| profile.name.clone()) }</i>
            <em>{ rename.error().map(ToString::to_string) }</em>
            <button {onclick} />
        </p>
    }
}

/// A page on which somebody has asked for another name, and the calls that need no time have ended.
async fn press(fails: u32) -> (TestBed, Mounted, Server) {
    let bed = TestBed::new();
    let server = Server::new(fails);
    let page = bed.mount(html! { <ProfilePage server={server.clone()} /> });
    bed.settle().await;
    assert_eq!(shown(&page), ("Ada".into(), "synced"));
    page.click("button");
    bed.settle().await;
    (bed, page, server)
}

fn shown(page: &Mounted) -> (String, &'static str) {
    let is_in = |state: &&str| page.count(&format!("p[data-state={state}]")) == 1;
    let states = ["synced", "pending", "failed"];
    let state = states.into_iter().find(is_in).unwrap_or("gone");
    (page.text("b"), state)
}

#[wasm_bindgen_test]
async fn a_function_carries_out_an_edit_of_a_record_and_its_answer_is_typed() {
    let (bed, page, server) = press(0).await;
    assert_eq!(shown(&page), ("Lin".into(), "synced"));
    assert_eq!(page.text("i"), "Lin");
    bed.pass(seconds(60)).await;
    assert_eq!(shown(&page), ("Lin".into(), "synced"));
    assert_eq!(server.keys.take().len(), 1);
}

#[wasm_bindgen_test]
async fn a_function_that_fails_is_called_again_with_the_same_key() {
    let (bed, page, server) = press(2).await;
    assert_eq!(shown(&page), ("Lin".into(), "pending"));
    bed.pass(seconds(10)).await;
    assert_eq!(shown(&page), ("Lin".into(), "synced"));
    assert_eq!(page.text("em"), "");
    let keys = server.keys.take();
    assert_eq!(keys.len(), 3);
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
}

#[wasm_bindgen_test]
async fn a_function_that_fails_too_often_takes_the_edit_with_it() {
    let (bed, page, server) = press(9).await;
    bed.pass(seconds(10)).await;
    assert_eq!(shown(&page), ("Ada".into(), "synced"));
    assert_eq!(page.text("em"), "the mutation failed: the server is busy");
    assert_eq!(server.keys.take().len(), 3);
}
