//! The same server over Socket.IO: each packet becomes the envelope that says the same, and back.
//!
//! Written from the protocol's description and apart from the client's codec, so that the two do
//! not share their mistakes.

mod sessions;

use super::{Scheduled, ScriptedServer, SocketId};
use crate::wire::{Frame, FrameRef};
use serde_json::{Map, Value, json};
use sessions::{Audience, Sessions};
use std::{collections::BTreeMap, time::Duration};

/// How a server that speaks Socket.IO is set up, as a Node server would be.
#[derive(Debug)]
pub struct SocketIo {
    /// How often it pings.
    pub ping_interval: Duration,
    /// How long it may be late with that.
    pub ping_timeout: Duration,
    /// The largest frame it takes.
    pub max_payload: usize,
    /// Whether it is frozen, and sends no pings.
    pub frozen: bool,
    /// Whether it resumes sessions (`connectionStateRecovery`).
    pub recovers: bool,
    /// Whether it resumes even a session that had no event yet.
    pub recovers_from_the_beginning: bool,
    /// Every frame that a client has sent, oldest first.
    pub received: Vec<Frame>,
    peers: BTreeMap<SocketId, Peer>,
    sessions: Sessions,
}

impl Default for SocketIo {
    fn default() -> Self {
        Self {
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(20),
            max_payload: 1_000_000,
            frozen: false,
            recovers: false,
            recovers_from_the_beginning: false,
            received: Vec::new(),
            peers: BTreeMap::new(),
            sessions: Sessions::default(),
        }
    }
}

impl SocketIo {
    /// Forgets every session that could be resumed, as a restart does.
    pub fn forget_sessions(&mut self) {
        self.sessions.forget();
        for peer in self.peers.values_mut() {
            peer.pid = self.sessions.begin();
        }
    }
}

/// One socket that has been let in.
#[derive(Debug, Default)]
struct Peer {
    pid: String,
    /// Which acknowledgement answers which message.
    acks: BTreeMap<String, u64>,
}

impl ScriptedServer {
    /// Speaks Socket.IO from now on; to be said before a client connects.
    pub fn speak_socketio(&mut self) -> &mut SocketIo {
        self.socketio.insert(SocketIo::default())
    }

    /// How it speaks Socket.IO, if it does.
    pub fn socketio(&mut self) -> Option<&mut SocketIo> {
        self.socketio.as_mut()
    }

    /// Disconnects every client in the protocol's own words, which ends its session.
    pub fn dismiss_all(&mut self) {
        self.send_raw("41");
        let sockets: Vec<SocketId> = self.sockets.iter().copied().collect();
        for socket in sockets {
            self.forget(socket);
        }
    }

    pub(super) fn greet(&mut self, socket: SocketId) {
        let Some(socketio) = &self.socketio else {
            return;
        };
        let open = json!({
            "sid": format!("engine-{}", socket.0),
            "upgrades": [],
            "pingInterval": millis(socketio.ping_interval),
            "pingTimeout": millis(socketio.ping_timeout),
            "maxPayload": socketio.max_payload,
        });
        let every = socketio.ping_interval;
        self.send_frame(socket, format!("0{open}"));
        self.schedule(every, Scheduled::Ping(socket));
    }

    /// A ping is due, unless the server is frozen.
    pub(super) fn ping(&mut self, socket: SocketId) {
        let Some(socketio) = self.socketio.as_ref() else {
            return;
        };
        let (every, frozen) = (socketio.ping_interval, socketio.frozen);
        if self.sockets.contains(&socket) {
            if !frozen {
                self.send_frame(socket, "2".to_owned());
            }
            self.schedule(every, Scheduled::Ping(socket));
        }
    }

    pub(super) fn received_packet(&mut self, socket: SocketId, frame: FrameRef<'_>) {
        let Some(socketio) = &mut self.socketio else {
            return;
        };
        socketio.received.push(match frame {
            FrameRef::Text(text) => Frame::Text(text.to_owned()),
            FrameRef::Binary(bytes) => Frame::Binary(bytes.to_owned()),
        });
        if frame.len() > socketio.max_payload {
            self.closes.push((socket, 1009));
            return self.closed(socket);
        }
        let FrameRef::Text(text) = frame else { return };
        match text.get(..2) {
            Some("40") => self.let_in(socket, &text[2..]),
            Some("41") => self.forget(socket),
            Some("42") => self.emitted(socket, &text[2..]),
            _ => {}
        }
    }

    fn let_in(&mut self, socket: SocketId, payload: &str) {
        let payload: Value = serde_json::from_str(payload).unwrap_or_default();
        // As with the envelope, whoever shows no token is a guest.
        let token = payload["token"].as_str();
        if self.token.is_some() && token.is_some() && self.token.as_deref() != token {
            let error = json!({"message": "token expired", "data": {"code": "unauthorized"}});
            return self.send_frame(socket, format!("44{error}"));
        }
        let Some(socketio) = &mut self.socketio else {
            return;
        };
        let pid = payload["pid"].as_str().unwrap_or_default();
        let offset = payload["offset"].as_str().unwrap_or_default();
        let from_the_beginning = socketio.recovers_from_the_beginning;
        let saved = socketio.sessions.resume(pid, offset, from_the_beginning);
        let (pid, rooms, missed) = match saved {
            Some(saved) => (pid.to_owned(), saved.rooms, saved.missed),
            None => (socketio.sessions.begin(), Vec::new(), Vec::new()),
        };
        let recovers = socketio.recovers;
        let peer = Peer {
            pid: pid.clone(),
            ..Peer::default()
        };
        socketio.peers.insert(socket, peer);
        for room in rooms {
            let channel = self.channels.entry(room).or_default();
            channel.subscribers.insert(socket);
        }
        // As a Node server does it: first what was missed, then the welcome.
        for packet in missed {
            self.send_frame(socket, packet);
        }
        let mut welcome = json!({"sid": format!("socket-{}", socket.0)});
        if recovers {
            welcome["pid"] = pid.into();
        }
        self.send_frame(socket, format!("40{welcome}"));
    }

    /// The client has said goodbye, or been sent off: nothing of it is kept.
    fn forget(&mut self, socket: SocketId) {
        if let Some(socketio) = &mut self.socketio {
            socketio.peers.remove(&socket);
        }
        let names: Vec<String> = self.channels.keys().cloned().collect();
        for name in names {
            self.unsubscribe(socket, &name);
        }
    }

    /// The socket is gone without a goodbye: its session may be resumed.
    pub(super) fn save_session(&mut self, socket: SocketId) {
        let rooms: Vec<String> = self
            .channels
            .iter()
            .filter(|(_, channel)| channel.subscribers.contains(&socket))
            .map(|(name, _)| name.clone())
            .collect();
        if let Some(socketio) = &mut self.socketio
            && let Some(peer) = socketio.peers.remove(&socket)
            && socketio.recovers
        {
            socketio.sessions.save(peer.pid, rooms);
        }
    }

    fn emitted(&mut self, socket: SocketId, packet: &str) {
        let digits = packet.find('[').unwrap_or(packet.len());
        let ack: Option<u64> = packet[..digits].parse().ok();
        let arguments: Vec<Value> = serde_json::from_str(&packet[digits..]).unwrap_or_default();
        let event = arguments.first().and_then(Value::as_str);
        let payload = arguments.get(1).cloned().unwrap_or_default();
        let Some(peer) = self
            .socketio
            .as_mut()
            .and_then(|socketio| socketio.peers.get_mut(&socket))
        else {
            return;
        };
        let Some(event) = event else { return };
        let mut envelope = json!({
            "event": match event {
                "join" => "subscribe",
                "leave" => "unsubscribe",
                event => event,
            },
            "channel": payload["channel"],
            "data": data(&payload),
        });
        let id = payload["messageId"].as_str().map(str::to_owned);
        if let Some(id) = id.or_else(|| Some(format!("ack-{}", ack?))) {
            if let Some(ack) = ack {
                peer.acks.insert(id.clone(), ack);
            }
            envelope["id"] = id.into();
        }
        if event == "leave" {
            self.acknowledge(socket, &envelope["id"], &Value::Null);
        }
        self.handle(socket, envelope);
    }

    /// Says in a packet what an envelope says.
    pub(super) fn send_packet(&mut self, socket: SocketId, envelope: &str) {
        let Ok(envelope) = serde_json::from_str::<Value>(envelope) else {
            return;
        };
        if envelope["re"].is_null() {
            let packet = self.event_packet(&envelope, |peers| {
                Audience::One(peers.get(&socket).map(|peer| peer.pid.clone()))
            });
            return self.send_frame(socket, packet);
        }
        let answer = match (envelope["event"].as_str(), &envelope["error"]) {
            (_, error) if !error.is_null() => json!({"error": error}),
            (Some("subscribe"), _) => json!({
                "seq": envelope["seq"],
                "epoch": envelope["epoch"],
                "recovered": envelope["data"]["recovered"],
            }),
            _ => envelope["data"].clone(),
        };
        self.acknowledge(socket, &envelope["re"], &answer);
    }

    pub(super) fn broadcast_packet(
        &mut self,
        channel: &str,
        except: Option<SocketId>,
        envelope: &str,
    ) {
        let Ok(envelope) = serde_json::from_str::<Value>(envelope) else {
            return;
        };
        let packet = self.event_packet(&envelope, |peers| Audience::Room {
            name: channel.to_owned(),
            except: except.and_then(|socket| Some(peers.get(&socket)?.pid.clone())),
        });
        for socket in self.audience(channel, except) {
            self.send_frame(socket, packet.clone());
        }
    }

    fn acknowledge(&mut self, socket: SocketId, id: &Value, answer: &Value) {
        let ack = self
            .socketio
            .as_mut()
            .and_then(|socketio| socketio.peers.get_mut(&socket))
            .and_then(|peer| peer.acks.remove(id.as_str()?));
        if let Some(ack) = ack {
            self.send_frame(socket, format!("43{ack}[{answer}]"));
        }
    }

    fn event_packet(
        &mut self,
        envelope: &Value,
        audience: impl FnOnce(&BTreeMap<SocketId, Peer>) -> Audience,
    ) -> String {
        let payload = payload(envelope);
        let Some(socketio) = self.socketio.as_mut().filter(|socketio| socketio.recovers) else {
            return format!("42[{},{payload}]", envelope["event"]);
        };
        let offset = socketio.sessions.next_offset();
        let packet = format!("42[{},{payload},\"{offset}\"]", envelope["event"]);
        let audience = audience(&socketio.peers);
        socketio.sessions.log(offset, audience, packet.clone());
        packet
    }

    fn send_frame(&mut self, socket: SocketId, text: String) {
        self.outbox.push_back((socket, Frame::Text(text)));
    }
}

/// Data that is an object stays flat, unless it would be taken for an envelope.
fn payload(envelope: &Value) -> Value {
    let mut fields = Map::new();
    let data = envelope["data"].as_object();
    let flat = data.filter(|data| !data.contains_key("data"));
    let id_field = if let Some(data) = flat {
        fields.clone_from(data);
        "messageId"
    } else {
        fields.insert("data".into(), envelope["data"].clone());
        "id"
    };
    for (from, to) in [
        ("channel", "channel"),
        ("seq", "seq"),
        ("epoch", "epoch"),
        ("id", id_field),
    ] {
        if !envelope[from].is_null() {
            fields.insert(to.into(), envelope[from].clone());
        }
    }
    fields.into()
}

/// Data that was no object came in a field of its own.
fn data(payload: &Value) -> &Value {
    let ours = ["channel", "messageId", "data"];
    let fields = payload.as_object();
    fields
        .filter(|fields| fields.keys().all(|name| ours.contains(&name.as_str())))
        .and_then(|fields| fields.get("data"))
        .unwrap_or(payload)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
