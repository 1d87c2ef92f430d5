//! Connection: one Socket.IO socket, with a session and an outbox, as a plain socket has.

use super::{
    cut,
    inbox::{Ack, Packet, packets},
    payload::{Inward, Outward},
};
use crate::{
    Hub, Visitor,
    outbox::{Closing, Next, Outbox},
    registration::Registration,
    session::Session,
};
use futures::future::{Either, pending, select};
use socketioxide::{SendError, adapter::Adapter, extract::SocketRef};
use std::{
    collections::VecDeque,
    pin::pin,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::{Duration, Instant},
};
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc::Receiver},
    time::{sleep, timeout_at},
};

/// Acks that may wait for the session's answer; the oldest is given up when there are more.
const ACKS: usize = 1_024;
/// How soon a socket that takes nothing more is tried again. It cannot be waited for.
const AGAIN: Duration = Duration::from_millis(10);

/// Serves a socket until it is gone or is to be.
pub(super) async fn serve<A: Adapter>(socket: SocketRef<A>, hub: &Hub) {
    let packets = packets(&socket);
    let visitor = socket.extensions.remove::<Visitor>();
    let request = socket.req_parts();
    let slot = request.extensions.get::<Weak<OwnedSemaphorePermit>>();
    let slot = slot.and_then(Weak::upgrade);
    let (Some(packets), Some(visitor), Some(slot)) = (packets, visitor, slot) else {
        return;
    };
    let limits = hub.limits();
    let outbox = Arc::new(Outbox::new(limits.queue_frames, limits.queue_bytes));
    let registration = Registration::new(hub, &outbox);
    let headers = hub.policy().kept(&request.headers);
    let session = Session::new(&registration, headers, Some(visitor), slot);
    let acks = Acks::default();
    let reader = pin!(read(&socket, packets, session, &outbox, &acks));
    let writer = pin!(write(&socket, &outbox, &acks));
    select(reader, writer).await;
}

/// Reads until the socket is gone.
async fn read<A: Adapter>(
    socket: &SocketRef<A>,
    mut packets: Receiver<Packet<A>>,
    mut session: Session,
    outbox: &Outbox,
    acks: &Acks<A>,
) {
    let name = socket.id;
    let mut asked = 0_u64;
    loop {
        let packet = match session.deadline() {
            None => packets.recv().await,
            Some(deadline) => match timeout_at(deadline.into(), packets.recv()).await {
                Ok(packet) => packet,
                // The writer cuts the transport, and the client comes back with a new token.
                Err(_) => {
                    outbox.close(session.overdue());
                    return pending().await;
                }
            },
        };
        let Some(packet) = packet else { return };
        asked += 1;
        // No other socket uses the same one: it would be taken for a repeated message.
        let id = packet.ack.is_some().then(|| format!("{name}-{asked}"));
        let inward = Inward::read(&packet.arguments, id);
        if let (Some(id), Some(ack)) = (inward.id, packet.ack) {
            acks.expect(id, ack);
        }
        session.receive(&inward.text, Instant::now()).await;
        if let Some(channel) = inward.left {
            socket.leave(channel);
        }
    }
}

/// Writes what is queued. A socket that is to be closed is cut, or left to the server that is shutting down: a client
/// that is disconnected in Socket.IO's own way does not come back.
async fn write<A: Adapter>(socket: &SocketRef<A>, outbox: &Outbox, acks: &Acks<A>) {
    loop {
        match outbox.next().await {
            Next::Frame(frame) => match Outward::read(&frame) {
                Ok(outward) => {
                    let emitted = pin!(emit(socket, &outward, acks));
                    if let Either::Right(_) = select(emitted, pin!(outbox.overdue())).await {
                        return cut(socket);
                    }
                }
                Err(error) => tracing::error!(%error, "a frame could not be read back"),
            },
            Next::Close(Closing::SHUTDOWN) => return,
            Next::Close(_) | Next::Cut => return cut(socket),
        }
    }
}

/// Says one frame, as soon as the socket takes it.
async fn emit<A: Adapter>(socket: &SocketRef<A>, outward: &Outward<'_>, acks: &Acks<A>) {
    if let Some(channel) = outward.joined() {
        socket.join(channel.to_owned());
    }
    let argument = outward.argument();
    let ack = outward.answers().map(|re| acks.take(re));
    loop {
        let sent = match &ack {
            Some(Some(ack)) => ack.send(&argument),
            // Nobody asked.
            Some(None) => return,
            None => socket.emit(&*outward.event, &argument),
        };
        match sent {
            Ok(()) => return,
            Err(SendError::Socket(_)) => sleep(AGAIN).await,
            Err(SendError::Serialize(error)) => {
                return tracing::error!(%error, event = &*outward.event, "a frame could not be said");
            }
        }
    }
}

/// The acks that the session has not answered yet, by the ids of their messages.
struct Acks<A: Adapter>(Mutex<VecDeque<(String, Ack<A>)>>);

impl<A: Adapter> Default for Acks<A> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<A: Adapter> Acks<A> {
    fn expect(&self, id: String, ack: Ack<A>) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push_back((id, ack));
        if waiting.len() > ACKS {
            waiting.pop_front();
        }
    }

    fn take(&self, id: &str) -> Option<Ack<A>> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = waiting.iter().position(|(known, _)| known == id)?;
        waiting.remove(place).map(|(_, ack)| ack)
    }
}
