//! Permissions: who may do what, and as whom; over the envelope, over Socket.IO and over REST.

use crate::{
    client::{Client, Somebody, code, serve, strict},
    http,
    socketio_client::SocketIoClient,
};
use serde_json::{Value, json};

const ROOM: &str = "room:lobby";

fn announcement(id: &str, name: &str) -> Value {
    json!({"channel": ROOM, "user": {"id": id, "name": name}, "status": "online"})
}

#[tokio::test]
async fn nobody_can_be_present_type_or_write_as_somebody_else() {
    let server = serve(strict()).await;
    let (ada, eve) = (
        Somebody::sign_in(&server, "Ada").await,
        Somebody::sign_in(&server, "Eve").await,
    );
    let mut watcher = Client::connect_as(&server, &ada).await;
    watcher.subscribe(ROOM).await;
    let mut client = Client::connect_as(&server, &eve).await;
    client.subscribe(ROOM).await;
    let auth = json!({"token": eve.token});
    let mut other = SocketIoClient::connect_with(&server, auth).await.unwrap();
    other.ask("join", json!(ROOM)).await;
    for (event, data) in [
        ("presence:announce", announcement(&ada.id, "Ada")),
        (
            "typing:start",
            json!({"channel": ROOM, "id": ada.id, "name": "Ada"}),
        ),
        (
            "message:send",
            json!({"userId": ada.id, "name": "Ada", "text": "hi"}),
        ),
    ] {
        let frame = json!({"event": event, "channel": ROOM, "data": data});
        assert_eq!(code(&client.ask(frame).await), "forbidden", "{event}");
        let payload = json!({"channel": ROOM, "data": data});
        assert_eq!(code(&other.ask(event, payload).await), "forbidden");
    }
    watcher.expect_nothing_more().await;
}

#[tokio::test]
async fn whatever_name_is_given_the_one_of_the_token_is_told() {
    let server = serve(strict()).await;
    let (ada, eve) = (
        Somebody::sign_in(&server, "Ada").await,
        Somebody::sign_in(&server, "Eve").await,
    );
    let mut watcher = Client::connect_as(&server, &ada).await;
    watcher.subscribe(ROOM).await;
    watcher.subscribe("tasks").await;
    let mut client = Client::connect_as(&server, &eve).await;
    client.subscribe(ROOM).await;
    for (event, channel, data, place) in [
        (
            "presence:announce",
            ROOM,
            announcement(&eve.id, "Ada"),
            "/data/user/name",
        ),
        (
            "typing:start",
            ROOM,
            json!({"id": eve.id, "name": "Ada"}),
            "/data/name",
        ),
        (
            "message:send",
            ROOM,
            json!({"userId": eve.id, "name": "Ada", "text": "hi"}),
            "/data/item/name",
        ),
        (
            "task:create",
            "tasks",
            json!({"title": "x", "editedBy": "Ada"}),
            "/data/item/editedBy",
        ),
    ] {
        client
            .send(json!({"event": event, "channel": channel, "data": data}))
            .await;
        let told = watcher.next().await;
        assert_eq!(told.pointer(place), Some(&json!("Eve")), "{told}");
    }
    let body = json!({"title": "y", "editedBy": "Ada"}).to_string();
    let headers = format!("content-type: application/json\r\n{}", eve.bearer());
    let made = http::request(&server, "POST", "/api/tasks", &headers, &body).await;
    assert_eq!(made.json()["editedBy"], "Eve");
}

#[tokio::test]
async fn a_room_of_one_s_own_is_closed_to_others_in_every_way() {
    let server = serve(strict()).await;
    let (ada, eve) = (
        Somebody::sign_in(&server, "Ada").await,
        Somebody::sign_in(&server, "Eve").await,
    );
    let channel = format!("room:own-{}", ada.id);
    let mut owner = Client::connect_as(&server, &ada).await;
    owner.subscribe(&channel).await;
    let mut client = Client::connect_as(&server, &eve).await;
    let auth = json!({"token": eve.token});
    let mut other = SocketIoClient::connect_with(&server, auth).await.unwrap();
    for (event, said, data) in [
        ("subscribe", "join", json!({})),
        (
            "message:send",
            "message:send",
            json!({"userId": eve.id, "name": "Eve", "text": "hi"}),
        ),
        (
            "presence:announce",
            "presence:announce",
            announcement(&eve.id, "Eve"),
        ),
        (
            "typing:start",
            "typing:start",
            json!({"id": eve.id, "name": "Eve"}),
        ),
    ] {
        let frame = json!({"event": event, "channel": channel, "data": data});
        assert_eq!(code(&client.ask(frame).await), "forbidden", "{event}");
        let payload = json!({"channel": channel, "data": data});
        assert_eq!(code(&other.ask(said, payload).await), "forbidden");
    }
    let room = channel.trim_start_matches("room:");
    for path in [
        format!("/api/rooms/{room}/messages"),
        format!("/api/rooms/{room}/sockets"),
    ] {
        for (somebody, status) in [(&eve, 403), (&ada, 200)] {
            let answer = http::request(&server, "GET", &path, &somebody.bearer(), "").await;
            assert_eq!(answer.status, status, "{path}");
        }
    }
    owner.expect_nothing_more().await;
}

#[tokio::test]
async fn nobody_uses_up_the_message_ids_of_others() {
    let server = serve(strict()).await;
    let (ada, eve) = (
        Somebody::sign_in(&server, "Ada").await,
        Somebody::sign_in(&server, "Eve").await,
    );
    for (somebody, title) in [(&eve, "Eve's"), (&ada, "Ada's")] {
        let mut client = Client::connect_as(&server, somebody).await;
        let data = json!({"title": title});
        client
            .send(json!({"event": "task:create", "id": "q7f-2", "data": data}))
            .await;
        let ack = client.next().await;
        assert_eq!(ack["data"]["title"], title, "{ack}");
    }
}

#[tokio::test]
async fn a_stranger_sees_prices_and_nothing_else() {
    let server = serve(strict()).await;
    for path in ["/api/stocks", "/api/stocks/ACME", "/api/stress/100/0"] {
        assert_eq!(http::get(&server, path).await.status, 200, "{path}");
    }
    for path in [
        "/api/tasks",
        "/api/rooms/lobby/messages",
        "/api/rooms/lobby/sockets",
        "/api/notifications",
    ] {
        assert_eq!(http::get(&server, path).await.status, 401, "{path}");
    }
    let headers = "content-type: application/json\r\n";
    for (method, path, body) in [
        ("POST", "/api/tasks", r#"{"title":"x"}"#),
        ("PATCH", "/api/tasks/t1", "{}"),
        ("DELETE", "/api/tasks/t1", ""),
        ("POST", "/api/tasks/t1/move", r#"{"before":null}"#),
        ("POST", "/api/notifications", r#"{"title":"x"}"#),
        (
            "POST",
            "/api/stocks/ACME/burst",
            r#"{"perSecond":1,"seconds":1}"#,
        ),
        ("POST", "/api/stress/100/0/burst", r#"{"count":1}"#),
    ] {
        let answer = http::request(&server, method, path, headers, body).await;
        assert_eq!(answer.status, 401, "{method} {path}");
    }
    assert!(
        SocketIoClient::connect_with(&server, json!({}))
            .await
            .is_err()
    );
}
