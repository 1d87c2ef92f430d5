//! Socket of one page.

use crate::{
    dialect::{Dialect, PING_EVERY, Said},
    feed,
    run::{Run, Runs},
};
use axum::{
    Error,
    extract::ws::{Message, WebSocket},
};
use std::{sync::Arc, time::Duration};
use tokio::time::interval;

/// A subscribed channel whose events have not gone yet.
type Waiting = Option<(String, Arc<Run>)>;

/// Serves a socket until it is closed.
pub(crate) async fn serve(mut socket: WebSocket, dialect: Dialect, runs: Arc<Runs>) {
    // A socket that fails is a page that was closed, which is how every measurement ends.
    let _ = talk(&mut socket, dialect, &runs).await;
}

async fn talk(socket: &mut WebSocket, dialect: Dialect, runs: &Runs) -> Result<(), Error> {
    if let Some(greeting) = dialect.greeting() {
        socket.send(Message::Text(greeting.into())).await?;
    }
    let mut pings = interval(Duration::from_millis(PING_EVERY));
    pings.tick().await;
    let mut waiting: Waiting = None;
    loop {
        tokio::select! {
            message = socket.recv() => match message {
                Some(Ok(Message::Text(text))) => hear(socket, dialect, runs, &text, &mut waiting).await?,
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Ok(()),
            },
            () = started(&waiting) => {
                if let Some((channel, run)) = waiting.take() {
                    feed::send(socket, dialect, &channel, &run).await?;
                }
            }
            _ = pings.tick() => {
                if let Some(ping) = dialect.ping() {
                    socket.send(Message::Text(ping.into())).await?;
                }
            }
        }
    }
}

async fn hear(
    socket: &mut WebSocket,
    dialect: Dialect,
    runs: &Runs,
    text: &str,
    waiting: &mut Waiting,
) -> Result<(), Error> {
    let answer = match dialect.read(text) {
        Said::Answer(answer) => Some(answer),
        Said::Subscribe { channel, answer } => {
            *waiting = runs.of_channel(&channel).map(|run| (channel, run));
            answer
        }
        Said::Nothing => None,
    };
    match answer {
        Some(answer) => socket.send(Message::Text(answer.into())).await,
        None => Ok(()),
    }
}

/// Ready when the events of the subscribed channel may go.
async fn started(waiting: &Waiting) {
    match waiting {
        Some((_, run)) => run.started().await,
        None => std::future::pending().await,
    }
}
