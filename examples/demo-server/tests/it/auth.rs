use crate::{
    client::{Client, code, serve, still},
    http,
};
use realtime_demo_server::Config;
use serde_json::json;
use std::time::Duration;

fn guarded() -> Config {
    Config {
        token: Some("s3cret".into()),
        ..still()
    }
}

#[tokio::test]
async fn with_a_token_nothing_works_before_it_was_given() {
    let server = serve(guarded()).await;
    let mut client = Client::connect(&server).await;
    let refused = client
        .ask(json!({"event": "subscribe", "channel": "tasks"}))
        .await;
    assert_eq!(code(&refused), "unauthorized");
    let answer = client
        .ask(json!({"event": "auth", "data": {"token": "s3cret"}}))
        .await;
    assert_eq!(answer, json!({"event": "auth", "re": "ask-2"}));
    client.subscribe("tasks").await;
}

#[tokio::test]
async fn a_wrong_token_is_refused_and_the_socket_closed() {
    let server = serve(guarded()).await;
    for wrong in ["s3creT", "", "s3cret "] {
        let mut client = Client::connect(&server).await;
        let refused = client
            .ask(json!({"event": "auth", "data": {"token": wrong}}))
            .await;
        assert_eq!(
            (&refused["event"], code(&refused)),
            (&json!("auth"), "unauthorized")
        );
        assert_eq!(client.closed().await, (4300, vec![]));
    }
}

#[tokio::test]
async fn what_follows_a_wrong_token_is_not_even_read() {
    let server = serve(guarded()).await;
    let mut client = Client::connect(&server).await;
    for token in ["wrong", "s3cret"] {
        client
            .send(json!({"event": "auth", "data": {"token": token}}))
            .await;
    }
    client
        .send(json!({"event": "task:create", "data": {"title": "sneaked in"}}))
        .await;
    let (close, frames) = client.closed().await;
    assert_eq!((close, frames.len()), (4300, 1), "{frames:?}");
    let bearer = "authorization: Bearer s3cret\r\n";
    let tasks = http::request(&server, "GET", "/api/tasks", bearer, "").await;
    assert_eq!(tasks.seq(), 0);
}

#[tokio::test]
async fn a_socket_that_does_not_authenticate_is_closed() {
    let server = serve(Config {
        auth_within: Duration::from_millis(20),
        ..guarded()
    })
    .await;
    assert_eq!(Client::connect(&server).await.closed().await.0, 4300);
}

#[tokio::test]
async fn without_a_token_any_is_welcome() {
    let server = serve(still()).await;
    let mut client = Client::connect(&server).await;
    let answer = client
        .ask(json!({"event": "auth", "data": {"token": "whatever"}}))
        .await;
    assert_eq!(answer.get("error"), None);
    client.subscribe("tasks").await;
}

#[tokio::test]
async fn requests_bring_the_token_as_a_bearer_but_to_the_health_check() {
    let server = serve(guarded()).await;
    assert_eq!(http::get(&server, "/api/tasks").await.status, 401);
    for (header, status) in [
        ("authorization: Bearer wrong\r\n", 401),
        ("authorization: Bearer s3cret\r\n", 200),
    ] {
        let answer = http::request(&server, "GET", "/api/tasks", header, "").await;
        assert_eq!(answer.status, status);
    }
    assert_eq!(http::get(&server, "/api/health").await.status, 200);
}
