//! Redis is away for a while, or has lost something.

use crate::{
    client::{Client, Served, code, serve},
    http::{self, get, post},
    node::{Node, sharing},
    redis::Redis,
    tap::Tap,
};
use realtime_demo_server::Config;
use serde_json::{Value, json};

const ROOM: &str = "room:lobby";

fn announce(user: &str) -> Value {
    json!({"event": "presence:announce", "channel": ROOM, "data": {
        "channel": ROOM, "user": {"id": user, "name": user}, "status": "online",
    }})
}

async fn until_status(server: &impl Served, status: &str) -> Value {
    let health = http::until(server, "/api/health", |health| {
        health.json()["status"] == status
    });
    health.await.json()
}

async fn add(server: &impl Served, title: &str) -> http::Response {
    post(server, "/api/tasks", &json!({"title": title})).await
}

/// Waits until a task of this title is there.
async fn until_task(server: &impl Served, title: &str) -> http::Response {
    let is_there = |tasks: &http::Response| {
        let tasks = tasks.json();
        tasks
            .as_array()
            .unwrap()
            .iter()
            .any(|task| task["title"] == title)
    };
    http::until(server, "/api/tasks", is_there).await
}

#[tokio::test]
#[ignore = "needs redis-server; cargo xtask test runs it"]
async fn without_redis_reads_go_on_writes_are_refused_and_all_goes_on_when_it_is_back() {
    let mut redis = Redis::start().await;
    let (one, other) = (serve(sharing(&redis)).await, serve(sharing(&redis)).await);
    let mut ada = Client::connect(&one).await;
    ada.subscribe("tasks").await;
    ada.subscribe(ROOM).await;
    let mut lin = Client::connect(&other).await;
    lin.subscribe(ROOM).await;
    assert_eq!(add(&one, "Before").await.status, 201);
    ada.until(|frame| frame["seq"] == 1 && frame["event"] == "list:update")
        .await;
    let before = until_task(&other, "Before").await;

    redis.kill();
    until_status(&one, "degraded").await;
    until_status(&other, "degraded").await;
    let refused = add(&one, "During").await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (503, "unavailable")
    );
    assert_eq!(refused.headers["retry-after"], "1");
    let ack = ada
        .ask(json!({"event": "task:create", "channel": "tasks", "data": {"title": "During"}}))
        .await;
    assert_eq!(
        (code(&ack), &ack["error"]["retryAfter"]),
        ("unavailable", &json!(1_000))
    );
    assert_eq!(get(&one, "/api/tasks").await.position(), before.position());
    assert_eq!(ada.subscribe("stocks").await["data"]["recovered"], false);
    // Who is here is no change that could be refused: it is told later.
    ada.send(announce("ada")).await;
    ada.expect_nothing_more().await;

    redis.start_again().await;
    let health = until_status(&one, "ok").await;
    assert_eq!(
        health["shared"]["replaced"], 0,
        "nothing was lost: {health}"
    );
    until_status(&other, "ok").await;
    assert_eq!(lin.next().await["data"]["userId"], "ada");
    assert_eq!(add(&other, "After").await.status, 201);
    let event = ada.until(|frame| frame["event"] == "list:update").await;
    assert_eq!(
        (&event["seq"], &event["data"]["item"]["title"]),
        (&json!(2), &json!("After"))
    );
    let (epoch, _) = before.position();
    assert_eq!(until_task(&one, "After").await.position(), (epoch, 2));
}

#[tokio::test]
#[ignore = "needs redis-server; cargo xtask test runs it"]
async fn a_write_whose_arrival_was_not_confirmed_is_done_once_and_then_acknowledged() {
    let redis = Redis::start().await;
    let tap = Tap::before(redis.address()).await;
    let one = serve(Config {
        redis: Some(tap.url()),
        ..sharing(&redis)
    })
    .await;
    for round in 1..=3 {
        tap.break_after("notify");
        let sent = post(&one, "/api/notifications", &json!({"title": "Once"})).await;
        assert_eq!(sent.status, 201);
        assert!(tap.has_broken());
        let is_back = |health: &http::Response| {
            let health = health.json();
            health["status"] == "ok" && health["shared"]["outages"] == json!(round)
        };
        http::until(&one, "/api/health", is_back).await;
        assert_eq!(add(&one, "After").await.status, 201);
        let told = get(&one, "/api/notifications").await;
        assert_eq!(
            (told.seq(), told.json().as_array().unwrap().len()),
            (round, round as usize)
        );
    }
}

#[tokio::test]
#[ignore = "needs redis-server; cargo xtask test runs it"]
async fn a_redis_that_lost_everything_gets_the_state_back_in_a_new_epoch() {
    let mut redis = Redis::start().await;
    let (one, other) = (serve(sharing(&redis)).await, serve(sharing(&redis)).await);
    let mut ada = Client::connect(&one).await;
    let known = ada.subscribe("tasks").await;
    assert_eq!(add(&other, "Kept").await.status, 201);
    ada.next().await;
    redis.kill();
    redis.forget();
    redis.start_again().await;
    assert_eq!(
        ada.closed().await.0,
        1012,
        "what it knows may not be so any more"
    );
    for server in [&one, &other] {
        until_status(server, "ok").await;
        let tasks = until_task(server, "Kept").await;
        assert_ne!(json!(tasks.position().0), known["epoch"]);
    }
    let mut ada = Client::connect(&other).await;
    let data = json!({"since": 1, "epoch": known["epoch"]});
    let answer = ada
        .ask(json!({"event": "subscribe", "channel": "tasks", "data": data}))
        .await;
    assert_eq!(answer["data"]["recovered"], false);
    assert_eq!(add(&one, "More").await.status, 201);
    let event = ada.next().await;
    assert_eq!(
        (&event["epoch"], &event["data"]["item"]["title"]),
        (&answer["epoch"], &json!("More"))
    );
}

#[tokio::test]
#[ignore = "needs redis-server; cargo xtask test runs it"]
async fn keys_that_vanish_while_redis_runs_are_put_back() {
    let redis = Redis::start().await;
    let (one, other) = (serve(sharing(&redis)).await, serve(sharing(&redis)).await);
    assert_eq!(add(&one, "Kept").await.status, 201);
    let _: String = redis.say(&["FLUSHALL"]).await;
    // A write would find out at once. Whatever it is told, it must not begin another log.
    let told = add(&other, "During").await;
    let is_known = told.status == 201;
    for server in [&one, &other] {
        until_status(server, "ok").await;
        until_task(server, "Kept").await;
    }
    if is_known {
        until_task(&one, "During").await;
    }
    assert_eq!(add(&one, "After").await.status, 201);
    until_task(&other, "After").await;
}

#[tokio::test]
#[ignore = "needs redis-server; cargo xtask test runs it"]
async fn where_redis_lost_a_write_and_others_went_on_all_take_theirs_and_a_new_epoch_begins() {
    let mut redis = Redis::start().await;
    let frozen = Node::start(&redis, 0).await;
    assert_eq!(add(&frozen, "Kept").await.status, 201);
    let copy = redis.copy();
    assert_eq!(add(&frozen, "Lost").await.status, 201);
    let known = get(&frozen, "/api/tasks").await.position();
    frozen.freeze();
    redis.kill();
    redis.return_to(&copy);
    redis.start_again().await;
    let late = serve(sharing(&redis)).await;
    assert_eq!(add(&late, "Other").await.status, 201);
    assert_eq!(
        get(&late, "/api/tasks").await.position(),
        known,
        "the same number, for something else"
    );
    let mut client = Client::connect(&late).await;
    client.subscribe("tasks").await;

    frozen.thaw();
    assert_eq!(client.closed().await.0, 1012);
    let is_new = |tasks: &http::Response| tasks.position().0 != known.0;
    for titles in [
        titles(http::until(&frozen, "/api/tasks", is_new).await),
        titles(http::until(&late, "/api/tasks", is_new).await),
    ] {
        assert_eq!(titles, ["Kept", "Other"]);
    }
}

fn titles(tasks: http::Response) -> Vec<Value> {
    let tasks = tasks.json();
    let added = tasks.as_array().unwrap().iter().skip(6);
    added.map(|task| task["title"].clone()).collect()
}
