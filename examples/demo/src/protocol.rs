//! Protocol between the page and its server: the JSON envelope, or Socket.IO if the address says `?protocol=socketio`.

use crate::browser::query_param;
use realtime_yew::prelude::*;

/// A protocol, and where the server speaks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Envelope,
    SocketIo,
}

impl Protocol {
    /// The one that the address asks for. Links lead only to what stands behind `#`, so it stays.
    pub(crate) fn of_address() -> Self {
        Self::named(query_param("protocol").as_deref())
    }

    fn named(name: Option<&str>) -> Self {
        match name {
            Some("socketio") => Self::SocketIo,
            _ => Self::Envelope,
        }
    }

    pub(crate) const fn url(self) -> &'static str {
        match self {
            Self::Envelope => "/ws",
            Self::SocketIo => "/",
        }
    }

    pub(crate) fn options(self) -> RealtimeOptions {
        let options = RealtimeOptions::default();
        match self {
            Self::Envelope => options,
            Self::SocketIo => options.with_socketio(SocketIoOptions::default()),
        }
    }

    /// The word for programs.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Envelope => "envelope",
            Self::SocketIo => "socketio",
        }
    }

    /// The words for people.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Envelope => "a JSON envelope",
            Self::SocketIo => "Socket.IO",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_name_chooses_socket_io() {
        assert_eq!(Protocol::named(Some("socketio")), Protocol::SocketIo);
        for other in [None, Some("envelope"), Some("socket.io")] {
            assert_eq!(Protocol::named(other), Protocol::Envelope);
        }
    }
}
