//! The same hub over Socket.IO: the main ways, and what is a way of that protocol alone.

use crate::{
    client::{Client, Served, in_time, until},
    socketio_client::{SocketIoClient, engine},
};
use realtime_server::{Access, Credentials, Hub, Limits, Message, Origins, Refusal, User};
use serde_json::{Value, json};
use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, SystemTime},
};

fn notes(limits: Limits) -> Hub {
    Hub::builder()
        .limits(limits)
        .on_message(async |message: Message| match message.event.as_str() {
            "note:create" => {
                let note: Value = message.data()?;
                message.publish("notes", "list:update", &note)?;
                Ok(json!({"text": note["text"]}))
            }
            "panic" => panic!("a defect of the app"),
            other => Err(Refusal::unknown_event(other)),
        })
        .build()
}

#[tokio::test]
async fn subscribe_message_event_answer_repeat_and_resume() {
    let served = Served::new(notes(Limits::default())).await;
    let mut plain = Client::in_channel(&served, "notes").await;
    let mut ada = SocketIoClient::connect(&served).await;
    let joined = ada.ask("join", json!({"channel": "notes"})).await;
    assert_eq!(
        (&joined["seq"], &joined["recovered"]),
        (&json!(0), &json!(false))
    );
    let note = json!({"channel": "notes", "messageId": "m1", "text": "hello"});
    assert_eq!(
        ada.ask("note:create", note.clone()).await,
        json!({"text": "hello"})
    );
    let event = ada.event("list:update").await;
    assert_eq!(
        (&event["id"], &event["seq"], &event["channel"]),
        (&json!("m1"), &json!(1), &json!("notes"))
    );
    assert_eq!(plain.event("list:update").await["id"], "m1");
    drop(ada);
    let mut back = SocketIoClient::connect(&served).await;
    assert_eq!(
        back.ask("note:create", note).await,
        json!({"text": "hello"})
    );
    assert_eq!(served.hub.metrics().repeated, 1);
    let other = json!({"channel": "notes", "messageId": "m1", "text": "other"});
    assert_eq!(
        back.ask("note:create", other).await["error"]["code"],
        "duplicate_id"
    );
    served
        .hub
        .publish("notes", "list:update", "second")
        .unwrap();
    let resume = json!({"channel": "notes", "since": 1, "epoch": event["epoch"]});
    let joined = back.ask("join", resume).await;
    assert_eq!(
        joined,
        json!({"seq": 2, "epoch": event["epoch"], "recovered": true})
    );
    assert_eq!(back.event("list:update").await["data"], "second");
    assert_eq!(
        back.ask("leave", json!({"channel": "notes"})).await,
        Value::Null
    );
    plain.event("list:update").await;
    served.hub.publish("notes", "list:update", "third").unwrap();
    back.expect_nothing_more().await;
}

#[tokio::test]
async fn refusals_and_broken_handlers_are_told_in_the_ack_or_as_an_error() {
    let served = Served::new(notes(Limits::default())).await;
    let mut client = SocketIoClient::connect(&served).await;
    assert_eq!(
        client.ask("nonsense", json!({})).await["error"]["code"],
        "unknown_event"
    );
    assert_eq!(
        client.ask("panic", json!({})).await["error"]["code"],
        "internal"
    );
    client.emit("nonsense", json!({})).await;
    assert_eq!(client.event("error").await["code"], "unknown_event");
}

#[tokio::test]
async fn names_of_any_letters_are_heard_and_answered() {
    let served = Served::new(notes(Limits::default())).await;
    let name = "a \"quoted\"\n\\ name";
    let mut client = SocketIoClient::in_channel(&served, name).await;
    served.hub.publish(name, "said", "x").unwrap();
    assert_eq!(client.event("said").await["channel"], name);
    let note = json!({"channel": "notes", "messageId": name, "text": "hello"});
    assert_eq!(
        client.ask("note:create", note).await,
        json!({"text": "hello"})
    );
}

#[tokio::test]
async fn presence_and_typing_are_of_one_room_on_both_wires() {
    let served = Served::new(Hub::new()).await;
    let mut lin = Client::in_channel(&served, "room").await;
    let mut ada = SocketIoClient::in_channel(&served, "room").await;
    let here = json!({"channel": "room", "user": {"id": "ada", "name": "Ada"}, "status": "online"});
    ada.emit("presence:announce", here).await;
    let sync = ada.event("presence:sync").await;
    assert_eq!(sync["data"]["members"][0]["userId"], "ada");
    ada.event("presence:update").await;
    assert_eq!(lin.event("presence:update").await["data"]["userId"], "ada");
    ada.emit("typing:start", json!({"channel": "room", "id": "ada"}))
        .await;
    lin.event("typing:start").await;
    drop(ada);
    lin.event("typing:stop").await;
    lin.event("presence:leave").await;
    until(|| served.hub.metrics().connections == 1).await;
}

/// A token is a user, or a user and the milliseconds until it ends; `asked` counts how often it is asked.
fn secured(asked: &Arc<AtomicU32>) -> Hub {
    let asked = Arc::clone(asked);
    Hub::builder()
        .authenticate(move |credentials: Credentials| {
            asked.fetch_add(1, Ordering::SeqCst);
            async move {
                let token = credentials.token.ok_or_else(Refusal::unauthorized)?;
                match token.split_once(':') {
                    Some((user, life)) => {
                        let life = Duration::from_millis(life.parse().unwrap());
                        Ok(User::new(user, user).until(SystemTime::now() + life))
                    }
                    None => Ok(User::new(token.clone(), token)),
                }
            }
        })
        .build()
}

#[tokio::test]
async fn a_token_is_in_the_connect_packet_and_its_end_is_the_end_of_the_connection() {
    let served = Served::new(secured(&Arc::default())).await;
    let refused = SocketIoClient::connect_with(&served, json!({})).await;
    assert!(refused.is_err());
    let mut ada = SocketIoClient::connect_with(&served, json!({"token": "ada"}))
        .await
        .unwrap();
    let here =
        |user| json!({"channel": "room", "user": {"id": user, "name": user}, "status": "online"});
    ada.ask("join", json!({"channel": "room"})).await;
    assert_eq!(
        ada.ask("presence:announce", here("eve")).await["error"]["code"],
        "forbidden"
    );
    assert_eq!(served.hub.sign_out("ada"), 1);
    ada.ended().await;
    let mut ada = SocketIoClient::connect_with(&served, json!({"token": "ada:50"}))
        .await
        .unwrap();
    ada.ended().await;
}

#[tokio::test]
async fn one_connection_may_not_try_token_after_token_without_end() {
    let asked = Arc::default();
    let served = Served::new(secured(&asked)).await;
    let socket = engine(&served, ("x-test", "1")).await.unwrap();
    let mut eve = SocketIoClient::over(socket, json!({"token": "eve"}))
        .await
        .unwrap();
    let mut visits = 1;
    loop {
        eve.send("41").await;
        match eve.visit(json!({"token": "eve"})).await {
            Ok(()) => visits += 1,
            Err(_) => break,
        }
        assert!(visits < 100);
    }
    assert_eq!((visits, asked.load(Ordering::SeqCst)), (16, 16));
    until(|| served.hub.metrics().connections == 0).await;
}

#[tokio::test]
async fn packets_that_are_no_business_of_the_hub_change_nothing() {
    let served = Served::new(notes(Limits::default())).await;
    let mut client = SocketIoClient::in_channel(&served, "notes").await;
    // Once more; for a namespace that is not there; an answer to nothing.
    for packet in [
        "40",
        "42/other,[\"note:create\",{}]",
        "431[1]",
        "42[\"nonsense\"]",
    ] {
        client.send(packet).await;
    }
    assert_eq!(client.event("error").await["code"], "unknown_event");
    client.send("40/other,").await;
    served.hub.publish("notes", "said", "x").unwrap();
    until(|| served.hub.metrics().connections == 1).await;
    client.event_past("44/other,", "said").await;
}

#[tokio::test]
async fn a_connection_of_too_many_attachments_or_too_large_a_message_ends() {
    let limits = Limits {
        message_bytes: 1_000,
        ..Limits::default()
    };
    let served = Served::new(notes(limits)).await;
    for packet in [
        "51000-[\"a\"]".to_owned(),
        format!("42[\"a\",\"{}\"]", "x".repeat(1_000)),
    ] {
        let mut client = SocketIoClient::connect(&served).await;
        client.send(&packet).await;
        client.ended().await;
    }
    until(|| served.hub.metrics().connections == 0).await;
}

#[tokio::test]
async fn one_who_sends_too_fast_is_told_so_and_then_cut() {
    let limits = Limits {
        messages_per_second: 2,
        ..Limits::default()
    };
    let served = Served::new(notes(limits)).await;
    let mut client = SocketIoClient::connect(&served).await;
    for _ in 0..5 {
        client.emit("ping", json!({})).await;
    }
    for _ in 0..4 {
        client.event("pong").await;
    }
    assert_eq!(client.event("error").await["code"], "rate_limited");
    for _ in 0..100 {
        client.try_send(r#"42["ping"]"#).await;
    }
    client.ended().await;
}

#[tokio::test]
async fn what_waits_while_a_permission_is_asked_for_is_bounded_in_bytes() {
    let limits = Limits {
        waiting_bytes: 1_000,
        message_bytes: 1_000,
        ..Limits::default()
    };
    let hub = Hub::builder()
        .limits(limits)
        .authorize(async |_: Access| pending().await)
        .build();
    let served = Served::new(hub).await;
    let mut client = SocketIoClient::connect(&served).await;
    client.emit("join", json!("slow")).await;
    let text = "x".repeat(900);
    for _ in 0..6 {
        client.try_send(&format!("42[\"note\",\"{text}\"]")).await;
    }
    client.ended().await;
}

#[tokio::test]
async fn one_that_reads_too_slowly_is_cut_and_comes_back() {
    let limits = Limits {
        queue_frames: 64,
        ..Limits::default()
    };
    let served = Served::new(notes(limits)).await;
    let mut slow = SocketIoClient::in_channel(&served, "news").await;
    let data = "x".repeat(100_000);
    while served.hub.metrics().slow_consumers == 0 {
        served.hub.publish("news", "said", &data).unwrap();
        tokio::task::yield_now().await;
    }
    slow.ended().await;
    until(|| served.hub.metrics().connections == 0).await;
}

#[tokio::test]
async fn who_never_connects_to_the_namespace_is_closed() {
    let limits = Limits {
        auth_within: Duration::from_millis(50),
        connections: 1,
        ..Limits::default()
    };
    let served = Served::new(notes(limits)).await;
    // It does not even read that it is closed.
    let _silent = engine(&served, ("x-test", "1")).await.unwrap();
    in_time(async { while engine(&served, ("x-test", "1")).await.is_err() {} }).await;
}

#[tokio::test]
async fn pages_of_other_hosts_and_sockets_beyond_the_last_place_open_nothing() {
    let served = Served::new(notes(Limits::default())).await;
    let opened = engine(&served, ("origin", "https://evil.example")).await;
    assert_eq!(opened.map(drop), Err(403));
    let limits = Limits {
        connections: 1,
        ..Limits::default()
    };
    let hub = Hub::builder()
        .limits(limits)
        .origins(Origins::any())
        .build();
    let served = Served::new(hub).await;
    let _first = SocketIoClient::connect(&served).await;
    let opened = engine(&served, ("origin", "https://evil.example")).await;
    assert_eq!(opened.map(drop), Err(503));
    assert_eq!(served.hub.metrics().turned_away, 1);
}

#[tokio::test]
async fn a_drain_ends_every_connection_so_that_its_client_comes_back() {
    let served = Served::new(notes(Limits::default())).await;
    let mut client = SocketIoClient::in_channel(&served, "notes").await;
    let (drained, ()) = tokio::join!(served.hub.drain(Duration::from_secs(10)), client.ended());
    assert!(drained);
    assert_eq!(served.hub.metrics().connections, 0);
}

#[tokio::test]
async fn the_app_may_bring_its_own_builder_and_its_own_namespaces() {
    let hub = notes(Limits::default());
    let io = hub.socketio(socketioxide::SocketIo::builder());
    io.ns("/", hub.visitors());
    io.ns("/chat", async || {});
    let served = Served::new(hub).await;
    let mut client = SocketIoClient::in_channel(&served, "notes").await;
    client.send("40/chat,").await;
    served.hub.publish("notes", "said", "x").unwrap();
    client.event_past("40/chat,", "said").await;
}
