//! Codec: the app's own while a tab leads or is alone, and the JSON envelope while it follows.

use crate::{
    error::{AddressError, EncodeError},
    id::EventName,
    wire::{
        Codec, CodecOutput, CodecStats, EventFrame, Frame, FrameRef, Inbound, JsonCodec, Outbound,
        WireError,
    },
};
use std::{borrow::Cow, cell::Cell, fmt, rc::Rc};

/// Before the name of an event that the envelope would take for a word of its own, or for one of ours.
const ESCAPE: &str = "tab:=";
/// The leader's server has ended a subscription, says the relay.
pub(crate) const REVOKED: &str = "tab:revoked";

/// The name of an event of the app's as it goes over a link between tabs.
pub(crate) fn escaped(event: &str) -> Cow<'_, str> {
    if JsonCodec::RESERVED.contains(&event) || event.starts_with("tab:") {
        format!("{ESCAPE}{event}").into()
    } else {
        event.into()
    }
}

/// The name that was [escaped].
pub(crate) fn unescaped(event: &str) -> &str {
    event.strip_prefix(ESCAPE).unwrap_or(event)
}

/// Which wire the next socket speaks: whoever opens it says so here.
#[derive(Clone, Debug, Default)]
pub struct Wire(Rc<Cell<bool>>);

impl Wire {
    /// The next socket is a link to the leader, or one to the server.
    pub fn set_follows(&self, follows: bool) {
        self.0.set(follows);
    }
}

/// Speaks the app's protocol on sockets to the server, and the envelope on links to the leader, which
/// speaks to the server for all.
pub struct TabCodec {
    own: Box<dyn Codec>,
    link: JsonCodec,
    wire: Wire,
    follows: bool,
}

impl fmt::Debug for TabCodec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TabCodec")
            .field("own", &self.own)
            .field("follows", &self.follows)
            .finish_non_exhaustive()
    }
}

impl TabCodec {
    /// Speaks `own` to the server. Each new socket is what `wire` says then.
    #[must_use]
    pub fn new(own: Box<dyn Codec>, wire: Wire) -> Self {
        Self {
            own,
            link: JsonCodec::default(),
            wire,
            follows: false,
        }
    }

    const fn current(&self) -> &dyn Codec {
        if self.follows { &self.link } else { &*self.own }
    }
}

impl Codec for TabCodec {
    fn address(&mut self, url: &str) -> Result<(String, Vec<String>), AddressError> {
        self.own.address(url)
    }

    fn reset(&mut self) {
        self.follows = self.wire.0.get();
        if self.follows {
            self.link.reset();
        } else {
            self.own.reset();
        }
    }

    fn announces_ready(&self) -> bool {
        self.current().announces_ready()
    }

    fn renews_tokens(&self) -> bool {
        self.current().renews_tokens()
    }

    fn keeps(&self, event: &str) -> bool {
        self.own.keeps(event)
    }

    fn decode<'a>(&mut self, frame: FrameRef<'a>) -> Result<Inbound<'a>, WireError> {
        if !self.follows {
            return self.own.decode(frame);
        }
        Ok(match self.link.decode(frame)? {
            Inbound::Event(event) if event.event == REVOKED => revoked(event),
            Inbound::Event(event) => Inbound::Event(EventFrame {
                event: match event.event {
                    Cow::Borrowed(name) => Cow::Borrowed(unescaped(name)),
                    Cow::Owned(name) => Cow::Owned(unescaped(&name).to_owned()),
                },
                ..event
            }),
            inbound => inbound,
        })
    }

    fn encode(
        &mut self,
        message: &Outbound<'_>,
        frames: &mut Vec<Frame>,
    ) -> Result<(), EncodeError> {
        if !self.follows {
            return self.own.encode(message, frames);
        }
        let Outbound::Event {
            event,
            channel,
            data,
            id,
        } = *message
        else {
            return self.link.encode(message, frames);
        };
        let name = match escaped(event) {
            Cow::Borrowed(_) => event.clone(),
            Cow::Owned(name) => EventName::from(name),
        };
        let message = Outbound::Event {
            event: &name,
            channel,
            data,
            id,
        };
        self.link.encode(&message, frames)
    }

    fn poll_output(&mut self) -> Option<CodecOutput> {
        if self.follows {
            self.link.poll_output()
        } else {
            self.own.poll_output()
        }
    }

    fn silence_hint(&self) -> Cow<'static, str> {
        self.own.silence_hint()
    }

    fn complaint(&self, error: &WireError) -> Cow<'static, str> {
        self.own.complaint(error)
    }

    fn stats(&self) -> CodecStats {
        self.own.stats()
    }
}

/// The relay gives the refusal as the event's data.
fn revoked(event: EventFrame<'_>) -> Inbound<'_> {
    match (event.channel, serde_json::from_str(&event.data)) {
        (Some(channel), Ok(error)) => Inbound::Revoked { channel, error },
        _ => Inbound::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ChannelName;

    fn pair() -> (TabCodec, Wire) {
        let wire = Wire::default();
        let codec = TabCodec::new(Box::new(JsonCodec::default()), wire.clone());
        (codec, wire)
    }

    fn sent(codec: &mut TabCodec, event: &str) -> Result<Frame, EncodeError> {
        let (event, mut frames) = (EventName::from(event), Vec::new());
        let channel = ChannelName::from("c");
        codec.encode(
            &Outbound::Event {
                event: &event,
                channel: Some(&channel),
                data: "1",
                id: None,
            },
            &mut frames,
        )?;
        Ok(frames.remove(0))
    }

    #[test]
    fn on_a_link_every_name_of_an_event_goes_through() {
        let (mut codec, wire) = pair();
        assert!(sent(&mut codec, "ping").is_err(), "the server's own word");
        wire.set_follows(true);
        assert!(
            sent(&mut codec, "ping").is_err(),
            "the socket is the old one"
        );
        codec.reset();
        for event in ["ping", "subscribe", "tab:revoked", "tab:=x", "list:update"] {
            let frame = sent(&mut codec, event).unwrap();
            let Frame::Text(text) = &frame else { panic!() };
            let Ok(Inbound::Event(read)) = codec.decode(FrameRef::Text(text)) else {
                panic!("{text}")
            };
            assert_eq!(read.event, event);
        }
    }

    #[test]
    fn only_a_relay_revokes_and_what_makes_no_sense_is_nothing() {
        let (mut codec, wire) = pair();
        wire.set_follows(true);
        codec.reset();
        let fine = r#"{"event":"tab:revoked","channel":"c","data":{"code":"gone"}}"#;
        let Ok(Inbound::Revoked { channel, error }) = codec.decode(FrameRef::Text(fine)) else {
            panic!()
        };
        assert_eq!((&*channel, &*error.code), ("c", "gone"));
        for odd in [
            r#"{"event":"tab:revoked","channel":"c","data":7}"#,
            r#"{"event":"tab:revoked","data":{"code":"gone"}}"#,
        ] {
            assert_eq!(codec.decode(FrameRef::Text(odd)), Ok(Inbound::Nothing));
        }
    }
}
