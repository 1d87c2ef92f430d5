//! Connections: caps, silence, slow readers.

use crate::{
    client::{Client, serve, still},
    http,
};
use realtime_demo_server::Config;
use serde_json::json;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket};
use tokio_tungstenite::{MaybeTlsStream, client_async};

#[tokio::test]
async fn a_socket_beyond_the_cap_is_told_to_come_back_later() {
    let server = serve(Config {
        max_connections: 1,
        ..still()
    })
    .await;
    let mut first = Client::connect(&server).await;
    first.expect_nothing_more().await;
    assert_eq!(
        Client::connect(&server).await.closed().await,
        (1013, vec![])
    );
    first.expect_nothing_more().await;
    assert_eq!(
        http::get(&server, "/api/health").await.json()["turnedAway"],
        1
    );
    first.close().await;
    http::until_connections(&server, 0).await;
    let mut next = Client::connect(&server).await;
    next.expect_nothing_more().await;
}

#[tokio::test]
async fn a_silent_socket_is_pinged_and_then_closed() {
    let config = Config {
        ping_after: Duration::from_millis(20),
        silence: Duration::from_millis(100),
        ..still()
    };
    let server = serve(config).await;
    let (close, frames) = Client::connect(&server).await.closed().await;
    assert_eq!(close, 4101);
    assert!(!frames.is_empty());
    assert!(
        frames
            .iter()
            .all(|frame| *frame == json!({"event": "ping"})),
        "{frames:?}"
    );
}

#[tokio::test]
async fn a_client_that_reads_too_slowly_is_closed_and_the_others_are_not() {
    const MESSAGES: usize = 1_200;
    let server = serve(Config {
        queue_frames: 64,
        rate: 1_000_000,
        ..still()
    })
    .await;
    // A small receive buffer, so that less is needed to fill it.
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let stream = MaybeTlsStream::Plain(socket.connect(server.addr()).await.unwrap());
    let url = format!("ws://{}/ws", server.addr());
    let mut slow = Client::over(client_async(url, stream).await.unwrap().0);
    slow.subscribe("room:lobby").await;

    let mut author = Client::connect(&server).await;
    let data = json!({"userId": "u1", "name": "Ada", "text": "\u{1f600}".repeat(2_000)});
    for _ in 0..MESSAGES {
        author
            .send(json!({"event": "message:send", "channel": "room:lobby", "data": data}))
            .await;
    }
    author.expect_nothing_more().await;
    let (close, frames) = slow.closed().await;
    assert_eq!(close, 4100);
    assert!(frames.len() < MESSAGES);
    for (frame, seq) in frames.iter().zip(1..) {
        assert_eq!(
            frame["seq"],
            json!(seq),
            "what came before the close has no holes"
        );
    }
    assert_eq!(
        http::get(&server, "/api/health").await.json()["slowConsumers"],
        1
    );
}

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
