//! A client that speaks Socket.IO by hand, packet by packet.

use crate::client::in_time;
use futures::{SinkExt, StreamExt};
use realtime_demo_server::RunningServer;
use serde_json::{Value, json};
use std::collections::VecDeque;
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config, tungstenite::Message,
};

/// A connected socket of the namespace `/`.
pub(crate) struct SocketIoClient {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    events: VecDeque<(String, Value)>,
    asked: u32,
}

/// Where a server speaks Socket.IO.
pub(crate) fn url(server: &RunningServer) -> String {
    format!(
        "ws://{}/socket.io/?EIO=4&transport=websocket",
        server.addr()
    )
}

/// What a socket that may not connect was told.
pub(crate) type Refused = Value;

impl SocketIoClient {
    pub(crate) async fn connect(server: &RunningServer) -> Self {
        Self::connect_with(server, json!({})).await.unwrap()
    }

    /// With the data of the CONNECT packet.
    pub(crate) async fn connect_with(server: &RunningServer, auth: Value) -> Result<Self, Refused> {
        let (socket, _) = connect_async_with_config(url(server), None, true)
            .await
            .unwrap();
        Self::over(socket, auth).await
    }

    /// On a WebSocket that is open already.
    pub(crate) async fn over(
        socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
        auth: Value,
    ) -> Result<Self, Refused> {
        let mut client = Self {
            socket,
            events: VecDeque::new(),
            asked: 0,
        };
        let opened = client.packet().await.unwrap();
        assert!(opened.starts_with("0{"), "{opened}");
        client.send(&format!("40{auth}")).await;
        let answer = client.packet().await.unwrap();
        match answer.split_at(2) {
            ("40", _) => Ok(client),
            ("44", refused) => Err(serde_json::from_str(refused).unwrap()),
            _ => panic!("an answer to CONNECT was expected, not {answer}"),
        }
    }

    /// Sends an event that wants no answer.
    pub(crate) async fn emit(&mut self, event: &str, payload: Value) {
        self.send(&format!("42{}", json!([event, payload]))).await;
    }

    /// Sends an event, and gives its answer; events that come before it are kept.
    pub(crate) async fn ask(&mut self, event: &str, payload: Value) -> Value {
        self.asked += 1;
        let asked = self.asked;
        self.send(&format!("42{asked}{}", json!([event, payload])))
            .await;
        self.answer(asked).await
    }

    /// The next event, and its payload.
    pub(crate) async fn next(&mut self) -> (String, Value) {
        loop {
            if let Some(event) = self.events.pop_front() {
                return event;
            }
            let packet = self.packet().await.expect("the connection ended");
            assert!(self.keep(&packet), "an event was expected, not {packet}");
        }
    }

    /// Proves that all that was sent has been handled and that nothing else is on its way.
    pub(crate) async fn expect_nothing_more(&mut self) {
        self.ask("ping", json!({})).await;
        assert_eq!(self.events, VecDeque::new());
    }

    /// Reads until the connection ends, and gives whether the server said goodbye.
    pub(crate) async fn ended(&mut self) -> bool {
        loop {
            match in_time(self.socket.next()).await {
                Some(Ok(Message::Close(_))) => return true,
                Some(Ok(Message::Text(text))) => {
                    assert!(!text.starts_with("41"), "this client would not come back");
                }
                Some(Ok(other)) => panic!("the end was expected, not {other:?}"),
                Some(Err(_)) | None => return false,
            }
        }
    }

    pub(crate) async fn send(&mut self, packet: &str) {
        self.socket.send(Message::text(packet)).await.unwrap();
    }

    async fn answer(&mut self, asked: u32) -> Value {
        let start = format!("43{asked}[");
        loop {
            let packet = self.packet().await.expect("the connection ended");
            if packet.starts_with(&start) {
                let mut arguments: Vec<Value> =
                    serde_json::from_str(&packet[start.len() - 1..]).unwrap();
                return arguments.pop().unwrap_or_default();
            }
            assert!(self.keep(&packet), "an answer was expected, not {packet}");
        }
    }

    /// Keeps an event; says whether it was one.
    fn keep(&mut self, packet: &str) -> bool {
        let Some(event) = packet.strip_prefix("42") else {
            return false;
        };
        self.events.push_back(serde_json::from_str(event).unwrap());
        true
    }

    /// The next packet; pings are answered on the way.
    async fn packet(&mut self) -> Option<String> {
        loop {
            match in_time(self.socket.next()).await? {
                Ok(Message::Text(text)) if text == "2" => self.send("3").await,
                Ok(Message::Text(text)) => return Some(text.to_string()),
                other => panic!("a text frame was expected, not {other:?}"),
            }
        }
    }
}
