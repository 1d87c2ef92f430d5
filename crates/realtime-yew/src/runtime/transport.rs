//! The seam to the WebSocket: what the runtime needs of one, whoever provides it.

use realtime_core::Frame;
use std::rc::Rc;

/// Opens sockets. The browser's is in `gloo.rs`; tests have one that they script.
pub(crate) trait Transport {
    /// Begins to open a socket to `url`, which is absolute. What happens to it is told to `sink`,
    /// never before this returns.
    ///
    /// # Errors
    /// What the browser says when it refuses even to try.
    fn open(
        &self,
        url: &str,
        protocols: &[String],
        sink: SocketSink,
    ) -> Result<Box<dyn Socket>, String>;
}

/// One socket. Dropping it closes it, and nothing is told any more.
pub(crate) trait Socket {
    /// Hands a frame to the browser; says whether the socket was open to take it. `true` does not
    /// mean that it will arrive.
    fn send(&self, frame: Frame) -> bool;

    /// Begins the closing handshake; nothing is told any more.
    fn close(self: Box<Self>, code: u16, reason: &str);

    /// Bytes taken by [`send`](Self::send) that have not left yet.
    fn buffered_amount(&self) -> u32;
}

/// Who is told what happens to a socket.
pub(crate) type SocketSink = Rc<dyn Fn(SocketEvent)>;

/// What happened to a socket.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum SocketEvent {
    /// It can send now.
    Opened,
    /// A frame arrived.
    Frame(Frame),
    /// It is closed; the last event.
    Closed {
        /// The close code; 1006 if there was no closing handshake.
        code: u16,
        /// What the server said.
        reason: String,
        /// Whether there was a closing handshake.
        was_clean: bool,
    },
}

impl SocketEvent {
    /// A socket that was lost without a word.
    pub(crate) fn lost(reason: impl Into<String>) -> Self {
        Self::Closed {
            code: 1006,
            reason: reason.into(),
            was_clean: false,
        }
    }
}
