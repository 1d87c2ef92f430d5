//! Publishing: from anywhere in the app, and positions beside what is fetched.

use crate::client::{Client, Served};
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use realtime_server::{Hub, Limits, PublishError};
use serde::{Serialize, Serializer, ser::Error};
use serde_json::json;
use std::thread;

#[tokio::test]
async fn events_come_in_the_order_of_the_calls_from_threads_and_from_tasks() {
    let served = Served::new(Hub::new()).await;
    let mut client = Client::in_channel(&served, "news").await;
    let mut threads = Vec::new();
    for source in 0..4 {
        let hub = served.hub.clone();
        threads.push(thread::spawn(move || {
            for n in 0..50 {
                hub.publish("news", "said", &json!([source, n])).unwrap();
            }
        }));
    }
    let hub = served.hub.clone();
    let task = tokio::spawn(async move {
        for n in 0..50 {
            hub.publish("news", "said", &json!([4, n])).unwrap();
            tokio::task::yield_now().await;
        }
    });
    let mut seen = [0; 5];
    for seq in 1..=250 {
        let event = client.event("said").await;
        assert_eq!(event["seq"], seq);
        let source = usize::try_from(event["data"][0].as_u64().unwrap()).unwrap();
        assert_eq!(event["data"][1], seen[source]);
        seen[source] += 1;
    }
    assert_eq!(seen, [50; 5]);
    task.await.unwrap();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(served.hub.metrics().events, 250);
}

#[test]
fn a_hub_needs_no_runtime_to_publish() {
    let hub = Hub::new();
    let position = hub.publish("news", "said", "x").unwrap();
    assert_eq!((position.seq, position), (1, hub.position("news")));
}

#[tokio::test]
async fn every_kind_of_error_says_what_is_wrong_and_nothing_has_happened() {
    struct Unwritable;
    impl Serialize for Unwritable {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(S::Error::custom("no"))
        }
    }
    let limits = Limits {
        channels: 1,
        history_bytes: 100,
        ..Limits::default()
    };
    let served = Served::new(Hub::builder().limits(limits).build()).await;
    let mut client = Client::in_channel(&served, "only").await;
    let hub = &served.hub;
    let long = "x".repeat(129);
    for (channel, event) in [
        ("", "said"),
        ("only", ""),
        (&long, "said"),
        ("only", &long),
        ("only", "ack"),
        ("only", "subscribe"),
    ] {
        let refused = hub.publish(channel, event, "x");
        assert!(matches!(refused, Err(PublishError::Name(_))), "{refused:?}");
    }
    assert!(matches!(
        hub.publish("only", "said", &Unwritable),
        Err(PublishError::Data(_))
    ));
    assert!(matches!(
        hub.publish("only", "said", &"x".repeat(99)),
        Err(PublishError::TooLarge {
            bytes: 101,
            limit: 100
        })
    ));
    client.expect_nothing_more().await;
    assert_eq!(hub.position("only").seq, 0);
    hub.publish("only", "said", "x").unwrap();
    assert!(matches!(
        hub.publish("other", "said", "x"),
        Err(PublishError::TooManyChannels { limit: 1 })
    ));
    assert_eq!(hub.metrics().events, 1);
}

#[tokio::test]
async fn a_position_puts_itself_into_the_headers_of_an_answer() {
    let hub = Hub::new();
    hub.publish("tasks", "said", "x").unwrap();
    let position = hub.position("tasks");
    let answer: Response = (position.clone(), Json(["write"])).into_response();
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("x-realtime-epoch"), position.epoch);
    assert_eq!(header("x-realtime-seq"), "1");
    assert_eq!(header("cache-control"), "no-store");
}

#[tokio::test]
async fn one_who_publishes_can_ask_whether_anybody_hears_it_and_can_take_it() {
    let limits = Limits {
        queue_frames: 8,
        queue_bytes: 1_000,
        ..Limits::default()
    };
    let served = Served::new(Hub::builder().limits(limits).build()).await;
    let hub = &served.hub;
    assert!(!hub.is_followed("news") && hub.has_room_for("news", 1_000, 1_000_000));
    let _client = Client::in_channel(&served, "news").await;
    assert!(hub.is_followed("news") && hub.has_room_for("news", 4, 500));
    assert!(!hub.has_room_for("news", 5, 1) && !hub.has_room_for("news", 1, 501));
}
