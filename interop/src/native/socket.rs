//! One WebSocket, by tokio-tungstenite: a task that lives as long as the socket.

use super::Shell;
use futures::{SinkExt, StreamExt};
use realtime_core::{Frame, FrameRef, Generation, Input};
use std::{
    cell::Cell,
    rc::{Rc, Weak},
    time::Duration,
};
use tokio::{net::TcpStream, sync::mpsc};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        Error, Message, Utf8Bytes,
        client::IntoClientRequest,
        handshake::client::Request,
        http::HeaderValue,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

/// More than this waiting to be written, and the client is asked to hold back.
const FULL: usize = 1 << 20;
/// Less than this, and it may go on.
const LOW: usize = 256 << 10;
/// How long the peer may take to say goodbye.
const FAREWELL: Duration = Duration::from_secs(2);
/// What a link that just broke is said to have closed with.
const LOST: u16 = 1006;

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// How a socket ended: the close code, the reason, whether there was a closing handshake.
type End = (u16, String, bool);

/// The client's side of a socket. Dropping it closes the socket.
#[derive(Debug)]
pub(super) struct Socket {
    orders: mpsc::UnboundedSender<Order>,
    pressure: Rc<Pressure>,
}

#[derive(Debug)]
enum Order {
    Send(Frame),
    Close(u16, String),
}

/// How much waits to be written.
#[derive(Debug, Default)]
struct Pressure {
    bytes: Cell<usize>,
    blocked: Cell<bool>,
}

impl Socket {
    pub(super) fn open(
        shell: Weak<Shell>,
        generation: Generation,
        url: String,
        protocols: Vec<String>,
    ) -> Self {
        let (orders, inbox) = mpsc::unbounded_channel();
        let pressure = Rc::new(Pressure::default());
        let task = Task {
            shell,
            generation,
            pressure: Rc::clone(&pressure),
        };
        tokio::task::spawn_local(task.run(url, protocols, inbox));
        Self { orders, pressure }
    }

    /// Has a frame written; `true` if so much waits that the client is to hold back from now on.
    pub(super) fn send(&self, frame: Frame) -> bool {
        let bytes = frame.as_frame_ref().len();
        if self.orders.send(Order::Send(frame)).is_err() {
            // Its end is on the way to the client, which keeps what was not answered.
            return false;
        }
        self.pressure.add(bytes)
    }

    /// Closes it, after what waits has been written.
    pub(super) fn close(self, code: u16, reason: String) {
        // A socket that has ended needs no closing.
        let _ = self.orders.send(Order::Close(code, reason));
    }
}

impl Pressure {
    fn add(&self, bytes: usize) -> bool {
        self.bytes.set(self.bytes.get() + bytes);
        self.bytes.get() > FULL && !self.blocked.replace(true)
    }

    /// `true` if the client may go on.
    fn remove(&self, bytes: usize) -> bool {
        self.bytes.set(self.bytes.get().saturating_sub(bytes));
        self.bytes.get() < LOW && self.blocked.replace(false)
    }
}

struct Task {
    shell: Weak<Shell>,
    generation: Generation,
    pressure: Rc<Pressure>,
}

impl Task {
    async fn run(
        self,
        url: String,
        protocols: Vec<String>,
        mut inbox: mpsc::UnboundedReceiver<Order>,
    ) {
        let opened = tokio::select! {
            opened = open(&url, &protocols) => opened,
            // Nothing is sent before it is open: the client has given it up.
            _ = inbox.recv() => return,
        };
        let (code, reason, was_clean) = match opened {
            Ok(stream) => {
                self.tell(Input::Opened {
                    generation: self.generation,
                });
                self.converse(stream, &mut inbox).await
            }
            Err(reason) => (LOST, reason, false),
        };
        self.tell(Input::Closed {
            generation: self.generation,
            code,
            reason: &reason,
            was_clean,
        });
        if self.pressure.blocked.get() {
            self.tell(Input::Blocked(false));
        }
    }

    /// Reads and writes, each at its own pace: one that waits for the other could wait for ever.
    async fn converse(&self, stream: Stream, inbox: &mut mpsc::UnboundedReceiver<Order>) -> End {
        let (mut sink, mut stream) = stream.split();
        let write = async {
            while let Some(order) = inbox.recv().await {
                let (message, bytes) = match order {
                    Order::Send(Frame::Text(text)) => {
                        let bytes = text.len();
                        (Message::text(text), bytes)
                    }
                    Order::Send(Frame::Binary(data)) => {
                        let bytes = data.len();
                        (Message::binary(data), bytes)
                    }
                    Order::Close(code, reason) => {
                        let frame = CloseFrame {
                            code: CloseCode::from(code),
                            reason: Utf8Bytes::from(reason),
                        };
                        // If it cannot be written, there is nobody to say goodbye to.
                        let _ = sink.send(Message::Close(Some(frame))).await;
                        return;
                    }
                };
                let written = sink.send(message).await;
                if self.pressure.remove(bytes) {
                    self.tell(Input::Blocked(false));
                }
                if written.is_err() {
                    // The reading half learns why.
                    return std::future::pending().await;
                }
            }
            // The client has let the socket go without a word.
            let _ = sink.close().await;
        };
        let read = async {
            loop {
                match stream.next().await {
                    Some(Ok(Message::Text(text))) => self.frame(FrameRef::Text(&text)),
                    Some(Ok(Message::Binary(data))) => self.frame(FrameRef::Binary(&data)),
                    Some(Ok(Message::Close(frame))) => {
                        // Reading on writes our goodbye, and sees the end of the stream.
                        let _ = tokio::time::timeout(FAREWELL, stream.next()).await;
                        return closed(frame);
                    }
                    // Pings are answered as the stream is read.
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return (LOST, error.to_string(), false),
                    None => return (LOST, String::new(), false),
                }
            }
        };
        let mut read = std::pin::pin!(read);
        tokio::select! {
            biased;
            end = &mut read => end,
            () = write => tokio::time::timeout(FAREWELL, read).await.unwrap_or_default(),
        }
    }

    fn frame(&self, frame: FrameRef<'_>) {
        let generation = self.generation;
        self.tell(Input::Frame { generation, frame });
    }

    /// Of a socket that was let go the client wants to hear nothing, and knows by the generation.
    fn tell(&self, input: Input<'_>) {
        if let Some(shell) = self.shell.upgrade() {
            shell.input(input);
        }
    }
}

fn closed(frame: Option<CloseFrame>) -> End {
    match frame {
        Some(frame) => (frame.code.into(), frame.reason.to_string(), true),
        // "No status received", as browsers say.
        None => (1005, String::new(), true),
    }
}

async fn open(url: &str, protocols: &[String]) -> Result<Stream, String> {
    let request = request(url, protocols).map_err(|error| error.to_string())?;
    match connect_async(request).await {
        Ok((stream, _)) => Ok(stream),
        Err(Error::Http(response)) => {
            let body = response.body().as_deref().unwrap_or_default();
            let body: String = String::from_utf8_lossy(body).chars().take(200).collect();
            Err(format!("HTTP {}: {}", response.status(), body.trim()))
        }
        Err(error) => Err(error.to_string()),
    }
}

fn request(url: &str, protocols: &[String]) -> Result<Request, Error> {
    let mut request = url.into_client_request()?;
    if !protocols.is_empty() {
        let offered = HeaderValue::from_str(&protocols.join(", "))?;
        request
            .headers_mut()
            .insert("sec-websocket-protocol", offered);
    }
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holding_back_begins_when_full_and_ends_only_when_low() {
        let pressure = Pressure::default();
        assert!(!pressure.add(FULL));
        assert!(pressure.add(1));
        assert!(!pressure.add(1), "it is told once");
        assert!(!pressure.remove(FULL - LOW), "not low enough");
        assert!(pressure.remove(3));
        assert!(!pressure.remove(1), "it is told once");
    }

    #[test]
    fn subprotocols_are_offered_and_a_wrong_address_is_an_error() {
        let protocols = ["one".to_owned(), "two".to_owned()];
        let offering = request("ws://127.0.0.1:1/ws", &protocols).unwrap();
        assert_eq!(offering.headers()["sec-websocket-protocol"], "one, two");
        let plain = request("ws://127.0.0.1:1/ws", &[]).unwrap();
        assert!(!plain.headers().contains_key("sec-websocket-protocol"));
        assert!(request("not a url", &[]).is_err());
        assert!(request("ws://127.0.0.1:1/ws", &["line\nbreak".to_owned()]).is_err());
    }
}
