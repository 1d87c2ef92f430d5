//! The browser's WebSocket by way of gloo-net.
//!
//! gloo-net has traps, and this file is where they end. `send` on a dead socket says `Ok`, so the
//! state is asked first. Its stream tells of no opening, so the sink half is awaited. `close`
//! wants the whole socket, so it is not split but shared, and taken out to be closed. Dropping one
//! makes it hold its peace, so nothing is told of a socket that was let go.

use super::{
    burst::{Burst, next_task},
    clock::BrowserClock,
    page,
    transport::{Socket, SocketEvent, SocketSink, Transport},
};
use futures::{
    Sink, SinkExt, StreamExt,
    future::{AbortHandle, Abortable, poll_fn},
};
use gloo_net::websocket::{Message, State, WebSocketError, futures::WebSocket};
use realtime_core::Frame;
use std::{
    cell::RefCell,
    rc::Rc,
    task::{Context, Poll},
};
use wasm_bindgen::JsValue;

/// Opens the browser's sockets.
#[derive(Debug)]
pub(crate) struct GlooTransport;

impl Transport for GlooTransport {
    fn open(
        &self,
        url: &str,
        protocols: &[String],
        sink: SocketSink,
    ) -> Result<Box<dyn Socket>, String> {
        let socket = Shared::new(open(url, protocols)?);
        let (reading, registration) = AbortHandle::new_pair();
        yew::platform::spawn_local({
            let socket = socket.clone();
            async move {
                // An abort only means that the socket was let go.
                let _ = Abortable::new(read(socket, sink), registration).await;
            }
        });
        Ok(Box::new(GlooSocket { socket, reading }))
    }
}

fn open(url: &str, protocols: &[String]) -> Result<WebSocket, String> {
    let opened = match protocols {
        [] => WebSocket::open(url),
        [protocol] => WebSocket::open_with_protocol(url, protocol),
        protocols => {
            let list: js_sys::Array = protocols.iter().map(JsValue::from).collect();
            return web_sys::WebSocket::new_with_str_sequence(url, &list)
                .map_err(|error| format!("{error:?}"))
                .and_then(|socket| WebSocket::try_from(socket).map_err(|error| error.to_string()));
        }
    };
    opened.map_err(|error| error.to_string())
}

fn is_open(socket: &WebSocket) -> bool {
    matches!(socket.state(), State::Open)
}

struct GlooSocket {
    socket: Shared,
    /// Ends the reading task, which would otherwise wait for ever and never be freed.
    reading: AbortHandle,
}

impl Socket for GlooSocket {
    fn send(&self, frame: Frame) -> bool {
        let message = match frame {
            Frame::Text(text) => Message::Text(text),
            Frame::Binary(bytes) => Message::Bytes(bytes),
        };
        self.socket
            .with(|socket| is_open(socket) && socket.start_send_unpin(message).is_ok())
            .unwrap_or(false)
    }

    fn close(self: Box<Self>, code: u16, reason: &str) {
        let Some(socket) = self.socket.take() else {
            return;
        };
        // Browsers let pages send only these codes, and 123 bytes of reason.
        let code = if code == 1000 || (3000..=4999).contains(&code) {
            code
        } else {
            1000
        };
        let mut end = reason.len().min(123);
        while !reason.is_char_boundary(end) {
            end -= 1;
        }
        let reason = &reason[..end];
        if let Err(error) = socket.close(Some(code), Some(reason)) {
            tracing::debug!(%error, "the browser would not close the socket");
        }
    }

    fn buffered_amount(&self) -> u32 {
        self.socket
            .with(|socket| socket.buffered_amount())
            .unwrap_or(0)
    }
}

impl Drop for GlooSocket {
    fn drop(&mut self) {
        self.reading.abort();
        // Dropping gloo's socket closes it and removes its handlers before its closures go.
        drop(self.socket.take());
    }
}

/// Tells `sink` what happens to `socket` until it is closed.
async fn read(socket: Shared, sink: SocketSink) {
    if poll_fn(|context| socket.poll_open(context)).await {
        sink(SocketEvent::Opened);
    }
    let mut burst = Burst::new(Rc::new(BrowserClock));
    loop {
        let next = match poll_now(|context| socket.poll_next(context)).await {
            Some(next) => next,
            None => {
                let next = poll_fn(|context| socket.poll_next(context)).await;
                burst.begin();
                next
            }
        };
        match next {
            Some(Ok(Message::Text(text))) => sink(SocketEvent::Frame(Frame::Text(text))),
            Some(Ok(Message::Bytes(bytes))) => sink(SocketEvent::Frame(Frame::Binary(bytes))),
            Some(Err(WebSocketError::ConnectionClose(event))) => {
                return sink(SocketEvent::Closed {
                    code: event.code,
                    reason: event.reason,
                    was_clean: event.was_clean,
                });
            }
            // The browser says nothing about an error but that there was one; the close follows.
            Some(Err(_)) => {}
            None => return sink(SocketEvent::lost("the socket ended")),
        }
        // Hidden pages have nothing to paint, and their timeouts take a second.
        if burst.is_over_budget() && !page::is_hidden() {
            next_task().await;
            burst.begin();
        }
    }
}

/// One poll: `None` if it is pending.
async fn poll_now<T>(mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> Option<T> {
    poll_fn(|context| {
        Poll::Ready(match poll(context) {
            Poll::Ready(value) => Some(value),
            Poll::Pending => None,
        })
    })
    .await
}

/// A socket that two tasks use and one may take away. The borrow lasts for one call, and none of
/// these calls runs other code of ours.
#[derive(Clone)]
struct Shared(Rc<RefCell<Option<WebSocket>>>);

impl Shared {
    fn new(socket: WebSocket) -> Self {
        Self(Rc::new(RefCell::new(Some(socket))))
    }

    fn with<R>(&self, call: impl FnOnce(&mut WebSocket) -> R) -> Option<R> {
        self.0.borrow_mut().as_mut().map(call)
    }

    fn take(&self) -> Option<WebSocket> {
        self.0.borrow_mut().take()
    }

    /// Ready once the socket no longer connects: whether it is open.
    fn poll_open(&self, context: &mut Context<'_>) -> Poll<bool> {
        self.with(|socket| {
            std::pin::Pin::new(&mut *socket)
                .poll_ready(context)
                .map(|_| is_open(socket))
        })
        .unwrap_or(Poll::Ready(false))
    }

    fn poll_next(
        &self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Message, WebSocketError>>> {
        self.with(|socket| socket.poll_next_unpin(context))
            .unwrap_or(Poll::Ready(None))
    }
}
