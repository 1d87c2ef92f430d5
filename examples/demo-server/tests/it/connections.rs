//! Connections: caps, silence, slow readers.

use crate::{
    client::{Client, serve, still},
    http,
};
use serde_json::json;
use tokio::net::TcpListener;

#[tokio::test]
async fn a_socket_that_asks_to_be_cut_ends_without_a_close_frame_and_leaves_its_room() {
    let server = serve(still()).await;
    let (mut ada, mut lin) = (
        Client::connect(&server).await,
        Client::connect(&server).await,
    );
    lin.subscribe("room:lobby").await;
    ada.subscribe("room:lobby").await;
    let data =
        json!({"channel": "room:lobby", "user": {"id": "u1", "name": "Ada"}, "status": "online"});
    ada.send(json!({"event": "presence:announce", "channel": "room:lobby", "data": data}))
        .await;
    assert_eq!(lin.next().await["event"], "presence:update");
    ada.send(json!({"event": "demo:cut"})).await;
    ada.ends_without_a_word().await;
    let left = lin.next().await;
    assert_eq!(
        (&left["event"], &left["data"]["userId"]),
        (&json!("presence:leave"), &json!("u1"))
    );
    http::until_connections(&server, 1).await;
}

#[tokio::test]
async fn a_shutdown_closes_every_socket_with_1001_and_frees_the_address() {
    let server = serve(still()).await;
    let address = server.addr();
    let (mut ada, mut lin) = (
        Client::connect(&server).await,
        Client::connect(&server).await,
    );
    ada.subscribe("tasks").await;
    lin.expect_nothing_more().await;
    let stopping = tokio::spawn(server.shutdown());
    assert_eq!(ada.closed().await, (1001, vec![]));
    assert_eq!(lin.closed().await, (1001, vec![]));
    drop((ada, lin));
    stopping.await.unwrap();
    TcpListener::bind(address).await.unwrap();
}
