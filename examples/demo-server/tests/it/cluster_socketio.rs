//! Socket.IO on several servers with one state.

use crate::{
    client::{in_time, serve},
    http::{get, until},
    node::sharing,
    redis::Redis,
    socketio_client::SocketIoClient,
};
use realtime_demo_server::RunningServer;
use serde_json::{Value, json};

const SOCKETS: &str = "/api/rooms/lobby/sockets";

async fn two(redis: &Redis) -> (RunningServer, RunningServer) {
    (serve(sharing(redis)).await, serve(sharing(redis)).await)
}

async fn member(server: &RunningServer, user: &str) -> SocketIoClient {
    let mut client = SocketIoClient::connect(server).await;
    client.ask("join", json!("room:lobby")).await;
    let user = json!({"id": user, "name": user});
    let announcement = json!({"channel": "room:lobby", "user": user, "status": "online"});
    client.ask("presence:announce", announcement).await;
    client
}

/// The next event of a name.
async fn next(client: &mut SocketIoClient, name: &str) -> Value {
    loop {
        let (event, payload) = client.next().await;
        if event == name {
            return payload["data"].clone();
        }
    }
}

async fn count(server: &RunningServer, sockets: usize) {
    until(server, SOCKETS, |seen| {
        seen.status == 200 && seen.json().as_array().map(Vec::len) == Some(sockets)
    })
    .await;
}

#[tokio::test]
#[ignore = "needs redis-server; cargo xtask test runs it"]
async fn sockets_of_different_servers_are_in_one_room() {
    let redis = Redis::start().await;
    let (one, other) = two(&redis).await;
    let mut ada = member(&one, "ada").await;
    let mut lin = member(&other, "lin").await;
    let sync = next(&mut lin, "presence:sync").await;
    assert_eq!(sync["members"].as_array().map(Vec::len), Some(2));
    let said = json!({"channel": "room:lobby", "messageId": "a-1", "userId": "ada", "name": "Ada", "text": "hello"});
    let first = ada.ask("message:send", said.clone()).await;
    assert_eq!(
        next(&mut lin, "list:update").await["item"]["id"],
        first["id"]
    );
    assert_eq!(
        lin.ask("message:send", said).await,
        first,
        "it is known there"
    );
    let typing = json!({"channel": "room:lobby", "id": "lin", "name": "Lin"});
    lin.emit("typing:start", typing.clone()).await;
    assert_eq!(next(&mut ada, "typing:start").await, typing);
    drop(lin);
    assert_eq!(next(&mut ada, "presence:leave").await["userId"], "lin");
}

#[tokio::test]
#[ignore = "needs redis-server; cargo xtask test runs it"]
async fn every_server_knows_the_sockets_of_a_room_on_all_of_them() {
    let redis = Redis::start().await;
    let (one, other) = two(&redis).await;
    let mut ada = member(&one, "ada").await;
    let lin = member(&other, "lin").await;
    for server in [&one, &other] {
        count(server, 2).await;
    }
    assert_eq!(
        get(&one, "/api/rooms/elsewhere/sockets").await.json(),
        json!([])
    );
    ada.ask("leave", json!("room:lobby")).await;
    count(&other, 1).await;
    drop(lin);
    count(&one, 0).await;
}

#[tokio::test]
#[ignore = "needs redis-server; cargo xtask test runs it"]
async fn servers_find_each_other_again_after_redis_was_away() {
    let mut redis = Redis::start().await;
    let (one, other) = two(&redis).await;
    let mut clients = [member(&one, "ada").await, member(&other, "lin").await];
    count(&one, 2).await;
    redis.kill();
    until(&one, SOCKETS, |seen| seen.status == 503).await;
    redis.start_again().await;
    for server in [&one, &other] {
        count(server, 2).await;
    }
    for client in &mut clients {
        in_time(client.ask("ping", json!({}))).await;
    }
}
