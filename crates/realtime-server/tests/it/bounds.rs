//! Bounds: what one socket can make grow or make slow, and where that ends.

use crate::client::{Client, Served, in_time, until};
use realtime_server::{Hub, Limits};
use serde_json::{Value, json};
use std::time::Duration;
use tokio_tungstenite::tungstenite::{Bytes, Message};

async fn served(limits: Limits) -> Served {
    Served::new(Hub::builder().limits(limits).build()).await
}

fn subscribe(channel: &str) -> Value {
    json!({"event": "subscribe", "channel": channel})
}

#[tokio::test]
async fn a_message_beyond_the_size_is_explained_and_the_socket_closed() {
    let limits = Limits {
        message_bytes: 1_000,
        ..Limits::default()
    };
    let served = served(limits).await;
    for bytes in [1_001, 4_000] {
        let mut client = Client::connect(&served).await;
        let blank = json!({"event": "ping"}).to_string();
        client.send_text(&format!("{blank:1000}")).await;
        client.event("pong").await;
        client.send_text(&format!("{blank:bytes$}")).await;
        let (frames, code) = client.last_words().await;
        assert_eq!(
            (&frames[0]["error"]["code"], code),
            (&json!("too_large"), 1009)
        );
    }
    // What is far larger is not even read to its end, and the network may throw the explanation away.
    let mut client = Client::connect(&served).await;
    client.send_text(&format!("{:9000}", "")).await;
    client.closed().await;
    until(|| served.hub.metrics().connections == 0).await;
}

#[tokio::test]
async fn binary_frames_and_what_is_no_envelope_are_refused() {
    let served = served(Limits::default()).await;
    let mut client = Client::connect(&served).await;
    for (text, code) in [
        ("{", "invalid_json"),
        ("[]", "invalid_envelope"),
        ("{}", "missing_event"),
        (r#"{"event":"subscribe","channel":7}"#, "invalid_envelope"),
    ] {
        client.send_text(text).await;
        assert_eq!(client.event("error").await["error"]["code"], code, "{text}");
    }
    client.send_message(Message::binary(vec![1])).await;
    let (frames, code) = client.last_words().await;
    assert_eq!(
        (&frames[0]["error"]["code"], code),
        (&json!("unsupported_data"), 1003)
    );
}

#[tokio::test]
async fn names_are_short_wherever_they_stand() {
    let served = served(Limits::default()).await;
    let mut client = Client::connect(&served).await;
    let long = "x".repeat(129);
    for frame in [
        subscribe(&long),
        json!({"event": "subscribe", "data": {"channel": long}}),
        json!({"event": "presence:leave", "data": {"channel": long}}),
        json!({"event": long}),
    ] {
        client.send(frame).await;
        assert_eq!(
            client.event("error").await["error"]["code"],
            "invalid_envelope"
        );
    }
    let refused =
        json!({"event": "typing:start", "channel": "a", "data": {"id": {"x": long.repeat(100)}}});
    let refused = client.ask(refused).await;
    assert!(
        refused.to_string().len() < 400,
        "what was sent is not sent back"
    );
    assert_eq!(served.hub.metrics().channels, 0);
}

#[tokio::test]
async fn one_who_sends_too_fast_is_told_when_to_go_on_and_then_closed() {
    let limits = Limits {
        messages_per_second: 2,
        ..Limits::default()
    };
    let served = served(limits).await;
    let mut client = Client::connect(&served).await;
    for _ in 0..100 {
        client.send(json!({"event": "ping"})).await;
    }
    let (frames, code) = client.last_words().await;
    assert_eq!(code, 4200);
    assert!(frames[..4].iter().all(|frame| frame["event"] == "pong"));
    let told = frames.last().unwrap();
    assert_eq!(told["error"]["code"], "rate_limited");
    assert!(told["error"]["retryAfter"].as_u64().unwrap() <= 500);
    assert!((30..=45).contains(&frames.len()), "{}", frames.len());
    let metrics = served.hub.metrics();
    assert_eq!(metrics.rate_limited, metrics.refused);
}

#[tokio::test]
async fn frames_of_the_websocket_layer_count_as_any_other() {
    let limits = Limits {
        messages_per_second: 2,
        ..Limits::default()
    };
    let served = served(limits).await;
    let mut client = Client::connect(&served).await;
    for _ in 0..100 {
        client.send_message(Message::Ping(Bytes::new())).await;
    }
    assert_eq!(client.closed().await, 4200);
}

#[tokio::test]
async fn subscriptions_are_counted_by_socket_and_one_that_ends_makes_room() {
    let limits = Limits {
        subscriptions: 2,
        ..Limits::default()
    };
    let served = served(limits).await;
    let mut client = Client::connect(&served).await;
    client.subscribe("a").await;
    client.subscribe("b").await;
    client.subscribe("a").await;
    assert_eq!(
        client.refusal(subscribe("c")).await,
        "too_many_subscriptions"
    );
    client
        .ask(json!({"event": "unsubscribe", "channel": "a"}))
        .await;
    client.subscribe("c").await;
}

#[tokio::test]
async fn a_socket_beyond_the_last_place_is_told_so_and_one_that_goes_makes_room() {
    let limits = Limits {
        connections: 1,
        ..Limits::default()
    };
    let served = served(limits).await;
    let mut client = Client::connect(&served).await;
    client.expect_nothing_more().await;
    let mut turned_away = Client::connect(&served).await;
    assert_eq!(turned_away.closed().await, 1013);
    assert_eq!(served.hub.metrics().turned_away, 1);
    drop(client);
    until(|| served.hub.metrics().connections == 0).await;
    in_time(async {
        loop {
            let mut client = Client::connect(&served).await;
            client.send(json!({"event": "ping"})).await;
            if client.is_served().await {
                return;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn one_that_reads_too_slowly_is_closed_and_others_hear_everything() {
    let limits = Limits {
        queue_frames: 64,
        ..Limits::default()
    };
    let served = served(limits).await;
    let mut slow = Client::in_channel(&served, "news").await;
    let mut quick = Client::in_channel(&served, "news").await;
    let data = "x".repeat(100_000);
    let mut seq = 0;
    while served.hub.metrics().slow_consumers == 0 {
        seq += 1;
        served.hub.publish("news", "said", &data).unwrap();
        assert_eq!(quick.event("said").await["seq"], seq);
    }
    assert_eq!(slow.closed().await, 4100);
    quick.expect_nothing_more().await;
    assert_eq!(served.hub.metrics().slow_consumers, 1);
}

#[tokio::test]
async fn channels_that_people_are_in_do_not_make_way_and_no_more_come_into_being() {
    let limits = Limits {
        channels: 1,
        ..Limits::default()
    };
    let served = served(limits).await;
    let mut client = Client::connect(&served).await;
    let announce = |channel| {
        let data = json!({"user": {"id": "u", "name": "U"}, "status": "online"});
        json!({"event": "presence:announce", "channel": channel, "data": data})
    };
    client.subscribe("a").await;
    client.send(announce("a")).await;
    client.event("presence:sync").await;
    client.event("presence:update").await;
    client.subscribe("b").await;
    assert_eq!(client.refusal(announce("b")).await, "limit_reached");
    served.hub.publish("b", "said", "x").unwrap_err();
    client
        .send(json!({"event": "presence:leave", "channel": "a"}))
        .await;
    client.event("presence:leave").await;
    client.send(announce("b")).await;
    client.event("presence:sync").await;
}

#[tokio::test]
async fn a_silent_socket_is_asked_for_a_sign_of_life_and_given_up() {
    let limits = Limits {
        ping_after: Duration::from_millis(100),
        silence: Duration::from_millis(300),
        ..Limits::default()
    };
    let served = served(limits).await;
    let mut client = Client::connect(&served).await;
    client.event("ping").await;
    client.send(json!({"event": "pong"})).await;
    let (frames, code) = client.last_words().await;
    assert_eq!(code, 4101);
    assert!(!frames.is_empty() && frames.iter().all(|frame| frame["event"] == "ping"));
}
