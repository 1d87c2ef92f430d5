//! A page without the SDK: Yew, a WebSocket, a fetch and JSON, as little as an app with live rows can do with.

use futures::StreamExt;
use gloo_net::{
    http::Request,
    websocket::{Message, futures::WebSocket},
};
use realtime_size_pages::{Row, row};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

#[component]
fn App() -> Html {
    let rows = use_state(Vec::<Row>::new);
    let set = rows.setter();
    use_effect_with((), move |()| spawn_local(follow(set)));
    html! { <ul>for item in rows.iter() { { row(item) } }</ul> }
}

/// Fetches the rows, then takes every message for a changed one.
async fn follow(set: UseStateSetter<Vec<Row>>) {
    let Ok(answer) = Request::get("/api/rows").send().await else {
        return;
    };
    let Ok(mut rows) = answer.json::<Vec<Row>>().await else {
        return;
    };
    set.set(rows.clone());
    let Ok(mut socket) = WebSocket::open("/ws") else {
        return;
    };
    while let Some(Ok(Message::Text(text))) = socket.next().await {
        let Ok(changed) = serde_json::from_str::<Row>(&text) else {
            continue;
        };
        if let Some(row) = rows.iter_mut().find(|row| row.id == changed.id) {
            *row = changed;
        }
        set.set(rows.clone());
    }
}

fn main() {
    yew::Renderer::<App>::new().render();
}
