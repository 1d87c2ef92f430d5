//! A WebSocket client that speaks the envelope, and a server for it.

use axum::Router;
use futures::{SinkExt, StreamExt};
use realtime_server::Hub;
use serde_json::{Value, json};
use std::{future::Future, net::SocketAddr, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest,
        http::{HeaderName, HeaderValue},
    },
};

/// Far longer than anything here takes: a test that reaches it has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// What comes, in time.
pub(crate) async fn in_time<T>(coming: impl Future<Output = T>) -> T {
    timeout(PATIENCE, coming).await.expect("it took too long")
}

/// Waits until something that nobody tells of is so.
pub(crate) async fn until(mut is_so: impl FnMut() -> bool) {
    in_time(async {
        while !is_so() {
            sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}

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

pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Opens a socket with one more header; gives the status of a refusal.
pub(crate) async fn open(url: String, header: (&'static str, &str)) -> Result<Socket, u16> {
    let mut request = url.into_client_request().unwrap();
    let name = HeaderName::from_static(header.0);
    let value = HeaderValue::from_str(header.1).unwrap();
    request.headers_mut().insert(name, value);
    match in_time(connect_async(request)).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(answer)) => Err(answer.status().as_u16()),
        Err(other) => panic!("the upgrade failed: {other}"),
    }
}

pub(crate) struct Client {
    socket: Socket,
    asked: u32,
}

impl Client {
    pub(crate) async fn connect(served: &Served) -> Self {
        Self::connect_with(served, ("x-test", "1")).await.unwrap()
    }

    /// With one more header; gives the status of a refusal.
    pub(crate) async fn connect_with(
        served: &Served,
        header: (&'static str, &str),
    ) -> Result<Self, u16> {
        let url = format!("ws://{}/live/ws", served.address);
        let socket = open(url, header).await?;
        Ok(Self { socket, asked: 0 })
    }

    /// Connected, and in a channel.
    pub(crate) async fn in_channel(served: &Served, channel: &str) -> Self {
        let mut client = Self::connect(served).await;
        client.subscribe(channel).await;
        client
    }

    pub(crate) async fn send(&mut self, frame: Value) {
        self.send_text(&frame.to_string()).await;
    }

    pub(crate) async fn send_text(&mut self, text: &str) {
        self.send_message(Message::text(text)).await;
    }

    pub(crate) async fn send_message(&mut self, message: Message) {
        in_time(self.socket.send(message)).await.unwrap();
    }

    /// The next frame.
    pub(crate) async fn next(&mut self) -> Value {
        match self.message().await {
            Message::Text(text) => serde_json::from_str(&text).unwrap(),
            other => panic!("a text frame was expected, not {other:?}"),
        }
    }

    /// The next frame, which must be an event of this name.
    pub(crate) async fn event(&mut self, name: &str) -> Value {
        let event = self.next().await;
        assert_eq!(event["event"], name, "{event}");
        event
    }

    /// Sends a message with an id of its own, and gives the frame that comes next, which must be its answer.
    pub(crate) async fn ask(&mut self, frame: Value) -> Value {
        self.ask_past(frame, 0).await
    }

    /// The same where so many events come before the answer.
    pub(crate) async fn ask_past(&mut self, mut frame: Value, events: usize) -> Value {
        self.asked += 1;
        let id = format!("ask-{}", self.asked);
        frame["id"] = json!(id);
        self.send(frame).await;
        for _ in 0..events {
            self.next().await;
        }
        let answer = self.next().await;
        assert_eq!(answer["re"], json!(id), "{answer}");
        answer
    }

    /// The code with which something is refused; null if it is not.
    pub(crate) async fn refusal(&mut self, frame: Value) -> Value {
        self.ask(frame).await["error"]["code"].clone()
    }

    /// Subscribes, and gives the answer.
    pub(crate) async fn subscribe(&mut self, channel: &str) -> Value {
        let frame = json!({"event": "subscribe", "channel": channel});
        let answer = self.ask(frame).await;
        assert_eq!(answer.get("error"), None, "{answer}");
        answer
    }

    /// Subscribes from a position on, and gives the answer.
    pub(crate) async fn resume(&mut self, channel: &str, since: u64, epoch: &Value) -> Value {
        let resume = json!({"since": since, "epoch": epoch});
        self.ask(json!({"event": "subscribe", "channel": channel, "data": resume}))
            .await
    }

    /// Proves that all that was sent has been read and that nothing else is on its way.
    pub(crate) async fn expect_nothing_more(&mut self) {
        let pong = self.ask(json!({"event": "ping"})).await;
        assert_eq!(pong["event"], "pong");
    }

    /// Reads to the end, and gives the close code: 1006 if there was none.
    pub(crate) async fn closed(&mut self) -> u16 {
        self.last_words().await.1
    }

    /// Reads to the end, and gives the frames that came, and the close code: 1006 if there was none.
    pub(crate) async fn last_words(&mut self) -> (Vec<Value>, u16) {
        let mut frames = Vec::new();
        loop {
            match in_time(self.socket.next()).await {
                Some(Ok(Message::Text(text))) => frames.push(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(Some(close)))) => {
                    // The answer, for which the server waits.
                    drop(in_time(self.socket.flush()).await);
                    return (frames, close.code.into());
                }
                Some(Ok(Message::Close(None)) | Err(_)) | None => return (frames, 1006),
                Some(Ok(_)) => {}
            }
        }
    }

    /// Whether a frame comes before the end.
    pub(crate) async fn is_served(&mut self) -> bool {
        matches!(
            in_time(self.socket.next()).await,
            Some(Ok(Message::Text(_)))
        )
    }

    async fn message(&mut self) -> Message {
        let message = in_time(self.socket.next()).await;
        message.expect("the socket ended").unwrap()
    }
}
