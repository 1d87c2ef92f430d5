//! Visitors: who somebody is, by cookie, by token, anew on a live link, and until when.

use crate::client::{Client, Served, until};
use realtime_server::{Credentials, Hub, Limits, Refusal, User, Visitor};
use serde_json::{Value, json};
use std::{
    future::pending,
    time::{Duration, SystemTime},
};

/// Tokens are `user` or `user:milliseconds until it ends`; a cookie is a token; `slow` is never answered.
async fn who(credentials: Credentials) -> Result<User, Refusal> {
    let cookie = credentials.headers.get("cookie");
    let cookie = cookie.and_then(|cookie| cookie.to_str().ok()?.strip_prefix("token="));
    let token = credentials.token.as_deref().or(cookie);
    let token = token.ok_or_else(Refusal::unauthorized)?;
    match token.split_once(':') {
        _ if token == "slow" => pending().await,
        _ if token == "broken" => Err(Refusal::internal()),
        _ if token == "wrong" => Err(Refusal::unauthorized()),
        Some((user, life)) => {
            let life = Duration::from_millis(life.parse().unwrap());
            Ok(User::new(user, user).until(SystemTime::now() + life))
        }
        None => Ok(User::new(token, token)),
    }
}

async fn served(limits: Limits) -> Served {
    Served::new(Hub::builder().limits(limits).authenticate(who).build()).await
}

fn auth(token: &str) -> Value {
    json!({"event": "auth", "data": {"token": token}})
}

async fn signed_in(served: &Served, token: &str) -> Client {
    let mut client = Client::connect(served).await;
    assert_eq!(client.refusal(auth(token)).await, Value::Null);
    client
}

#[tokio::test]
async fn a_token_or_a_cookie_says_who_it_is_and_without_either_nothing_is_done() {
    let served = served(Limits::default()).await;
    let mut client = Client::connect(&served).await;
    let subscribe = json!({"event": "subscribe", "channel": "news"});
    assert_eq!(client.refusal(subscribe.clone()).await, "unauthorized");
    let answer = client.ask(auth("ada")).await;
    assert_eq!(
        (&answer["event"], answer.get("error")),
        (&json!("auth"), None)
    );
    assert_eq!(client.refusal(subscribe.clone()).await, Value::Null);
    let cookie = ("cookie", "token=ada");
    let mut by_cookie = Client::connect_with(&served, cookie).await.unwrap();
    assert_eq!(by_cookie.refusal(subscribe).await, Value::Null);
}

#[tokio::test]
async fn a_wrong_token_is_refused_and_the_socket_closed() {
    let served = served(Limits::default()).await;
    let mut client = Client::connect(&served).await;
    let refused = client.ask(auth("wrong")).await;
    assert_eq!(
        (&refused["event"], &refused["error"]["code"]),
        (&json!("auth"), &json!("unauthorized"))
    );
    assert_eq!(client.closed().await, 4300);
}

#[tokio::test]
async fn who_says_nothing_in_time_is_closed() {
    let limits = Limits {
        auth_within: Duration::from_millis(50),
        ..Limits::default()
    };
    let served = served(limits).await;
    let mut client = Client::connect(&served).await;
    assert_eq!(client.closed().await, 4300);
    until(|| served.hub.metrics().connections == 0).await;
}

#[tokio::test]
async fn a_callback_that_takes_too_long_has_said_nothing() {
    let limits = Limits {
        callback_within: Duration::from_millis(50),
        auth_within: Duration::from_millis(50),
        ..Limits::default()
    };
    let served = served(limits).await;
    let cookie = ("cookie", "token=slow");
    let mut client = Client::connect_with(&served, cookie).await.unwrap();
    assert_eq!(client.closed().await, 4300);
    let mut client = signed_in(&served, "ada").await;
    assert_eq!(client.refusal(auth("slow")).await, "unavailable");
    assert_eq!(client.refusal(auth("broken")).await, "internal");
    client.subscribe("she is still there").await;
}

#[tokio::test]
async fn a_token_ends_the_client_is_asked_for_another_before_and_the_socket_ends_with_it() {
    let served = served(Limits::default()).await;
    let mut client = signed_in(&served, "ada:400").await;
    client.event("auth:refresh").await;
    assert_eq!(client.closed().await, 4301);
}

#[tokio::test]
async fn a_new_token_on_a_live_link_keeps_everything() {
    let served = served(Limits::default()).await;
    let mut client = signed_in(&served, "ada:400").await;
    client.subscribe("news").await;
    client.event("auth:refresh").await;
    assert_eq!(client.refusal(auth("ada:60000")).await, Value::Null);
    // By now the first token is over.
    let over = SystemTime::now() + Duration::from_millis(400);
    until(|| SystemTime::now() >= over).await;
    served.hub.publish("news", "said", "x").unwrap();
    client.event("said").await;
    client.expect_nothing_more().await;
}

#[tokio::test]
async fn another_user_needs_another_socket_and_a_wrong_token_ends_this_one() {
    let served = served(Limits::default()).await;
    for token in ["eve", "wrong"] {
        let mut client = signed_in(&served, "ada").await;
        assert_eq!(client.refusal(auth(token)).await, "unauthorized");
        assert_eq!(client.closed().await, 4300);
    }
}

#[tokio::test]
async fn one_who_could_be_anyone_may_become_a_user() {
    let hub = Hub::builder().authenticate(async |credentials: Credentials| {
        Ok::<_, Refusal>(match credentials.token {
            Some(_) => User::new("ada", "Ada").into(),
            None => Visitor::Anyone,
        })
    });
    let served = Served::new(hub.build()).await;
    let mut client = Client::in_channel(&served, "news").await;
    assert_eq!(client.refusal(auth("x")).await, Value::Null);
    assert_eq!(served.hub.sign_out("ada"), 1);
    assert_eq!(client.closed().await, 4302);
}

#[tokio::test]
async fn a_user_who_is_signed_out_loses_every_socket_and_others_none() {
    let served = served(Limits::default()).await;
    let mut ada = signed_in(&served, "ada").await;
    let mut twice = signed_in(&served, "ada").await;
    let mut lin = signed_in(&served, "lin").await;
    assert_eq!(served.hub.sign_out("ada"), 2);
    assert_eq!((ada.closed().await, twice.closed().await), (4302, 4302));
    lin.expect_nothing_more().await;
    assert_eq!(served.hub.sign_out("nobody"), 0);
}

#[test]
fn credentials_do_not_show_what_is_secret() {
    let shown = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let seen = shown.clone();
    let hub = Hub::builder().authenticate(move |credentials: Credentials| {
        *seen.lock().unwrap() = format!("{credentials:?}");
        async { Ok::<_, Refusal>(Visitor::Anyone) }
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(async {
        let served = Served::new(hub.build()).await;
        let mut client = Client::connect(&served).await;
        client.ask(auth("secret")).await;
    });
    let shown = shown.lock().unwrap();
    assert!(
        shown.contains("has_token: true") && !shown.contains("secret"),
        "{shown}"
    );
}
