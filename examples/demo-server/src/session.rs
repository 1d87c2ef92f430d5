//! Session: what one socket may do, frame by frame.

use crate::{
    channel::{TASKS, room_of},
    clock::now_ms,
    command::{BoardEdit, Command, Done, Once},
    config::Config,
    envelope::{Inbound, Outbound},
    errors::{Refusal, quoted},
    hub::{ConnectionId, Hub, State},
    limits::{self, Bucket},
    outbox::Closing,
    permissions::{Right, Visitor},
    presence::Announcement,
    subscriptions::Resume,
    tokens::{Ticket, Tokens},
    typing::Typing,
    waiter::{Asked, Waiter},
};
use realtime_demo_types::{MoveTask, NewMessage, TaskPatch};
use serde::Deserialize;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// One socket's rights and its rate.
#[derive(Debug)]
pub(crate) struct Session {
    hub: Arc<Hub>,
    connection: ConnectionId,
    tokens: Arc<Tokens>,
    visitor: Visitor,
    /// When it is over unless there is a new token.
    deadline: Option<Instant>,
    /// When that is to be asked for.
    refresh: Option<Instant>,
    bucket: Bucket,
    flood: Bucket,
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
    /// The session of a socket that is still to say who it is, in `auth`; where clients are trusted it need not.
    pub(crate) fn new(
        hub: Arc<Hub>,
        connection: ConnectionId,
        config: &Config,
        tokens: Arc<Tokens>,
    ) -> Self {
        let now = Instant::now();
        let is_trusted = tokens.trust_clients();
        Self {
            hub,
            connection,
            visitor: if is_trusted {
                Visitor::Trusted
            } else {
                Visitor::Stranger
            },
            deadline: (!is_trusted).then_some(now + config.auth_within),
            refresh: None,
            tokens,
            bucket: Bucket::new(config.rate, now),
            flood: Bucket::new(config.rate.saturating_mul(limits::FLOOD), now),
        }
    }

    /// The session of a socket that has said who it is already.
    pub(crate) fn of(
        ticket: Ticket,
        hub: Arc<Hub>,
        connection: ConnectionId,
        config: &Config,
        tokens: Arc<Tokens>,
    ) -> Self {
        let mut session = Self::new(hub, connection, config, tokens);
        session.take_on(ticket);
        session
    }

    /// When the socket is to be closed unless it brings a new token before.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// When the socket is to be asked for a new token.
    pub(crate) fn refresh(&self) -> Option<Instant> {
        self.refresh
    }

    /// Asks for a new token, once for each.
    pub(crate) fn ask_for_token(&mut self) {
        self.refresh = None;
        let ask = Outbound::<()>::new("auth:refresh").encode();
        self.hub.lock().connections.send(self.connection, ask);
    }

    /// Why it is closed then.
    pub(crate) fn overdue(&self) -> Closing {
        match self.visitor {
            Visitor::Stranger => Closing::UNAUTHORIZED,
            Visitor::User(_) | Visitor::Trusted => Closing::EXPIRED,
        }
    }

    fn take_on(&mut self, ticket: Ticket) {
        let now = Instant::now();
        let left = |until: u64| Duration::from_millis(until.saturating_sub(now_ms()));
        let left = ticket.until.map(left);
        // A token for ever needs no deadline.
        self.deadline = left.and_then(|left| now.checked_add(left));
        self.refresh =
            left.and_then(|left| now.checked_add(left - (left / 4).min(limits::REFRESH)));
        self.visitor = ticket.visitor;
    }

    /// Handles one frame, whatever is in it; what there is to say about it is queued for the socket.
    pub(crate) fn receive(&mut self, text: &str, now: Instant) {
        let hub = Arc::clone(&self.hub);
        if self.is_flooding(now) {
            return;
        }
        let in_time = self.bucket.take(now);
        let parsed = Inbound::parse(text);
        let mut state = hub.lock();
        state.stats.frames += 1;
        state.stats.rate_limited += u64::from(in_time.is_err());
        let frame = parsed.as_ref().ok();
        let handled = match (in_time, &parsed) {
            (Err(too_fast), _) => Err(too_fast),
            (Ok(()), Err(unreadable)) => Err(unreadable.clone()),
            (Ok(()), Ok(frame)) => self.handle(&mut state, frame),
        };
        if let Err(refusal) = handled {
            state.refuse(self.connection, frame, refusal);
        }
    }

    /// Takes note of a frame that says nothing. It costs as much as any other.
    pub(crate) fn receive_nothing(&mut self, now: Instant) {
        if !self.is_flooding(now) {
            // Nothing is answered, so there is nobody to be told to slow down.
            drop(self.bucket.take(now));
        }
    }

    /// Whether so many frames come that the socket is closed for it.
    fn is_flooding(&mut self, now: Instant) -> bool {
        let is_flooding = self.flood.take(now).is_err();
        if is_flooding {
            let state = self.hub.lock();
            state.connections.close(self.connection, Closing::FLOOD);
        }
        is_flooding
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
            _ if self.visitor == Visitor::Stranger => return Err(Refusal::Unauthorized),
            "subscribe" => {
                let resume = frame.data::<Option<Resume>>()?.unwrap_or_default();
                let channel = frame.channel()?;
                self.visitor.check(Right::Follow, &channel)?;
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
            "message:send" => {
                let channel = frame.channel()?;
                self.visitor.check(Right::Send, &channel)?;
                let mut new: NewMessage = frame.data()?;
                self.visitor.sign(&new.user_id, &mut new.name)?;
                Command::Message {
                    peer: state.connections.peer(connection),
                    channel,
                    new,
                    once: once(frame, &self.visitor),
                }
            }
            "task:create" | "task:update" | "task:delete" | "task:move" => {
                self.visitor.check(Right::Send, TASKS)?;
                let mut edit = board_edit(frame)?;
                edit.sign(&self.visitor);
                Command::Tasks {
                    edit,
                    once: once(frame, &self.visitor),
                }
            }
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
        match self.tokens.read(Some(&given)) {
            // Another user needs another socket: what this one follows was for the first.
            Ok(ticket) if self.visitor.is_same_user(&ticket.visitor) => self.take_on(ticket),
            _ => {
                self.visitor = Visitor::Stranger;
                state.refuse(self.connection, Some(frame), Refusal::Unauthorized);
                state
                    .connections
                    .close(self.connection, Closing::UNAUTHORIZED);
                return Ok(());
            }
        }
        let answer = Outbound::<()> {
            re: frame.id.as_deref(),
            ..Outbound::new("auth")
        };
        state.connections.send(self.connection, answer.encode());
        Ok(())
    }

    fn announce(&self, state: &mut State, frame: &Inbound<'_>) -> Result<Command, Refusal> {
        let channel = frame.channel()?;
        let mut announcement: Announcement = frame.data()?;
        room_of(&channel)?;
        self.visitor.check(Right::Appear, &channel)?;
        announcement.check()?;
        announcement.sign(&self.visitor)?;
        self.enter(state, &channel)?;
        Ok(Command::Announce {
            peer: state.connections.peer(self.connection),
            channel,
            announcement,
        })
    }

    fn start_typing(&self, state: &mut State, frame: &Inbound<'_>) -> Result<Command, Refusal> {
        let channel = frame.channel()?;
        let mut typing: Typing = frame.data()?;
        room_of(&channel)?;
        self.visitor.check(Right::Appear, &channel)?;
        typing.check()?;
        typing.sign(&self.visitor)?;
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
fn once(frame: &Inbound<'_>, visitor: &Visitor) -> Option<Once> {
    let channel = frame.channel.as_deref().unwrap_or_default();
    let parts = [&frame.event, channel, frame.raw_data()];
    let id = frame.id.as_deref()?;
    Some(Once::new(id, &parts).of(visitor))
}
