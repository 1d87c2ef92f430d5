//! Subscriptions: positions, histories, resuming.

use crate::{
    client::{Client, code, serve, still},
    http,
};
use realtime_demo_server::{Config, RunningServer};
use serde_json::{Value, json};

async fn create(server: &RunningServer, title: &str) {
    let created = http::post(server, "/api/tasks", &json!({"title": title})).await;
    assert_eq!(created.status, 201, "{created:?}");
}

fn resume(since: u64, epoch: &Value) -> Value {
    json!({"event": "subscribe", "channel": "tasks", "data": {"since": since, "epoch": epoch}})
}

#[tokio::test]
async fn the_answer_has_the_position_after_which_every_event_comes() {
    let server = serve(still()).await;
    create(&server, "before").await;
    let mut client = Client::connect(&server).await;
    let answer = client.subscribe("tasks").await;
    assert_eq!(
        (&answer["event"], &answer["channel"]),
        (&json!("subscribe"), &json!("tasks"))
    );
    assert_eq!(
        (&answer["seq"], &answer["data"]),
        (&json!(1), &json!({"recovered": false}))
    );
    create(&server, "after").await;
    let event = client.next().await;
    assert_eq!(
        (&event["event"], &event["channel"]),
        (&json!("list:update"), &json!("tasks"))
    );
    assert_eq!(
        (&event["seq"], &event["epoch"]),
        (&json!(2), &answer["epoch"])
    );
    assert_eq!(event["data"]["action"], "create");
    assert_eq!(event["data"]["item"]["title"], "after");
    client.expect_nothing_more().await;
}

#[tokio::test]
async fn a_client_that_resumes_gets_what_it_missed_in_order_and_then_the_new() {
    let server = serve(still()).await;
    let mut client = Client::connect(&server).await;
    let epoch = client.subscribe("tasks").await["epoch"].clone();
    client.close().await;
    for title in ["one", "two", "three"] {
        create(&server, title).await;
    }
    let mut client = Client::connect(&server).await;
    let answer = client.ask(resume(1, &epoch)).await;
    assert_eq!(
        (&answer["seq"], &answer["data"]),
        (&json!(3), &json!({"recovered": true}))
    );
    create(&server, "four").await;
    for (seq, title) in [(2, "two"), (3, "three"), (4, "four")] {
        let event = client.next().await;
        assert_eq!(
            (&event["seq"], &event["data"]["item"]["title"]),
            (&json!(seq), &json!(title))
        );
    }
    client.expect_nothing_more().await;
}

#[tokio::test]
async fn a_client_that_missed_nothing_is_told_so() {
    let server = serve(still()).await;
    let mut client = Client::connect(&server).await;
    let epoch = client.subscribe("tasks").await["epoch"].clone();
    assert_eq!(
        client.ask(resume(0, &epoch)).await["data"],
        json!({"recovered": true})
    );
    client.expect_nothing_more().await;
}

#[tokio::test]
async fn a_client_that_was_away_for_too_long_has_to_fetch() {
    let server = serve(Config {
        history: 2,
        ..still()
    })
    .await;
    let mut client = Client::connect(&server).await;
    let epoch = client.subscribe("stocks").await["epoch"].clone();
    for title in ["one", "two", "three"] {
        create(&server, title).await;
    }
    for (since, recovered) in [(0, false), (1, true)] {
        let answer = client.ask(resume(since, &epoch)).await;
        assert_eq!(answer["data"]["recovered"], recovered, "since {since}");
        assert_eq!(answer["seq"], 3);
    }
    assert_eq!(client.next().await["seq"], 2);
    assert_eq!(client.next().await["seq"], 3);
    let answer = client.ask(resume(4, &epoch)).await;
    assert_eq!(
        answer["data"]["recovered"], false,
        "no event has that number yet"
    );
    client.expect_nothing_more().await;
}

#[tokio::test]
async fn a_restarted_server_has_another_epoch_and_recovers_nobody() {
    let server = serve(still()).await;
    let mut client = Client::connect(&server).await;
    let before = client.subscribe("tasks").await;
    let config = Config {
        listen: server.addr(),
        ..still()
    };
    drop(client);
    server.shutdown().await;
    let server = serve(config).await;
    let mut client = Client::connect(&server).await;
    let answer = client.ask(resume(0, &before["epoch"])).await;
    assert_eq!(answer["data"]["recovered"], false);
    assert_ne!(answer["epoch"], before["epoch"]);
}

#[tokio::test]
async fn a_replay_that_would_swamp_the_socket_becomes_a_fetch() {
    let server = serve(Config {
        queue_frames: 8,
        ..still()
    })
    .await;
    let mut client = Client::connect(&server).await;
    let epoch = client.subscribe("stocks").await["epoch"].clone();
    for n in 0..4 {
        create(&server, &n.to_string()).await;
    }
    assert_eq!(
        client.ask(resume(0, &epoch)).await["data"]["recovered"],
        false
    );
    client.expect_nothing_more().await;
}

#[tokio::test]
async fn an_unsubscribed_client_gets_nothing_more() {
    let server = serve(still()).await;
    let mut client = Client::connect(&server).await;
    client.subscribe("tasks").await;
    client
        .send(json!({"event": "unsubscribe", "channel": "tasks"}))
        .await;
    client.expect_nothing_more().await;
    create(&server, "unseen").await;
    client.expect_nothing_more().await;
}

#[tokio::test]
async fn a_socket_may_have_a_hundred_subscriptions() {
    let server = serve(still()).await;
    let mut client = Client::connect(&server).await;
    client.subscribe("tasks").await;
    for n in 1..100 {
        client.subscribe(&format!("room:r{n}")).await;
    }
    let one_more = json!({"event": "subscribe", "channel": "notifications"});
    let answer = client.ask(one_more.clone()).await;
    assert_eq!(
        (&answer["event"], code(&answer)),
        (&json!("subscribe"), "too_many_subscriptions")
    );
    client.subscribe("tasks").await;
    client
        .send(json!({"event": "unsubscribe", "channel": "room:r1"}))
        .await;
    assert_eq!(client.ask(one_more).await.get("error"), None);
}

#[tokio::test]
async fn empty_rooms_do_not_pile_up() {
    let server = serve(still()).await;
    let channels = http::get(&server, "/api/health").await.json()["channels"].clone();
    let mut client = Client::connect(&server).await;
    for n in 0..150 {
        client.subscribe(&format!("room:r{n}")).await;
        client
            .send(json!({"event": "unsubscribe", "channel": format!("room:r{n}")}))
            .await;
    }
    client.expect_nothing_more().await;
    assert_eq!(
        http::get(&server, "/api/health").await.json()["channels"],
        channels
    );
}

#[tokio::test]
async fn there_are_at_most_a_hundred_rooms_with_messages() {
    let server = serve(Config {
        rate: 1_000,
        ..still()
    })
    .await;
    let mut client = Client::connect(&server).await;
    let message = |room: u32| {
        json!({"event": "message:send", "channel": format!("room:r{room}"),
               "data": {"userId": "u1", "name": "Ada", "text": "hello"}})
    };
    for room in 0..100 {
        assert_eq!(client.ask(message(room)).await.get("error"), None);
    }
    assert_eq!(code(&client.ask(message(100)).await), "limit_reached");
    assert_eq!(client.ask(message(99)).await.get("error"), None);
}
