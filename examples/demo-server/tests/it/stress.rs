//! Stress lists over REST and the envelope.

use crate::{
    client::{Client, code, serve, still},
    http::{get, post},
};
use serde_json::{Value, json};

#[tokio::test]
async fn a_stress_list_and_its_changes_meet_at_one_position() {
    let server = serve(still()).await;
    let mut client = Client::connect(&server).await;
    let answer = client.subscribe("stress:1000:0").await;
    let list = get(&server, "/api/stress/1000/0").await;
    assert_eq!((list.status, list.seq()), (200, 0));
    assert_eq!(json!(list.headers["x-realtime-epoch"]), answer["epoch"]);
    let rows = list.json();
    let rows = rows.as_array().expect("it is a list");
    assert_eq!(rows.len(), 1_000);
    assert_eq!(rows[7], json!({ "id": 7, "version": 1, "price": 170 }));
    client.expect_nothing_more().await;
}

#[tokio::test]
async fn a_burst_is_just_so_many_changes_in_order_and_the_list_has_them_all() {
    let server = serve(still()).await;
    let mut client = Client::connect(&server).await;
    let epoch = client.subscribe("stress:100:0").await["epoch"].clone();
    let answer = post(&server, "/api/stress/100/0/burst", &json!({ "count": 700 })).await;
    assert_eq!(answer.status, 202);
    let mut prices = std::collections::BTreeMap::new();
    for seq in 1..=700 {
        let frame = client.next().await;
        assert_eq!((&frame["seq"], &frame["epoch"]), (&json!(seq), &epoch));
        assert_eq!(
            (&frame["event"], &frame["data"]["action"]),
            (&json!("list:update"), &json!("upsert"))
        );
        let item = &frame["data"]["item"];
        assert!(item["at"].as_u64() > Some(0), "{item}");
        prices.insert(
            item["id"].as_u64(),
            (item["price"].clone(), item["version"].clone()),
        );
    }
    client.expect_nothing_more().await;
    let list = get(&server, "/api/stress/100/0").await;
    assert_eq!(list.seq(), 700);
    for row in list.json().as_array().expect("it is a list") {
        let expected = prices.get(&row["id"].as_u64());
        assert!(expected.is_none_or(|it| *it == (row["price"].clone(), row["version"].clone())));
    }
}

#[tokio::test]
async fn a_client_that_comes_back_gets_the_changes_it_missed() {
    let server = serve(still()).await;
    let mut first = Client::connect(&server).await;
    let epoch = first.subscribe("stress:100:0").await["epoch"].clone();
    post(&server, "/api/stress/100/0/burst", &json!({ "count": 30 })).await;
    for _ in 0..30 {
        first.next().await;
    }
    let mut second = Client::connect(&server).await;
    let resume = json!({ "since": 20, "epoch": epoch });
    let answer = second
        .ask(json!({ "event": "subscribe", "channel": "stress:100:0", "data": resume }))
        .await;
    assert_eq!(
        (&answer["seq"], &answer["data"]["recovered"]),
        (&json!(30), &json!(true))
    );
    for seq in 21..=30 {
        assert_eq!(second.next().await["seq"], json!(seq));
    }
    second.expect_nothing_more().await;
}

#[tokio::test]
async fn a_stress_list_changes_by_itself_at_its_rate() {
    let server = serve(still()).await;
    let mut client = Client::connect(&server).await;
    client.subscribe("stress:100000:1000").await;
    let mut last = Value::Null;
    for seq in 1..=500 {
        last = client.next().await;
        assert_eq!(last["seq"], json!(seq));
    }
    assert!(last["data"]["item"]["id"].as_u64() < Some(100_000));
    let health = get(&server, "/api/health").await.json();
    assert_eq!(health["stressLists"], json!(1));
}

#[tokio::test]
async fn only_what_is_offered_can_be_asked_for() {
    let server = serve(still()).await;
    let mut client = Client::connect(&server).await;
    for channel in [
        "stress:101:0",
        "stress:100:7",
        "stress:100",
        "stress:100:00",
    ] {
        let refused = client
            .ask(json!({ "event": "subscribe", "channel": channel }))
            .await;
        assert_eq!(code(&refused), "unknown_channel", "{channel}");
    }
    for path in ["/api/stress/101/0", "/api/stress/100/7"] {
        assert_eq!(get(&server, path).await.status, 404, "{path}");
    }
    for (count, status) in [(0, 422), (20_001, 422), (20_000, 202)] {
        let answer = post(
            &server,
            "/api/stress/100/0/burst",
            &json!({ "count": count }),
        )
        .await;
        assert_eq!(answer.status, status, "{count}");
    }
    assert_eq!(
        get(&server, "/api/health").await.json()["stressLists"],
        json!(1)
    );
}
