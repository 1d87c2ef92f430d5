//! The server over Socket.IO.

use crate::{
    client::{Client, Somebody, code, serve, still, strict},
    http,
    socketio_client::SocketIoClient,
};
use serde_json::json;

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
