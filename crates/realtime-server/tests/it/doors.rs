//! Doors: how sockets come in and go out; whose page, a cut, a drain; and what is counted.

use crate::client::{Client, Served, until};
use realtime_server::{ConnectionId, Hub, Limits, Message, Origins};
use serde_json::json;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::Semaphore;

#[tokio::test]
async fn pages_of_other_hosts_open_no_socket() {
    let served = Served::new(Hub::new()).await;
    let own = format!("http://{}", served.address);
    for (origin, status) in [
        (own.as_str(), Ok(())),
        ("https://evil.example", Err(403)),
        ("null", Err(403)),
    ] {
        let opened = Client::connect_with(&served, ("origin", origin)).await;
        assert_eq!(opened.map(drop), status, "{origin}");
    }
    let hub = Hub::builder().origins(Origins::these(["https://app.example"]));
    let served = Served::new(hub.build()).await;
    let opened = Client::connect_with(&served, ("origin", "https://app.example")).await;
    assert!(opened.is_ok());
    let opened = Client::connect_with(&served, ("origin", &own)).await;
    assert_eq!(opened.map(drop), Err(403));
}

#[tokio::test]
async fn a_drain_closes_every_socket_and_whoever_comes_and_waits_for_what_is_under_way() {
    let gate = Arc::new(Semaphore::new(0));
    let opens = Arc::clone(&gate);
    let hub = Hub::builder()
        .on_message(move |_: Message| {
            let opens = Arc::clone(&opens);
            async move {
                opens.acquire().await.unwrap().forget();
                Ok(())
            }
        })
        .build();
    let served = Served::new(hub).await;
    let mut idle = Client::connect(&served).await;
    let mut busy = Client::connect(&served).await;
    busy.send(json!({"event": "wait", "id": "m1"})).await;
    busy.expect_nothing_more().await;
    idle.expect_nothing_more().await;
    let hub = served.hub.clone();
    let drained = tokio::spawn(async move { hub.drain(Duration::from_secs(20)).await });
    assert_eq!((idle.closed().await, busy.closed().await), (1001, 1001));
    assert!(served.hub.metrics().is_draining);
    let mut late = Client::connect(&served).await;
    assert_eq!(late.closed().await, 1001);
    assert!(!drained.is_finished());
    gate.add_permits(1);
    assert!(drained.await.unwrap());
    let mut later = Client::connect(&served).await;
    assert_eq!(later.closed().await, 1001);
}

#[tokio::test]
async fn a_drain_does_not_wait_longer_than_it_may() {
    let hub = Hub::builder()
        .on_message(async |_: Message| std::future::pending::<Result<(), _>>().await)
        .build();
    let served = Served::new(hub).await;
    let mut client = Client::connect(&served).await;
    client.send(json!({"event": "wait"})).await;
    client.expect_nothing_more().await;
    assert!(!served.hub.drain(Duration::from_millis(50)).await);
}

#[tokio::test]
async fn a_socket_that_is_cut_hears_no_word() {
    let connection: Arc<Mutex<Option<ConnectionId>>> = Arc::default();
    let seen = Arc::clone(&connection);
    let hub = Hub::builder()
        .on_message(move |message: Message| {
            *seen.lock().unwrap() = Some(message.connection);
            async { Ok(()) }
        })
        .build();
    let served = Served::new(hub).await;
    let mut client = Client::connect(&served).await;
    client.ask(json!({"event": "who am i"})).await;
    let connection = connection.lock().unwrap().take().unwrap();
    served.hub.cut(connection);
    assert_eq!(client.closed().await, 1006);
    until(|| served.hub.metrics().connections == 0).await;
}

#[tokio::test]
async fn what_happens_is_counted() {
    let served = Served::new(Hub::builder().limits(Limits::default()).build()).await;
    let mut client = Client::in_channel(&served, "news").await;
    served.hub.publish("quiet", "said", "x").unwrap();
    client.refusal(json!({"event": "nonsense"})).await;
    let counted = serde_json::to_value(served.hub.metrics()).unwrap();
    assert_eq!(
        counted,
        json!({
            "connections": 1, "channels": 2, "isDraining": false, "frames": 2, "refused": 1, "rateLimited": 0,
            "repeated": 0, "events": 1, "recovered": 0, "expiredMembers": 0, "turnedAway": 0, "slowConsumers": 0,
            "forgottenChannels": 0
        })
    );
}
