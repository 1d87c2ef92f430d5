//! Mutations from anywhere in an app.

use super::RealtimeClient;
use crate::{
    error::{MutateError, RealtimeError},
    mutation::{MutationSpec, Parts},
    runtime::{Listen, Runtime, tracking},
};
use futures::channel::oneshot;
use realtime_core::{
    DecodeError, MutationError, MutationEvent, MutationId, MutationInfo, SendError,
};
use std::{
    cell::{Cell, RefCell},
    fmt,
    future::Future,
    pin::Pin,
    rc::{Rc, Weak},
    task::{Context, Poll},
};

type Outcome = Result<Option<Rc<str>>, MutationError>;

impl RealtimeClient {
    /// Shows a mutation's edits now, sends it as soon as it may be sent, and gives a future of how
    /// it ends. In a component, [`use_realtime_mutation`](crate::use_realtime_mutation) does this
    /// and keeps the component up to date with it.
    ///
    /// It goes its way whether or not the future is polled. If the future is dropped, a failure
    /// goes to [`on_error`](crate::RealtimeOptions::with_on_error).
    ///
    /// ```
    /// # use realtime_yew::prelude::*;
    /// # use serde_json::json;
    /// # #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    /// # struct Task { id: u64, done: bool }
    /// # impl ListItem for Task { fn id(&self) -> RowId { self.id.into() } }
    /// fn tick_off(client: &RealtimeClient, id: u64) {
    ///     let tasks = ListRef::<Task>::from(key!["tasks"]);
    ///     client.mutate(
    ///         MutationSpec::message("task:update", "tasks", &json!({ "id": id, "done": true }))
    ///             .with_edit(tasks.update(&id, &json!({ "done": true }))),
    ///     );
    /// }
    /// ```
    pub fn mutate<O>(&self, spec: MutationSpec<O>) -> PendingMutation<O> {
        let (sender, receiver) = oneshot::channel();
        let sender = RefCell::new(Some(sender));
        let listen: Listen = Rc::new(move |_, event| {
            let outcome = match event {
                MutationEvent::Confirmed { answer } => Ok(Some(Rc::clone(answer))),
                MutationEvent::Failed { error, .. } => Err(error.clone()),
                MutationEvent::Annulled { .. } => Ok(None),
                _ => return true,
            };
            let sender = sender.take();
            sender.is_some_and(|sender| sender.send(outcome).is_ok())
        });
        let parts = spec.into_parts();
        let read = parts.read;
        let id = Rc::new(Cell::new(None));
        let begun = self.runtime.begin_mutation(parts, listen, {
            let id = Rc::clone(&id);
            move |new| id.set(Some(new))
        });
        PendingMutation {
            runtime: Rc::downgrade(&self.runtime),
            id,
            read,
            state: match begun {
                Ok(()) => State::Waiting(receiver),
                Err(error) => {
                    self.runtime
                        .app()
                        .report(RealtimeError::Unsaved(error.clone()));
                    State::Failed(error)
                }
            },
        }
    }

    /// Gives a mutation up: its edits go, and what the server says shows. If it was sent already,
    /// the server may carry it out all the same.
    pub fn cancel_mutation(&self, mutation: MutationId) {
        self.runtime
            .post(move |client, now| client.cancel_mutation(now, mutation));
    }

    /// Tries a mutation again that failed and was kept; nothing happens to any other.
    pub fn retry_mutation(&self, mutation: MutationId) {
        self.runtime
            .post(move |client, now| client.retry_mutation(now, mutation));
    }

    /// Lets a mutation go that failed and was kept: its edits go.
    pub fn dismiss_mutation(&self, mutation: MutationId) {
        let mutations = self.runtime.mutations();
        self.runtime.post(move |client, now| {
            client.dismiss_mutation(now, mutation);
            if let Some(mutations) = mutations {
                mutations.forget_ended(client);
            }
        });
    }

    /// How a mutation stands. Of those that ended, the last 256 are remembered.
    #[must_use]
    pub fn mutation(&self, mutation: MutationId) -> Option<MutationInfo> {
        self.read(|client| client.mutation(mutation)).flatten()
    }

    /// How many mutations wait for their outcome, of all components: "3 changes not saved yet".
    #[must_use]
    pub fn pending_mutations(&self) -> usize {
        self.read(realtime_core::Client::pending_mutations)
            .unwrap_or_default()
    }

    /// An id for a row that the server has not named yet; no other row of this client has it.
    #[must_use]
    pub fn temporary_id(&self) -> String {
        self.runtime.temporary_id()
    }
}

impl Runtime {
    /// Gives a mutation to the client, now or right after the command that this is called from.
    /// `begun` is told its id before `listen` hears anything of it.
    pub(crate) fn begin_mutation<O>(
        &self,
        parts: Parts<O>,
        listen: Listen,
        begun: impl FnOnce(MutationId) + 'static,
    ) -> Result<(), MutateError> {
        let Parts { mutation, call, .. } = parts;
        let mutation = mutation?;
        let mutations = self.track_mutations(tracking);
        self.post(move |client, now| {
            mutations.forget_ended(client);
            let id = client.mutate(now, mutation);
            // Before its first output is done.
            mutations.track(id, listen, call);
            begun(id);
        });
        Ok(())
    }
}

/// A mutation from [`RealtimeClient::mutate`], and how it ends.
///
/// As a future it resolves once: to the answer; to `None` if it was carried out but the answer is
/// not known, or if there was nothing left to send; or to why it failed. One that fails and is kept
/// resolves at the failure, whatever a later retry brings.
pub struct PendingMutation<O> {
    runtime: Weak<Runtime>,
    id: Rc<Cell<Option<MutationId>>>,
    read: fn(&str) -> Result<O, DecodeError>,
    state: State,
}

enum State {
    Waiting(oneshot::Receiver<Outcome>),
    Failed(MutateError),
}

impl<O> PendingMutation<O> {
    /// Names the mutation, for the other commands; `None` if it could not be written, or was made
    /// inside a reducer or comparator and has not begun yet.
    #[must_use]
    pub fn id(&self) -> Option<MutationId> {
        self.id.get()
    }

    /// Gives it up, as [`RealtimeClient::cancel_mutation`] does.
    pub fn cancel(&self) {
        if let (Some(runtime), Some(id)) = (self.runtime.upgrade(), self.id()) {
            runtime.post(move |client, now| client.cancel_mutation(now, id));
        }
    }
}

/// Reads an answer; one that is `null` where something else is asked for is none.
pub(crate) fn read_answer<O>(
    json: &str,
    read: fn(&str) -> Result<O, DecodeError>,
) -> Result<Option<O>, DecodeError> {
    match read(json) {
        Ok(answer) => Ok(Some(answer)),
        Err(_) if json == "null" => Ok(None),
        Err(error) => Err(error),
    }
}

impl<O> Future for PendingMutation<O> {
    type Output = Result<Option<O>, MutateError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let read = self.read;
        match &mut self.state {
            State::Failed(error) => Poll::Ready(Err(error.clone())),
            State::Waiting(receiver) => Pin::new(receiver).poll(context).map(|outcome| {
                // Without a client there is nobody left who could tell.
                let gone = MutationError::Send(SendError::Disconnected);
                match outcome.unwrap_or(Err(gone))? {
                    Some(json) => Ok(read_answer(&json, read)?),
                    None => Ok(None),
                }
            }),
        }
    }
}

impl<O> fmt::Debug for PendingMutation<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PendingMutation").field(&self.id()).finish()
    }
}
