//! A server in a hundred lines of state: the envelope protocol, with each ability switchable.

use crate::{
    error::ServerError,
    wire::{Frame, FrameRef},
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fmt,
};

/// One socket, as the server knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketId(pub u64);

/// What this server can do; the defaults are everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abilities {
    /// Answers `subscribe` and messages with an id.
    pub answers: bool,
    /// Numbers events with `seq` and `epoch`.
    pub positions: bool,
    /// How many events a channel keeps for resuming.
    pub history: usize,
    /// Answers pings.
    pub pongs: bool,
    /// Sends `presence:sync` to who announces.
    pub syncs_presence: bool,
}

impl Default for Abilities {
    fn default() -> Self {
        Self {
            answers: true,
            positions: true,
            history: 100,
            pongs: true,
            syncs_presence: true,
        }
    }
}

/// A message a client sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The socket it came on.
    pub socket: SocketId,
    /// The whole envelope.
    pub envelope: Value,
}

impl Request {
    /// The envelope's text field `name`; empty if there is none.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.envelope[name].as_str().unwrap_or_default()
    }
}

type Handler = Box<dyn FnMut(&mut ScriptedServer, &Request) -> Result<Value, ServerError>>;

#[derive(Debug, Default)]
struct Channel {
    seq: u64,
    history: VecDeque<(u64, String)>,
    subscribers: BTreeSet<SocketId>,
    members: BTreeMap<SocketId, Value>,
}

/// Answers like a real server, forgets like one, and remembers what it was asked.
pub struct ScriptedServer {
    /// What it can do; change it at any time.
    pub abilities: Abilities,
    /// The token it accepts; `None` accepts all.
    pub token: Option<String>,
    /// Every envelope received, oldest first.
    pub requests: Vec<Request>,
    epoch: u64,
    channels: BTreeMap<String, Channel>,
    sockets: BTreeSet<SocketId>,
    handled: BTreeMap<String, Value>,
    handlers: BTreeMap<String, Handler>,
    outbox: VecDeque<(SocketId, Frame)>,
    closes: Vec<(SocketId, u16)>,
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
            requests: Vec::new(),
            epoch: 1,
            channels: BTreeMap::new(),
            sockets: BTreeSet::new(),
            handled: BTreeMap::new(),
            handlers: BTreeMap::new(),
            outbox: VecDeque::new(),
            closes: Vec::new(),
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
        for &socket in &state.subscribers {
            self.outbox.push_back((socket, Frame::Text(text.clone())));
        }
    }

    /// Sends any text to every open socket, however broken.
    pub fn send_raw(&mut self, text: &str) {
        for &socket in &self.sockets {
            self.outbox
                .push_back((socket, Frame::Text(text.to_owned())));
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
    /// channels begin a new epoch.
    pub fn restart(&mut self, keep_history: bool) {
        self.close_all(1012);
        if !keep_history {
            self.epoch += 1;
            self.channels.clear();
            self.handled.clear();
        }
    }

    fn epoch(&self) -> String {
        format!("epoch-{}", self.epoch)
    }

    /// A socket has opened: the first thing to say of one.
    pub fn opened(&mut self, socket: SocketId) {
        self.sockets.insert(socket);
    }

    /// A socket has closed, by whichever side.
    pub fn closed(&mut self, socket: SocketId) {
        self.sockets.remove(&socket);
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

    /// A frame has come from a client.
    pub fn received(&mut self, socket: SocketId, frame: FrameRef<'_>) {
        let FrameRef::Text(text) = frame else { return };
        let Ok(envelope) = serde_json::from_str::<Value>(text) else {
            return;
        };
        let request = Request { socket, envelope };
        self.requests.push(request.clone());
        let channel = request.text("channel").to_owned();
        match request.text("event") {
            "auth" => self.auth(&request),
            "subscribe" => self.subscribe(&request, &channel),
            "unsubscribe" => self.unsubscribe(socket, &channel),
            "ping" if self.abilities.pongs => self.send(socket, &json!({"event": "pong"})),
            "ping" | "pong" => {}
            "presence:announce" => self.announce(&request, &channel),
            "presence:leave" => self.leave(socket, &channel),
            "typing:start" | "typing:stop" => {
                let relayed = json!({"event": request.text("event"), "channel": channel, "data": request.envelope["data"]});
                self.broadcast(&channel, socket, &relayed);
            }
            _ => self.message(&request),
        }
    }

    fn send(&mut self, socket: SocketId, envelope: &Value) {
        self.outbox
            .push_back((socket, Frame::Text(envelope.to_string())));
    }

    fn broadcast(&mut self, channel: &str, except: SocketId, envelope: &Value) {
        let Some(channel) = self.channels.get(channel) else {
            return;
        };
        for &socket in channel
            .subscribers
            .iter()
            .filter(|&&socket| socket != except)
        {
            self.outbox
                .push_back((socket, Frame::Text(envelope.to_string())));
        }
    }

    fn auth(&mut self, request: &Request) {
        let shown = request.envelope["data"]["token"].as_str();
        let mut answer = json!({"event": "auth", "re": request.text("id")});
        if self.token.is_some() && self.token.as_deref() != shown {
            answer["error"] = json!({"code": "unauthorized", "message": "token expired"});
        }
        self.send(request.socket, &answer);
    }

    fn subscribe(&mut self, request: &Request, name: &str) {
        let (epoch, abilities) = (self.epoch(), self.abilities);
        let channel = self.channels.entry(name.to_owned()).or_default();
        channel.subscribers.insert(request.socket);
        if !abilities.answers {
            return;
        }
        let data = &request.envelope["data"];
        let since = data["since"].as_u64();
        let oldest = channel
            .history
            .front()
            .map_or(channel.seq + 1, |(seq, _)| *seq);
        let missed = since.filter(|&since| {
            abilities.positions
                && data["epoch"] == epoch.as_str()
                && since <= channel.seq
                && since + 1 >= oldest
        });
        let mut answer = json!({
            "event": "subscribe", "channel": name, "re": request.text("id"),
            "data": {"recovered": missed.is_some()},
        });
        if abilities.positions {
            answer["seq"] = channel.seq.into();
            answer["epoch"] = epoch.into();
        }
        let mut frames = vec![Frame::Text(answer.to_string())];
        if let Some(since) = missed {
            let replayed = channel.history.iter().filter(|(seq, _)| *seq > since);
            frames.extend(replayed.map(|(_, text)| Frame::Text(text.clone())));
        }
        self.outbox
            .extend(frames.into_iter().map(|frame| (request.socket, frame)));
    }

    fn unsubscribe(&mut self, socket: SocketId, channel: &str) {
        self.leave(socket, channel);
        if let Some(channel) = self.channels.get_mut(channel) {
            channel.subscribers.remove(&socket);
        }
    }

    fn announce(&mut self, request: &Request, name: &str) {
        let data = &request.envelope["data"];
        let member = json!({
            "userId": data["user"]["id"], "user": data["user"], "status": data["status"],
            "metadata": data["metadata"], "connectionId": format!("socket-{}", request.socket.0),
        });
        let syncs = self.abilities.syncs_presence;
        let channel = self.channels.entry(name.to_owned()).or_default();
        let is_new = channel
            .members
            .insert(request.socket, member.clone())
            .is_none();
        if is_new && syncs {
            let members: Vec<_> = channel.members.values().cloned().collect();
            let sync =
                json!({"event": "presence:sync", "channel": name, "data": {"members": members}});
            self.send(request.socket, &sync);
        }
        let update = json!({"event": "presence:update", "channel": name, "data": member});
        self.broadcast(name, request.socket, &update);
    }

    fn leave(&mut self, socket: SocketId, name: &str) {
        let member = self
            .channels
            .get_mut(name)
            .and_then(|channel| channel.members.remove(&socket));
        if let Some(member) = member {
            let data = json!({"userId": member["userId"], "connectionId": member["connectionId"]});
            let leave = json!({"event": "presence:leave", "channel": name, "data": data});
            self.broadcast(name, socket, &leave);
        }
    }

    fn message(&mut self, request: &Request) {
        let id = request.text("id");
        if let Some(answer) = self.handled.get(id).cloned() {
            return self.send(request.socket, &answer);
        }
        let event = request.text("event");
        let result = match self.handlers.remove(event) {
            Some(mut handler) => {
                let result = handler(self, request);
                self.handlers.insert(event.to_owned(), handler);
                result
            }
            None => Ok(Value::Null),
        };
        if id.is_empty() || !self.abilities.answers {
            return;
        }
        let mut answer = json!({"event": "ack", "re": id});
        match result {
            Ok(data) => answer["data"] = data,
            Err(error) => {
                answer["error"] = json!({"code": &*error.code, "message": &*error.message, "retryAfter": error.retry_after});
            }
        }
        self.handled.insert(id.to_owned(), answer.clone());
        self.send(request.socket, &answer);
    }
}
