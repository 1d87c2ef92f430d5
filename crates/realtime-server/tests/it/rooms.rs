//! Presence and typing: who is told what, and that nobody stays behind or speaks as another.

use crate::client::{Client, Served, until};
use realtime_server::{Credentials, Hub, Limits, Refusal, User};
use serde_json::{Value, json};
use std::time::Duration;

fn announce(user: &str, metadata: Value) -> Value {
    let data =
        json!({"user": {"id": user, "name": user}, "status": "online", "metadata": metadata});
    json!({"event": "presence:announce", "channel": "room", "data": data})
}

fn typing(event: &str, user: &str) -> Value {
    json!({"event": event, "channel": "room", "data": {"channel": "room", "id": user, "name": user}})
}

async fn present(served: &Served, user: &str) -> Client {
    let mut client = Client::in_channel(served, "room").await;
    client.send(announce(user, json!([1]))).await;
    client.event("presence:sync").await;
    client.event("presence:update").await;
    client
}

#[tokio::test]
async fn who_comes_is_told_of_everybody_and_everybody_of_them_connection_by_connection() {
    let served = Served::new(Hub::new()).await;
    let mut ada = present(&served, "ada").await;
    let mut twice = Client::in_channel(&served, "room").await;
    twice.send(announce("ada", Value::Null)).await;
    let sync = twice.event("presence:sync").await;
    let members = sync["data"]["members"].as_array().unwrap();
    assert_eq!(members.len(), 2);
    assert!(members.iter().all(|member| member["userId"] == "ada"));
    assert_ne!(members[0]["connectionId"], members[1]["connectionId"]);
    assert_eq!(members[0]["metadata"], json!([1]));
    let update = ada.event("presence:update").await;
    assert_eq!(update["data"]["connectionId"], members[1]["connectionId"]);
    assert_eq!(update.get("seq"), None, "it is not kept");
    twice.event("presence:update").await;
    twice.send(announce("ada", json!([2]))).await;
    assert_eq!(
        ada.event("presence:update").await["data"]["metadata"],
        json!([2])
    );
    drop(twice);
    let left = ada.event("presence:leave").await;
    let gone = json!({"userId": "ada", "connectionId": members[1]["connectionId"]});
    assert_eq!(left["data"], gone);
    served.hub.publish("room", "said", "x").unwrap();
    assert_eq!(ada.event("said").await["seq"], 1);
}

#[tokio::test]
async fn leaving_the_room_the_channel_or_the_net_is_told_once() {
    let served = Served::new(Hub::new()).await;
    let mut lin = Client::in_channel(&served, "room").await;
    let mut ada = present(&served, "ada").await;
    lin.event("presence:update").await;
    for way in ["presence:leave", "unsubscribe"] {
        ada.send(json!({"event": way, "channel": "room"})).await;
        assert_eq!(lin.event("presence:leave").await["data"]["userId"], "ada");
        lin.expect_nothing_more().await;
        let mut again = Client::in_channel(&served, "room").await;
        again.send(announce("eve", Value::Null)).await;
        let sync = again.event("presence:sync").await;
        assert_eq!(sync["data"]["members"].as_array().unwrap().len(), 1);
        lin.event("presence:update").await;
        drop(again);
        lin.event("presence:leave").await;
        if way == "presence:leave" {
            ada.send(announce("ada", Value::Null)).await;
            lin.event("presence:update").await;
        }
    }
}

#[tokio::test]
async fn who_falls_silent_is_dropped_and_who_comes_back_is_told_of_everybody() {
    let limits = Limits {
        member_life: Duration::from_millis(200),
        ..Limits::default()
    };
    let served = Served::new(Hub::builder().limits(limits).build()).await;
    let mut ada = present(&served, "ada").await;
    let left = ada.event("presence:leave").await;
    assert_eq!(left["data"]["userId"], "ada");
    assert_eq!(served.hub.metrics().expired_members, 1);
    ada.send(announce("ada", Value::Null)).await;
    ada.event("presence:sync").await;
    ada.event("presence:update").await;
}

#[tokio::test]
async fn a_user_appears_as_themselves_whatever_they_say() {
    let hub = Hub::builder()
        .authenticate(async |_: Credentials| Ok::<_, Refusal>(User::new("u1", "Ada")))
        .build();
    let served = Served::new(hub).await;
    let mut lin = Client::in_channel(&served, "room").await;
    let mut ada = Client::in_channel(&served, "room").await;
    for frame in [announce("u2", Value::Null), typing("typing:start", "u2")] {
        assert_eq!(ada.refusal(frame).await, "forbidden");
    }
    ada.send(announce("u1", Value::Null)).await;
    let update = lin.event("presence:update").await;
    assert_eq!(update["data"]["user"], json!({"id": "u1", "name": "Ada"}));
    ada.send(typing("typing:start", "u1")).await;
    assert_eq!(lin.event("typing:start").await["data"]["name"], "Ada");
}

#[tokio::test]
async fn typing_goes_to_the_others_and_ends_with_the_socket() {
    let served = Served::new(Hub::new()).await;
    let mut lin = Client::in_channel(&served, "room").await;
    let mut ada = Client::in_channel(&served, "room").await;
    let said = json!({"channel": "room", "id": "ada", "name": "ada"});
    ada.send(typing("typing:start", "ada")).await;
    assert_eq!(lin.event("typing:start").await["data"], said);
    ada.send(typing("typing:stop", "ada")).await;
    assert_eq!(lin.event("typing:stop").await["data"]["id"], "ada");
    ada.expect_nothing_more().await;
    ada.send(typing("typing:start", "ada")).await;
    lin.event("typing:start").await;
    ada.send(typing("typing:start", "eve")).await;
    assert_eq!(lin.event("typing:stop").await["data"]["id"], "ada");
    assert_eq!(lin.event("typing:start").await["data"]["id"], "eve");
    drop(ada);
    assert_eq!(lin.event("typing:stop").await["data"]["id"], "eve");
    lin.expect_nothing_more().await;
    until(|| served.hub.metrics().connections == 1).await;
}

#[tokio::test]
async fn one_must_follow_a_channel_to_be_seen_in_it() {
    let served = Served::new(Hub::new()).await;
    let mut client = Client::connect(&served).await;
    for frame in [announce("ada", Value::Null), typing("typing:start", "ada")] {
        assert_eq!(client.refusal(frame).await, "forbidden");
    }
}

#[tokio::test]
async fn members_and_what_they_say_are_bounded() {
    let limits = Limits {
        members: 1,
        metadata_bytes: 100,
        ..Limits::default()
    };
    let served = Served::new(Hub::builder().limits(limits).build()).await;
    let mut ada = present(&served, "ada").await;
    let mut eve = Client::in_channel(&served, "room").await;
    assert_eq!(
        eve.refusal(announce("eve", Value::Null)).await,
        "limit_reached"
    );
    let long = "x".repeat(100);
    let blank = announce(" ", Value::Null);
    let too_long = announce(&long, Value::Null);
    let too_much = announce("ada", json!(long));
    let mut picture = announce("ada", Value::Null);
    picture["data"]["user"]["avatar"] = json!("x".repeat(2_049));
    for frame in [
        blank,
        too_long,
        too_much,
        picture,
        typing("typing:start", &long),
    ] {
        assert_eq!(ada.refusal(frame).await, "invalid_data");
    }
}

#[tokio::test]
async fn announcements_beyond_their_rate_are_refused_so_that_nobody_speaks_to_all_without_end() {
    let limits = Limits {
        appearances_per_second: 2,
        ..Limits::default()
    };
    let served = Served::new(Hub::builder().limits(limits).build()).await;
    let mut ada = present(&served, "ada").await;
    let mut codes = Vec::new();
    for n in 0..6 {
        ada.send(announce("ada", json!(n))).await;
        let frame = ada.next().await;
        codes.push(frame["error"]["code"].clone());
        if frame["event"] == "error" {
            assert!(frame["error"]["retryAfter"].as_u64().unwrap() <= 500);
        }
    }
    assert!(
        codes.iter().filter(|code| **code == "rate_limited").count() >= 2,
        "{codes:?}"
    );
    let typed = ada.refusal(typing("typing:start", "ada")).await;
    assert_eq!(typed, "rate_limited");
    assert_eq!(
        ada.refusal(json!({"event": "subscribe", "channel": "b"}))
            .await,
        Value::Null
    );
}
