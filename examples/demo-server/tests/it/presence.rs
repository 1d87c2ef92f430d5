//! Presence and typing over the envelope.

use crate::client::{Client, code, serve, still};
use serde_json::{Value, json};

const ROOM: &str = "room:lobby";

fn announce(user: &str, status: &str) -> Value {
    json!({"event": "presence:announce", "channel": ROOM, "data": {
        "channel": ROOM,
        "user": {"id": user, "name": "Ada"},
        "status": status,
        "metadata": {"cursor": [3, 4]},
    }})
}

fn typing(event: &str) -> Value {
    json!({"event": event, "channel": ROOM, "data": {"channel": ROOM, "id": "u1", "name": "Ada"}})
}

#[tokio::test]
async fn presence_and_typing_are_for_rooms_that_one_is_in() {
    let server = serve(still()).await;
    let mut client = Client::connect(&server).await;
    let mut elsewhere = announce("u1", "online");
    elsewhere["channel"] = json!("tasks");
    for (frame, expected) in [
        (announce("u1", "online"), "forbidden"),
        (typing("typing:start"), "forbidden"),
        (elsewhere, "forbidden"),
        (announce("u1", "asleep"), "invalid_data"),
    ] {
        assert_eq!(code(&client.ask(frame.clone()).await), expected, "{frame}");
    }
    client.subscribe(ROOM).await;
    let mut large = announce("u1", "online");
    large["data"]["metadata"] = json!("x".repeat(5_000));
    assert_eq!(code(&client.ask(large).await), "invalid_data");
    assert_eq!(
        code(&client.ask(announce(" ", "online")).await),
        "invalid_data"
    );
}
