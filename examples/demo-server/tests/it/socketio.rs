//! The server over Socket.IO.

use crate::{
    client::{Client, Somebody, code, in_time, serve, still, strict},
    http,
    socketio_client::{SocketIoClient, url},
};
use realtime_demo_server::{Config, RunningServer};
use serde_json::{Value, json};
use tokio::net::TcpSocket;
use tokio_tungstenite::{MaybeTlsStream, client_async, connect_async};

async fn create(server: &RunningServer, title: &str) {
    let created = http::post(server, "/api/tasks", &json!({"title": title})).await;
    assert_eq!(created.status, 201, "{created:?}");
}

#[tokio::test]
async fn the_answer_to_a_join_has_the_position_after_which_every_event_comes() {
    let server = serve(still()).await;
    create(&server, "before").await;
    let mut client = SocketIoClient::connect(&server).await;
    let joined = client.ask("join", json!({"channel": "tasks"})).await;
    assert_eq!(
        (&joined["seq"], &joined["recovered"]),
        (&json!(1), &json!(false))
    );
    create(&server, "after").await;
    let (event, payload) = client.next().await;
    assert_eq!(
        (event.as_str(), &payload["channel"]),
        ("list:update", &json!("tasks"))
    );
    assert_eq!(
        (&payload["seq"], &payload["epoch"]),
        (&json!(2), &joined["epoch"])
    );
    assert_eq!(payload["data"]["item"]["title"], "after");
    assert_eq!(client.ask("leave", json!("tasks")).await, Value::Null);
    create(&server, "unseen").await;
    client.expect_nothing_more().await;
}

#[tokio::test]
async fn who_says_how_far_they_had_come_gets_what_they_missed_after_the_answer() {
    let server = serve(still()).await;
    let mut client = SocketIoClient::connect(&server).await;
    let epoch = client.ask("join", json!("tasks")).await["epoch"].clone();
    drop(client);
    for title in ["one", "two", "three"] {
        create(&server, title).await;
    }
    let mut client = SocketIoClient::connect(&server).await;
    let resume = json!({"channel": "tasks", "since": 1, "epoch": epoch});
    let joined = client.ask("join", resume).await;
    assert_eq!(joined, json!({"seq": 3, "epoch": epoch, "recovered": true}));
    for title in ["two", "three"] {
        assert_eq!(client.next().await.1["data"]["item"]["title"], title);
    }
    client.expect_nothing_more().await;
}

#[tokio::test]
async fn a_repeated_message_gets_the_first_answer_on_another_socket_and_changes_nothing() {
    let server = serve(still()).await;
    let mut watcher = SocketIoClient::connect(&server).await;
    watcher.ask("join", json!("tasks")).await;
    let write = json!({"channel": "tasks", "messageId": "a-1", "title": "Write"});
    let mut client = SocketIoClient::connect(&server).await;
    let first = client.ask("task:create", write.clone()).await;
    assert_eq!(first["title"], "Write");
    let mut client = SocketIoClient::connect(&server).await;
    assert_eq!(client.ask("task:create", write).await, first);
    let other = json!({"channel": "tasks", "id": "a-1", "data": {"title": "Read"}});
    assert_eq!(
        code(&client.ask("task:create", other).await),
        "duplicate_id"
    );
    assert_eq!(watcher.next().await.1["id"], "a-1");
    watcher.expect_nothing_more().await;
}

#[tokio::test]
async fn messages_without_ids_are_never_taken_for_repeats() {
    let server = serve(still()).await;
    for _ in 0..2 {
        let mut client = SocketIoClient::connect(&server).await;
        for _ in 0..2 {
            let title = json!({"title": "Again"});
            assert_eq!(client.ask("task:create", title).await["version"], 1);
        }
    }
    let tasks = http::get(&server, "/api/tasks").await.json();
    assert_eq!(tasks.as_array().unwrap().len(), 10);
}

#[tokio::test]
async fn a_refusal_is_an_answer_with_an_error() {
    let server = serve(still()).await;
    let mut client = SocketIoClient::connect(&server).await;
    for (event, payload, expected) in [
        ("join", json!("weather"), "unknown_channel"),
        ("join", json!({"channel": 7}), "invalid_data"),
        ("join", json!(7), "invalid_data"),
        ("nonsense", json!({}), "unknown_event"),
        ("task:create", json!({"title": ""}), "invalid_data"),
        ("task:delete", json!({"id": "nobody"}), "not_found"),
    ] {
        let answer = client.ask(event, payload.clone()).await;
        assert_eq!(code(&answer), expected, "{event} {payload}");
    }
    client.emit("task:create", json!({"title": ""})).await;
    let (event, payload) = client.next().await;
    assert_eq!(
        (event.as_str(), &payload["code"]),
        ("error", &json!("invalid_data"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_handled_in_the_order_in_which_they_were_sent() {
    let server = serve(still()).await;
    let mut watcher = SocketIoClient::connect(&server).await;
    watcher.ask("join", json!("room:a")).await;
    let mut client = SocketIoClient::connect(&server).await;
    for n in 0..100 {
        let said =
            json!({"channel": "room:a", "userId": "u", "name": "Ada", "text": n.to_string()});
        client.emit("message:send", said).await;
    }
    for n in 0..100 {
        let (_, payload) = watcher.next().await;
        assert_eq!(payload["data"]["item"]["text"], n.to_string());
    }
}

#[tokio::test]
async fn whoever_speaks_envelopes_and_whoever_speaks_socket_io_are_in_one_room() {
    let server = serve(still()).await;
    let mut ada = Client::connect(&server).await;
    ada.subscribe("room:lobby").await;
    let mut lin = SocketIoClient::connect(&server).await;
    lin.ask("join", json!("room:lobby")).await;
    let announcement =
        json!({"channel": "room:lobby", "user": {"id": "lin", "name": "Lin"}, "status": "busy"});
    lin.emit("presence:announce", announcement).await;
    let (event, payload) = lin.next().await;
    assert_eq!(event, "presence:sync");
    assert_eq!(payload["data"]["members"][0]["userId"], "lin");
    assert_eq!(ada.next().await["data"]["status"], "busy");
    let typing = json!({"channel": "room:lobby", "id": "lin", "name": "Lin"});
    lin.emit("typing:start", typing.clone()).await;
    assert_eq!(ada.next().await["data"], typing);
    drop(lin);
    assert_eq!(ada.next().await["event"], "typing:stop");
    let left = ada.next().await;
    assert_eq!(
        (&left["event"], &left["data"]["userId"]),
        (&json!("presence:leave"), &json!("lin"))
    );
}

#[tokio::test]
async fn a_wrong_token_is_a_connect_error_and_the_right_one_is_not() {
    let server = serve(strict()).await;
    let ada = Somebody::sign_in(&server, "Ada").await;
    for auth in [json!({}), json!({"token": "guess"}), json!({"token": 7})] {
        let Err(refused) = SocketIoClient::connect_with(&server, auth).await else {
            panic!("it should have been refused");
        };
        assert_eq!(refused, json!({"message": "the token is missing or wrong"}));
    }
    let auth = json!({"token": ada.token});
    let mut client = SocketIoClient::connect_with(&server, auth).await.unwrap();
    assert_eq!(client.ask("join", json!("tasks")).await["seq"], 0);
}

#[tokio::test]
async fn a_cut_socket_ends_without_a_word_and_its_place_is_free_again() {
    let server = serve(Config {
        max_connections: 1,
        ..still()
    })
    .await;
    for _ in 0..3 {
        let mut client = until_there_is_room(&server).await;
        assert!(connect_async(url(&server)).await.is_err());
        client.emit("demo:cut", Value::Null).await;
        assert!(!client.ended().await);
    }
}

/// Connects as soon as the server has a place.
async fn until_there_is_room(server: &RunningServer) -> SocketIoClient {
    let socket = in_time(async {
        loop {
            if let Ok((socket, _)) = connect_async(url(server)).await {
                break socket;
            }
        }
    });
    SocketIoClient::over(socket.await, json!({})).await.unwrap()
}

#[tokio::test]
async fn a_client_that_reads_too_slowly_is_cut_and_its_place_is_free_again() {
    const MESSAGES: usize = 1_500;
    let server = serve(Config {
        queue_frames: 64,
        max_connections: 2,
        rate: 1_000_000,
        ..still()
    })
    .await;
    // A small receive buffer, so that less is needed to fill it.
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let stream = MaybeTlsStream::Plain(socket.connect(server.addr()).await.unwrap());
    let (socket, _) = client_async(url(&server), stream).await.unwrap();
    let mut slow = SocketIoClient::over(socket, json!({})).await.unwrap();
    slow.ask("join", json!("room:lobby")).await;

    let mut author = Client::connect(&server).await;
    let data = json!({"userId": "u1", "name": "Ada", "text": "\u{1f600}".repeat(2_000)});
    for _ in 0..MESSAGES {
        author
            .send(json!({"event": "message:send", "channel": "room:lobby", "data": data}))
            .await;
    }
    author.expect_nothing_more().await;
    let health = http::get(&server, "/api/health").await.json();
    assert_eq!(health["slowConsumers"], 1);
    until_there_is_room(&server).await;
    assert!(!slow.ended().await);
}

#[tokio::test]
async fn a_server_that_shuts_down_says_everything_first_and_bids_nobody_to_stay_away() {
    let server = serve(still()).await;
    let mut client = SocketIoClient::connect(&server).await;
    client.ask("join", json!("tasks")).await;
    for n in 0..50 {
        create(&server, &n.to_string()).await;
    }
    let stopping = tokio::spawn(server.shutdown());
    for n in 0..50 {
        assert_eq!(
            client.next().await.1["data"]["item"]["title"],
            n.to_string()
        );
    }
    assert!(client.ended().await);
    in_time(stopping).await.unwrap();
}

#[tokio::test]
async fn a_message_that_is_too_large_ends_the_connection() {
    let server = serve(Config {
        max_message_bytes: 1_000,
        ..still()
    })
    .await;
    let mut client = SocketIoClient::connect(&server).await;
    client
        .emit("task:create", json!({"title": "x".repeat(2_000)}))
        .await;
    client.ended().await;
    SocketIoClient::connect(&server).await;
}

#[tokio::test]
async fn garbage_ends_the_connection_and_nothing_else() {
    let server = serve(still()).await;
    for packet in [
        "",
        "9",
        "4",
        "42",
        "42[",
        "42[7]",
        "42{}",
        "4200000000000000000000000[\"x\"]",
        "451-[\"x\"]",
        "40",
        "41",
    ] {
        let mut client = SocketIoClient::connect(&server).await;
        client.send(packet).await;
        let mut other = SocketIoClient::connect(&server).await;
        assert_eq!(
            other.ask("join", json!("tasks")).await["seq"],
            0,
            "after {packet:?}"
        );
    }
}

#[tokio::test]
async fn what_is_no_websocket_of_engine_io_4_is_told_what_to_do() {
    let server = serve(still()).await;
    for (query, word) in [
        ("", "Engine.IO 4"),
        ("?EIO=3&transport=websocket", "Engine.IO 4"),
        ("?EIO=4&transport=polling", "websocket"),
    ] {
        let answer = http::get(&server, &format!("/socket.io/{query}")).await;
        assert_eq!(answer.status, 422);
        let message = answer.json()["error"]["message"].to_string();
        assert!(message.contains(word), "{message}");
    }
}
