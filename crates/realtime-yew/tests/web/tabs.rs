//! Many tabs and one socket: clients that share by the browser's own Web Locks and BroadcastChannel, each
//! over a network and a clock of its own.

use crate::support::{GLANCES, glance, task};
use realtime_yew::{
    TabRole,
    prelude::*,
    testing::{Mounted, TestBed},
};
use wasm_bindgen_test::wasm_bindgen_test;
use yew::prelude::*;

#[component]
fn Shown() -> Html {
    let connection = use_connection();
    let tasks = use_realtime_list(
        key!["tasks"],
        || async { Ok::<_, FetchError>(vec![task(1, "write")]) },
        UseRealtimeListOptions::default()
            .with_channel("tasks")
            .with_seed(),
    );
    let client = use_realtime_client();
    let onclick = move |_| client.sign_out();
    html! {
        <>
            <p>{ format!("{:?} {}", connection.tab_role(), connection.tab_count()) }</p>
            <ul>{ for tasks.items().iter().map(|task| html! { <li>{ &task.title }</li> }) }</ul>
            <button {onclick}>{ "Sign out" }</button>
        </>
    }
}

struct Tab {
    bed: TestBed,
    page: Mounted,
}

impl Tab {
    fn open(app: &str) -> Self {
        let bed = TestBed::with_options(RealtimeOptions::default().with_tabs(app));
        let page = bed.mount(html! { <Shown /> });
        Self { bed, page }
    }

    fn shown(&self) -> String {
        format!("{}: {}", self.page.text("p"), self.page.text("ul"))
    }

    fn role(&self) -> TabRole {
        let client = self.bed.client();
        client.tab_role()
    }
}

/// What the browser carries between tabs takes real time.
async fn until(tabs: &[&Tab], is_done: impl Fn() -> bool) {
    for _ in 0..GLANCES {
        for tab in tabs {
            tab.bed.settle().await;
        }
        if is_done() {
            return;
        }
        glance().await;
    }
    let shown: Vec<_> = tabs.iter().map(|tab| tab.shown()).collect();
    panic!("it never came to that: {shown:?}");
}

fn create(tab: &Tab, title: &str) {
    let data = format!(
        r#"{{"action":"create","item":{{"id":{},"version":1,"title":"{title}"}}}}"#,
        title.len()
    );
    tab.bed.server().publish("tasks", "list:update", &data);
}

#[wasm_bindgen_test]
async fn two_tabs_have_one_socket_and_events_reach_both() {
    let first = Tab::open("two tabs");
    until(&[&first], || first.shown() == "Leader 1: write").await;
    let second = Tab::open("two tabs");
    until(&[&first, &second], || second.shown() == "Follower 2: write").await;
    create(&first, "read");
    until(&[&first, &second], || {
        [&first, &second]
            .iter()
            .all(|tab| tab.shown().ends_with("writeread"))
    })
    .await;
    assert_eq!(first.page.text("p"), "Leader 2");
    assert_eq!((first.bed.attempts(), second.bed.attempts()), (1, 0));
    let answer = second
        .bed
        .client()
        .send_with_ack::<serde_json::Value>("hello", None, &1);
    until(&[&first, &second], || {
        first.bed.server().count("hello") == 1
    })
    .await;
    assert!(answer.await.is_ok());
}

#[wasm_bindgen_test]
async fn when_the_tab_that_leads_is_gone_another_has_the_socket() {
    let first = Tab::open("gone");
    until(&[&first], || first.role() == TabRole::Leader).await;
    let second = Tab::open("gone");
    let third = Tab::open("gone");
    until(&[&first, &second, &third], || {
        third.shown() == "Follower 3: write" && second.shown() == "Follower 3: write"
    })
    .await;
    drop(first);
    let led = || {
        [&second, &third]
            .iter()
            .filter(|it| it.role() == TabRole::Leader)
            .count()
    };
    until(&[&second, &third], || led() == 1).await;
    until(&[&second, &third], || {
        second.bed.attempts() + third.bed.attempts() == 1
            && second.page.text("p").ends_with('2')
            && third.page.text("p").ends_with('2')
    })
    .await;
}

#[wasm_bindgen_test]
async fn who_signs_out_in_one_tab_is_signed_out_in_all() {
    let first = Tab::open("sign out");
    until(&[&first], || first.role() == TabRole::Leader).await;
    let second = Tab::open("sign out");
    until(&[&first, &second], || second.shown() == "Follower 2: write").await;
    second.page.click("button");
    until(&[&first, &second], || {
        first.shown() == "Alone 1: " && second.shown() == "Alone 1: "
    })
    .await;
    assert_eq!(first.bed.goodbyes(), [1000]);
}

#[wasm_bindgen_test]
async fn tabs_of_other_apps_and_other_users_share_nothing() {
    let first = Tab::open("one app");
    let second = Tab::open("another app");
    until(&[&first, &second], || {
        [&first, &second]
            .iter()
            .all(|tab| tab.shown() == "Leader 1: write")
    })
    .await;
    assert_eq!((first.bed.attempts(), second.bed.attempts()), (1, 1));
}
