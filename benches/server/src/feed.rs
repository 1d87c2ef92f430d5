//! Feed: a run's events, sent at their pace.

use crate::{dialect::Dialect, quote::Tick, run::Run};
use axum::{
    Error,
    extract::ws::{Message, WebSocket},
};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Sends all events of `run`, each in a frame of its own at its own time. An event that is late does not put off those
/// after it.
pub(crate) async fn send(
    socket: &mut WebSocket,
    dialect: Dialect,
    channel: &str,
    run: &Run,
) -> Result<(), Error> {
    let start = Instant::now();
    for update in &run.updates {
        if run.plan.rate > 0 {
            let due = start + Duration::from_secs_f64(update.seq as f64 / f64::from(run.plan.rate));
            sleep_until(due).await;
        }
        let text = if run.plan.partial {
            dialect.write(channel, update.seq, &Tick::from(update))
        } else {
            dialect.write(channel, update.seq, update)
        };
        socket.send(Message::Text(text.into())).await?;
    }
    Ok(())
}
