//! The complete example of docs/TESTING.md.

use realtime_yew::{
    prelude::*,
    testing::{TestBed, flush},
};
use serde_json::json;
use std::time::Duration;
use wasm_bindgen_test::wasm_bindgen_test;
use yew::prelude::*;

#[derive(Clone, PartialEq, serde::Serialize, serde::Deserialize)]
struct Task {
    id: u64,
    title: String,
}

impl ListItem for Task {
    fn id(&self) -> RowId {
        self.id.into()
    }
}

#[component]
fn Tasks() -> Html {
    let tasks = use_realtime_list(
        key!["tasks"],
        Fetcher::<Vec<Task>>::json("/api/tasks"),
        UseRealtimeListOptions::default().with_channel("tasks"),
    );
    html! {
        <section>
            if let Some(error) = tasks.error() {
                <p role="alert">{ error.to_string() }</p>
            } else if tasks.is_loading() {
                <p>{ "Loading" }</p>
            }
            <ul>
                for task in tasks.iter() {
                    <li key={task.id}>{ &task.title }</li>
                }
            </ul>
        </section>
    }
}

#[wasm_bindgen_test]
async fn tasks_come_by_http_and_change_by_events() {
    let bed = TestBed::new();
    bed.respond("/api/tasks", json!([{ "id": 1, "title": "Write" }]));
    let page = bed.mount(html! { <Tasks /> });
    flush().await; // renders, while nothing is carried over the network
    assert_eq!(page.text("p"), "Loading");
    bed.settle().await;
    assert_eq!(page.text("li"), "Write");

    let created = json!({ "action": "create", "item": { "id": 2, "title": "Read" } });
    bed.server()
        .publish("tasks", "list:update", &created.to_string());
    bed.settle().await;
    assert_eq!(page.count("li"), 2);
    assert_eq!(bed.requested(), ["/api/tasks"], "nothing was fetched again");
}

#[wasm_bindgen_test]
async fn a_server_without_tasks_says_so() {
    let bed = TestBed::new();
    bed.respond_status("/api/tasks", 404);
    let page = bed.mount(html! { <Tasks /> });
    bed.settle().await;
    assert!(page.text("[role=alert]").contains("404"));
}

#[wasm_bindgen_test]
async fn what_was_missed_while_the_connection_was_away_is_there_afterwards() {
    let bed = TestBed::new();
    bed.respond("/api/tasks", json!([{ "id": 1, "title": "Write" }]));
    let page = bed.mount(html! { <Tasks /> });
    bed.settle().await;

    bed.cut();
    let renamed = json!({ "action": "update", "item": { "id": 1, "title": "Rewrite" } });
    bed.server()
        .publish("tasks", "list:update", &renamed.to_string());
    // Half a minute, in no time.
    bed.pass(Duration::from_secs(30)).await;
    assert_eq!(page.text("li"), "Rewrite");
}
