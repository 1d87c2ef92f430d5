//! Inbox: the messages of one socket in the order in which they came. A handler of its own for each would run in a task of
//! its own, and they would overtake each other.

use super::cut;
use crate::Limits;
use serde::Serialize;
use socketioxide::{
    SendError,
    adapter::Adapter,
    extract::{AckSender, SocketRef},
    handler::{FromMessageParts, MessageHandler, Value},
    socket::Socket,
};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{
    OwnedSemaphorePermit, Semaphore,
    mpsc::{Receiver, Sender, channel},
};

/// Messages that may wait for the server; a socket that sends faster is dropped.
const MESSAGES: usize = 512;

/// One event from a client.
pub(super) struct Packet<A: Adapter> {
    /// Its name and its arguments, as a JSON array.
    pub(super) arguments: String,
    /// If the client wants an answer.
    pub(super) ack: Option<Ack<A>>,
    /// Given back when it has been handled.
    _room: OwnedSemaphorePermit,
}

/// Where an answer goes.
pub(super) struct Ack<A: Adapter> {
    socket: Arc<Socket<A>>,
    id: i64,
}

impl<A: Adapter> Ack<A> {
    /// Sends the answer; on an error it may be tried again.
    pub(super) fn send(&self, answer: &impl Serialize) -> Result<(), SendError> {
        // The library's own sender is gone after one attempt.
        let mut nothing = Value::Str("".into(), None);
        let Ok(sender) = AckSender::from_message_parts(&self.socket, &mut nothing, &Some(self.id));
        sender.send(answer)
    }
}

/// Takes every event of a socket.
struct Inbox<A: Adapter> {
    packets: Sender<Packet<A>>,
    /// A permit for each byte that may wait.
    room: Arc<Semaphore>,
}

/// The other end of a [`Inbox`], kept with its socket until somebody reads it.
type Incoming<A> = Arc<Mutex<Option<Receiver<Packet<A>>>>>;

/// Makes a socket keep its messages from the first one on, and forget about them when it is gone.
pub(super) fn keep_packets<A: Adapter>(socket: &SocketRef<A>, limits: &Limits) {
    let (sender, receiver) = channel(MESSAGES);
    let packets: Incoming<A> = Arc::new(Mutex::new(Some(receiver)));
    socket.extensions.insert(packets);
    // Of what is on its way here, more comes at once than would be left waiting for a handler.
    let bytes = limits.waiting_bytes.saturating_mul(4);
    let bytes = bytes.max(limits.message_bytes).min(Semaphore::MAX_PERMITS);
    socket.on_fallback(Inbox {
        packets: sender,
        room: Arc::new(Semaphore::new(bytes)),
    });
    // With its inbox the packets end.
    socket.on_disconnect(async |socket: SocketRef<A>| socket.on_fallback(async || {}));
}

/// The messages that a socket has kept, and those to come. Only one can read them.
pub(super) fn packets<A: Adapter>(socket: &SocketRef<A>) -> Option<Receiver<Packet<A>>> {
    let packets: Incoming<A> = socket.extensions.remove()?;
    packets
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take()
}

impl<A: Adapter> MessageHandler<A, Packet<A>> for Inbox<A> {
    fn call(&self, socket: Arc<Socket<A>>, value: Value, ack: Option<i64>) {
        // No message here has attachments: one that has is read as nothing, and costs as much as any other.
        let arguments = match value {
            Value::Str(arguments, None) => arguments.to_string(),
            Value::Str(_, Some(_)) | Value::Bytes(_) => String::new(),
        };
        let bytes = u32::try_from(arguments.len()).unwrap_or(u32::MAX);
        let Ok(room) = Arc::clone(&self.room).try_acquire_many_owned(bytes) else {
            return cut(&socket);
        };
        let packet = Packet {
            arguments,
            _room: room,
            ack: ack.map(|id| Ack {
                socket: Arc::clone(&socket),
                id,
            }),
        };
        // A full inbox: the client sends faster than any rate allows.
        if self.packets.try_send(packet).is_err() {
            cut(&socket);
        }
    }
}
