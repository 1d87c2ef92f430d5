//! One WebSocket: the upgrade, and the task that reads and writes it.
//!
//! The server sends an envelope `ping` after [`Config::ping_after`] of silence, which the client's page can see (a
//! ping of the WebSocket layer it could not), and closes the socket after [`Config::silence`]. Any frame counts as
//! life.
//!
//! [`Config::ping_after`]: crate::Config::ping_after
//! [`Config::silence`]: crate::Config::silence

use crate::{
    app::App,
    config::Config,
    errors::Refusal,
    hub::{ConnectionId, Hub},
    limits::GRACE,
    outbox::{Closing, Next, Outbox},
    session::Session,
};
use axum::{
    extract::{
        State,
        ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade},
    },
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use futures::{
    Sink, SinkExt, Stream, StreamExt,
    future::{Either, select},
};
use std::{pin::pin, sync::Arc, time::Instant};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite;

/// `GET /ws`.
pub(crate) async fn upgrade(
    State(app): State<App>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !app.config.any_origin && !is_same_origin(&headers) {
        let message = "open the socket from a page of this host".to_owned();
        return Refusal::Forbidden(message).into_response();
    }
    // A message up to this long is read, so that the client is told what was wrong with it. Beyond, the connection is
    // closed with bytes unread, and the network may throw the explanation away.
    let upgrade = upgrade
        .max_message_size(app.config.max_message_bytes.saturating_mul(4))
        .max_frame_size(app.config.max_message_bytes.saturating_mul(4));
    if let Ok(slot) = Arc::clone(&app.slots).try_acquire_owned() {
        return upgrade.on_upgrade(move |socket| async move {
            serve(app, socket).await;
            drop(slot);
        });
    }
    app.hub.lock().stats.turned_away += 1;
    match Arc::clone(&app.refusal_slots).try_acquire_owned() {
        // A page cannot see why an upgrade was refused, but it can see a close code.
        Ok(slot) => upgrade.on_upgrade(move |socket| async move {
            turn_away(socket).await;
            drop(slot);
        }),
        Err(_) => Refusal::Full.into_response(),
    }
}

async fn serve(app: App, socket: WebSocket) {
    let outbox = Arc::new(Outbox::new(app.config.queue_frames, app.config.queue_bytes));
    let seat = Seat::take(&app.hub, &outbox);
    let session = Session::new(Arc::clone(&app.hub), seat.connection, &app.config);
    let (sink, stream) = socket.split();
    let reader = pin!(read(stream, &app.config, session, &outbox));
    let writer = pin!(write(sink, &outbox));
    match select(reader, writer).await {
        // The peer is gone, or is still to be told why it is being closed.
        Either::Left((_, writer)) => {
            outbox.close(Closing::DONE);
            drop(timeout(GRACE, writer).await);
        }
        Either::Right((Written::Cut, _)) => {}
        // What the peer still sends is read until it has answered the close frame: with bytes left unread, the
        // network would throw the close frame away.
        Either::Right((Written::Closed, reader)) => drop(timeout(GRACE, reader).await),
    }
}

/// A socket's place in the hub, given up in whatever way its task ends.
pub(crate) struct Seat {
    hub: Arc<Hub>,
    pub(crate) connection: ConnectionId,
}

impl Seat {
    pub(crate) fn take(hub: &Arc<Hub>, outbox: &Arc<Outbox>) -> Self {
        let connection = hub.lock().connections.add(Arc::clone(outbox));
        tracing::debug!(connection = connection.0, "socket opened");
        Self {
            hub: Arc::clone(hub),
            connection,
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.hub.lock().disconnect(self.connection);
        tracing::debug!(connection = self.connection.0, "socket closed");
    }
}

/// Reads until the peer is gone or silent. Once the socket is being closed, what comes is thrown away.
async fn read(
    mut stream: impl Stream<Item = Result<Message, axum::Error>> + Unpin,
    config: &Config,
    mut session: Session,
    outbox: &Outbox,
) {
    let opened = Instant::now();
    let mut heard = opened;
    let mut pinged = false;
    loop {
        if !session.is_authenticated() && opened.elapsed() >= config.auth_within {
            return outbox.close(Closing::UNAUTHORIZED);
        }
        let patience = if session.is_authenticated() {
            config.ping_after
        } else {
            config.auth_within
        };
        let Ok(message) = timeout(patience, stream.next()).await else {
            if pinged && heard.elapsed() >= config.silence {
                return outbox.close(Closing::SILENT);
            }
            session.ping();
            pinged = true;
            continue;
        };
        heard = Instant::now();
        pinged = false;
        match message {
            None => return,
            Some(Err(error)) => {
                if is_too_large(error) {
                    session.close(too_large(config), Closing::TOO_LARGE);
                } else {
                    outbox.close(Closing::PROTOCOL);
                }
                return;
            }
            Some(Ok(_)) if outbox.is_closing() => {}
            Some(Ok(Message::Text(text))) if text.len() <= config.max_message_bytes => {
                session.receive(&text, heard);
            }
            Some(Ok(Message::Text(_))) => session.close(too_large(config), Closing::TOO_LARGE),
            Some(Ok(Message::Binary(_))) => {
                session.close(Refusal::UnsupportedData, Closing::NOT_TEXT);
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_))) => {}
        }
    }
}

/// How the writing of a socket ended.
enum Written {
    /// With a close frame, or because the peer took nothing more.
    Closed,
    /// With nothing, on purpose.
    Cut,
}

/// Writes what is queued, and at the end the close frame.
async fn write(mut sink: impl Sink<Message> + Unpin, outbox: &Outbox) -> Written {
    loop {
        match outbox.next().await {
            Next::Frame(frame) => {
                let sent = sink.send(Message::Text(frame));
                match select(pin!(sent), pin!(outbox.overdue())).await {
                    Either::Left((Ok(()), _)) => {}
                    _ => return Written::Closed,
                }
            }
            Next::Close(Closing { code, reason }) => {
                let frame = CloseFrame {
                    code,
                    reason: reason.into(),
                };
                drop(timeout(GRACE, sink.send(Message::Close(Some(frame)))).await);
                return Written::Closed;
            }
            Next::Cut => return Written::Cut,
        }
    }
}

/// Tells a socket that there is no place for it.
async fn turn_away(socket: WebSocket) {
    let outbox = Outbox::new(0, 0);
    outbox.close(Closing::FULL);
    let (sink, mut stream) = socket.split();
    write(sink, &outbox).await;
    let answered = async { while let Some(Ok(_)) = stream.next().await {} };
    drop(timeout(GRACE, answered).await);
}

fn too_large(config: &Config) -> Refusal {
    Refusal::TooLarge {
        limit: config.max_message_bytes,
    }
}

/// Whether reading failed because of a message far over the limit.
fn is_too_large(error: axum::Error) -> bool {
    let error = error.into_inner().downcast::<tungstenite::Error>();
    error.is_ok_and(|error| matches!(*error, tungstenite::Error::Capacity(_)))
}

/// Whether a socket was opened by a page of this host, or by no page. A proxy, such as that of a development server,
/// says under which host the page sees it; a page of another host cannot.
pub(crate) fn is_same_origin(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let Some((_, page)) = origin
        .to_str()
        .ok()
        .and_then(|origin| origin.split_once("://"))
    else {
        return false;
    };
    let hosts = [headers.get(header::HOST), headers.get("x-forwarded-host")];
    let mut hosts = hosts
        .into_iter()
        .flatten()
        .filter_map(|host| host.to_str().ok());
    hosts.any(|host| host.eq_ignore_ascii_case(page))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same_origin(pairs: &[(&'static str, &'static str)]) -> bool {
        let pairs = pairs.iter().map(|(name, value)| {
            (
                header::HeaderName::from_static(name),
                header::HeaderValue::from_static(value),
            )
        });
        is_same_origin(&pairs.collect())
    }

    #[test]
    fn only_a_page_of_this_host_or_no_page_may_open_a_socket() {
        let host = ("host", "demo.test:8080");
        assert!(same_origin(&[host]));
        assert!(same_origin(&[host, ("origin", "http://DEMO.test:8080")]));
        assert!(!same_origin(&[host, ("origin", "http://demo.test")]));
        assert!(!same_origin(&[host, ("origin", "http://evil.test")]));
        assert!(!same_origin(&[host, ("origin", "null")]));
        let forwarded = ("x-forwarded-host", "localhost:3000");
        assert!(same_origin(&[
            host,
            forwarded,
            ("origin", "http://localhost:3000")
        ]));
    }
}
