//! Mutations as an app asks for them: what to send when the user has done something, and what to show meanwhile.

use crate::error::{IntoFetchError, MutateError};
use futures::{FutureExt, future::LocalBoxFuture};
use realtime_core::{
    DecodeError, Edit, FetchError, Message, MessageId, Mutation, OfflinePolicy, Sending,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{fmt, future::Future, rc::Rc, time::Duration};

/// Carries a mutation out: gets its data and its idempotency key, gives the answer as JSON.
pub(crate) type RunCall =
    Rc<dyn Fn(Rc<str>, MessageId) -> LocalBoxFuture<'static, Result<Rc<str>, FetchError>>>;

/// Something the user did: what to send, what to show before the server has spoken, and how hard to
/// try. `O` is the answer's type; `()` if nobody reads it.
///
/// Give it to [`use_realtime_mutation`](crate::use_realtime_mutation) or to
/// [`RealtimeClient::mutate`](crate::RealtimeClient::mutate). The edits are shown at once and lie over
/// whatever else happens to the data until the server's event or answer has them; a failure takes
/// them away, and nothing but them.
///
/// ```
/// use realtime_yew::prelude::*;
/// use serde_json::json;
///
/// #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
/// struct Task { id: String, version: u64, title: String }
/// # impl ListItem for Task {
/// #     fn id(&self) -> RowId { RowId::from(&self.id) }
/// # }
///
/// fn rename(tasks: &ListRef<Task>, id: &String, title: &str) -> MutationSpec<Task> {
///     MutationSpec::message("task:update", "tasks", &json!({ "id": id, "title": title }))
///         .with_edit(tasks.update(id, &json!({ "title": title })))
///         .with_scope(format!("task:{id}"))
///         .with_answer::<Task>()
/// }
/// ```
pub struct MutationSpec<O = ()> {
    mutation: Result<Mutation, MutateError>,
    call: Option<RunCall>,
    read: fn(&str) -> Result<O, DecodeError>,
}

/// A specification taken apart.
pub(crate) struct Parts<O> {
    pub(crate) mutation: Result<Mutation, MutateError>,
    pub(crate) call: Option<RunCall>,
    pub(crate) read: fn(&str) -> Result<O, DecodeError>,
}

impl MutationSpec<()> {
    /// Sends `event` with `data` over the socket and waits for the answer. A repeat has the same
    /// id, so a server that remembers ids does it once.
    ///
    /// A text in `data` that is the temporary id of a row is sent as the id that the server gave
    /// the row.
    pub fn message<'a, D: Serialize + ?Sized>(
        event: &str,
        channel: impl Into<Option<&'a str>>,
        data: &D,
    ) -> Self {
        let channel = channel.into();
        let mutation = value_of(data).map(|data| {
            with_ids(data, |data| {
                let message = Message::new(event, data);
                Mutation::new(match channel {
                    Some(channel) => message.on(channel),
                    None => message,
                })
            })
        });
        Self {
            mutation,
            call: None,
            read: |_| Ok(()),
        }
    }

    /// Reads the server's answer as an `R`.
    #[must_use]
    pub fn with_answer<R: DeserializeOwned>(self) -> MutationSpec<R> {
        MutationSpec {
            mutation: self.mutation,
            call: self.call,
            read: |json| {
                serde_json::from_str(json)
                    .map_err(|error| DecodeError::new("the server's answer", error))
            },
        }
    }
}

impl<O: Serialize + DeserializeOwned + 'static> MutationSpec<O> {
    /// Calls `call` with `data` and an idempotency key: for a server that takes changes over HTTP.
    ///
    /// It may be called again, after a timeout or a failure, with the same key; a server that is
    /// told the key can tell that it is the same request. If it also puts the key into the event
    /// that the request causes, as its `id`, the edit is known to be in that event.
    ///
    /// A text in `data` that is the temporary id of a row is passed as the id that the server gave
    /// the row.
    ///
    /// ```
    /// # use realtime_yew::prelude::*;
    /// # #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    /// # struct Task { id: u64, title: String }
    /// # async fn put_task(_: Task, _: &str) -> Result<Task, FetchError> { Err(FetchError::new("down")) }
    /// fn save(task: &Task) -> MutationSpec<Task> {
    ///     MutationSpec::call(task, |task: Task, key| async move { put_task(task, &key).await })
    ///         .with_retries(3)
    /// }
    /// ```
    pub fn call<D, F, Fut, E>(data: &D, call: F) -> Self
    where
        D: Serialize + DeserializeOwned + 'static,
        F: Fn(D, MessageId) -> Fut + 'static,
        Fut: Future<Output = Result<O, E>> + 'static,
        E: IntoFetchError,
    {
        let mutation = value_of(data).map(|data| with_ids(data, Mutation::external));
        let run = move |data: Rc<str>, key: MessageId| {
            let answer = serde_json::from_str(&data).map(|data| call(data, key));
            async move {
                let answer = match answer {
                    Ok(answer) => answer.await.map_err(IntoFetchError::into_fetch_error)?,
                    Err(error) => return Err(unfit("data", &error)),
                };
                match serde_json::to_string(&answer) {
                    Ok(json) => Ok(Rc::from(json)),
                    Err(error) => Err(unfit("answer", &error)),
                }
            }
            .boxed_local()
        };
        Self {
            mutation,
            call: Some(Rc::new(run)),
            read: |json| {
                serde_json::from_str(json)
                    .map_err(|error| DecodeError::new("the function's answer", error))
            },
        }
    }
}

impl<O> MutationSpec<O> {
    /// Shows `edit` until the server has spoken. There may be several, of any lists and records;
    /// [`ListRef`](crate::ListRef) makes those of a list.
    #[must_use]
    pub fn with_edit(self, edit: Edit) -> Self {
        self.map(|mutation| mutation.with_edit(edit))
    }

    /// Makes the data when it is sent. `make` is told the server's ids, and what is left of the
    /// edits where a [`ConflictPolicy`](realtime_core::ConflictPolicy) has merged them with other
    /// people's.
    #[must_use]
    pub fn with_data(self, make: impl Fn(&Sending<'_>) -> Value + 'static) -> Self {
        self.map(|mutation| mutation.with_data(move |sending| make(sending).to_string()))
    }

    /// Waits for those of the same scope that were made before; for changes of one thing, name the
    /// thing. Default: waits for none.
    #[must_use]
    pub fn with_scope(self, scope: impl AsRef<str>) -> Self {
        self.map(|mutation| mutation.with_scope(scope))
    }

    /// Tries again so often, after 1 s, 2 s, 4 s … 30 s, when there is no answer or the server
    /// asks for patience. Default 0. What a broken connection swallowed is sent again in any case.
    #[must_use]
    pub fn with_retries(self, retries: u32) -> Self {
        self.map(|mutation| mutation.with_retries(retries))
    }

    /// How long the answer may take, from when it really was sent. Default 10 s.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        self.map(|mutation| mutation.with_timeout(timeout))
    }

    /// What to do without a connection: wait (the default), or fail at once and show nothing.
    #[must_use]
    pub fn with_offline(self, policy: OfflinePolicy) -> Self {
        self.map(|mutation| mutation.with_offline(policy))
    }

    /// Goes on showing the edits after a failure, marked as failed, until they are retried or
    /// dismissed. Default `false`: a failure takes them away.
    #[must_use]
    pub fn with_keep_failed(self, keep: bool) -> Self {
        self.map(|mutation| mutation.with_keep_failed(keep))
    }

    /// Keeps the mutation on the disk until it has an outcome: after a reload its edits are shown again, and
    /// it is sent once, under the id that it had. It takes
    /// [`with_persist_mutations`](crate::RealtimeOptions::with_persist_mutations) of the options, and a
    /// [`message`](Self::message): no function can be kept. Whether it is on the disk by now, says
    /// [`RealtimeClient::mutation`](crate::RealtimeClient::mutation). Feature `persist`.
    #[cfg(feature = "persist")]
    #[must_use]
    pub fn with_persist(self) -> Self {
        self.map(Mutation::with_persist)
    }

    fn map(mut self, change: impl FnOnce(Mutation) -> Mutation) -> Self {
        self.mutation = self.mutation.map(change);
        self
    }

    pub(crate) fn into_parts(self) -> Parts<O> {
        Parts {
            mutation: self.mutation,
            call: self.call,
            read: self.read,
        }
    }
}

impl<O> Clone for MutationSpec<O> {
    fn clone(&self) -> Self {
        Self {
            mutation: self.mutation.clone(),
            call: self.call.clone(),
            read: self.read,
        }
    }
}

impl<O> fmt::Debug for MutationSpec<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MutationSpec").field(&self.mutation).finish()
    }
}

fn value_of<D: Serialize + ?Sized>(data: &D) -> Result<Value, MutateError> {
    serde_json::to_value(data).map_err(|error| MutateError::Encode(error.to_string().into()))
}

fn unfit(what: &str, error: &serde_json::Error) -> FetchError {
    FetchError::permanent(format!(
        "the {what} of the mutation is not what its type writes: {error}"
    ))
}

/// The mutation, which sends `data` with the server's ids.
fn with_ids(data: Value, make: impl FnOnce(String) -> Mutation) -> Mutation {
    make(data.to_string()).with_data(move |sending| {
        let mut data = data.clone();
        resolve(&mut data, sending);
        data.to_string()
    })
}

/// Puts the server's ids in the place of temporary ones.
fn resolve(value: &mut Value, sending: &Sending<'_>) {
    match value {
        Value::String(text) => {
            if let Ok(id) = serde_json::to_value(sending.id(&*text)) {
                *value = id;
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| resolve(value, sending)),
        Value::Object(fields) => fields
            .values_mut()
            .for_each(|value| resolve(value, sending)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
