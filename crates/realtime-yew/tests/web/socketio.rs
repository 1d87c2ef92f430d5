//! Every hook over Socket.IO, against the small servers of `examples/socketio-minimal`. A test runs
//! when its server's address was set at compile time: `REALTIME_TEST_SOCKETIO_NODE`,
//! `REALTIME_TEST_SOCKETIO_RUST`, such as `http://127.0.0.1:3000`.

use crate::support::{GLANCES, glance};
use realtime_yew::{
    Fetcher, UsePresenceHandle, UseRealtimeMutationHandle, UseTypingIndicatorHandle, get_json,
    prelude::*, testing::Mounted,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen_test::wasm_bindgen_test;
use yew::prelude::*;

const ROOM: &str = "room:lobby";

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Stock {
    price: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Task {
    id: String,
    version: u64,
    title: String,
}

impl ListItem for Task {
    fn id(&self) -> RowId {
        RowId::from(&self.id)
    }

    fn version(&self) -> Option<u64> {
        Some(self.version)
    }
}

/// What somebody sees, and can do.
struct View {
    price: Option<f64>,
    tasks: Vec<Task>,
    error: Option<String>,
    refusal: Option<String>,
    is_saving: bool,
    others: Vec<(String, PresenceStatus)>,
    typing: Vec<String>,
    save: UseRealtimeMutationHandle<(String, String)>,
    presence: UsePresenceHandle,
    typist: UseTypingIndicatorHandle,
}

/// Where a person's last view is kept.
#[derive(Clone, Default)]
struct Eyes(Rc<RefCell<Option<View>>>);

impl PartialEq for Eyes {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Eyes {
    /// Looks until something can be seen.
    async fn see<T>(&self, what: &str, look: impl Fn(&View) -> Option<T>) -> T {
        for _ in 0..GLANCES {
            if let Some(seen) = self.0.borrow().as_ref().and_then(&look) {
                return seen;
            }
            glance().await;
        }
        panic!("{what} was not seen");
    }

    fn act(&self, act: impl FnOnce(&View)) {
        act(self.0.borrow().as_ref().expect("they are there"));
    }
}

#[derive(PartialEq, Properties)]
struct PersonProps {
    name: AttrValue,
    server: AttrValue,
    eyes: Eyes,
}

/// Somebody who uses every hook.
#[component]
fn Person(props: &PersonProps) -> Html {
    let PersonProps { name, server, eyes } = props;
    let stock = {
        let url = format!("{server}/api/stock");
        let options = UseRealtimeQueryOptions::default()
            .with_event("stock:update")
            .with_channel("stocks:ACME");
        let fetch = Fetcher::<Stock>::positioned(move || get_json(url.clone()));
        use_realtime_query(key!["stock"], fetch, options)
    };
    let tasks = {
        let (url, token) = (format!("{server}/api/tasks"), token_of(name));
        let options = UseRealtimeListOptions::default().with_channel("tasks");
        let fetch = move || fetch_tasks(url.clone(), token.clone());
        use_realtime_list(key!["tasks"], fetch, options)
    };
    let rows = tasks.list_ref();
    let (client, connection) = (use_realtime_client(), use_connection());
    let save = use_realtime_mutation(
        move |(id, title): &(String, String)| {
            let message = json!({ "id": id, "title": title });
            let edit = if id.is_empty() {
                rows.insert(Task {
                    id: client.temporary_id(),
                    version: 0,
                    title: title.clone(),
                })
            } else {
                rows.update(id, &json!({ "title": title }))
            };
            MutationSpec::message("task:save", "tasks", &message).with_edit(edit)
        },
        UseRealtimeMutationOptions::default(),
    );
    let user = User::new(&**name, name);
    let presence = use_presence(ROOM, user, UsePresenceOptions::default());
    let typist = use_typing_indicator(ROOM, name, name, UseTypingIndicatorOptions::default());
    let others = presence.others();
    let others = others.map(|member| (member.user.name.to_string(), member.status));
    let typing = typist.typing_users();
    let view = View {
        price: stock.data().map(|stock| stock.price),
        tasks: tasks.iter().map(|task| Task::clone(&task)).collect(),
        error: save.error().map(ToString::to_string),
        refusal: connection.error().map(ToString::to_string),
        is_saving: save.is_pending(),
        others: others.collect(),
        typing: typing.iter().map(|one| one.name.to_string()).collect(),
        save,
        presence: presence.clone(),
        typist: typist.clone(),
    };
    eyes.0.replace(Some(view));
    html! { <p>{ name }</p> }
}

/// By it the servers know who somebody is; `xtask/src/minimal.rs` tells them.
fn token_of(name: &str) -> String {
    format!("token-of-{name}")
}

async fn fetch_tasks(url: String, token: String) -> Result<Vec<Task>, FetchError> {
    let failed = |error: gloo_net::Error| FetchError::new(error.to_string());
    let request = gloo_net::http::Request::get(&url);
    let request = request.header("authorization", &format!("Bearer {token}"));
    let response = request.send().await.map_err(failed)?;
    response.json().await.map_err(failed)
}

fn enter(name: &'static str, server: &'static str) -> (Eyes, Mounted) {
    let eyes = Eyes::default();
    let options = RealtimeOptions::default()
        .with_socketio(SocketIoOptions::default())
        .with_token(move || async move { Ok::<_, String>(token_of(name)) });
    let page = Mounted::bare(html! {
        <RealtimeProvider url={server} {options}>
            <Person {name} {server} eyes={eyes.clone()} />
        </RealtimeProvider>
    });
    (eyes, page)
}

/// Whoever has no token gets nothing.
async fn a_stranger_stays_outside(server: &'static str) {
    let (stranger, page) = enter("Stranger", server);
    stranger.see("a refusal", |view| view.refusal.clone()).await;
    stranger.act(|view| assert!(view.tasks.is_empty() && view.others.is_empty()));
    page.unmount();
}

async fn every_hook_works_with(server: &'static str) {
    a_stranger_stays_outside(server).await;
    let (ada, page) = enter("Ada", server);
    let (lin, other) = enter("Lin", server);

    let first = ada.see("a price", |view| view.price).await;
    let moved = |view: &View| view.price.filter(|price| *price != first);
    ada.see("another price", moved).await;

    let title = format!("Written at {}", js_sys::Date::now());
    ada.act(|view| view.save.mutate((String::new(), title.clone())));
    let with = |title: String, version| {
        move |view: &View| {
            let is_it = |task: &&Task| task.title == title && task.version == version;
            view.tasks.iter().find(is_it).cloned()
        }
    };
    let task = lin.see("a new task", with(title.clone(), 1)).await;
    let saved = |view: &View| (!view.is_saving).then_some(());
    ada.see("that it is saved", saved).await;
    let own = ada.see("the server's task", with(title.clone(), 1)).await;
    assert_eq!(own, task, "the temporary row has become the server's");
    lin.act(|view| view.save.mutate((task.id.clone(), format!("{title}!"))));
    ada.see("a changed task", with(format!("{title}!"), 2))
        .await;

    lin.act(|view| view.save.mutate((task.id.clone(), String::new())));
    let error = lin.see("a refusal", |view| view.error.clone()).await;
    assert!(error.contains("a task needs a title"), "{error}");
    lin.see("the task as it was", with(format!("{title}!"), 2))
        .await;

    for (person, name) in [(&ada, "Lin"), (&lin, "Ada")] {
        let here = |view: &View| (view.others.len() == 1).then(|| view.others[0].clone());
        let there = person.see("somebody else", here).await;
        assert_eq!(there, (name.to_owned(), PresenceStatus::Online));
    }
    lin.act(|view| view.presence.update_status(PresenceStatus::Busy));
    let busy = |view: &View| (view.others[0].1 == PresenceStatus::Busy).then_some(());
    ada.see("that Lin is busy", busy).await;

    lin.act(|view| view.typist.start_typing());
    let dots = |view: &View| view.typing.first().cloned();
    assert_eq!(ada.see("who is typing", dots).await, "Lin");
    lin.act(|view| view.typist.stop_typing());
    let still = |view: &View| view.typing.is_empty().then_some(());
    ada.see("that nobody is typing", still).await;

    other.unmount();
    let alone = |view: &View| view.others.is_empty().then_some(());
    ada.see("that Lin has left", alone).await;
    page.unmount();
}

#[wasm_bindgen_test]
async fn every_hook_works_with_the_small_server_in_javascript() {
    if let Some(server) = option_env!("REALTIME_TEST_SOCKETIO_NODE") {
        every_hook_works_with(server).await;
    }
}

#[wasm_bindgen_test]
async fn every_hook_works_with_the_small_server_in_rust() {
    if let Some(server) = option_env!("REALTIME_TEST_SOCKETIO_RUST") {
        every_hook_works_with(server).await;
    }
}
