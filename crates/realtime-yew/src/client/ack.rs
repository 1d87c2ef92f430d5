//! A send whose answer somebody waits for.

use crate::{error::AckError, runtime::Runtime};
use futures::channel::oneshot;
use realtime_core::{DecodeError, SendError, SendId};
use serde::de::DeserializeOwned;
use std::{
    fmt,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    rc::{Rc, Weak},
    task::{Context, Poll},
};

/// The server's answer to a [`send_with_ack`](crate::RealtimeClient::send_with_ack), when it comes.
///
/// Resolves once for each send: with the answer, or with why there is none. Dropping it leaves the
/// send alone; [`cancel`](Self::cancel) takes it back.
pub struct PendingAck<R> {
    state: State,
    answer: PhantomData<fn() -> R>,
}

enum State {
    Waiting {
        runtime: Weak<Runtime>,
        send: SendId,
        receiver: oneshot::Receiver<Result<Rc<str>, SendError>>,
    },
    Failed(Option<AckError>),
}

impl<R> PendingAck<R> {
    pub(crate) fn new(
        runtime: &Rc<Runtime>,
        send: SendId,
        receiver: oneshot::Receiver<Result<Rc<str>, SendError>>,
    ) -> Self {
        Self {
            state: State::Waiting {
                runtime: Rc::downgrade(runtime),
                send,
                receiver,
            },
            answer: PhantomData,
        }
    }

    pub(crate) const fn failed(error: AckError) -> Self {
        Self {
            state: State::Failed(Some(error)),
            answer: PhantomData,
        }
    }

    /// Takes the message back, if it has not been answered: the future then resolves to
    /// [`SendError::Cancelled`]. The server may have got it all the same.
    pub fn cancel(&self) {
        if let State::Waiting { runtime, send, .. } = &self.state
            && let Some(runtime) = runtime.upgrade()
        {
            let send = *send;
            runtime.post(move |client, now| client.cancel_send(now, send));
        }
    }
}

impl<R: DeserializeOwned> Future for PendingAck<R> {
    type Output = Result<R, AckError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.state {
            // The client is gone, and with it whoever could tell.
            State::Failed(error) => Poll::Ready(Err(error
                .take()
                .unwrap_or(AckError::Send(SendError::Disconnected)))),
            State::Waiting { receiver, .. } => Pin::new(receiver).poll(context).map(|settled| {
                let answer = settled.unwrap_or(Err(SendError::Disconnected))?;
                serde_json::from_str(&answer)
                    .map_err(|error| DecodeError::new("the server's answer", error).into())
            }),
        }
    }
}

impl<R> fmt::Debug for PendingAck<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Waiting { .. } => "waiting",
            State::Failed(_) => "failed",
        };
        f.debug_tuple("PendingAck").field(&state).finish()
    }
}
