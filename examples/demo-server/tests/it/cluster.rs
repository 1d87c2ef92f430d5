//! Several servers with one state.

use crate::{
    client::{Client, Served, Somebody, code, in_time, serve},
    http::{self, get, post},
    node::sharing,
    redis::Redis,
};
use realtime_demo_server::{Config, RunningServer, StartError, start};
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};

const ROOM: &str = "room:lobby";

async fn two(redis: &Redis) -> (RunningServer, RunningServer) {
    (serve(sharing(redis)).await, serve(sharing(redis)).await)
}

fn create(id: &str, title: &str) -> Value {
    json!({"event": "task:create", "channel": "tasks", "id": id, "data": {"title": title}})
}

fn announce(user: &str) -> Value {
    json!({"event": "presence:announce", "channel": ROOM, "data": {
        "channel": ROOM, "user": {"id": user, "name": user}, "status": "online",
    }})
}

fn typing(event: &str, user: &str) -> Value {
    json!({"event": event, "channel": ROOM, "data": {"channel": ROOM, "id": user}})
}

async fn member(server: &impl Served) -> Client {
    let mut client = Client::connect(server).await;
    client.subscribe(ROOM).await;
    client
}

/// Waits until both have the same tasks at the same position.
async fn agree(one: &impl Served, other: &impl Served) -> Value {
    in_time(async {
        loop {
            let (a, b) = (get(one, "/api/tasks").await, get(other, "/api/tasks").await);
            if a.position() == b.position() {
                assert_eq!(a.json(), b.json());
                return a.json();
            }
        }
    })
    .await
}

#[tokio::test]
#[ignore = "needs redis-server; cargo xtask test runs it"]
async fn what_changes_on_one_server_is_heard_on_both_with_the_same_number_before_it_is_acknowledged()
 {
    let redis = Redis::start().await;
    let (one, other) = two(&redis).await;
    let (mut ada, mut lin) = (Client::connect(&one).await, Client::connect(&other).await);
    let (here, there) = (ada.subscribe("tasks").await, lin.subscribe("tasks").await);
    assert_eq!(
        (&here["epoch"], &here["seq"]),
        (&there["epoch"], &there["seq"])
    );
    ada.send(create("a-1", "Write")).await;
    let event = ada.next().await;
    assert_eq!((&event["id"], &event["seq"]), (&json!("a-1"), &json!(1)));
    assert_eq!(lin.next().await, event);
    let ack = ada.next().await;
    assert_eq!(
        (&ack["re"], &ack["data"]),
        (&json!("a-1"), &event["data"]["item"])
    );

    let sent = post(&other, "/api/notifications", &json!({"title": "Done"})).await;
    assert_eq!(sent.status, 201);
    http::until(&one, "/api/notifications", |seen| {
        seen.json() == json!([sent.json()])
    })
    .await;
    let refused = post(&other, "/api/tasks", &json!({"title": " "})).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (422, "invalid_data")
    );
    agree(&one, &other).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server; cargo xtask test runs it"]
async fn authors_on_both_servers_get_numbers_without_holes_or_doubles() {
    const AUTHORS: usize = 6;
    const EDITS: usize = 30;
    let redis = Redis::start().await;
    let (one, other) = two(&redis).await;
    let (mut here, mut there) = (Client::connect(&one).await, Client::connect(&other).await);
    here.subscribe("tasks").await;
    there.subscribe("tasks").await;
    let mut authors = tokio::task::JoinSet::new();
    for author in 0..AUTHORS {
        let mut client = Client::connect(if author % 2 == 0 { &one } else { &other }).await;
        authors.spawn(async move {
            for edit in 0..EDITS {
                client
                    .send(create(&format!("{author}-{edit}"), "Write"))
                    .await;
            }
            // Answers come in the order of the questions, on whichever way they go.
            for edit in 0..EDITS {
                let ack = client.next().await;
                assert_eq!(ack["re"], json!(format!("{author}-{edit}")), "{ack}");
                assert_eq!(ack.get("error"), None, "{ack}");
            }
        });
    }
    let mut causes = BTreeSet::new();
    for seq in 1..=AUTHORS * EDITS {
        let event = here.next().await;
        assert_eq!(event["seq"], json!(seq));
        assert_eq!(there.next().await, event);
        causes.insert(event["id"].to_string());
    }
    authors.join_all().await;
    assert_eq!(causes.len(), AUTHORS * EDITS);
    assert_eq!(
        agree(&one, &other).await.as_array().unwrap().len(),
        6 + AUTHORS * EDITS
    );
}

#[tokio::test]
#[ignore = "needs redis-server; cargo xtask test runs it"]
async fn a_client_resumes_on_another_server_and_a_repeated_message_gets_its_first_answer_there() {
    let redis = Redis::start().await;
    let (one, other) = two(&redis).await;
    let mut ada = Client::connect(&one).await;
    let epoch = ada.subscribe("tasks").await["epoch"].clone();
    ada.send(create("a-1", "Write")).await;
    let first = [ada.next().await, ada.next().await];
    ada.close().await;
    post(&one, "/api/tasks", &json!({"title": "Read"})).await;
    agree(&one, &other).await;

    let mut ada = Client::connect(&other).await;
    let data = json!({"since": 1, "epoch": epoch});
    let answer = ada
        .ask(json!({"event": "subscribe", "channel": "tasks", "data": data}))
        .await;
    assert_eq!(
        (&answer["data"]["recovered"], &answer["seq"]),
        (&json!(true), &json!(2))
    );
    assert_eq!(ada.next().await["seq"], 2);
    ada.send(create("a-1", "Write")).await;
    assert_eq!(ada.next().await, first[1]);
    ada.send(create("a-1", "Something else")).await;
    assert_eq!(code(&ada.next().await), "duplicate_id");
    assert_eq!(get(&other, "/api/tasks").await.seq(), 2);
}

#[tokio::test]
#[ignore = "needs redis-server; cargo xtask test runs it"]
async fn people_on_different_servers_see_each_other_come_type_and_go() {
    let redis = Redis::start().await;
    let (one, other) = two(&redis).await;
    let (mut ada, mut lin) = (member(&one).await, member(&other).await);
    lin.send(announce("lin")).await;
    assert_eq!(lin.next().await["event"], "presence:sync");
    let row = lin.next().await["data"].clone();
    assert_eq!(ada.next().await["data"], row);
    ada.send(announce("ada")).await;
    let sync = ada.next().await;
    let members = sync["data"]["members"].as_array().unwrap();
    assert_eq!(
        (&sync["event"], members.len()),
        (&json!("presence:sync"), 2)
    );
    assert!(members.contains(&row));
    let own = ada.next().await["data"].clone();
    assert_eq!(lin.next().await["data"], own);
    assert_ne!(own["connectionId"], row["connectionId"]);

    ada.send(typing("typing:start", "ada")).await;
    assert_eq!(lin.next().await, typing("typing:start", "ada"));
    let data = json!({"userId": "ada", "name": "Ada", "text": "hello"});
    ada.send(json!({"event": "message:send", "channel": ROOM, "id": "m", "data": data}))
        .await;
    assert_eq!(ada.next().await["event"], "list:update");
    assert_eq!(ada.next().await["event"], "ack");
    assert_eq!(lin.next().await["data"]["item"]["text"], "hello");

    ada.send(typing("typing:start", "ada")).await;
    assert_eq!(lin.next().await["event"], "typing:start");
    drop(ada);
    assert_eq!(lin.next().await["event"], "typing:stop");
    let left = lin.next().await;
    let connection = &own["connectionId"];
    assert_eq!(
        left["data"],
        json!({"userId": "ada", "connectionId": connection})
    );
    lin.expect_nothing_more().await;
}

#[tokio::test]
#[ignore = "needs redis-server; cargo xtask test runs it"]
async fn a_server_that_joins_late_knows_everything_although_the_log_is_kept_short() {
    const EDITS: usize = 300;
    let redis = Redis::start().await;
    let config = || Config {
        snapshot_every: 20,
        snapshot_gap: Duration::from_millis(40),
        rate: 10_000,
        ..sharing(&redis)
    };
    let one = serve(config()).await;
    let mut ada = Client::connect(&one).await;
    let epoch = ada.subscribe("notifications").await["epoch"].clone();
    ada.send(create("first", "First")).await;
    let first = ada.next().await;
    for edit in 0..EDITS {
        ada.ask(create(&format!("a-{edit}"), "Write")).await;
    }
    // It goes on being written down, and each time what is older than the time before goes.
    in_time(async {
        loop {
            let length: usize = redis.say(&["XLEN", "{realtime-demo}:log"]).await;
            if length < EDITS / 2 {
                break;
            }
            post(&one, "/api/notifications", &json!({"title": "More"})).await;
        }
    })
    .await;
    let late = serve(config()).await;
    assert_eq!(
        agree(&one, &late).await.as_array().unwrap().len(),
        7 + EDITS
    );
    for path in ["/api/notifications", "/api/stocks", "/api/stocks/ACME"] {
        assert_eq!(get(&one, path).await.json(), get(&late, path).await.json());
    }
    let mut lin = Client::connect(&late).await;
    let data = json!({"since": EDITS - 9, "epoch": epoch});
    let answer = lin
        .ask(json!({"event": "subscribe", "channel": "tasks", "data": data}))
        .await;
    assert_eq!(answer["data"]["recovered"], true);
    for seq in EDITS - 8..=EDITS + 1 {
        assert_eq!(lin.next().await["seq"], json!(seq));
    }
    lin.send(create("first", "First")).await;
    assert_eq!(lin.next().await, first);
    let health = get(&one, "/api/health").await.json();
    assert_eq!(
        health["shared"]["replaced"], 0,
        "it never lost the thread: {health}"
    );
}

#[tokio::test]
#[ignore = "needs redis-server; cargo xtask test runs it"]
async fn one_server_moves_the_prices_for_all_and_a_burst_is_the_same_everywhere() {
    let redis = Redis::start().await;
    let config = || Config {
        tick: Duration::from_millis(10),
        ..sharing(&redis)
    };
    let (one, other) = (serve(config()).await, serve(config()).await);
    let leads = async |server: &RunningServer| {
        get(server, "/api/health").await.json()["shared"]["leads"] == true
    };
    in_time(async { while leads(&one).await == leads(&other).await {} }).await;
    let (mut here, mut there) = (Client::connect(&one).await, Client::connect(&other).await);
    let seq = here.subscribe("stocks").await["seq"].as_u64().unwrap();
    there.subscribe("stocks").await;
    let from = |seq: u64| move |event: &Value| event["seq"].as_u64() >= Some(seq);
    let (a, b) = (
        here.until(from(seq + 5)).await,
        there.until(from(seq + 5)).await,
    );
    assert_eq!(a, b);

    let burst = json!({"perSecond": 100, "seconds": 1});
    let started = post(&other, "/api/stocks/ACME/burst", &burst).await;
    assert_eq!(started.status, 202);
    let (started, path) = (started.json(), "/api/stocks/ACME");
    let last = started["lastSeq"].as_u64().unwrap();
    for server in [&one, &other] {
        let stock = http::until(server, path, |stock| stock.seq() >= last).await;
        assert_eq!(
            (stock.seq(), &stock.json()["price"]),
            (last, &started["finalPrice"])
        );
    }
}

#[tokio::test]
#[ignore = "needs redis-server; cargo xtask test runs it"]
async fn servers_with_another_prefix_have_another_state() {
    let redis = Redis::start().await;
    let elsewhere = Config {
        redis_prefix: "elsewhere".into(),
        ..sharing(&redis)
    };
    let (one, other) = (serve(sharing(&redis)).await, serve(elsewhere).await);
    post(&one, "/api/tasks", &json!({"title": "Write"})).await;
    let epoch = async |server: &RunningServer| get(server, "/api/tasks").await.position();
    assert_ne!(epoch(&one).await.0, epoch(&other).await.0);
    assert_eq!(get(&other, "/api/tasks").await.seq(), 0);
}

#[tokio::test]
#[ignore = "needs redis-server; cargo xtask test runs it"]
async fn a_server_that_leaves_in_good_order_takes_its_members_along_and_makes_way() {
    let redis = Redis::start().await;
    // Nobody is taken for gone in this test.
    let config = || Config {
        node_life: Duration::from_secs(600),
        ..sharing(&redis)
    };
    let (one, other) = (serve(config()).await, serve(config()).await);
    let (mut ada, mut lin) = (member(&one).await, member(&other).await);
    ada.send(announce("ada")).await;
    assert_eq!(lin.next().await["event"], "presence:update");
    one.shutdown().await;
    assert_eq!(ada.closed().await.0, 1001);
    assert_eq!(lin.next().await["event"], "presence:leave");
    let leader: Option<String> = redis.say(&["GET", "{realtime-demo}:leader"]).await;
    let node = get(&other, "/api/health").await.json()["node"].clone();
    assert!(leader.is_none_or(|leader| json!(leader) == node));
}

#[tokio::test]
#[ignore = "needs redis-server; cargo xtask test runs it"]
async fn a_state_that_cannot_be_shared_is_a_reason_not_to_start() {
    let redis = Redis::start().await;
    let reason = async |config: Config| match start(config).await {
        Err(StartError::Store { reason }) => reason,
        other => panic!("it should not start: {other:?}"),
    };
    let odd = Config {
        redis: Some("here".into()),
        ..sharing(&redis)
    };
    assert!(reason(odd).await.contains("redis://127.0.0.1:6379"));
    let nobody = Config {
        redis: Some("redis://127.0.0.1:1/".into()),
        ..sharing(&redis)
    };
    assert!(reason(nobody).await.contains("refused"));
    let key = "{realtime-demo}:snapshot";
    let _: u64 = redis
        .say(&["HSET", key, "at", "1-0", "format", "0", "state", "{}"])
        .await;
    let later = reason(sharing(&redis)).await;
    assert!(
        later.contains("another version") && later.contains("--redis-prefix"),
        "{later}"
    );
}

#[tokio::test]
#[ignore = "needs redis-server; cargo xtask test runs it"]
async fn a_token_of_one_server_is_good_on_all_and_after_all_have_been_started_anew() {
    let redis = Redis::start().await;
    let strict = || Config {
        trust_clients: false,
        ..sharing(&redis)
    };
    let (one, other) = (serve(strict()).await, serve(strict()).await);
    let ada = Somebody::sign_in(&one, "Ada").await;
    Client::connect_as(&other, &ada)
        .await
        .subscribe("tasks")
        .await;
    one.shutdown().await;
    other.shutdown().await;
    let next = serve(strict()).await;
    Client::connect_as(&next, &ada)
        .await
        .subscribe("tasks")
        .await;
}
