//! Subscriptions: positions, histories, resuming.

use crate::{
    client::{Client, code, serve, still},
    http,
};
use realtime_demo_server::Config;
use serde_json::{Value, json};

fn resume(since: u64, epoch: &Value) -> Value {
    json!({"event": "subscribe", "channel": "tasks", "data": {"since": since, "epoch": epoch}})
}

#[tokio::test]
async fn a_restarted_server_has_another_epoch_and_recovers_nobody() {
    let server = serve(still()).await;
    let mut client = Client::connect(&server).await;
    let before = client.subscribe("tasks").await;
    let config = Config {
        listen: server.addr(),
        ..still()
    };
    drop(client);
    server.shutdown().await;
    let server = serve(config).await;
    let mut client = Client::connect(&server).await;
    let answer = client.ask(resume(0, &before["epoch"])).await;
    assert_eq!(answer["data"]["recovered"], false);
    assert_ne!(answer["epoch"], before["epoch"]);
}

#[tokio::test]
async fn empty_rooms_do_not_pile_up() {
    let server = serve(still()).await;
    let channels = http::get(&server, "/api/health").await.json()["channels"].clone();
    let mut client = Client::connect(&server).await;
    for n in 0..150 {
        client.subscribe(&format!("room:r{n}")).await;
        client
            .send(json!({"event": "unsubscribe", "channel": format!("room:r{n}")}))
            .await;
    }
    client.expect_nothing_more().await;
    assert_eq!(
        http::get(&server, "/api/health").await.json()["channels"],
        channels
    );
}

#[tokio::test]
async fn there_are_at_most_a_hundred_rooms_with_messages() {
    let server = serve(Config {
        rate: 1_000,
        ..still()
    })
    .await;
    let mut client = Client::connect(&server).await;
    let message = |room: u32| {
        json!({"event": "message:send", "channel": format!("room:r{room}"),
               "data": {"userId": "u1", "name": "Ada", "text": "hello"}})
    };
    for room in 0..100 {
        assert_eq!(client.ask(message(room)).await.get("error"), None);
    }
    assert_eq!(code(&client.ask(message(100)).await), "limit_reached");
    assert_eq!(client.ask(message(99)).await.get("error"), None);
}
