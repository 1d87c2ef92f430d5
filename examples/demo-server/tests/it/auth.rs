//! Tokens at the door: taken, refused, run out.

use crate::{
    client::{Client, Somebody, code, serve, still, strict},
    http,
    socketio_client::SocketIoClient,
};
use realtime_demo_server::{Config, Secret};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn what_follows_a_wrong_token_is_not_even_read() {
    let server = serve(strict()).await;
    let ada = Somebody::sign_in(&server, "Ada").await;
    let mut client = Client::connect(&server).await;
    for token in ["wrong", &ada.token] {
        client
            .send(json!({"event": "auth", "data": {"token": token}}))
            .await;
    }
    client
        .send(json!({"event": "task:create", "data": {"title": "sneaked in"}}))
        .await;
    let (close, frames) = client.closed().await;
    assert_eq!((close, frames.len()), (4300, 1), "{frames:?}");
    let tasks = http::request(&server, "GET", "/api/tasks", &ada.bearer(), "").await;
    assert_eq!(tasks.seq(), 0);
}

#[tokio::test]
async fn a_socket_ends_with_its_token_unless_there_is_a_new_one() {
    let life = Duration::from_millis(800);
    let secret = Secret::from("shared");
    let server = serve(Config {
        token_life: life,
        secret: Some(secret.clone()),
        ..strict()
    })
    .await;
    let ada = Somebody::sign_in(&server, "Ada").await;
    let mut client = Client::connect_as(&server, &ada).await;
    assert_eq!(client.next().await, json!({"event": "auth:refresh"}));
    assert_eq!(client.closed().await, (4301, vec![]));
    let lasting = serve(Config {
        secret: Some(secret),
        ..strict()
    })
    .await;
    let (brief, long) = (
        Somebody::sign_in(&server, "Ada").await,
        Somebody::sign_in(&lasting, "Ada").await,
    );
    let auth = json!({"token": brief.token});
    let mut client = SocketIoClient::connect_with(&server, auth).await.unwrap();
    client.ended().await;
    let brief = Somebody::sign_in(&server, "Ada").await;
    let mut client = Client::connect_as(&server, &brief).await;
    let mut other = Client::connect_as(&server, &brief).await;
    assert_eq!(client.next().await["event"], "auth:refresh");
    let renewed = client
        .ask(json!({"event": "auth", "data": {"token": long.token}}))
        .await;
    assert_eq!(renewed.get("error"), None);
    assert_eq!(other.close_code().await, 4301);
    client.expect_nothing_more().await;
}

#[tokio::test]
async fn where_clients_are_trusted_none_needs_a_token_but_a_wrong_one_is_wrong() {
    let server = serve(still()).await;
    let mut client = Client::connect(&server).await;
    client.subscribe("tasks").await;
    let body = json!({"name": "Ada", "user": "u-ada"});
    let session = http::post(&server, "/api/session", &body).await.json();
    assert_eq!(session["user"], json!({"id": "u-ada", "name": "Ada"}));
    let answer = client
        .ask(json!({"event": "auth", "data": {"token": "whatever"}}))
        .await;
    assert_eq!(code(&answer), "unauthorized");
}

#[tokio::test]
async fn whoever_has_the_key_is_the_user_and_nobody_can_choose_to_be_one() {
    let server = serve(strict()).await;
    let ada = Somebody::sign_in(&server, "Ada").await;
    assert_eq!(Somebody::sign_in(&server, "Ada").await.id, ada.id);
    assert_ne!(Somebody::sign_in(&server, "Adb").await.id, ada.id);
    for (body, expected) in [
        (json!({"name": "Eve", "user": ada.id}), "forbidden"),
        (json!({"name": "Eve", "key": "guessable"}), "invalid_data"),
        (json!({"name": "Eve"}), "invalid_data"),
        (json!({"name": " ", "key": "x".repeat(32)}), "invalid_data"),
    ] {
        let refused = http::post(&server, "/api/session", &body).await;
        assert_eq!(refused.code(), expected, "{body}");
    }
}

#[tokio::test]
async fn requests_bring_the_token_as_a_bearer() {
    let server = serve(strict()).await;
    let ada = Somebody::sign_in(&server, "Ada").await;
    for (headers, status) in [
        ("", 401),
        ("authorization: Bearer wrong\r\n", 401),
        (&format!("authorization: Basic {}\r\n", ada.token), 401),
        (ada.bearer().as_str(), 200),
    ] {
        let answer = http::request(&server, "GET", "/api/tasks", headers, "").await;
        assert_eq!(answer.status, status, "{headers}");
    }
    assert_eq!(http::get(&server, "/api/health").await.status, 200);
}
