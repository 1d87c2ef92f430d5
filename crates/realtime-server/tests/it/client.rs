//! A WebSocket client that speaks the envelope, and a server for it.

use axum::Router;
use futures::{SinkExt, StreamExt};
use realtime_server::Hub;
use serde_json::{Value, json};
use std::{net::SocketAddr, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::timeout,
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

/// Far longer than anything here takes: a test that reaches it has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// A hub that is served, at `/live`.
pub(crate) struct Served {
    pub(crate) hub: Hub,
    pub(crate) address: SocketAddr,
    task: JoinHandle<()>,
}

impl Served {
    pub(crate) async fn new(hub: Hub) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().nest("/live", hub.router());
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { hub, address, task }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(crate) struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    asked: u32,
}

impl Client {
    pub(crate) async fn connect(served: &Served) -> Self {
        let url = format!("ws://{}/live/ws", served.address);
        let (socket, _) = connect_async(url).await.unwrap();
        Self { socket, asked: 0 }
    }

    pub(crate) async fn send(&mut self, frame: Value) {
        let message = Message::text(frame.to_string());
        self.socket.send(message).await.unwrap();
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

    /// Subscribes, and gives the answer.
    pub(crate) async fn subscribe(&mut self, channel: &str) -> Value {
        let frame = json!({"event": "subscribe", "channel": channel});
        let answer = self.ask(frame).await;
        assert_eq!(answer.get("error"), None, "{answer}");
        answer
    }

    async fn message(&mut self) -> Message {
        let message = timeout(PATIENCE, self.socket.next()).await;
        let message = message.expect("it took too long");
        message.expect("the socket ended").unwrap()
    }
}
