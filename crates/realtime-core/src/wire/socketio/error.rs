//! Errors: how a server can break the Socket.IO protocol, in words that say what to do about it.

use crate::excerpt::head;
use std::rc::Rc;

/// The server broke the protocol, or speaks another. The client closes the socket and opens a new
/// one, with backoff.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SocketIoError {
    /// The first frame was not the one that every Engine.IO server begins with.
    #[error(
        "this is no Socket.IO server: its first frame was {got}, not Engine.IO's open packet; check the url and the `path` option"
    )]
    NotEngineIo {
        /// The beginning of the frame.
        got: Rc<str>,
    },
    /// Engine.IO's open packet could not be read.
    #[error("Engine.IO's open packet could not be read: {message}; check the server's version")]
    OpenPacket {
        /// What is wrong with it.
        message: Rc<str>,
    },
    /// The server let us in without a session id, as Socket.IO 2 does.
    #[error(
        "the server speaks Socket.IO 2 (Engine.IO 3), which this client does not; upgrade the server to Socket.IO 3 or 4"
    )]
    OldServer,
    /// A frame was not an Engine.IO packet.
    #[error("the server sent {got}, which is no Engine.IO packet")]
    EnginePacket {
        /// The beginning of the frame.
        got: Rc<str>,
    },
    /// A packet was not a Socket.IO packet.
    #[error(
        "the server sent a Socket.IO packet of type {got}, but there are only 0 to 6; check that it uses the default parser"
    )]
    PacketType {
        /// What stood for the type.
        got: Rc<str>,
    },
    /// An acknowledgement number was not one that Socket.IO can count to.
    #[error("the server sent the acknowledgement id {got}, but 2^53 - 1 is the largest")]
    AckId {
        /// The beginning of the number.
        got: Rc<str>,
    },
    /// What a packet says does not go with its type.
    #[error("the payload of a Socket.IO {kind} packet could not be read: {message}")]
    Payload {
        /// The type of packet.
        kind: &'static str,
        /// What is wrong with it.
        message: Rc<str>,
    },
    /// A packet announced more binary frames than the protocol's parsers take.
    #[error("the server announced {count} attachments to one packet, but {limit} is the most")]
    TooManyAttachments {
        /// How many it announced.
        count: usize,
        /// How many it may.
        limit: usize,
    },
    /// The binary frames of a packet are larger than the client accepts.
    #[error(
        "a packet's attachments come to {bytes} bytes, more than the {limit} allowed; send less in one, or raise `max_frame_bytes`"
    )]
    AttachmentsTooLarge {
        /// Their size so far.
        bytes: usize,
        /// The limit they broke.
        limit: usize,
    },
    /// Binary frames that a packet had announced did not come.
    #[error(
        "a packet announced {expected} attachments, but only {got} had come when the server went on; check what lies between it and the client"
    )]
    AttachmentsMissing {
        /// How many it had announced.
        expected: usize,
        /// How many came.
        got: usize,
    },
    /// A packet refers to an attachment that it does not have.
    #[error(
        "a packet refers to an attachment that it does not have; check that the server uses the default parser"
    )]
    Placeholder,
    /// A binary frame came that no packet has announced.
    #[error(
        "a binary frame of {bytes} bytes came that no packet had announced; check that the server uses the default parser"
    )]
    UnannouncedBinary {
        /// The frame's size.
        bytes: usize,
    },
}

/// The beginning of something that a stranger sent, fit to be shown.
pub(super) fn excerpt(text: &str) -> Rc<str> {
    let start = head(text, 40);
    let more = if start.len() < text.len() { "…" } else { "" };
    format!("`{}{more}`", start.escape_debug()).into()
}
