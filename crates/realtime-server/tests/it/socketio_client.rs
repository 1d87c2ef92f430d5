//! A client that speaks Socket.IO by hand, packet by packet.

use crate::client::{Served, Socket, in_time, open};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::VecDeque;
use tokio_tungstenite::tungstenite::Message;

/// A connected socket of the namespace `/`.
pub(crate) struct SocketIoClient {
    socket: Socket,
    events: VecDeque<(String, Value)>,
    asked: u32,
}

/// Opens a connection with one more header, on which Socket.IO is still to be spoken.
pub(crate) async fn engine(served: &Served, header: (&'static str, &str)) -> Result<Socket, u16> {
    let address = served.address;
    let url = format!("ws://{address}/live/socket.io/?EIO=4&transport=websocket");
    open(url, header).await
}

impl SocketIoClient {
    pub(crate) async fn connect(served: &Served) -> Self {
        Self::connect_with(served, json!({})).await.unwrap()
    }

    /// Connected, and in a channel.
    pub(crate) async fn in_channel(served: &Served, channel: &str) -> Self {
        let mut client = Self::connect(served).await;
        let joined = client.ask("join", json!({"channel": channel})).await;
        assert_eq!(joined.get("error"), None, "{joined}");
        client
    }

    /// With the data of the CONNECT packet; gives what a socket that may not connect is told.
    pub(crate) async fn connect_with(served: &Served, auth: Value) -> Result<Self, Value> {
        let socket = engine(served, ("x-test", "1")).await.unwrap();
        Self::over(socket, auth).await
    }

    /// On a connection that is open already.
    pub(crate) async fn over(socket: Socket, auth: Value) -> Result<Self, Value> {
        let mut client = Self {
            socket,
            events: VecDeque::new(),
            asked: 0,
        };
        let opened = client.packet().await.unwrap();
        assert!(opened.starts_with("0{"), "{opened}");
        match client.visit(auth).await {
            Ok(()) => Ok(client),
            Err(refused) => Err(refused.unwrap()),
        }
    }

    /// Asks to be let in; gives the refusal, or nothing when the connection has ended.
    pub(crate) async fn visit(&mut self, auth: Value) -> Result<(), Option<Value>> {
        self.send(&format!("40{auth}")).await;
        match self
            .packet()
            .await
            .as_deref()
            .map(|answer| answer.split_at(2))
        {
            Some(("40", _)) => Ok(()),
            Some(("44", refused)) => Err(Some(serde_json::from_str(refused).unwrap())),
            None => Err(None),
            other => panic!("an answer to CONNECT was expected, not {other:?}"),
        }
    }

    /// Sends an event that wants no answer.
    pub(crate) async fn emit(&mut self, event: &str, payload: Value) {
        self.send(&format!("42{}", json!([event, payload]))).await;
    }

    /// Sends an event, and gives its answer; events that come before it are kept.
    pub(crate) async fn ask(&mut self, event: &str, payload: Value) -> Value {
        self.asked += 1;
        let start = format!("43{}[", self.asked);
        let packet = format!("42{}{}", self.asked, json!([event, payload]));
        self.send(&packet).await;
        loop {
            let packet = self.packet().await.expect("the connection ended");
            if packet.starts_with(&start) {
                let answer = &packet[start.len() - 1..];
                let mut arguments: Vec<Value> = serde_json::from_str(answer).unwrap();
                return arguments.pop().unwrap_or_default();
            }
            assert!(self.keep(&packet), "an answer was expected, not {packet}");
        }
    }

    /// The payload of the next event, which must have this name.
    pub(crate) async fn event(&mut self, name: &str) -> Value {
        loop {
            if let Some((event, payload)) = self.events.pop_front() {
                assert_eq!(event, name, "{payload}");
                return payload;
            }
            let packet = self.packet().await.expect("the connection ended");
            assert!(self.keep(&packet), "an event was expected, not {packet}");
        }
    }

    /// The next event, which must have this name; before or after it comes a packet that starts like this.
    pub(crate) async fn event_past(&mut self, start: &str, name: &str) {
        let (mut has_started, mut has_come) = (false, false);
        while !(has_started && has_come) {
            let packet = self.packet().await.expect("the connection ended");
            if packet.starts_with(start) {
                has_started = true;
            } else {
                assert!(self.keep(&packet), "an event was expected, not {packet}");
                self.event(name).await;
                has_come = true;
            }
        }
    }

    /// Proves that all that was sent has been handled and that nothing else is on its way.
    pub(crate) async fn expect_nothing_more(&mut self) {
        self.ask("ping", json!({})).await;
        assert_eq!(self.events, VecDeque::new());
    }

    /// Reads until the connection ends without a word by which a client would stay away.
    pub(crate) async fn ended(&mut self) {
        while let Some(packet) = self.packet().await {
            assert!(!packet.starts_with("41"), "this client would not come back");
        }
    }

    /// Sends a packet, if the connection takes it still.
    pub(crate) async fn try_send(&mut self, packet: &str) {
        drop(in_time(self.socket.send(Message::text(packet))).await);
    }

    pub(crate) async fn send(&mut self, packet: &str) {
        in_time(self.socket.send(Message::text(packet)))
            .await
            .unwrap();
    }

    /// Keeps an event; says whether it was one.
    fn keep(&mut self, packet: &str) -> bool {
        let Some(event) = packet.strip_prefix("42") else {
            return false;
        };
        self.events.push_back(serde_json::from_str(event).unwrap());
        true
    }

    /// The next packet, or nothing when the connection has ended; pings are answered on the way.
    async fn packet(&mut self) -> Option<String> {
        loop {
            match in_time(self.socket.next()).await {
                Some(Ok(Message::Text(text))) if text == "2" => self.send("3").await,
                Some(Ok(Message::Text(text))) => return Some(text.to_string()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }
}
