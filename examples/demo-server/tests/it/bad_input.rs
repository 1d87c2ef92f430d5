//! Bad input: frames and requests that are refused, and change nothing.

use crate::{
    client::{Client, code, serve, still},
    http,
};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn every_bad_frame_is_told_what_is_wrong_and_the_socket_lives() {
    let server = serve(still()).await;
    let mut client = Client::connect(&server).await;
    let long = "x".repeat(201);
    let text = "x".repeat(2_001);
    let cases = [
        ("{\"event\":".to_owned(), "invalid_json"),
        ("[1,2]".to_owned(), "invalid_envelope"),
        (json!({"event": 7}).to_string(), "invalid_envelope"),
        (
            json!({"event": "ping", "id": "x".repeat(129)}).to_string(),
            "invalid_envelope",
        ),
        (json!({"data": 1}).to_string(), "missing_event"),
        (json!({"event": "launch"}).to_string(), "unknown_event"),
        (json!({"event": "subscribe"}).to_string(), "invalid_data"),
        (
            json!({"event": "subscribe", "channel": "weather"}).to_string(),
            "unknown_channel",
        ),
        (
            json!({"event": "subscribe", "channel": "stocks:NONE"}).to_string(),
            "unknown_channel",
        ),
        (
            json!({"event": "subscribe", "channel": "room:a b"}).to_string(),
            "unknown_channel",
        ),
        (
            json!({"event": "subscribe", "channel": "tasks", "data": {"since": -1}}).to_string(),
            "invalid_data",
        ),
        (json!({"event": "task:create"}).to_string(), "invalid_data"),
        (
            json!({"event": "task:create", "data": {"title": " "}}).to_string(),
            "invalid_data",
        ),
        (
            json!({"event": "task:create", "data": {"title": long}}).to_string(),
            "invalid_data",
        ),
        (
            json!({"event": "task:create", "channel": "stocks", "data": {"title": "x"}})
                .to_string(),
            "forbidden",
        ),
        (
            json!({"event": "task:delete", "data": {"id": "none"}}).to_string(),
            "not_found",
        ),
        (
            json!({"event": "task:move", "data": {"id": "none"}}).to_string(),
            "not_found",
        ),
        (message("tasks", "hello").to_string(), "forbidden"),
        (message("weather", "hello").to_string(), "unknown_channel"),
        (message("room:lobby", "").to_string(), "invalid_data"),
        (message("room:lobby", &text).to_string(), "invalid_data"),
    ];
    let count = cases.len();
    for (frame, expected) in cases {
        client.send_raw(Message::text(frame.clone())).await;
        let answer = client.next().await;
        assert_eq!(
            (&answer["event"], code(&answer)),
            (&json!("error"), expected),
            "{frame}"
        );
        assert!(!answer["error"]["message"].as_str().unwrap().is_empty());
    }
    client.expect_nothing_more().await;
    // What asked whether there is more was refused too.
    assert_eq!(
        http::get(&server, "/api/health").await.json()["refused"],
        json!(count + 1)
    );
}

fn message(channel: &str, text: &str) -> Value {
    let data = json!({"userId": "u1", "name": "Ada", "text": text});
    json!({"event": "message:send", "channel": channel, "data": data})
}

#[tokio::test]
async fn a_refusal_answers_the_message_that_it_refuses() {
    let server = serve(still()).await;
    let mut client = Client::connect(&server).await;
    let refused = client
        .ask(json!({"event": "subscribe", "channel": "weather"}))
        .await;
    assert_eq!(
        (&refused["event"], &refused["channel"]),
        (&json!("subscribe"), &json!("weather"))
    );
    assert_eq!(code(&refused), "unknown_channel");
    let refused = client.ask(json!({"event": "launch"})).await;
    assert_eq!(
        (&refused["event"], code(&refused)),
        (&json!("ack"), "unknown_event")
    );
}

#[tokio::test]
async fn a_frame_that_announces_a_huge_message_closes_the_socket_before_it_is_read() {
    let server = serve(still()).await;
    let mut client = Client::connect(&server).await;
    // Final text frame, masked, with a length of eight bytes; the payload never comes.
    let mut head = vec![0x81, 0xff];
    head.extend_from_slice(&(1_u64 << 40).to_be_bytes());
    head.extend_from_slice(&[0; 4]);
    client.send_bytes(&head).await;
    let (close, frames) = client.closed().await;
    assert_eq!((close, code(&frames[0])), (1009, "too_large"));
}

#[tokio::test]
async fn a_broken_frame_closes_the_socket() {
    let server = serve(still()).await;
    let mut client = Client::connect(&server).await;
    // All reserved bits set, and an opcode that does not exist.
    client.send_bytes(&[0xff, 0x80, 0, 0, 0, 0]).await;
    assert_eq!(client.closed().await, (1002, vec![]));
}
