//! A server in a hundred lines of state: the envelope protocol, with each ability switchable, or the
//! same over Socket.IO.

mod abilities;
mod inbox;
#[cfg(feature = "socketio")]
mod socketio;

pub use abilities::{Abilities, Request, SocketId};
#[cfg(feature = "socketio")]
pub use socketio::SocketIo;

use crate::{Instant, error::ServerError, wire::Frame};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fmt,
    time::Duration,
};

type Handler = Box<dyn FnMut(&mut ScriptedServer, &Request) -> Result<Value, ServerError>>;

#[derive(Debug, Default)]
struct Channel {
    seq: u64,
    history: VecDeque<(u64, String)>,
    subscribers: BTreeSet<SocketId>,
    members: BTreeMap<SocketId, Value>,
    /// How many events to come are numbered and kept, but sent to nobody.
    to_lose: usize,
    /// How many `subscribe`s to come are neither carried out nor answered.
    deaf_for: usize,
    /// How many of the missed events the recoveries to come leave out.
    short_by: usize,
    /// With what the next `subscribe` is refused.
    refusals: VecDeque<ServerError>,
}

/// What is to happen later.
#[derive(Debug)]
enum Scheduled {
    Publish {
        channel: String,
        event: String,
        data: String,
        id: Option<String>,
    },
    Send(SocketId, Value),
    #[cfg(feature = "socketio")]
    Ping(SocketId),
}

/// Answers like a real server, forgets like one, and remembers what it was asked.
pub struct ScriptedServer {
    /// What it can do; change it at any time.
    pub abilities: Abilities,
    /// The token it accepts; `None` accepts all.
    pub token: Option<String>,
    /// The tokens of channels that only let in who shows them.
    pub channel_tokens: BTreeMap<String, String>,
    /// Every envelope received, oldest first.
    pub requests: Vec<Request>,
    now: Instant,
    epoch: u64,
    channels: BTreeMap<String, Channel>,
    sockets: BTreeSet<SocketId>,
    handled: BTreeMap<String, Value>,
    handlers: BTreeMap<String, Handler>,
    outbox: VecDeque<(SocketId, Frame)>,
    closes: Vec<(SocketId, u16)>,
    scheduled: BTreeMap<(Instant, u64), Scheduled>,
    last_scheduled: u64,
    /// What it needs to speak Socket.IO, if it does.
    #[cfg(feature = "socketio")]
    socketio: Option<SocketIo>,
}

impl fmt::Debug for ScriptedServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedServer")
            .field("abilities", &self.abilities)
            .field("epoch", &self.epoch)
            .field("channels", &self.channels)
            .field("sockets", &self.sockets)
            .finish_non_exhaustive()
    }
}

impl Default for ScriptedServer {
    fn default() -> Self {
        Self {
            abilities: Abilities::default(),
            token: None,
            channel_tokens: BTreeMap::new(),
            requests: Vec::new(),
            now: Instant::ZERO,
            epoch: 1,
            channels: BTreeMap::new(),
            sockets: BTreeSet::new(),
            handled: BTreeMap::new(),
            handlers: BTreeMap::new(),
            outbox: VecDeque::new(),
            closes: Vec::new(),
            scheduled: BTreeMap::new(),
            last_scheduled: 0,
            #[cfg(feature = "socketio")]
            socketio: None,
        }
    }
}

impl ScriptedServer {
    /// Handles the message `event` with `handler`; without one a message is acknowledged with
    /// `null`. A repeated id gets the first answer without another call.
    pub fn on(
        &mut self,
        event: &str,
        handler: impl FnMut(&mut Self, &Request) -> Result<Value, ServerError> + 'static,
    ) {
        self.handlers.insert(event.to_owned(), Box::new(handler));
    }

    /// Sends an event to a channel's subscribers, numbered and kept.
    pub fn publish(&mut self, channel: &str, event: &str, data: &str) {
        self.publish_as(channel, event, data, None);
    }

    /// The same, caused by the message `id`.
    pub fn publish_as(&mut self, channel: &str, event: &str, data: &str, id: Option<&str>) {
        let epoch = self.epoch();
        let abilities = self.abilities;
        let state = self.channels.entry(channel.to_owned()).or_default();
        state.seq += 1;
        let mut envelope = json!({
            "event": event, "channel": channel,
            "data": serde_json::from_str::<Value>(data).unwrap_or(Value::Null),
        });
        if abilities.positions {
            envelope["seq"] = state.seq.into();
            envelope["epoch"] = epoch.into();
        }
        if let Some(id) = id {
            envelope["id"] = id.into();
        }
        let text = envelope.to_string();
        state.history.push_back((state.seq, text.clone()));
        while state.history.len() > abilities.history {
            state.history.pop_front();
        }
        if state.to_lose > 0 {
            state.to_lose -= 1;
            return;
        }
        self.broadcast(channel, None, &text);
    }

    /// The same, but only after `delay`: a bus of events that lags behind the data.
    pub fn publish_after(
        &mut self,
        delay: Duration,
        channel: &str,
        event: &str,
        data: &str,
        id: Option<&str>,
    ) {
        let event = Scheduled::Publish {
            channel: channel.to_owned(),
            event: event.to_owned(),
            data: data.to_owned(),
            id: id.map(str::to_owned),
        };
        self.schedule(delay, event);
    }

    /// Sends the last `count` events that a channel keeps once more, as they were.
    pub fn repeat(&mut self, name: &str, count: usize) {
        let Some(channel) = self.channels.get(name) else {
            return;
        };
        let first = channel.history.len().saturating_sub(count);
        let again: Vec<String> = channel
            .history
            .iter()
            .skip(first)
            .map(|(_, text)| text.clone())
            .collect();
        for text in again {
            self.broadcast(name, None, &text);
        }
    }

    /// Numbers and keeps the next `count` events of a channel, but sends them to nobody; 0 ends
    /// that.
    pub fn lose_next(&mut self, channel: &str, count: usize) {
        let channel = self.channels.entry(channel.to_owned()).or_default();
        channel.to_lose = count;
    }

    /// Neither carries out nor answers the next `count` subscriptions to a channel, as a server does
    /// that loses them or knows no such event; 0 ends that.
    pub fn lose_subscribes(&mut self, channel: &str, count: usize) {
        let channel = self.channels.entry(channel.to_owned()).or_default();
        channel.deaf_for = count;
    }

    /// Sends, in recoveries of a channel, all missed events but the last `count`, and promises them
    /// all; 0 ends that.
    pub fn shorten_recoveries(&mut self, channel: &str, count: usize) {
        let channel = self.channels.entry(channel.to_owned()).or_default();
        channel.short_by = count;
    }

    /// Refuses the next subscription to a channel; called again, the one after it as well.
    pub fn refuse_subscribe(&mut self, channel: &str, error: ServerError) {
        let channel = self.channels.entry(channel.to_owned()).or_default();
        channel.refusals.push_back(error);
    }

    /// Sends any text to every open socket, however broken.
    pub fn send_raw(&mut self, text: &str) {
        self.send_raw_frame(&Frame::Text(text.to_owned()));
    }

    /// Sends any text to the subscribers of a channel, however broken.
    pub fn send_raw_on(&mut self, channel: &str, text: &str) {
        let state = self.channels.get(channel);
        for &socket in state.into_iter().flat_map(|state| &state.subscribers) {
            self.outbox
                .push_back((socket, Frame::Text(text.to_owned())));
        }
    }

    /// Sends any frame to every open socket, however broken.
    pub fn send_raw_frame(&mut self, frame: &Frame) {
        for &socket in &self.sockets {
            self.outbox.push_back((socket, frame.clone()));
        }
    }

    /// A channel's position as a `(epoch, seq)` pair: what a fetch would report.
    #[must_use]
    pub fn position(&self, channel: &str) -> (String, u64) {
        let seq = self.channels.get(channel).map_or(0, |channel| channel.seq);
        (self.epoch(), seq)
    }

    /// How many sockets are subscribed to a channel.
    #[must_use]
    pub fn subscribers(&self, channel: &str) -> usize {
        self.channels
            .get(channel)
            .map_or(0, |channel| channel.subscribers.len())
    }

    /// Whose sockets have announced themselves on a channel and not left, one id per socket.
    #[must_use]
    pub fn present(&self, channel: &str) -> Vec<&str> {
        let members = self.channels.get(channel).map(|channel| &channel.members);
        let members = members.into_iter().flat_map(BTreeMap::values);
        members
            .map(|member| member["userId"].as_str().unwrap_or_default())
            .collect()
    }

    /// Who is on a channel: one row per connection, as `presence:sync` has them.
    #[must_use]
    pub fn members(&self, channel: &str) -> Vec<Value> {
        let channel = self.channels.get(channel);
        channel.map_or_else(Vec::new, |channel| {
            channel.members.values().cloned().collect()
        })
    }

    /// How many envelopes named `event` have been received.
    #[must_use]
    pub fn count(&self, event: &str) -> usize {
        self.requests
            .iter()
            .filter(|request| request.text("event") == event)
            .count()
    }

    /// Closes every socket with `code`.
    pub fn close_all(&mut self, code: u16) {
        let sockets: Vec<_> = self.sockets.iter().copied().collect();
        for socket in sockets {
            self.closes.push((socket, code));
            self.closed(socket);
        }
    }

    /// Stops and starts again: every socket closes with 1012, and without `keep_history` the
    /// channels begin a new epoch. The ids of the messages it has handled outlive it, as they do
    /// in a database.
    pub fn restart(&mut self, keep_history: bool) {
        self.close_all(1012);
        if !keep_history {
            self.epoch += 1;
            self.channels.clear();
            #[cfg(feature = "socketio")]
            if let Some(socketio) = &mut self.socketio {
                socketio.forget_sessions();
            }
        }
    }

    fn epoch(&self) -> String {
        format!("epoch-{}", self.epoch)
    }

    fn schedule(&mut self, delay: Duration, what: Scheduled) {
        self.last_scheduled += 1;
        let at = (self.now + delay, self.last_scheduled);
        self.scheduled.insert(at, what);
    }

    /// When something scheduled is due.
    pub(crate) fn next_moment(&self) -> Option<Instant> {
        self.scheduled.keys().next().map(|(at, _)| *at)
    }

    /// Time passes: does what is due.
    pub(crate) fn advance(&mut self, now: Instant) {
        self.now = now;
        while let Some(first) = self.scheduled.first_entry()
            && first.key().0 <= now
        {
            match first.remove() {
                Scheduled::Publish {
                    channel,
                    event,
                    data,
                    id,
                } => self.publish_as(&channel, &event, &data, id.as_deref()),
                Scheduled::Send(socket, envelope) => self.send(socket, &envelope),
                #[cfg(feature = "socketio")]
                Scheduled::Ping(socket) => self.ping(socket),
            }
        }
    }

    /// A socket has opened: the first thing to say of one.
    pub fn opened(&mut self, socket: SocketId) {
        self.sockets.insert(socket);
        #[cfg(feature = "socketio")]
        self.greet(socket);
    }

    /// A socket has closed, by whichever side.
    pub fn closed(&mut self, socket: SocketId) {
        self.sockets.remove(&socket);
        #[cfg(feature = "socketio")]
        self.save_session(socket);
        let names: Vec<String> = self.channels.keys().cloned().collect();
        for name in names {
            self.unsubscribe(socket, &name);
        }
    }

    /// The next frame to carry to a client, and on which socket.
    pub fn next_frame(&mut self) -> Option<(SocketId, Frame)> {
        self.outbox.pop_front()
    }

    /// The sockets that the server has closed, and with which code.
    pub fn take_closes(&mut self) -> Vec<(SocketId, u16)> {
        std::mem::take(&mut self.closes)
    }
}
