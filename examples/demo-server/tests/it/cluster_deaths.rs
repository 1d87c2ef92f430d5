//! A server dies, or is taken for dead.

use crate::{
    client::{Client, Served, in_time},
    http::{self, get},
    node::Node,
    redis::Redis,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const ROOM: &str = "room:lobby";

fn create(id: &str) -> Value {
    json!({"event": "task:create", "channel": "tasks", "id": id, "data": {"title": id}})
}

async fn present(server: &impl Served, user: &str) -> Client {
    let mut client = Client::connect(server).await;
    client.subscribe(ROOM).await;
    let data = json!({"channel": ROOM, "user": {"id": user, "name": user}, "status": "online"});
    client
        .send(json!({"event": "presence:announce", "channel": ROOM, "data": data}))
        .await;
    client
        .until(|frame| frame["event"] == "presence:update")
        .await;
    client
}

fn is_about(event: &str, user: &str) -> impl Fn(&Value) -> bool {
    let (event, user) = (event.to_owned(), user.to_owned());
    move |frame| frame["event"] == event && frame["data"]["userId"] == user
}

async fn titles(server: &impl Served) -> Vec<String> {
    let tasks = get(server, "/api/tasks").await.json();
    let titles = tasks.as_array().unwrap().iter().skip(6);
    titles
        .map(|task| task["title"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
#[ignore = "needs redis-server; cargo xtask test runs it"]
async fn a_killed_server_takes_no_acknowledged_write_along_and_its_members_expire() {
    const EDITS: usize = 400;
    let redis = Redis::start().await;
    let (dying, living) = (Node::start(&redis, 0).await, Node::start(&redis, 0).await);
    let mut lin = present(&living, "lin").await;
    let ada = present(&dying, "ada").await;
    lin.until(is_about("presence:update", "ada")).await;

    let mut author = Client::connect(&dying).await;
    let ids: Vec<String> = (0..EDITS).map(|n| format!("w-{n}")).collect();
    for id in &ids {
        author.send(create(id)).await;
    }
    let mut acknowledged = BTreeSet::new();
    for _ in 0..EDITS / 4 {
        acknowledged.insert(author.next().await["re"].as_str().unwrap().to_owned());
    }
    dying.kill();
    drop((author, ada));

    let left = lin.until(is_about("presence:leave", "ada")).await;
    assert!(left["data"]["connectionId"].is_string());
    let there: BTreeSet<String> = titles(&living).await.into_iter().collect();
    let missing: Vec<_> = acknowledged.difference(&there).collect();
    assert!(missing.is_empty(), "acknowledged and lost: {missing:?}");

    // What was sent again, because nobody knows whether it had arrived, is there once.
    let mut author = Client::connect(&living).await;
    for id in &ids {
        author.send(create(id)).await;
    }
    let mut answered = BTreeSet::new();
    for _ in &ids {
        let ack = author.next().await;
        assert_eq!(ack.get("error"), None, "{ack}");
        answered.insert(ack["re"].as_str().unwrap().to_owned());
    }
    assert_eq!(answered, ids.iter().cloned().collect());
    let all = titles(&living).await;
    assert_eq!(all.len(), EDITS);
    assert_eq!(
        all.into_iter().collect::<BTreeSet<_>>(),
        ids.into_iter().collect()
    );
}

#[tokio::test]
#[ignore = "needs redis-server; cargo xtask test runs it"]
async fn another_server_moves_the_prices_when_the_one_that_did_is_killed() {
    let redis = Redis::start().await;
    let first = Node::start(&redis, 5).await;
    http::until(&first, "/api/health", |health| {
        health.json()["shared"]["leads"] == true
    })
    .await;
    let second = Node::start(&redis, 5).await;
    let mut client = Client::connect(&second).await;
    client.subscribe("stocks").await;
    client.next().await;
    first.kill();
    http::until(&second, "/api/health", |health| {
        health.json()["shared"]["leads"] == true
    })
    .await;
    let seq = get(&second, "/api/stocks").await.seq();
    client
        .until(|event| event["seq"].as_u64() > Some(seq))
        .await;
}

#[tokio::test]
#[ignore = "needs redis-server; cargo xtask test runs it"]
async fn members_of_a_server_that_was_only_frozen_come_back_with_it() {
    let redis = Redis::start().await;
    let (frozen, living) = (Node::start(&redis, 0).await, Node::start(&redis, 0).await);
    let mut lin = present(&living, "lin").await;
    let mut ada = present(&frozen, "ada").await;
    lin.until(is_about("presence:update", "ada")).await;
    frozen.freeze();
    lin.until(is_about("presence:leave", "ada")).await;
    frozen.thaw();
    lin.until(is_about("presence:update", "ada")).await;
    ada.until(|frame| frame["event"] == "presence:sync").await;
    // It follows the log again.
    let mut author = Client::connect(&living).await;
    author.ask(create("while it was away")).await;
    in_time(async { while titles(&frozen).await != ["while it was away"] {} }).await;
}
