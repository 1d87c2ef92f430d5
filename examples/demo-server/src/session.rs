//! What one socket may do, frame by frame.

use crate::{
    channel::{TASKS, room_of},
    command::{BoardEdit, Command, Done, Once},
    config::Config,
    envelope::{Inbound, Outbound},
    errors::{Refusal, quoted},
    hub::{ConnectionId, Hub, State},
    limits::Bucket,
    outbox::Closing,
    presence::Announcement,
    subscriptions::Resume,
    typing::Typing,
    waiter::{Asked, Waiter},
};
use realtime_demo_types::{MoveTask, TaskPatch};
use serde::Deserialize;
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

    /// The session of a socket that has proven itself already.
    pub(crate) fn trusted(hub: Arc<Hub>, connection: ConnectionId, config: &Config) -> Self {
        Self {
            authenticated: true,
            ..Self::new(hub, connection, config)
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
            Err(refusal) => return state.refuse(self.connection, None, refusal),
        };
        if let Err(refusal) = self.bucket.take(now) {
            state.stats.rate_limited += 1;
            return state.refuse(self.connection, Some(&frame), refusal);
        }
        if let Err(refusal) = self.handle(&mut state, &frame) {
            state.refuse(self.connection, Some(&frame), refusal);
        }
    }

    /// Asks a silent peer for a sign of life.
    pub(crate) fn ping(&self) {
        let ping = Outbound::<()>::new("ping").encode();
        self.hub.lock().connections.send(self.connection, ping);
    }

    /// Refuses what came, and the peer with it.
    pub(crate) fn close(&self, refusal: Refusal, closing: Closing) {
        let mut state = self.hub.lock();
        state.stats.frames += 1;
        state.refuse(self.connection, None, refusal);
        state.connections.close(self.connection, closing);
    }

    fn handle(&mut self, state: &mut State, frame: &Inbound<'_>) -> Result<(), Refusal> {
        let connection = self.connection;
        let command = match frame.event.as_str() {
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
            "unsubscribe" => {
                state.unsubscribe(connection, &frame.channel()?);
                state.answer(self.waiter(frame), Ok(Done::Nothing));
                return Ok(());
            }
            "demo:cut" => {
                state.connections.cut(connection);
                return Ok(());
            }
            "presence:announce" => self.announce(state, frame)?,
            "presence:leave" => Command::Leave {
                peer: state.connections.peer(connection),
                channel: frame.channel()?,
            },
            "typing:start" => self.start_typing(state, frame)?,
            "typing:stop" => Command::StopTyping {
                peer: state.connections.peer(connection),
                channel: frame.channel()?,
            },
            "message:send" => Command::Message {
                peer: state.connections.peer(connection),
                channel: frame.channel()?,
                new: frame.data()?,
                once: once(frame),
            },
            "task:create" | "task:update" | "task:delete" | "task:move" => Command::Tasks {
                edit: board_edit(frame)?,
                once: once(frame),
            },
            unknown => return Err(Refusal::UnknownEvent(quoted(unknown))),
        };
        state.submit(command, self.waiter(frame));
        Ok(())
    }

    fn waiter(&self, frame: &Inbound<'_>) -> Waiter {
        Waiter::Socket(Asked::new(self.connection, frame))
    }

    fn authenticate(&mut self, state: &mut State, frame: &Inbound<'_>) -> Result<(), Refusal> {
        let given = frame.data::<Token>()?.token;
        if self
            .token
            .as_ref()
            .is_some_and(|wanted| !is_same_secret(wanted, &given))
        {
            self.authenticated = false;
            state.refuse(self.connection, Some(frame), Refusal::Unauthorized);
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

    fn announce(&self, state: &mut State, frame: &Inbound<'_>) -> Result<Command, Refusal> {
        let channel = frame.channel()?;
        let announcement: Announcement = frame.data()?;
        room_of(&channel)?;
        announcement.check()?;
        self.enter(state, &channel)?;
        Ok(Command::Announce {
            peer: state.connections.peer(self.connection),
            channel,
            announcement,
        })
    }

    fn start_typing(&self, state: &mut State, frame: &Inbound<'_>) -> Result<Command, Refusal> {
        let channel = frame.channel()?;
        let typing: Typing = frame.data()?;
        room_of(&channel)?;
        typing.check()?;
        self.enter(state, &channel)?;
        Ok(Command::StartTyping {
            peer: state.connections.peer(self.connection),
            channel,
            typing,
        })
    }

    /// Notes that the socket is to be found in a channel, which it must follow.
    fn enter(&self, state: &mut State, channel: &str) -> Result<(), Refusal> {
        if state.connections.enter(self.connection, channel) {
            return Ok(());
        }
        let message = format!("subscribe to {:?} first", quoted(channel));
        Err(Refusal::Forbidden(message))
    }
}

/// The change that a message about the task board asks for.
fn board_edit(frame: &Inbound<'_>) -> Result<BoardEdit, Refusal> {
    if frame.channel.as_deref().is_some_and(|name| name != TASKS) {
        let message = format!("send {} on {TASKS:?}", frame.event);
        return Err(Refusal::Forbidden(message));
    }
    Ok(match frame.event.as_str() {
        "task:create" => BoardEdit::Create(frame.data()?),
        "task:update" => {
            let OfTask::<TaskPatch> { id, rest: patch } = frame.data()?;
            BoardEdit::Update { id, patch }
        }
        "task:move" => {
            let OfTask::<MoveTask> { id, rest: to } = frame.data()?;
            BoardEdit::Move { id, to }
        }
        _ => {
            let OfTask::<Nothing> { id, .. } = frame.data()?;
            BoardEdit::Delete { id }
        }
    })
}

/// What makes a message that has an id known when it comes again.
fn once(frame: &Inbound<'_>) -> Option<Once> {
    let channel = frame.channel.as_deref().unwrap_or_default();
    let parts = [&frame.event, channel, frame.raw_data()];
    frame.id.as_deref().map(|id| Once::new(id, &parts))
}

/// Compares without telling by the time it takes how much of a guess was right.
pub(crate) fn is_same_secret(wanted: &str, given: &str) -> bool {
    let differing = wanted
        .bytes()
        .zip(given.bytes())
        .fold(0, |bits, (a, b)| bits | (a ^ b));
    wanted.len() == given.len() && differing == 0
}
