//! Messages: acknowledged, broadcast, remembered.

use crate::{
    client::{Client, code, in_time, serve, still},
    http,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn create(id: &str, title: &str) -> Value {
    json!({"event": "task:create", "channel": "tasks", "id": id, "data": {"title": title}})
}

#[tokio::test]
async fn a_change_is_acknowledged_and_its_event_carries_the_id_of_the_message() {
    let server = serve(still()).await;
    let (mut author, mut other) = (
        Client::connect(&server).await,
        Client::connect(&server).await,
    );
    author.subscribe("tasks").await;
    other.subscribe("tasks").await;
    author.send(create("a-1", "Write")).await;
    let event = author.next().await;
    assert_eq!((&event["id"], &event["seq"]), (&json!("a-1"), &json!(1)));
    assert_eq!(event, other.next().await);
    let ack = author.next().await;
    assert_eq!((&ack["event"], &ack["re"]), (&json!("ack"), &json!("a-1")));
    assert_eq!(ack["data"], event["data"]["item"]);
    assert_eq!(ack["data"]["version"], 1);
    other.expect_nothing_more().await;
}

#[tokio::test]
async fn a_repeated_message_gets_the_first_answer_and_changes_nothing() {
    let server = serve(still()).await;
    let mut watcher = Client::connect(&server).await;
    watcher.subscribe("tasks").await;
    let mut client = Client::connect(&server).await;
    client.send(create("a-1", "Write")).await;
    let first = client.next().await;
    client.close().await;
    let mut client = Client::connect(&server).await;
    client.send(create("a-1", "Write")).await;
    assert_eq!(client.next().await, first);
    assert_eq!(watcher.next().await["id"], "a-1");
    watcher.expect_nothing_more().await;
    assert_eq!(
        http::get(&server, "/api/tasks")
            .await
            .json()
            .as_array()
            .unwrap()
            .len(),
        7
    );
}

#[tokio::test]
async fn a_repeated_refusal_is_the_same_refusal() {
    let server = serve(still()).await;
    let mut client = Client::connect(&server).await;
    client.send(create("a-1", "")).await;
    let first = client.next().await;
    assert_eq!(
        (&first["event"], code(&first)),
        (&json!("ack"), "invalid_data")
    );
    client.send(create("a-1", "")).await;
    assert_eq!(client.next().await, first);
}

#[tokio::test]
async fn another_message_with_a_used_id_is_refused() {
    let server = serve(still()).await;
    let mut client = Client::connect(&server).await;
    client.send(create("a-1", "Write")).await;
    client.next().await;
    client.send(create("a-1", "Read")).await;
    assert_eq!(code(&client.next().await), "duplicate_id");
}

#[tokio::test]
async fn a_message_without_an_id_gets_no_answer() {
    let server = serve(still()).await;
    let mut client = Client::connect(&server).await;
    client
        .send(json!({"event": "task:create", "data": {"title": "Quiet"}}))
        .await;
    client.expect_nothing_more().await;
    assert_eq!(
        http::get(&server, "/api/tasks").await.json()[6]["title"],
        "Quiet"
    );
    client
        .send(json!({"event": "task:create", "data": {"title": ""}}))
        .await;
    let error = client.next().await;
    assert_eq!(
        (&error["event"], code(&error)),
        (&json!("error"), "invalid_data")
    );
}

#[tokio::test]
async fn a_task_is_updated_moved_and_deleted_with_growing_versions() {
    let server = serve(still()).await;
    let tasks = http::get(&server, "/api/tasks").await.json();
    let (first, last) = (&tasks[0]["id"], &tasks[5]["id"]);
    let mut client = Client::connect(&server).await;
    client.subscribe("tasks").await;

    let patch =
        json!({"id": last, "done": true, "assignee": null, "editedBy": "Lin", "baseVersion": 1});
    client
        .send(json!({"event": "task:update", "channel": "tasks", "id": "a", "data": patch}))
        .await;
    let event = client.next().await["data"].clone();
    let updated_at = event["item"]["updatedAt"].clone();
    let item = json!({"id": last, "version": 2, "done": true, "assignee": null, "editedBy": "Lin", "updatedAt": updated_at});
    assert_eq!(event, json!({"action": "update", "item": item}));
    assert_eq!(client.next().await["data"]["version"], 2);

    client
        .send(json!({"event": "task:update", "channel": "tasks", "id": "b", "data": patch}))
        .await;
    assert_eq!(code(&client.next().await), "conflict");

    let to = json!({"id": last, "before": first});
    client
        .send(json!({"event": "task:move", "channel": "tasks", "id": "c", "data": to}))
        .await;
    let event = client.next().await["data"].clone();
    assert_eq!(
        (&event["action"], &event["item"]["version"]),
        (&json!("update"), &json!(3))
    );
    assert!(event["item"]["position"].as_f64() < tasks[0]["position"].as_f64());
    assert_eq!(
        client.next().await["data"]["position"],
        event["item"]["position"]
    );
    assert_eq!(
        &http::get(&server, "/api/tasks").await.json()[0]["id"],
        last
    );

    let gone = json!({"id": last});
    client
        .send(json!({"event": "task:delete", "channel": "tasks", "id": "d", "data": gone}))
        .await;
    let event = client.next().await["data"].clone();
    assert_eq!(
        event,
        json!({"action": "delete", "item": {"id": last, "version": 4}})
    );
    assert_eq!(client.next().await["data"], event["item"]);
    client
        .send(json!({"event": "task:delete", "channel": "tasks", "id": "e", "data": gone}))
        .await;
    assert_eq!(code(&client.next().await), "not_found");
    client.expect_nothing_more().await;
}

#[tokio::test]
async fn a_message_reaches_the_room_and_stays_there() {
    let server = serve(still()).await;
    let (mut ada, mut lin) = (
        Client::connect(&server).await,
        Client::connect(&server).await,
    );
    lin.subscribe("room:lobby").await;
    let data = json!({"userId": "u1", "name": "Ada", "text": "hello"});
    let ack = ada
        .ask(json!({"event": "message:send", "channel": "room:lobby", "data": data}))
        .await;
    let event = lin.next().await;
    assert_eq!(
        (&event["event"], &event["seq"]),
        (&json!("list:update"), &json!(1))
    );
    let message = &event["data"]["item"];
    assert_eq!(
        (&message["id"], &message["room"]),
        (&ack["data"]["id"], &json!("lobby"))
    );
    let kept = http::get(&server, "/api/rooms/lobby/messages").await;
    assert_eq!((kept.json(), kept.seq()), (json!([message]), 1));
    assert_eq!(
        http::get(&server, "/api/rooms/empty/messages").await.json(),
        json!([])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_edits_get_numbers_without_holes_or_doubles() {
    const AUTHORS: usize = 8;
    const EDITS: usize = 20;
    let server = serve(still()).await;
    let mut watcher = Client::connect(&server).await;
    watcher.subscribe("tasks").await;
    let mut authors = tokio::task::JoinSet::new();
    for author in 0..AUTHORS {
        let mut client = Client::connect(&server).await;
        authors.spawn(async move {
            for edit in 0..EDITS {
                client
                    .send(create(&format!("{author}-{edit}"), "Write"))
                    .await;
            }
            for _ in 0..EDITS {
                assert_eq!(client.next().await["event"], "ack");
            }
        });
    }
    let mut causes = BTreeSet::new();
    for seq in 1..=AUTHORS * EDITS {
        let event = watcher.next().await;
        assert_eq!(event["seq"], json!(seq));
        causes.insert(event["id"].to_string());
    }
    authors.join_all().await;
    assert_eq!(causes.len(), AUTHORS * EDITS);
    watcher.expect_nothing_more().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_rest_gives_is_exactly_what_its_position_says() {
    let server = serve(still()).await;
    let mut client = Client::connect(&server).await;
    let writer = tokio::spawn(async move {
        for n in 0..100 {
            client.send(create(&format!("w-{n}"), "Write")).await;
            client.next().await;
        }
    });
    in_time(async {
        loop {
            let tasks = http::get(&server, "/api/tasks").await;
            let created = tasks.json().as_array().unwrap().len() - 6;
            assert_eq!(created as u64, tasks.seq());
            if created == 100 {
                break;
            }
        }
    })
    .await;
    writer.await.unwrap();
}
