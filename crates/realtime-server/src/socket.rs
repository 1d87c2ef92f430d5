//! Socket: one WebSocket with the JSON envelope, from its upgrade to its end.
//!
//! The server sends an envelope `ping` after [`Limits::ping_after`] of silence, which the client's page can see (a ping of
//! the WebSocket layer it could not), and closes the socket after [`Limits::silence`]. Any frame counts as life.

use crate::{
    Credentials, Hub, Limits, Refusal,
    limits::GRACE,
    outbox::{Closing, Next, Outbox},
    registration::Registration,
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
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{timeout, timeout_at},
};
use tokio_tungstenite::tungstenite;

/// Bytes that a socket keeps for reading and for writing: most are silent most of the time, and there are many.
const READ_BUFFER: usize = 1024;
const WRITE_BUFFER: usize = 4 * 1024;

/// `GET …/ws`.
pub(crate) async fn upgrade(
    State(hub): State<Hub>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !hub.policy().origins.allow(&headers) {
        return foreign_page().into_response();
    }
    // A message up to this long is read, so that the client is told what was wrong with it. Beyond, the connection is
    // closed with bytes unread, and the network may throw the explanation away.
    let most = hub.limits().message_bytes.saturating_mul(4);
    let upgrade = upgrade
        .max_message_size(most)
        .max_frame_size(most)
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER);
    if let Some(slot) = hub.slot() {
        let headers = hub.policy().kept(&headers);
        return upgrade.on_upgrade(move |socket| serve(hub, headers, socket, slot));
    }
    // While the hub is drained, the last places are kept from everybody.
    let why = match hub.lock().connections.is_shut_down() {
        true => Closing::SHUTDOWN,
        false => Closing::FULL,
    };
    match hub.refusal_slot() {
        // A page cannot see why an upgrade was refused, but it can see a close code.
        Some(slot) => upgrade.on_upgrade(async move |socket| {
            turn_away(socket, why).await;
            drop(slot);
        }),
        None => Refusal::full().into_response(),
    }
}

/// What a page of another host is told.
pub(crate) fn foreign_page() -> Refusal {
    Refusal::forbidden("pages of this origin may not open a socket here: see Origins")
}

async fn serve(hub: Hub, headers: Arc<HeaderMap>, socket: WebSocket, slot: OwnedSemaphorePermit) {
    let limits = Arc::clone(hub.limits());
    let credentials = Credentials {
        token: None,
        headers: Arc::clone(&headers),
    };
    // Whoever cannot be known by the request alone says who they are in `auth`.
    let visitor = hub.policy().authenticate(credentials, limits.auth_within);
    let visitor = visitor.await.ok();
    let outbox = Arc::new(Outbox::new(limits.queue_frames, limits.queue_bytes));
    let registration = Registration::new(&hub, &outbox);
    let session = Session::new(&registration, headers, visitor, Arc::new(slot));
    let (sink, stream) = socket.split();
    let reader = pin!(read(stream, &limits, session, &outbox));
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

/// Reads until the peer is gone or silent. Once the socket is being closed, what comes is thrown away.
async fn read(
    mut stream: impl Stream<Item = Result<Message, axum::Error>> + Unpin,
    limits: &Limits,
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
        let to_ping = pinged.unwrap_or(heard) + limits.ping_after;
        let until = [session.deadline(), session.refresh()]
            .into_iter()
            .flatten()
            .fold(to_ping, Instant::min);
        let Ok(message) = timeout_at(until.into(), stream.next()).await else {
            if Instant::now() < to_ping {
                continue;
            }
            if pinged.is_some() && heard.elapsed() >= limits.silence {
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
                    let refusal = Refusal::too_large(limits.message_bytes);
                    session.close(refusal, Closing::TOO_LARGE);
                } else {
                    outbox.close(Closing::PROTOCOL);
                }
                return;
            }
            Some(Ok(_)) if outbox.is_closing() => {}
            Some(Ok(Message::Text(text))) if text.len() <= limits.message_bytes => {
                session.receive(&text, heard).await;
            }
            Some(Ok(Message::Text(_))) => {
                let refusal = Refusal::too_large(limits.message_bytes);
                session.close(refusal, Closing::TOO_LARGE);
            }
            Some(Ok(Message::Binary(_))) => {
                let message = "send text frames: this server reads JSON only";
                let refusal = Refusal::new("unsupported_data", message);
                session.close(refusal, Closing::NOT_TEXT);
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

/// Writes what is queued, all that there is in one go, and at the end the close frame.
async fn write(mut sink: impl Sink<Message> + Unpin, outbox: &Outbox) -> Written {
    loop {
        match outbox.next().await {
            Next::Frame(frame) => {
                let sent = async {
                    sink.feed(Message::Text(frame)).await?;
                    while let Some(frame) = outbox.ready() {
                        sink.feed(Message::Text(frame)).await?;
                    }
                    sink.flush().await
                };
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
async fn turn_away(socket: WebSocket, why: Closing) {
    let outbox = Outbox::new(0, 0);
    outbox.close(why);
    let (sink, mut stream) = socket.split();
    write(sink, &outbox).await;
    let answered = async { while let Some(Ok(_)) = stream.next().await {} };
    drop(timeout(GRACE, answered).await);
}

/// Whether reading failed because of a message far over the limit.
fn is_too_large(error: axum::Error) -> bool {
    let error = error.into_inner().downcast::<tungstenite::Error>();
    error.is_ok_and(|error| matches!(*error, tungstenite::Error::Capacity(_)))
}
