//! Commands: the server is asked to change something, and people are told how that went.

use realtime_yew::{AckError, prelude::*, realtime_core::SendError};
use serde::{Serialize, de::IgnoredAny};
use wasm_bindgen_futures::spawn_local;
use yew::{html::ImplicitClone, prelude::*};

/// How the last command stands.
#[derive(Clone, Debug, PartialEq)]
enum State {
    Idle,
    Sending,
    Failed(AttrValue),
}

/// Commands on one channel, from [`use_command`].
#[derive(Clone, PartialEq)]
pub(crate) struct UseCommandHandle {
    client: RealtimeClient,
    channel: AttrValue,
    state: UseStateHandle<State>,
}

impl ImplicitClone for UseCommandHandle {}

/// Sends messages on `channel` and waits for their answers.
#[hook]
pub(crate) fn use_command(channel: impl Into<AttrValue>) -> UseCommandHandle {
    UseCommandHandle {
        client: use_realtime_client(),
        channel: channel.into(),
        state: use_state_eq(|| State::Idle),
    }
}

impl UseCommandHandle {
    /// Sends `data`, and calls `on_done` once the server has taken it. The change itself comes back
    /// as an event, to us as to everybody.
    pub(crate) fn send(
        &self,
        event: &str,
        data: &impl Serialize,
        on_done: impl FnOnce() + 'static,
    ) {
        let state = self.state.setter();
        state.set(State::Sending);
        let answer = self
            .client
            .send_with_ack::<IgnoredAny>(event, Some(&self.channel), data);
        spawn_local(async move {
            match answer.await {
                Ok(IgnoredAny) => {
                    state.set(State::Idle);
                    on_done();
                }
                Err(error) => state.set(State::Failed(sentence(&error).into())),
            }
        });
    }

    /// Whether an answer is being waited for.
    pub(crate) fn is_sending(&self) -> bool {
        *self.state == State::Sending
    }

    /// Why the last command failed, if it did.
    pub(crate) fn error(&self) -> Option<AttrValue> {
        match &*self.state {
            State::Failed(error) => Some(error.clone()),
            State::Idle | State::Sending => None,
        }
    }

    /// Forgets that the last command failed.
    pub(crate) fn dismiss(&self) {
        if self.error().is_some() {
            self.state.set(State::Idle);
        }
    }
}

/// The server's own words are for people; the codes beside them are not.
fn sentence(error: &AckError) -> String {
    match error {
        AckError::Send(SendError::Server(refusal)) => refusal.message.to_string(),
        other => other.to_string(),
    }
}
