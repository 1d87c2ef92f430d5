//! The server over real sockets, in both of its protocols.

use futures::{SinkExt, StreamExt};
use realtime_bench_server::{Plan, Row, serve};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_tungstenite::{connect_async, tungstenite::Message};

const PLAN: Plan = Plan {
    rows: 50,
    events: 200,
    rate: 0,
    seed: 3,
    probe_every: 25,
    partial: false,
};

async fn start_server() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { serve(listener, &[]).await });
    address
}

/// One request by hand, as a client for this would be more than the test.
async fn request(address: &str, method: &str, path: &str, body: &str) -> Value {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream
        .write_all(format!("{head}{body}").as_bytes())
        .await
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap()
}

/// Subscribes with `says`, starts the run and collects the items of all its events.
async fn items(path: &str, says: &[&str], data_of: fn(&str) -> Option<Value>) -> Vec<Value> {
    let address = start_server().await;
    let plan = serde_json::to_string(&PLAN).unwrap();
    let made = request(&address, "POST", "/runs", &plan).await;
    assert_eq!(made, json!({"run": 1}));
    let (mut socket, _) = connect_async(format!("ws://{address}{path}"))
        .await
        .unwrap();
    for text in says {
        socket.send(Message::text(*text)).await.unwrap();
    }
    request(&address, "POST", "/runs/1/start", "").await;
    let mut items = Vec::new();
    while items.len() < PLAN.events as usize {
        let message = socket.next().await.unwrap().unwrap();
        if let Some(data) = message.to_text().ok().and_then(data_of) {
            items.push(data["item"].clone());
        }
    }
    let outcome = request(&address, "GET", "/runs/1/final", "").await;
    let outcome: Vec<Row> = serde_json::from_value(outcome).unwrap();
    assert_eq!(outcome, PLAN.outcome());
    items
}

fn expected() -> Vec<Value> {
    let updates = PLAN.updates();
    updates.iter().map(|update| json!(update)).collect()
}

#[tokio::test]
async fn the_envelope_brings_every_event_in_order() {
    let subscribe = r#"{"event":"subscribe","channel":"run:1","id":"a"}"#;
    let data = |text: &str| {
        let envelope: Value = serde_json::from_str(text).ok()?;
        (envelope["event"] == "list:update").then(|| envelope["data"].clone())
    };
    assert_eq!(items("/ws", &[subscribe], data).await, expected());
}

#[tokio::test]
async fn socket_io_brings_the_same_events() {
    let data = |text: &str| {
        let event: (String, Value) = serde_json::from_str(text.strip_prefix("42")?).ok()?;
        Some(event.1)
    };
    let says = ["40", r#"42["subscribe","run:1"]"#];
    let path = "/socket.io/?EIO=4&transport=websocket";
    assert_eq!(items(path, &says, data).await, expected());
}
