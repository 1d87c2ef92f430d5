//! Inbox: what the server does about each message.

use super::{Request, Scheduled, ScriptedServer, SocketId};
use crate::{
    error::ServerError,
    wire::{Frame, FrameRef},
};
use serde_json::{Value, json};

impl ScriptedServer {
    /// A frame has come from a client.
    pub fn received(&mut self, socket: SocketId, frame: FrameRef<'_>) {
        #[cfg(feature = "socketio")]
        if self.socketio.is_some() {
            return self.received_packet(socket, frame);
        }
        let FrameRef::Text(text) = frame else { return };
        if let Ok(envelope) = serde_json::from_str(text) {
            self.handle(socket, envelope);
        }
    }

    pub(super) fn handle(&mut self, socket: SocketId, envelope: Value) {
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
                self.broadcast(&channel, Some(socket), &relayed.to_string());
            }
            _ => self.message(&request),
        }
    }

    pub(super) fn send(&mut self, socket: SocketId, envelope: &Value) {
        self.send_text(socket, &envelope.to_string());
    }

    fn send_text(&mut self, socket: SocketId, text: &str) {
        #[cfg(feature = "socketio")]
        if self.socketio.is_some() {
            return self.send_packet(socket, text);
        }
        self.outbox
            .push_back((socket, Frame::Text(text.to_owned())));
    }

    /// Sends an event to all who are subscribed to a channel, but for one.
    pub(super) fn broadcast(&mut self, channel: &str, except: Option<SocketId>, text: &str) {
        #[cfg(feature = "socketio")]
        if self.socketio.is_some() {
            return self.broadcast_packet(channel, except, text);
        }
        for socket in self.audience(channel, except) {
            self.send_text(socket, text);
        }
    }

    pub(super) fn audience(&self, channel: &str, except: Option<SocketId>) -> Vec<SocketId> {
        let channel = self.channels.get(channel);
        let all = channel.into_iter().flat_map(|channel| &channel.subscribers);
        all.filter(|socket| Some(**socket) != except)
            .copied()
            .collect()
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
        let token = self.channel_tokens.get(name).map(String::as_str);
        if token.is_some() && request.envelope["data"]["token"].as_str() != token {
            let answer = json!({
                "event": "subscribe", "channel": name, "re": request.text("id"),
                "error": {"code": "forbidden", "message": "members only"},
            });
            return self.send(request.socket, &answer);
        }
        let channel = self.channels.entry(name.to_owned()).or_default();
        if channel.deaf_for > 0 {
            channel.deaf_for -= 1;
            return;
        }
        if let Some(error) = channel.refusals.pop_front() {
            let refusal = json!({
                "event": "subscribe", "channel": name, "re": request.text("id"),
                "error": error_of(&error),
            });
            return self.send(request.socket, &refusal);
        }
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
        let mut texts = vec![answer.to_string()];
        if let Some(since) = missed {
            let replayed = channel.history.iter().filter(|(seq, _)| *seq > since);
            texts.extend(replayed.map(|(_, text)| text.clone()));
            texts.truncate(texts.len().saturating_sub(channel.short_by).max(1));
        }
        for text in texts {
            self.send_text(request.socket, &text);
        }
    }

    pub(super) fn unsubscribe(&mut self, socket: SocketId, channel: &str) {
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
            let delay = self.abilities.sync_delay;
            if delay.is_zero() {
                self.send(request.socket, &sync);
            } else {
                self.schedule(delay, Scheduled::Send(request.socket, sync));
            }
        }
        let update = json!({"event": "presence:update", "channel": name, "data": member});
        self.broadcast(name, Some(request.socket), &update.to_string());
    }

    fn leave(&mut self, socket: SocketId, name: &str) {
        let member = self
            .channels
            .get_mut(name)
            .and_then(|channel| channel.members.remove(&socket));
        if let Some(member) = member {
            let data = json!({"userId": member["userId"], "connectionId": member["connectionId"]});
            let leave = json!({"event": "presence:leave", "channel": name, "data": data});
            self.broadcast(name, Some(socket), &leave.to_string());
        }
    }

    fn message(&mut self, request: &Request) {
        let id = request.text("id");
        if let Some(answer) = self.handled.get(id).cloned() {
            return self.answer(request.socket, &answer);
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
        if id.is_empty() {
            return;
        }
        let mut answer = json!({"event": "ack", "re": id});
        match result {
            Ok(data) => answer["data"] = data,
            Err(error) => {
                answer["error"] = error_of(&error);
            }
        }
        self.handled.insert(id.to_owned(), answer.clone());
        self.answer(request.socket, &answer);
    }

    fn answer(&mut self, socket: SocketId, answer: &Value) {
        if self.abilities.answers {
            self.send(socket, answer);
        }
    }
}

fn error_of(error: &ServerError) -> Value {
    json!({"code": &*error.code, "message": &*error.message, "retryAfter": error.retry_after})
}
