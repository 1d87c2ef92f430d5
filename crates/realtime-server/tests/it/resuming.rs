//! Subscriptions: what is there still for who comes back, and what a client is told when it is not.

use crate::client::{Client, Served};
use realtime_server::{Hub, Limits};
use serde_json::{Value, json};

/// What a subscription was answered.
fn told(answer: &Value) -> (u64, bool) {
    let recovered = answer["data"]["recovered"].as_bool().unwrap();
    (answer["seq"].as_u64().unwrap(), recovered)
}

fn publish(hub: &Hub, count: u64, data: &str) {
    for _ in 0..count {
        hub.publish("news", "said", data).unwrap();
    }
}

#[tokio::test]
async fn who_was_away_gets_what_they_missed_in_order_and_then_the_rest() {
    let served = Served::new(Hub::new()).await;
    let mut client = Client::in_channel(&served, "news").await;
    publish(&served.hub, 1, "first");
    let epoch = client.event("said").await["epoch"].clone();
    publish(&served.hub, 3, "more");
    let mut back = Client::connect(&served).await;
    assert_eq!(told(&back.resume("news", 1, &epoch).await), (4, true));
    publish(&served.hub, 1, "live");
    for seq in 2..=5 {
        assert_eq!(back.event("said").await["seq"], seq);
    }
    assert_eq!(told(&back.resume("news", 5, &epoch).await), (5, true));
    back.expect_nothing_more().await;
    assert_eq!(served.hub.metrics().recovered, 2);
}

#[tokio::test]
async fn a_history_reaches_back_by_events_and_by_bytes_and_no_further() {
    let by_events = Limits {
        history: 3,
        ..Limits::default()
    };
    let by_bytes = Limits {
        history_bytes: 1_000,
        ..Limits::default()
    };
    // Three frames of about 300 bytes fit, a fourth does not.
    let data = "x".repeat(200);
    for limits in [by_events, by_bytes] {
        let served = Served::new(Hub::builder().limits(limits).build()).await;
        publish(&served.hub, 5, &data);
        let mut client = Client::connect(&served).await;
        let epoch = client.subscribe("news").await["epoch"].clone();
        assert_eq!(told(&client.resume("news", 1, &epoch).await), (5, false));
        client.expect_nothing_more().await;
        assert_eq!(told(&client.resume("news", 2, &epoch).await), (5, true));
        for seq in 3..=5 {
            assert_eq!(client.event("said").await["seq"], seq);
        }
        client.expect_nothing_more().await;
    }
}

#[tokio::test]
async fn nothing_is_resumed_from_another_history_or_from_events_that_never_were() {
    let served = Served::new(Hub::new()).await;
    publish(&served.hub, 2, "x");
    let mut client = Client::connect(&served).await;
    let epoch = client.subscribe("news").await["epoch"].clone();
    for (since, epoch) in [(1, &json!("other")), (1, &Value::Null), (3, &epoch)] {
        assert_eq!(told(&client.resume("news", since, epoch).await), (2, false));
    }
    client.expect_nothing_more().await;
    let mut quiet = Client::connect(&served).await;
    let epoch = quiet.subscribe("quiet").await["epoch"].clone();
    assert_eq!(told(&quiet.resume("quiet", 0, &epoch).await), (0, true));
}

#[tokio::test]
async fn a_forgotten_channel_begins_anew_in_another_history() {
    let served = Served::new(Hub::new()).await;
    publish(&served.hub, 1, "x");
    let before = served.hub.position("news");
    served.hub.forget("news");
    let begun = served.hub.position("news");
    assert_eq!(begun.seq, 0);
    assert_ne!(begun.epoch, before.epoch);
    publish(&served.hub, 1, "x");
    let after = served.hub.position("news");
    assert_eq!((after.seq, &after.epoch), (1, &begun.epoch));
    let mut client = Client::connect(&served).await;
    let known = json!(before.epoch);
    assert_eq!(told(&client.resume("news", 1, &known).await), (1, false));
    assert_eq!(served.hub.followed(), ["news"]);
    served.hub.restart("news").unwrap();
    let known = json!(after.epoch);
    assert_eq!(told(&client.resume("news", 1, &known).await), (0, false));
    publish(&served.hub, 1, "x");
    assert_ne!(client.event("said").await["epoch"], known);
}

#[tokio::test]
async fn channels_that_nobody_follows_make_way_and_who_comes_back_to_one_fetches() {
    let limits = Limits {
        channels: 2,
        ..Limits::default()
    };
    let served = Served::new(Hub::builder().limits(limits).build()).await;
    let mut client = Client::in_channel(&served, "followed").await;
    for channel in ["followed", "quiet", "new"] {
        served.hub.publish(channel, "said", "x").unwrap();
    }
    assert_eq!(served.hub.metrics().forgotten_channels, 1);
    assert_eq!(client.event("said").await["seq"], 1);
    assert_eq!(served.hub.position("followed").seq, 1);
    assert_eq!(served.hub.position("quiet").seq, 0);
}

#[tokio::test]
async fn a_repeated_subscription_is_the_same_one_and_an_ended_one_is_silent() {
    let served = Served::new(Hub::new()).await;
    let mut client = Client::in_channel(&served, "news").await;
    client.subscribe("news").await;
    publish(&served.hub, 1, "once");
    client.event("said").await;
    let left = client
        .ask(json!({"event": "unsubscribe", "channel": "news"}))
        .await;
    assert_eq!(left.get("error"), None);
    assert!(!served.hub.is_followed("news"));
    publish(&served.hub, 1, "for nobody");
    client.expect_nothing_more().await;
}

#[tokio::test]
async fn one_who_asks_for_a_whole_history_again_and_again_is_made_to_wait() {
    let limits = Limits {
        messages_per_second: 10,
        ..Limits::default()
    };
    let served = Served::new(Hub::builder().limits(limits).build()).await;
    publish(&served.hub, 500, "x");
    let mut client = Client::connect(&served).await;
    let epoch = client.subscribe("news").await["epoch"].clone();
    let mut replayed = 0;
    loop {
        let answer = client.resume("news", 0, &epoch).await;
        if answer["error"]["code"] == "rate_limited" {
            break;
        }
        assert_eq!(told(&answer), (500, true));
        for _ in 0..500 {
            client.event("said").await;
        }
        replayed += 1;
    }
    assert!((1..=3).contains(&replayed), "{replayed} of twenty");
}

#[tokio::test]
async fn who_has_no_room_for_what_they_missed_fetches_instead() {
    let limits = Limits {
        queue_frames: 8,
        ..Limits::default()
    };
    let served = Served::new(Hub::builder().limits(limits).build()).await;
    publish(&served.hub, 5, "x");
    let mut client = Client::connect(&served).await;
    let epoch = client.subscribe("news").await["epoch"].clone();
    assert_eq!(told(&client.resume("news", 0, &epoch).await), (5, false));
    assert_eq!(told(&client.resume("news", 3, &epoch).await), (5, true));
}
