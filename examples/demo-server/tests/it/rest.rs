//! REST: states with their positions, and changes.

use crate::{
    client::{Client, serve, still},
    http::{get, post, request},
};
use realtime_demo_server::Config;
use serde_json::json;
use std::{fs, path::PathBuf, time::Duration};

#[tokio::test]
async fn every_state_comes_with_its_position() {
    let server = serve(still()).await;
    let epoch = get(&server, "/api/health").await.json()["epoch"].clone();
    for path in [
        "/api/stocks",
        "/api/stocks/ACME",
        "/api/tasks",
        "/api/rooms/lobby/messages",
        "/api/notifications",
    ] {
        let answer = get(&server, path).await;
        assert_eq!((answer.status, answer.seq()), (200, 0), "{path}");
        assert_eq!(json!(answer.headers["x-realtime-epoch"]), epoch, "{path}");
        assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
    }
    assert_eq!(
        get(&server, "/api/stocks")
            .await
            .json()
            .as_array()
            .unwrap()
            .len(),
        8
    );
}

#[tokio::test]
async fn what_is_wrong_is_said_in_json_with_the_right_status() {
    let server = serve(Config {
        max_message_bytes: 2_000,
        ..still()
    })
    .await;
    let json_type = "content-type: application/json\r\n";
    let large = format!(r#"{{"title":"{}"}}"#, "x".repeat(3_000));
    for (method, path, headers, body, status, code) in [
        ("GET", "/api/nothing", "", "", 404, "not_found"),
        ("GET", "/api/stocks/NONE", "", "", 404, "not_found"),
        ("GET", "/api/rooms/a%20b/messages", "", "", 404, "not_found"),
        ("PUT", "/api/tasks", "", "", 405, "method_not_allowed"),
        (
            "POST",
            "/api/tasks",
            "",
            r#"{"title":"x"}"#,
            415,
            "unsupported_media_type",
        ),
        ("POST", "/api/tasks", json_type, "{", 400, "invalid_json"),
        ("POST", "/api/tasks", json_type, "{}", 422, "invalid_data"),
        (
            "POST",
            "/api/tasks",
            json_type,
            r#"{"title":""}"#,
            422,
            "invalid_data",
        ),
        ("POST", "/api/tasks", json_type, &large, 413, "too_large"),
        (
            "PATCH",
            "/api/tasks/none",
            json_type,
            r#"{"done":true}"#,
            404,
            "not_found",
        ),
        ("DELETE", "/api/tasks/none", "", "", 404, "not_found"),
        (
            "POST",
            "/api/notifications",
            json_type,
            r#"{"title":"x","level":"loud"}"#,
            422,
            "invalid_data",
        ),
        (
            "POST",
            "/api/stocks/ACME/burst",
            json_type,
            r#"{"perSecond":1001,"seconds":1}"#,
            422,
            "invalid_data",
        ),
        (
            "POST",
            "/api/stocks/NONE/burst",
            json_type,
            r#"{"perSecond":1,"seconds":1}"#,
            404,
            "not_found",
        ),
    ] {
        let answer = request(&server, method, path, headers, body).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (status, code),
            "{method} {path} {body}"
        );
    }
}

#[tokio::test]
async fn a_task_is_created_changed_moved_and_deleted() {
    let server = serve(still()).await;
    let created = post(
        &server,
        "/api/tasks",
        &json!({"title": "Write", "assignee": "Ada"}),
    )
    .await;
    assert_eq!(created.status, 201);
    let task = created.json();
    let path = format!("/api/tasks/{}", task["id"].as_str().unwrap());
    let moved = post(&server, &format!("{path}/move"), &json!({"after": null})).await;
    assert_eq!((moved.status, &moved.json()["version"]), (200, &json!(2)));
    assert_eq!(get(&server, "/api/tasks").await.json()[0]["id"], task["id"]);
    let json_type = "content-type: application/json\r\n";
    let patched = request(&server, "PATCH", &path, json_type, r#"{"done":true}"#).await;
    assert_eq!(
        (patched.status, &patched.json()["done"]),
        (200, &json!(true))
    );
    let stale = request(
        &server,
        "PATCH",
        &path,
        json_type,
        r#"{"done":false,"baseVersion":1}"#,
    )
    .await;
    assert_eq!((stale.status, stale.code().as_str()), (409, "conflict"));
    let deleted = request(&server, "DELETE", &path, "", "").await;
    assert_eq!(deleted.json(), json!({"id": task["id"], "version": 4}));
    assert_eq!(get(&server, "/api/tasks").await.seq(), 4);
}

#[tokio::test]
async fn a_notification_reaches_every_subscriber() {
    let server = serve(still()).await;
    let mut client = Client::connect(&server).await;
    client.subscribe("notifications").await;
    let sent = post(
        &server,
        "/api/notifications",
        &json!({"title": "Done", "level": "success"}),
    )
    .await;
    assert_eq!(sent.status, 201);
    let event = client.next().await;
    assert_eq!(
        (&event["event"], &event["data"]),
        (&json!("notification"), &sent.json())
    );
    assert_eq!(
        get(&server, "/api/notifications").await.json(),
        json!([sent.json()])
    );
}

#[tokio::test]
async fn a_burst_publishes_exactly_what_it_promised_while_other_prices_move() {
    let server = serve(Config {
        tick: Duration::from_millis(5),
        ..still()
    })
    .await;
    let mut client = Client::connect(&server).await;
    let seq = client.subscribe("stocks:ACME").await["seq"]
        .as_u64()
        .unwrap();
    client
        .send(json!({"event": "unsubscribe", "channel": "stocks:ACME"}))
        .await;
    let burst = json!({"perSecond": 200, "seconds": 1});
    let started = post(&server, "/api/stocks/ACME/burst", &burst).await;
    assert_eq!(started.status, 202);
    let started = started.json();
    let (first, last) = (
        started["firstSeq"].as_u64().unwrap(),
        started["lastSeq"].as_u64().unwrap(),
    );
    assert!(first > seq);
    assert_eq!((&started["count"], last - first), (&json!(200), 199));
    let again = post(&server, "/api/stocks/ACME/burst", &burst).await;
    assert_eq!((again.status, again.code().as_str()), (409, "conflict"));

    let epoch = get(&server, "/api/health").await.json()["epoch"].clone();
    let data = json!({"since": first - 1, "epoch": epoch});
    client
        .send(json!({"event": "subscribe", "channel": "stocks:ACME", "data": data}))
        .await;
    loop {
        let frame = client.next().await;
        if frame["seq"] == started["lastSeq"] && frame["event"] == "stock:update" {
            assert_eq!(frame["data"]["price"], started["finalPrice"]);
            break;
        }
    }
    let stock = get(&server, "/api/stocks/ACME").await;
    assert_eq!(
        (stock.seq(), &stock.json()["price"]),
        (last, &started["finalPrice"])
    );
    assert!(
        get(&server, "/api/stocks").await.seq() > last,
        "the others moved too"
    );
}

#[tokio::test]
async fn the_feed_moves_prices_on_both_of_their_channels() {
    let server = serve(Config {
        tick: Duration::from_millis(1),
        seed: Some(3),
        ..still()
    })
    .await;
    let mut client = Client::connect(&server).await;
    client.subscribe("stocks").await;
    let change = client.next().await;
    assert_eq!(
        (&change["event"], &change["data"]["action"]),
        (&json!("list:update"), &json!("update"))
    );
    let symbol = change["data"]["item"]["symbol"].as_str().unwrap();
    assert!(get(&server, &format!("/api/stocks/{symbol}")).await.seq() >= 1);
}

/// A built page in a folder of its own.
fn dist(name: &str) -> PathBuf {
    let dist = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&dist).unwrap();
    fs::write(
        dist.join("index.html"),
        "<script type=\"module\">alert(1)</script>",
    )
    .unwrap();
    fs::write(dist.join("app.wasm"), "not really").unwrap();
    dist
}

#[tokio::test]
async fn the_page_is_served_for_every_address_that_is_not_a_file() {
    let server = serve(Config {
        dist: dist("page"),
        ..still()
    })
    .await;
    for path in ["/", "/index.html", "/tasks", "/rooms/lobby"] {
        let page = get(&server, path).await;
        assert_eq!(
            (page.status, page.headers["content-type"].as_str()),
            (200, "text/html; charset=utf-8")
        );
        let policy = &page.headers["content-security-policy"];
        assert!(
            policy.contains("'wasm-unsafe-eval' 'sha256-"),
            "{path}: {policy}"
        );
        assert_eq!(page.headers["x-content-type-options"], "nosniff");
    }
    let wasm = get(&server, "/app.wasm").await;
    assert_eq!(
        (wasm.status, wasm.headers["content-type"].as_str()),
        (200, "application/wasm")
    );
    assert_eq!(get(&server, "/gone.wasm").await.status, 404);
    assert_eq!(get(&server, "/../Cargo.toml").await.status, 404);
}

#[tokio::test]
async fn without_a_built_page_the_answer_says_how_to_get_one() {
    let server = serve(Config {
        dist: "no-such-folder".into(),
        ..still()
    })
    .await;
    let page = get(&server, "/").await;
    assert_eq!(page.status, 404);
    assert!(page.body.contains("--dist"), "{}", page.body);
}
