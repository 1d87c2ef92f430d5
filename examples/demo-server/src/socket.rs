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
    host::is_same_origin,
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
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use futures::{
    Sink, SinkExt, Stream, StreamExt,
    future::{Either, select},
};
use std::{pin::pin, sync::Arc, time::Instant};
use tokio::time::{timeout, timeout_at};
use tokio_tungstenite::tungstenite;

/// `GET /ws`.
pub(crate) async fn upgrade(
    State(app): State<App>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !is_same_origin(&headers, &app.config) {
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
    let (hub, tokens) = (Arc::clone(&app.hub), Arc::clone(&app.tokens));
    let session = Session::new(hub, seat.connection, &app.config, tokens);
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
    let mut heard = Instant::now();
    let mut pinged: Option<Instant> = None;
    loop {
        let now = Instant::now();
        if session.deadline().is_some_and(|deadline| deadline <= now) {
            return outbox.close(session.overdue());
        }
        if session.refresh().is_some_and(|refresh| refresh <= now) {
            session.ask_for_token();
        }
        let to_ping = pinged.unwrap_or(heard) + config.ping_after;
        let until = [session.deadline(), session.refresh()]
            .into_iter()
            .flatten()
            .fold(to_ping, Instant::min);
        let Ok(message) = timeout_at(until.into(), stream.next()).await else {
            if Instant::now() < to_ping {
                continue;
            }
            if pinged.is_some() && heard.elapsed() >= config.silence {
                return outbox.close(Closing::SILENT);
            }
            session.ping();
            pinged = Some(Instant::now());
            continue;
        };
        heard = Instant::now();
        pinged = None;
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
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => session.receive_nothing(heard),
            Some(Ok(Message::Close(_))) => {}
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
