//! Messages: those of one socket on their way through the app, in the order in which they came.

use crate::{
    Hub, Message, Refusal,
    answers::{Key, Outcome, Verdict, fingerprint},
    limits::RETRY_AFTER_MS,
    waiter::Asked,
};
use futures::{StreamExt, stream};
use std::{sync::Arc, time::Instant};
use tokio::sync::{
    OwnedSemaphorePermit,
    mpsc::{Sender, channel},
};

/// The messages of one socket. What was taken is carried out to its end, also when the socket is gone.
#[derive(Debug)]
pub(crate) struct Messages(Sender<(Message, Asked)>);

impl Messages {
    /// `slot` is given back when the last one is done.
    pub(crate) fn new(hub: &Hub, slot: Arc<OwnedSemaphorePermit>) -> Self {
        let limits = hub.limits();
        let (sender, receiver) = channel(limits.messages_waiting.max(1));
        let at_once = limits.messages_at_once.max(1);
        tokio::spawn(async move {
            let waiting = stream::unfold(receiver, async |mut receiver| {
                receiver.recv().await.map(|next| (next, receiver))
            });
            waiting
                .for_each_concurrent(at_once, async |(message, asked)| {
                    carry_out(message, asked).await;
                })
                .await;
            drop(slot);
        });
        Self(sender)
    }

    /// Takes a message in.
    pub(crate) fn push(&self, message: Message, asked: Asked) -> Result<(), Refusal> {
        let pushed = self.0.try_send((message, asked));
        pushed.map_err(|_| Refusal::rate_limited(RETRY_AFTER_MS))
    }
}

/// Has a message carried out, unless it was before, and answers it.
async fn carry_out(message: Message, asked: Asked) {
    let hub = message.hub.clone();
    let Some(id) = message.id.clone() else {
        let outcome = hub.policy().handle(message).await;
        return hub.lock().answer(&asked, &outcome);
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
            .begin(&key, print, &asked, &limits, Instant::now());
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
                return state.answer(&asked, &outcome);
            }
        }
    }
    let outcome = hub.policy().handle(message).await;
    end(&hub, key, &asked, &outcome);
}

/// Remembers what came of a message, and tells all who asked.
fn end(hub: &Hub, key: Key, asked: &Asked, outcome: &Outcome) {
    let mut state = hub.lock();
    let limits = Arc::clone(&state.limits);
    let others = state.answers.end(key, outcome, &limits, Instant::now());
    state.answer(asked, outcome);
    for asked in others {
        state.answer(&asked, outcome);
    }
}
