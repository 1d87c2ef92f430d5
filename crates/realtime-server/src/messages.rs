//! Messages: those of one socket on their way through the app, in the order in which they came.

use crate::{
    Hub, Message, Refusal,
    answers::{Key, Outcome, Verdict, fingerprint},
    limits::RETRY_AFTER_MS,
    message::TEXT_SYNC,
    reply_to::ReplyTo,
};
use futures::{StreamExt, stream};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};
use tokio::sync::{
    OwnedSemaphorePermit,
    mpsc::{Sender, channel},
};

/// The messages of one socket. What was taken is carried out to its end, also when the socket is gone.
#[derive(Debug)]
pub(crate) struct Messages {
    /// Where they wait, from the first one on: most sockets only listen, and there are many.
    queue: Option<Sender<(Message, ReplyTo)>>,
    /// The bytes of their data.
    bytes: Arc<AtomicUsize>,
    slot: Arc<OwnedSemaphorePermit>,
}

impl Messages {
    /// `slot` is given back when the last one is done.
    pub(crate) fn new(slot: Arc<OwnedSemaphorePermit>) -> Self {
        Self {
            queue: None,
            bytes: Arc::default(),
            slot,
        }
    }

    /// Takes a message in.
    pub(crate) fn push(&mut self, message: Message, reply_to: ReplyTo) -> Result<(), Refusal> {
        let limit = message.hub.limits().waiting_bytes;
        let bytes = message.raw_data().len();
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let queue = self
            .queue
            .get_or_insert_with(|| start(&message.hub, &self.bytes, &self.slot));
        // One alone is taken in any case: how large it may be is bounded elsewhere.
        let has_room = before == 0 || before + bytes <= limit;
        if has_room && queue.try_send((message, reply_to)).is_ok() {
            return Ok(());
        }
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        Err(Refusal::rate_limited(RETRY_AFTER_MS))
    }
}

/// Starts to carry out what will be queued.
fn start(
    hub: &Hub,
    bytes: &Arc<AtomicUsize>,
    slot: &Arc<OwnedSemaphorePermit>,
) -> Sender<(Message, ReplyTo)> {
    let limits = hub.limits();
    let (sender, receiver) = channel(limits.messages_waiting.max(1));
    let at_once = limits.messages_at_once.max(1);
    let (bytes, slot) = (Arc::clone(bytes), Arc::clone(slot));
    tokio::spawn(async move {
        let waiting = stream::unfold(receiver, async |mut receiver| {
            receiver.recv().await.map(|next| (next, receiver))
        });
        waiting
            .for_each_concurrent(at_once, async |(message, reply_to): (Message, ReplyTo)| {
                bytes.fetch_sub(message.raw_data().len(), Ordering::Relaxed);
                carry_out(message, reply_to).await;
            })
            .await;
        drop(slot);
    });
    sender
}

/// Has a message carried out, unless it was before, and answers it.
async fn carry_out(message: Message, reply_to: ReplyTo) {
    let hub = message.hub.clone();
    // The answer to a sync is what is there now: it is not remembered.
    let remembered = message.id.clone().filter(|_| message.event != TEXT_SYNC);
    let Some(id) = remembered else {
        let outcome = hub.policy().handle(message).await;
        return hub.lock().answer(&reply_to, &outcome);
    };
    let user = message.visitor.user().map(|user| user.id.clone());
    let key = Key { user, id };
    let channel = message.channel.as_deref().unwrap_or_default();
    let print = fingerprint(&[&message.event, channel, message.raw_data()]);
    {
        let mut state = hub.lock();
        let limits = Arc::clone(&state.limits);
        let verdict = state
            .answers
            .begin(&key, print, &reply_to, &limits, Instant::now());
        match verdict {
            Verdict::New => {}
            Verdict::UnderWay => {
                state.metrics.repeated += 1;
                return;
            }
            Verdict::Known(outcome) => {
                let is_other = outcome
                    .as_ref()
                    .is_err_and(|refusal| refusal.code() == "duplicate_id");
                state.metrics.repeated += u64::from(!is_other);
                return state.answer(&reply_to, &outcome);
            }
        }
    }
    let outcome = hub.policy().handle(message).await;
    end(&hub, key, &reply_to, &outcome);
}

/// Remembers what came of a message, and tells all who asked.
fn end(hub: &Hub, key: Key, reply_to: &ReplyTo, outcome: &Outcome) {
    let mut state = hub.lock();
    let limits = Arc::clone(&state.limits);
    let others = state.answers.end(key, outcome, &limits, Instant::now());
    state.answer(reply_to, outcome);
    for reply_to in others {
        state.answer(&reply_to, outcome);
    }
}
