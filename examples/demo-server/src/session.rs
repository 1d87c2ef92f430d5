//! What one socket may do, frame by frame.

use crate::{
    channel::TASKS,
    config::Config,
    envelope::{Inbound, Outbound, refusal_frame},
    errors::{Refusal, quoted},
    hub::{ConnectionId, Hub, State},
    limits::Bucket,
    outbox::Closing,
    subscriptions::Resume,
    tasks::Removed,
};
use realtime_demo_types::{MoveTask, Task, TaskPatch};
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Instant};

/// One socket's rights and its rate.
#[derive(Debug)]
pub(crate) struct Session {
    hub: Arc<Hub>,
    connection: ConnectionId,
    token: Option<String>,
    authenticated: bool,
    bucket: Bucket,
}

/// The data of an `ack`.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Done {
    Nothing,
    Task(Task),
    Removed(Removed),
    Message { id: String },
}

#[derive(Deserialize)]
struct Token {
    token: String,
}

#[derive(Deserialize)]
struct OfTask<T> {
    id: String,
    #[serde(flatten)]
    rest: T,
}

#[derive(Deserialize)]
struct Nothing {}

impl Session {
    pub(crate) fn new(hub: Arc<Hub>, connection: ConnectionId, config: &Config) -> Self {
        Self {
            hub,
            connection,
            token: config.token.clone(),
            authenticated: config.token.is_none(),
            bucket: Bucket::new(config.rate, Instant::now()),
        }
    }

    pub(crate) fn is_authenticated(&self) -> bool {
        self.authenticated
    }

    /// Handles one frame; whatever there is to say about it is queued for the socket.
    pub(crate) fn receive(&mut self, text: &str, now: Instant) {
        let parsed = Inbound::parse(text);
        let hub = Arc::clone(&self.hub);
        let mut state = hub.lock();
        state.stats.frames += 1;
        let frame = match parsed {
            Ok(frame) => frame,
            Err(refusal) => return self.refuse(&mut state, None, &refusal),
        };
        if let Err(refusal) = self.bucket.take(now) {
            state.stats.rate_limited += 1;
            return self.refuse(&mut state, Some(&frame), &refusal);
        }
        if let Err(refusal) = self.handle(&mut state, &frame, now) {
            self.refuse(&mut state, Some(&frame), &refusal);
        }
    }

    /// Asks a silent peer for a sign of life.
    pub(crate) fn ping(&self) {
        let ping = Outbound::<()>::new("ping").encode();
        self.hub.lock().connections.send(self.connection, ping);
    }

    /// Refuses what came, and the peer with it.
    pub(crate) fn close(&self, refusal: &Refusal, closing: Closing) {
        let mut state = self.hub.lock();
        state.stats.frames += 1;
        self.refuse(&mut state, None, refusal);
        state.connections.close(self.connection, closing);
    }

    fn refuse(&self, state: &mut State, frame: Option<&Inbound<'_>>, refusal: &Refusal) {
        state.stats.refused += 1;
        let answer = match frame {
            Some(frame) => refusal_frame(
                &frame.event,
                frame.channel.as_deref(),
                frame.id.as_deref(),
                refusal,
            ),
            None => refusal_frame("error", None, None, refusal),
        };
        state.connections.send(self.connection, answer);
    }

    fn handle(
        &mut self,
        state: &mut State,
        frame: &Inbound<'_>,
        now: Instant,
    ) -> Result<(), Refusal> {
        let connection = self.connection;
        match frame.event.as_str() {
            "ping" => {
                let pong = Outbound::<()> {
                    re: frame.id.as_deref(),
                    ..Outbound::new("pong")
                };
                state.connections.send(connection, pong.encode());
                return Ok(());
            }
            "pong" => return Ok(()),
            "auth" => return self.authenticate(state, frame),
            _ if !self.authenticated => return Err(Refusal::Unauthorized),
            "subscribe" => {
                let resume = frame.data::<Option<Resume>>()?.unwrap_or_default();
                let channel = frame.channel()?;
                return state.subscribe(connection, &channel, frame.id.as_deref(), &resume);
            }
            "unsubscribe" => state.unsubscribe(connection, &frame.channel()?),
            "presence:announce" => {
                state.announce(connection, &frame.channel()?, frame.data()?, now)?;
            }
            "presence:leave" => state.leave(connection, &frame.channel()?),
            "demo:cut" => {
                state.connections.cut(connection);
                return Ok(());
            }
            "typing:start" => state.start_typing(connection, &frame.channel()?, frame.data()?)?,
            "typing:stop" => state.stop_typing(connection, &frame.channel()?),
            "task:create" | "task:update" | "task:delete" | "task:move" | "message:send" => {
                return self.change_once(state, frame, now);
            }
            unknown => return Err(Refusal::UnknownEvent(quoted(unknown))),
        }
        if frame.id.is_some() {
            state
                .connections
                .send(connection, ack(frame, &Done::Nothing));
        }
        Ok(())
    }

    fn authenticate(&mut self, state: &mut State, frame: &Inbound<'_>) -> Result<(), Refusal> {
        let given = frame.data::<Token>()?.token;
        if self
            .token
            .as_ref()
            .is_some_and(|wanted| !is_same_secret(wanted, &given))
        {
            self.authenticated = false;
            self.refuse(state, Some(frame), &Refusal::Unauthorized);
            state
                .connections
                .close(self.connection, Closing::UNAUTHORIZED);
            return Ok(());
        }
        self.authenticated = true;
        let answer = Outbound::<()> {
            re: frame.id.as_deref(),
            ..Outbound::new("auth")
        };
        state.connections.send(self.connection, answer.encode());
        Ok(())
    }

    /// Makes a change, or gives the first answer again if the message has been handled before.
    fn change_once(
        &self,
        state: &mut State,
        frame: &Inbound<'_>,
        now: Instant,
    ) -> Result<(), Refusal> {
        let Some(id) = frame.id.as_deref() else {
            return self.change(state, frame).map(drop);
        };
        let content = (&frame.event, &frame.channel, frame.raw_data());
        if let Some(first) = state.answers.find(id, content, now) {
            state.connections.send(self.connection, first?);
            state.stats.repeated += 1;
            return Ok(());
        }
        let answer = match self.change(state, frame) {
            Ok(done) => ack(frame, &done),
            Err(refusal) => {
                state.stats.refused += 1;
                refusal_frame(&frame.event, frame.channel.as_deref(), Some(id), &refusal)
            }
        };
        state.answers.remember(id, content, answer.clone(), now);
        state.connections.send(self.connection, answer);
        Ok(())
    }

    fn change(&self, state: &mut State, frame: &Inbound<'_>) -> Result<Done, Refusal> {
        let cause = frame.id.as_deref();
        if frame.event == "message:send" {
            let (channel, new) = (frame.channel()?, frame.data()?);
            let message = state.send_message(self.connection, &channel, new, cause)?;
            return Ok(Done::Message { id: message.id });
        }
        if frame
            .channel
            .as_deref()
            .is_some_and(|channel| channel != TASKS)
        {
            return Err(Refusal::Forbidden(format!(
                "send {} on {TASKS:?}",
                frame.event
            )));
        }
        match frame.event.as_str() {
            "task:create" => state.create_task(frame.data()?, cause).map(Done::Task),
            "task:update" => {
                let OfTask::<TaskPatch> { id, rest } = frame.data()?;
                state.update_task(&id, rest, cause).map(Done::Task)
            }
            "task:move" => {
                let OfTask::<MoveTask> { id, rest } = frame.data()?;
                state.move_task(&id, rest, cause).map(Done::Task)
            }
            _ => {
                let OfTask::<Nothing> { id, .. } = frame.data()?;
                state.delete_task(&id, cause).map(Done::Removed)
            }
        }
    }
}

fn ack(frame: &Inbound<'_>, done: &Done) -> axum::extract::ws::Utf8Bytes {
    Outbound {
        re: frame.id.as_deref(),
        data: Some(done),
        ..Outbound::new("ack")
    }
    .encode()
}

/// Compares without telling by the time it takes how much of a guess was right.
pub(crate) fn is_same_secret(wanted: &str, given: &str) -> bool {
    let differing = wanted
        .bytes()
        .zip(given.bytes())
        .fold(0, |bits, (a, b)| bits | (a ^ b));
    wanted.len() == given.len() && differing == 0
}
