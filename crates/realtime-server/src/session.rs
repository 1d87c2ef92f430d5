//! Session: what one socket may do, frame by frame.

use crate::{
    Access, ConnectionId, Credentials, Hub, Limits, Message, Refusal, Right, User, Visitor,
    bucket::Bucket,
    envelope::{Inbound, Outbound},
    limits::{FLOOD, REFRESH, REPLAYED_PER_MESSAGE, SYNC},
    message::TEXT_SYNC,
    messages::Messages,
    outbox::Closing,
    presence::Announcement,
    refusal::quoted,
    registration::Registration,
    replica::{Change, Peer, Pending},
    reply_to::ReplyTo,
    subscriptions::Resume,
    typing::Typing,
};
use axum::http::HeaderMap;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::{
    sync::Arc,
    time::{Instant, SystemTime},
};
use tokio::sync::OwnedSemaphorePermit;

/// One socket's visitor, and its rate.
#[derive(Debug)]
pub(crate) struct Session {
    hub: Hub,
    connection: ConnectionId,
    headers: Arc<HeaderMap>,
    /// Who it is, once that is known.
    visitor: Option<Visitor>,
    /// When it is over unless it is said anew who it is.
    deadline: Option<Instant>,
    /// When that is to be asked for.
    refresh: Option<Instant>,
    bucket: Bucket,
    flood: Bucket,
    appearances: Bucket,
    messages: Messages,
}

#[derive(Deserialize)]
struct Token {
    token: String,
}

/// The data of `subscribe`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Subscribe {
    since: Option<u64>,
    epoch: Option<String>,
    params: Option<Box<RawValue>>,
    token: Option<String>,
}

impl Session {
    /// The session of a socket, of which it may be known already whose it is.
    pub(crate) fn new(
        registration: &Registration,
        headers: Arc<HeaderMap>,
        visitor: Option<Visitor>,
        slot: Arc<OwnedSemaphorePermit>,
    ) -> Self {
        let (now, limits) = (Instant::now(), registration.hub.limits());
        let rate = limits.messages_per_second;
        let mut session = Self {
            hub: registration.hub.clone(),
            connection: registration.connection,
            headers,
            visitor: None,
            deadline: Some(now + limits.auth_within),
            refresh: None,
            bucket: Bucket::new(rate, now),
            flood: Bucket::new(rate.saturating_mul(FLOOD), now),
            appearances: Bucket::new(limits.appearances_per_second, now),
            messages: Messages::new(slot),
        };
        if let Some(visitor) = visitor {
            session.welcome(visitor);
        }
        session
    }

    /// When the socket is to be closed unless it says anew who it is before.
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
            None => Closing::UNAUTHORIZED,
            Some(_) => Closing::EXPIRED,
        }
    }

    fn welcome(&mut self, visitor: Visitor) {
        let now = Instant::now();
        let user = visitor.user();
        let expires = user.and_then(|user| user.expires);
        let left = expires.map(|at| at.duration_since(SystemTime::now()).unwrap_or_default());
        // A time that is too far away to be named needs no deadline.
        self.deadline = left.and_then(|left| now.checked_add(left));
        self.refresh = left.and_then(|left| now.checked_add(left - (left / 4).min(REFRESH)));
        let id = user.map(|user: &User| user.id.as_str());
        self.hub.lock().connections.belongs_to(self.connection, id);
        self.visitor = Some(visitor);
    }

    /// Handles one frame, whatever is in it; what there is to say about it is queued for the socket.
    pub(crate) async fn receive(&mut self, text: &str, now: Instant) {
        if self.is_flooding(now) {
            return;
        }
        let in_time = self.bucket.take(now);
        let parsed = Inbound::parse(text);
        self.hub.lock().metrics.frames += 1;
        let reply_to = match &parsed {
            Ok(frame) => ReplyTo::new(self.connection, frame),
            Err(_) => ReplyTo::unreadable(self.connection),
        };
        let handled = match (in_time, parsed) {
            (Err(too_fast), _) => Err(too_fast),
            (Ok(()), Err(unreadable)) => Err(unreadable),
            (Ok(()), Ok(frame)) => self.handle(&frame, &reply_to, now).await,
        };
        if let Err(refusal) = handled {
            self.hub.lock().refuse(&reply_to, refusal);
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
        state.metrics.frames += 1;
        state.refuse(&ReplyTo::unreadable(self.connection), refusal);
        state.connections.close(self.connection, closing);
    }

    async fn handle(
        &mut self,
        frame: &Inbound<'_>,
        reply_to: &ReplyTo,
        now: Instant,
    ) -> Result<(), Refusal> {
        match frame.event.as_str() {
            "ping" => self.answer("pong", frame),
            "pong" => {}
            "auth" => self.authenticate(frame, reply_to).await?,
            _ if self.visitor.is_none() => return Err(Refusal::unauthorized()),
            "subscribe" => self.subscribe(frame).await?,
            "unsubscribe" => self.unsubscribe(frame, reply_to)?,
            "presence:announce" => {
                self.appearances.take(now)?;
                let mut announcement: Announcement = frame.data()?;
                let (channel, visitor) = self.permit(Right::Appear, frame).await?;
                announcement.check(self.limits())?;
                announcement.sign(&visitor)?;
                let peer = self.enter(&channel)?;
                self.submit(
                    Change::Announce {
                        peer,
                        channel,
                        announcement,
                    },
                    reply_to,
                );
            }
            "presence:leave" => {
                let (peer, channel) = (self.peer(), frame.channel()?);
                self.submit(Change::Leave { peer, channel }, reply_to);
            }
            "typing:start" => {
                self.appearances.take(now)?;
                let mut typing: Typing = frame.data()?;
                let (channel, visitor) = self.permit(Right::Appear, frame).await?;
                typing.check()?;
                typing.sign(&visitor)?;
                let peer = self.enter(&channel)?;
                self.submit(
                    Change::StartTyping {
                        peer,
                        channel,
                        typing,
                    },
                    reply_to,
                );
            }
            "typing:stop" => {
                let (peer, channel) = (self.peer(), frame.channel()?);
                self.submit(Change::StopTyping { peer, channel }, reply_to);
            }
            _ => self.pass_on(frame, reply_to).await?,
        }
        Ok(())
    }

    async fn authenticate(
        &mut self,
        frame: &Inbound<'_>,
        reply_to: &ReplyTo,
    ) -> Result<(), Refusal> {
        let credentials = Credentials {
            token: Some(frame.data::<Token>()?.token),
            headers: Arc::clone(&self.headers),
        };
        let within = self.limits().callback_within;
        let said = self.hub.policy().authenticate(credentials, within).await;
        let refusal = match (said, &self.visitor) {
            // Another user needs another socket: what this one follows was for the first.
            (Ok(visitor), Some(before)) if !before.is_same_user(&visitor) => {
                Refusal::unauthorized()
            }
            (Ok(visitor), _) => {
                self.welcome(visitor);
                self.answer("auth", frame);
                return Ok(());
            }
            // Nothing is known of the token: whoever it was stays until their time is over.
            (Err(refusal), Some(_)) if refusal.is_passing() => return Err(refusal),
            (Err(refusal), _) => refusal,
        };
        self.visitor = None;
        let mut state = self.hub.lock();
        state.refuse(reply_to, refusal);
        state
            .connections
            .close(self.connection, Closing::UNAUTHORIZED);
        Ok(())
    }

    async fn subscribe(&mut self, frame: &Inbound<'_>) -> Result<(), Refusal> {
        let asks: Subscribe = frame.data::<Option<_>>()?.unwrap_or_default();
        let channel = frame.channel()?;
        let access = Access {
            visitor: self.visitor()?,
            right: Right::Follow,
            channel: channel.clone(),
            token: asks.token,
            params: asks.params,
        };
        self.authorize(access).await?;
        let resume = Resume {
            since: asks.since,
            epoch: asks.epoch,
        };
        let missed = {
            let mut state = self.hub.lock();
            state.subscribe(self.connection, &channel, frame.id.as_deref(), resume)?
        };
        let cost = missed / REPLAYED_PER_MESSAGE;
        self.bucket.charge(u32::try_from(cost).unwrap_or(u32::MAX));
        Ok(())
    }

    fn unsubscribe(&self, frame: &Inbound<'_>, reply_to: &ReplyTo) -> Result<(), Refusal> {
        let channel = frame.channel()?;
        let departed = self.hub.lock().unsubscribe(self.connection, &channel);
        if let Some(change) = departed {
            self.hub.submit(change, Pending::nobody());
        }
        let nothing = Arc::from(RawValue::NULL.to_owned());
        self.hub.lock().answer(reply_to, &Ok(nothing));
        Ok(())
    }

    /// Passes a message on to the app.
    async fn pass_on(&mut self, frame: &Inbound<'_>, reply_to: &ReplyTo) -> Result<(), Refusal> {
        let right = match frame.event.as_str() {
            TEXT_SYNC => Right::Follow,
            _ => Right::Send,
        };
        let visitor = match &frame.channel {
            Some(_) => self.permit(right, frame).await?.1,
            None => self.visitor()?,
        };
        if frame.event == TEXT_SYNC {
            self.bucket.charge(SYNC);
        }
        let message = Message {
            visitor,
            connection: self.connection,
            event: frame.event.clone(),
            channel: frame.channel.clone(),
            id: frame.id.clone(),
            data: frame.owned_data(),
            hub: self.hub.clone(),
        };
        self.messages.push(message, reply_to.clone())
    }

    /// The channel that a frame is about, if the visitor may do that there; and the visitor.
    async fn permit(
        &self,
        right: Right,
        frame: &Inbound<'_>,
    ) -> Result<(String, Visitor), Refusal> {
        let (channel, visitor) = (frame.channel()?, self.visitor()?);
        let access = Access {
            visitor: visitor.clone(),
            right,
            channel: channel.clone(),
            token: None,
            params: None,
        };
        self.authorize(access).await?;
        Ok((channel, visitor))
    }

    async fn authorize(&self, access: Access) -> Result<(), Refusal> {
        if access.channel.is_empty() {
            return Err(Refusal::unknown_channel(""));
        }
        let within = self.limits().callback_within;
        self.hub.policy().authorize(access, within).await
    }

    fn visitor(&self) -> Result<Visitor, Refusal> {
        self.visitor.clone().ok_or_else(Refusal::unauthorized)
    }

    /// Notes that the socket is to be found in a channel, which it must follow.
    fn enter(&self, channel: &str) -> Result<Peer, Refusal> {
        let mut state = self.hub.lock();
        if state.connections.enter(self.connection, channel) {
            return Ok(state.connections.peer(self.connection));
        }
        let message = format!("subscribe to {:?} first", quoted(channel));
        Err(Refusal::forbidden(message))
    }

    fn peer(&self) -> Peer {
        self.hub.lock().connections.peer(self.connection)
    }

    fn submit(&self, change: Change, reply_to: &ReplyTo) {
        let hub = Some((self.hub.clone(), reply_to.clone()));
        self.hub.submit(change, Pending { hub });
    }

    fn answer(&self, event: &str, frame: &Inbound<'_>) {
        let answer = Outbound::<()> {
            re: frame.id.as_deref(),
            ..Outbound::new(event)
        };
        let answer = answer.encode();
        self.hub.lock().connections.send(self.connection, answer);
    }

    fn limits(&self) -> &Limits {
        self.hub.limits()
    }
}
