//! Sender: brings edits to the server, merged while they wait, one message under way.

use super::{shared::Shared, sync::may_pass};
use crate::{ByteString, UPDATE, UpdatePayload};
use gloo_timers::future::TimeoutFuture;
use realtime_yew::{
    AckError, RealtimeClient,
    prelude::{ConnectionStatus, QueryKey},
    realtime_core::SendError,
};
use serde::de::IgnoredAny;
use std::rc::Rc;

/// The first wait after an attempt that failed, and the longest, in milliseconds.
const WAIT_MS: (u32, u32) = (1_000, 30_000);

/// A document's way to the server.
#[derive(Clone)]
pub(crate) struct Sender {
    pub(crate) client: RealtimeClient,
    pub(crate) channel: Rc<str>,
    pub(crate) key: QueryKey,
}

/// What became of one message.
enum Fate {
    Confirmed,
    /// It may be sent again, after this many milliseconds at least.
    Later(u32),
    /// The server lacks what it builds on.
    Behind,
    Refused(AckError),
    /// The user is somebody else now.
    Over,
}

impl Sender {
    /// Sends what waits, unless somebody does already.
    pub(crate) fn send(&self, shared: &Shared) {
        if shared.document().is_saved() || shared.begin_sending() {
            return;
        }
        let (sender, shared) = (self.clone(), shared.clone());
        wasm_bindgen_futures::spawn_local(async move {
            sender.run(&shared).await;
            shared.end_sending();
        });
    }

    async fn run(&self, shared: &Shared) {
        let (first, longest) = WAIT_MS;
        let mut wait = first;
        loop {
            let update = shared.document().take_outgoing();
            let Some(update) = update else { return };
            let fate = self.send_one(update, shared).await;
            match fate {
                Fate::Confirmed => shared.document().confirm(),
                _ => shared.document().put_back(),
            }
            match fate {
                Fate::Confirmed => {
                    wait = first;
                    shared.set_refusal(None);
                    self.tell(shared);
                }
                // Whoever shows the text sends on when it is live again.
                Fate::Later(_)
                    if self.client.connection().status != ConnectionStatus::Connected =>
                {
                    return;
                }
                Fate::Later(at_least) => {
                    TimeoutFuture::new(wait.max(at_least)).await;
                    wait = (wait * 2).min(longest);
                }
                Fate::Behind => {
                    self.client.refetch(&self.key);
                    return;
                }
                Fate::Refused(error) => {
                    shared.set_refusal(Some(error));
                    self.tell(shared);
                    return;
                }
                Fate::Over => return,
            }
        }
    }

    async fn send_one(&self, update: Vec<u8>, shared: &Shared) -> Fate {
        let payload = UpdatePayload {
            update: ByteString::new(update, shared.form()),
        };
        let channel = Some(&*self.channel);
        let sent = self
            .client
            .send_with_ack::<IgnoredAny>(UPDATE, channel, &payload);
        match sent.await {
            Ok(_) => Fate::Confirmed,
            Err(AckError::Send(SendError::Server(error))) if &*error.code == "text_behind" => {
                Fate::Behind
            }
            Err(AckError::Send(SendError::Server(error))) if may_pass(&error) => {
                let wait = error.retry_after.unwrap_or(0);
                Fate::Later(u32::try_from(wait).unwrap_or(u32::MAX).min(WAIT_MS.1))
            }
            Err(AckError::Send(
                SendError::Timeout
                | SendError::Expired
                | SendError::Disconnected
                | SendError::Overflow,
            )) => Fate::Later(0),
            Err(AckError::Send(SendError::SignedOut | SendError::Cancelled)) => Fate::Over,
            Err(error) => Fate::Refused(error),
        }
    }

    /// Whoever shows the document shows that it is saved, or that it is not.
    pub(crate) fn tell(&self, shared: &Shared) {
        let changed =
            self.client
                .adjust_data(&self.key, |cached: &Shared| match cached.is_same(shared) {
                    true => cached.changed(),
                    false => cached.clone(),
                });
        debug_assert!(changed.is_ok(), "the key is this crate's");
    }
}
