//! The two protocols: what a page says, and how an event is written.

use serde::{Deserialize, Serialize};
use serde_json::json;

/// How often a Socket.IO client wants to hear a ping, in milliseconds, and how long it may take to answer.
pub(crate) const PING_EVERY: u64 = 25_000;
const PING_TIMEOUT: u64 = 20_000;

/// Which protocol a socket speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// docs/PROTOCOL.md.
    Envelope,
    /// Socket.IO 5 in Engine.IO 4.
    SocketIo,
}

/// What a page says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// It is to be answered so, and that is all.
    Answer(String),
    /// It wants a channel, and then to be answered so.
    Subscribe {
        channel: String,
        answer: Option<String>,
    },
    /// Nothing that matters here.
    Nothing,
}

impl Dialect {
    /// What the server says first.
    pub(crate) fn greeting(self) -> Option<String> {
        let handshake = json!({
            "sid": "engine",
            "upgrades": [],
            "pingInterval": PING_EVERY,
            "pingTimeout": PING_TIMEOUT,
            "maxPayload": 1_000_000,
        });
        (self == Self::SocketIo).then(|| format!("0{handshake}"))
    }

    /// What the server says every [`PING_EVERY`] milliseconds.
    pub(crate) fn ping(self) -> Option<&'static str> {
        (self == Self::SocketIo).then_some("2")
    }

    pub(crate) fn read(self, text: &str) -> Said {
        match self {
            Self::Envelope => read_envelope(text),
            Self::SocketIo => read_packet(text),
        }
    }

    /// An item as a `list:update` of the channel `channel`, at the position `seq`.
    pub(crate) fn write(self, channel: &str, seq: u64, item: &impl Serialize) -> String {
        #[derive(Serialize)]
        struct Change<'a, T> {
            action: &'static str,
            item: &'a T,
        }

        #[derive(Serialize)]
        struct Envelope<'a, T> {
            event: &'static str,
            channel: &'a str,
            seq: u64,
            epoch: &'static str,
            data: Change<'a, T>,
        }

        let data = Change {
            action: "update",
            item,
        };
        let text = match self {
            Self::Envelope => serde_json::to_string(&Envelope {
                event: "list:update",
                channel,
                seq,
                epoch: EPOCH,
                data,
            }),
            Self::SocketIo => {
                serde_json::to_string(&("list:update", data)).map(|event| format!("42{event}"))
            }
        };
        // Strings and numbers can always be written.
        text.unwrap_or_default()
    }
}

/// The epoch of every channel: its history begins with the server.
pub(crate) const EPOCH: &str = "bench";

fn read_envelope(text: &str) -> Said {
    #[derive(Deserialize)]
    struct Envelope {
        event: String,
        channel: Option<String>,
        id: Option<String>,
    }

    let Ok(Envelope { event, channel, id }) = serde_json::from_str(text) else {
        return Said::Nothing;
    };
    match (event.as_str(), channel) {
        ("ping", _) => Said::Answer(json!({"event": "pong", "re": id}).to_string()),
        ("subscribe", Some(channel)) => {
            let answer = json!({
                "event": "subscribe", "channel": channel, "re": id, "seq": 0, "epoch": EPOCH,
                "data": {"recovered": false},
            });
            Said::Subscribe {
                channel,
                answer: Some(answer.to_string()),
            }
        }
        _ => Said::Nothing,
    }
}

fn read_packet(text: &str) -> Said {
    if text.starts_with("40") {
        return Said::Answer(r#"40{"sid":"socket"}"#.into());
    }
    let event = text.strip_prefix("42");
    match event.map(serde_json::from_str::<(String, String)>) {
        Some(Ok((event, channel))) if event == "subscribe" => Said::Subscribe {
            channel,
            answer: None,
        },
        _ => Said::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{plan::Update, quote::Tick};

    fn update() -> Update {
        Update {
            id: "r1".into(),
            version: 2,
            price: 30,
            seq: 4,
        }
    }

    #[test]
    fn an_event_has_the_same_data_in_both_protocols() {
        let data = r#"{"action":"update","item":{"id":"r1","version":2,"price":30,"seq":4}}"#;
        let envelope = Dialect::Envelope.write("run:1", 4, &update());
        let head = r#"{"event":"list:update","channel":"run:1","seq":4,"epoch":"bench","data":"#;
        assert_eq!(envelope, format!("{head}{data}}}"));
        let packet = Dialect::SocketIo.write("run:1", 4, &update());
        assert_eq!(packet, format!(r#"42["list:update",{data}]"#));
        let tick = Dialect::SocketIo.write("run:1", 4, &Tick::from(&update()));
        let data = r#"{"action":"update","item":{"id":"r1","price":0.3,"seq":4}}"#;
        assert_eq!(tick, format!(r#"42["list:update",{data}]"#));
    }

    #[test]
    fn a_page_can_subscribe_in_both_protocols() {
        let said = Dialect::Envelope.read(r#"{"event":"subscribe","channel":"run:7","id":"x-1"}"#);
        let Said::Subscribe { channel, answer } = said else {
            panic!("a subscription was expected")
        };
        assert_eq!(channel, "run:7");
        assert!(answer.is_some_and(|answer| answer.contains(r#""re":"x-1""#)));
        let said = Dialect::SocketIo.read(r#"42["subscribe","run:7"]"#);
        let subscribed = Said::Subscribe {
            channel: "run:7".into(),
            answer: None,
        };
        assert_eq!(said, subscribed);
    }

    #[test]
    fn what_is_not_known_is_passed_over() {
        for text in ["", "3", "42", "42[1]", "{", r#"{"event":"x"}"#] {
            assert_eq!(Dialect::Envelope.read(text), Said::Nothing, "{text}");
            assert_eq!(Dialect::SocketIo.read(text), Said::Nothing, "{text}");
        }
    }
}
