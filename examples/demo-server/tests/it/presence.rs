//! Presence and typing over the envelope.

use crate::{
    client::{Client, code, serve, still},
    http,
};
use realtime_demo_server::{Config, RunningServer};
use serde_json::{Value, json};
use std::time::Duration;

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

async fn member(server: &RunningServer) -> Client {
    let mut client = Client::connect(server).await;
    client.subscribe(ROOM).await;
    client
}

#[tokio::test]
async fn the_first_announcement_is_answered_with_the_full_room_and_the_others_hear_of_it() {
    let server = serve(still()).await;
    let (mut lin, mut ada) = (member(&server).await, member(&server).await);
    lin.send(announce("u2", "away")).await;
    let sync = lin.next().await;
    assert_eq!(
        (&sync["event"], &sync["channel"]),
        (&json!("presence:sync"), &json!(ROOM))
    );
    assert_eq!(sync.get("seq"), None, "presence has no position");
    let lin_row = &sync["data"]["members"][0];
    assert_eq!(
        (&lin_row["userId"], &lin_row["status"]),
        (&json!("u2"), &json!("away"))
    );
    assert_eq!(lin_row["metadata"], json!({"cursor": [3, 4]}));
    let update = lin.next().await;
    assert_eq!(
        (&update["event"], &update["data"]),
        (&json!("presence:update"), lin_row)
    );
    assert_eq!(ada.next().await, update);

    ada.send(announce("u1", "online")).await;
    let members = ada.next().await["data"]["members"].clone();
    assert_eq!(members.as_array().unwrap().len(), 2);
    assert_eq!(&members[0], lin_row);
    assert_ne!(members[0]["connectionId"], members[1]["connectionId"]);
    assert_eq!(ada.next().await["data"], members[1]);
    assert_eq!(lin.next().await["data"], members[1]);

    ada.send(announce("u1", "busy")).await;
    assert_eq!(
        ada.next().await["event"],
        "presence:update",
        "only the first is answered"
    );
    assert_eq!(lin.next().await["data"]["status"], "busy");
}

#[tokio::test]
async fn a_socket_that_closes_or_breaks_leaves_presence() {
    let server = serve(still()).await;
    let mut lin = member(&server).await;
    for polite in [true, false] {
        let mut ada = member(&server).await;
        ada.send(announce("u1", "online")).await;
        let update = lin.next().await["data"].clone();
        if polite {
            ada.close().await;
        } else {
            drop(ada);
        }
        let left = lin.next().await;
        assert_eq!(left["event"], "presence:leave");
        assert_eq!(
            left["data"],
            json!({"userId": "u1", "connectionId": update["connectionId"]})
        );
    }
}

#[tokio::test]
async fn leaving_and_unsubscribing_end_presence_once() {
    let server = serve(still()).await;
    let (mut lin, mut ada) = (member(&server).await, member(&server).await);
    for last in [
        json!({"event": "presence:leave", "channel": ROOM, "data": {"channel": ROOM, "userId": "u1"}}),
        json!({"event": "unsubscribe", "channel": ROOM}),
    ] {
        ada.send(announce("u1", "online")).await;
        assert_eq!(lin.next().await["event"], "presence:update");
        ada.send(last).await;
        assert_eq!(lin.next().await["event"], "presence:leave");
    }
    ada.close().await;
    http::until_connections(&server, 1).await;
    lin.expect_nothing_more().await;
}

#[tokio::test]
async fn a_member_who_falls_silent_is_dropped() {
    let server = serve(Config {
        presence_life: Duration::from_millis(50),
        ..still()
    })
    .await;
    let (mut lin, mut ada) = (member(&server).await, member(&server).await);
    ada.send(announce("u1", "online")).await;
    assert_eq!(lin.next().await["event"], "presence:update");
    let left = lin.next().await;
    assert_eq!(
        (&left["event"], &left["data"]["userId"]),
        (&json!("presence:leave"), &json!("u1"))
    );
    assert_eq!(
        http::get(&server, "/api/health").await.json()["expiredMembers"],
        1
    );
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

#[tokio::test]
async fn typing_is_passed_on_to_the_others_only() {
    let server = serve(still()).await;
    let (mut ada, mut lin) = (member(&server).await, member(&server).await);
    ada.send(typing("typing:start")).await;
    let start = lin.next().await;
    assert_eq!(start, typing("typing:start"));
    let mut stop = typing("typing:stop");
    stop["data"] = json!({"channel": ROOM, "id": "u1"});
    ada.send(stop.clone()).await;
    assert_eq!(lin.next().await, stop);
    ada.send(stop).await;
    ada.expect_nothing_more().await;
    lin.expect_nothing_more().await;
}

#[tokio::test]
async fn typing_is_passed_on_with_its_channel_and_nothing_that_does_not_belong_there() {
    let server = serve(still()).await;
    let (mut ada, mut lin) = (member(&server).await, member(&server).await);
    let data = json!({"id": "u1", "name": "Ada", "ballast": "x".repeat(1_000)});
    ada.send(json!({"event": "typing:start", "channel": ROOM, "data": data}))
        .await;
    assert_eq!(lin.next().await, typing("typing:start"));
    ada.send(json!({"event": "typing:start", "channel": ROOM, "data": {"id": "u2"}}))
        .await;
    assert_eq!(
        lin.next().await["event"],
        "typing:stop",
        "one socket types as one user"
    );
    assert_eq!(
        lin.next().await["data"],
        json!({"channel": ROOM, "id": "u2"})
    );
}

#[tokio::test]
async fn a_typing_socket_that_closes_stops_typing() {
    let server = serve(still()).await;
    let (mut ada, mut lin) = (member(&server).await, member(&server).await);
    ada.send(typing("typing:start")).await;
    assert_eq!(lin.next().await["event"], "typing:start");
    drop(ada);
    let stop = lin.next().await;
    assert_eq!(
        (&stop["event"], &stop["data"]),
        (&json!("typing:stop"), &json!({"channel": ROOM, "id": "u1"}))
    );
}
