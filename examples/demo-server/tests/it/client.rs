//! A WebSocket client that speaks the envelope, and the servers it talks to.

use crate::http;
use futures::{SinkExt, StreamExt};
use realtime_demo_server::{Config, RunningServer, start};
use serde_json::{Value, json};
use std::{net::SocketAddr, time::Duration};
use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{Message, protocol::CloseFrame},
};

/// Far longer than anything here takes: a test that reaches it has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server whose prices stand still, and which takes people for whom they say they are.
pub(crate) fn still() -> Config {
    Config {
        trust_clients: true,
        ..strict()
    }
}

/// The same, but everybody needs a token.
pub(crate) fn strict() -> Config {
    Config {
        listen: ([127, 0, 0, 1], 0).into(),
        tick: Duration::ZERO,
        ..Config::default()
    }
}

pub(crate) async fn serve(config: Config) -> RunningServer {
    start(config).await.unwrap()
}

/// Something that serves, wherever it runs.
pub(crate) trait Served {
    fn address(&self) -> SocketAddr;
}

impl Served for RunningServer {
    fn address(&self) -> SocketAddr {
        self.addr()
    }
}

pub(crate) struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    asked: u32,
}

impl Client {
    pub(crate) async fn connect(server: &impl Served) -> Self {
        let url = format!("ws://{}/ws", server.address());
        let (socket, _) = connect_async_with_config(url, None, true).await.unwrap();
        Self::over(socket)
    }

    /// A socket of somebody who has a token.
    pub(crate) async fn connect_as(server: &impl Served, somebody: &Somebody) -> Self {
        let mut client = Self::connect(server).await;
        let data = json!({"token": somebody.token});
        let answer = client.ask(json!({"event": "auth", "data": data})).await;
        assert_eq!(answer.get("error"), None, "{answer}");
        client
    }

    /// None if nobody answers there.
    pub(crate) async fn try_connect(server: &impl Served) -> Option<Self> {
        let url = format!("ws://{}/ws", server.address());
        let connected = connect_async_with_config(url, None, true).await;
        connected.ok().map(|(socket, _)| Self::over(socket))
    }

    /// Whether a frame could be sent.
    pub(crate) async fn try_send(&mut self, frame: Value) -> bool {
        self.socket
            .send(Message::text(frame.to_string()))
            .await
            .is_ok()
    }

    /// The next frame, if there is one before the socket ends.
    pub(crate) async fn try_next(&mut self) -> Option<Value> {
        match self.socket.next().await?.ok()? {
            Message::Text(text) => serde_json::from_str(&text).ok(),
            _ => None,
        }
    }

    pub(crate) fn over(socket: WebSocketStream<MaybeTlsStream<TcpStream>>) -> Self {
        Self { socket, asked: 0 }
    }

    pub(crate) async fn send(&mut self, frame: Value) {
        self.send_raw(Message::text(frame.to_string())).await;
    }

    pub(crate) async fn send_raw(&mut self, message: Message) {
        self.socket.send(message).await.unwrap();
    }

    /// Reads until the server closes, whatever comes before, and gives its code.
    pub(crate) async fn close_code(&mut self) -> u16 {
        loop {
            if let Message::Close(frame) = self.message().await {
                return frame.unwrap().code.into();
            }
        }
    }

    /// Writes bytes past the WebSocket layer.
    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        self.socket.get_mut().write_all(bytes).await.unwrap();
    }

    /// The next frame.
    pub(crate) async fn next(&mut self) -> Value {
        match self.message().await {
            Message::Text(text) => serde_json::from_str(&text).unwrap(),
            other => panic!("a text frame was expected, not {other:?}"),
        }
    }

    /// Sends a message with an id of its own, and gives the frame that comes next, which must be its answer.
    pub(crate) async fn ask(&mut self, mut frame: Value) -> Value {
        self.asked += 1;
        let id = format!("ask-{}", self.asked);
        frame["id"] = json!(id);
        self.send(frame).await;
        let answer = self.next().await;
        assert_eq!(answer["re"], json!(id), "{answer}");
        answer
    }

    /// Reads until a frame is as wanted.
    pub(crate) async fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let frame = self.next().await;
            if wanted(&frame) {
                return frame;
            }
        }
    }

    /// Subscribes, and gives the answer.
    pub(crate) async fn subscribe(&mut self, channel: &str) -> Value {
        let answer = self
            .ask(json!({"event": "subscribe", "channel": channel}))
            .await;
        assert_eq!(answer.get("error"), None, "{answer}");
        answer
    }

    /// Proves that all that was sent has been handled and that nothing else is on its way.
    pub(crate) async fn expect_nothing_more(&mut self) {
        // A ping would overtake messages.
        let answer = self.ask(json!({"event": "no:such"})).await;
        assert_eq!(code(&answer), "unknown_event");
    }

    /// Reads until the server closes, and gives its code and the text frames that came before.
    pub(crate) async fn closed(&mut self) -> (u16, Vec<Value>) {
        let mut frames = Vec::new();
        loop {
            match self.message().await {
                Message::Text(text) => frames.push(serde_json::from_str(&text).unwrap()),
                Message::Close(Some(CloseFrame { code, .. })) => return (code.into(), frames),
                other => panic!("a close frame was expected, not {other:?}"),
            }
        }
    }

    /// Reads until the connection ends, which it must do without a close frame.
    pub(crate) async fn ends_without_a_word(&mut self) {
        loop {
            match in_time(self.socket.next()).await {
                Some(Ok(Message::Text(_))) => {}
                Some(Ok(other)) => panic!("the end was expected, not {other:?}"),
                Some(Err(_)) | None => return,
            }
        }
    }

    /// Says goodbye as a page does.
    pub(crate) async fn close(mut self) {
        self.socket.close(None).await.unwrap();
    }

    async fn message(&mut self) -> Message {
        let message = in_time(self.socket.next()).await;
        message.expect("the socket ended").unwrap()
    }
}

/// A user, and a token of theirs.
pub(crate) struct Somebody {
    pub(crate) id: String,
    pub(crate) token: String,
}

impl Somebody {
    /// Signs in as whoever alone knows a key that begins so.
    pub(crate) async fn sign_in(server: &impl Served, name: &str) -> Self {
        let body = json!({"name": name, "key": format!("{name}-0123456789abcdef")});
        let session = http::post(server, "/api/session", &body).await;
        assert_eq!(session.status, 200, "{session:?}");
        let session = session.json();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            id: text(&session["user"]["id"]),
            token: text(&session["token"]),
        }
    }

    /// What their requests bring.
    pub(crate) fn bearer(&self) -> String {
        format!("authorization: Bearer {}\r\n", self.token)
    }
}

/// Waits for something that must come soon.
pub(crate) async fn in_time<T>(something: impl Future<Output = T>) -> T {
    timeout(PATIENCE, something)
        .await
        .expect("it took too long")
}

/// The error code of a frame.
pub(crate) fn code(frame: &Value) -> &str {
    frame["error"]["code"]
        .as_str()
        .unwrap_or_else(|| panic!("no error in {frame}"))
}
