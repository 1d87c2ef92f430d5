//! Request: the mutation that the app asks for.

use super::{Edit, ServerIds};
use crate::{id::RowId, outbox::Message, overlay::Outgoing};
use std::{fmt, rc::Rc, time::Duration};

type MakeData = Rc<dyn Fn(&Sending<'_>) -> String>;

/// What to do while there is no connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OfflinePolicy {
    /// Show the edits and wait, however long; the number of those that wait is bounded.
    #[default]
    Queue,
    /// Fail at once, and show nothing.
    Fail,
}

/// How a mutation reaches the server.
#[derive(Clone, Debug)]
pub(crate) enum Sender {
    /// As a message that is to be answered.
    Message(Message),
    /// By a function of the app's, which gets this input as JSON.
    App(Rc<str>),
}

/// Something the user did: what to send, and what to show meanwhile.
///
/// ```
/// use realtime_core::{Edit, ListEdit, Message, Mutation, key, ListItem, RowId};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(PartialEq, Serialize, Deserialize)]
/// struct Task { id: RowId, version: u64, done: bool }
///
/// impl ListItem for Task {
///     fn id(&self) -> RowId { RowId::from(&self.id) }
///     fn version(&self) -> Option<u64> { Some(self.version) }
/// }
///
/// let id = RowId::from("t1");
/// let patch = r#"{"done":true}"#;
/// let done = ListEdit::<Task>::Update { id: id.clone(), patch: patch.into() };
/// let mutation = Mutation::new(Message::new("task:edit", "null").on("tasks"))
///     .with_edit(Edit::list(key!["tasks"], done))
///     .with_data(move |sending| {
///         format!(r#"{{"id":{:?},"patch":{}}}"#, sending.id(&id), sending.patch(0).unwrap_or(patch))
///     })
///     .with_scope("task:t1")
///     .with_retries(2);
/// ```
#[derive(Clone)]
pub struct Mutation {
    pub(crate) sender: Sender,
    pub(crate) edits: Vec<Edit>,
    pub(crate) scope: Option<Rc<str>>,
    pub(crate) retries: u32,
    pub(crate) timeout: Duration,
    pub(crate) offline: OfflinePolicy,
    pub(crate) keep_failed: bool,
    /// Whether it outlives the page.
    pub(crate) persist: bool,
    /// Whether it does so already: its message cannot be made anew.
    pub(crate) is_restored: bool,
    make_data: Option<MakeData>,
}

impl Mutation {
    fn with_sender(sender: Sender) -> Self {
        Self {
            sender,
            edits: Vec::new(),
            scope: None,
            retries: 0,
            timeout: Duration::from_secs(10),
            offline: OfflinePolicy::default(),
            keep_failed: false,
            persist: false,
            is_restored: false,
            make_data: None,
        }
    }

    /// A mutation that is sent as `message`. The message's delivery is the mutation's business:
    /// reliable, with an answer, and the same id however often it is sent.
    #[must_use]
    pub fn new(message: Message) -> Self {
        Self::with_sender(Sender::Message(message))
    }

    /// A mutation that a function of the app's carries out, with `input`, a JSON text: the client
    /// asks for it by [`Output::StartMutation`](crate::Output::StartMutation).
    #[must_use]
    pub fn external(input: impl AsRef<str>) -> Self {
        Self::with_sender(Sender::App(input.as_ref().into()))
    }

    /// Shows this edit as well, until the server has spoken.
    #[must_use]
    pub fn with_edit(mut self, edit: Edit) -> Self {
        self.edits.push(edit);
        self
    }

    /// Makes the data (of the message, or the function's input) when it is sent.
    #[must_use]
    pub fn with_data(mut self, make: impl Fn(&Sending<'_>) -> String + 'static) -> Self {
        self.make_data = Some(Rc::new(make));
        self
    }

    /// Puts the server's ids in place of temporary ones wherever they stand in the data, when it is sent.
    #[must_use]
    pub fn with_ids(self) -> Self {
        let data: Rc<str> = match &self.sender {
            Sender::Message(message) => message.data.as_str().into(),
            Sender::App(input) => Rc::clone(input),
        };
        self.with_data(move |sending| sending.ids.put_right(&data))
    }

    /// Keeps it on the disk until it has an outcome, if the client has a store: after a reload it is shown
    /// again, and sent under the id that it had. A function of the app's, and an edit made by one
    /// ([`RecordEdit::Apply`](crate::RecordEdit::Apply)), cannot be kept.
    #[must_use]
    pub const fn with_persist(mut self) -> Self {
        self.persist = true;
        self
    }

    /// Waits for the mutations with the same scope that were made before. By default none waits.
    #[must_use]
    pub fn with_scope(mut self, scope: impl AsRef<str>) -> Self {
        self.scope = Some(scope.as_ref().into());
        self
    }

    /// Tries again so many times when there is no answer or the server asks for patience, after
    /// 1 s, 2 s, 4 s … 30 s. Default 0. What a broken connection swallowed is sent again in
    /// any case, and is not counted.
    #[must_use]
    pub const fn with_retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// How long the answer may take, from when it really was sent. Default 10 s.
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// What to do while there is no connection. Default [`OfflinePolicy::Queue`].
    #[must_use]
    pub const fn with_offline(mut self, policy: OfflinePolicy) -> Self {
        self.offline = policy;
        self
    }

    /// Goes on showing the edits when it has failed, marked as failed, until
    /// [`Client::retry_mutation`](crate::Client::retry_mutation) or
    /// [`Client::dismiss_mutation`](crate::Client::dismiss_mutation). Default `false`.
    ///
    /// One that is cancelled, or whose row was not created, is never kept.
    #[must_use]
    pub const fn with_keep_failed(mut self, keep: bool) -> Self {
        self.keep_failed = keep;
        self
    }

    pub(crate) fn data(&self, sending: &Sending<'_>) -> Rc<str> {
        match (&self.make_data, &self.sender) {
            (Some(make), _) => make(sending).into(),
            (None, Sender::Message(message)) => message.data.as_str().into(),
            (None, Sender::App(input)) => Rc::clone(input),
        }
    }
}

impl fmt::Debug for Mutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mutation")
            .field("sender", &self.sender)
            .field("edits", &self.edits)
            .field("scope", &self.scope)
            .field("retries", &self.retries)
            .field("timeout", &self.timeout)
            .field("offline", &self.offline)
            .field("keep_failed", &self.keep_failed)
            .field("persist", &self.persist)
            .field("make_data", &self.make_data.is_some())
            .finish()
    }
}

/// What is known at the moment when a mutation is sent.
#[derive(Clone, Copy, Debug)]
pub struct Sending<'a> {
    pub(crate) ids: &'a ServerIds,
    pub(crate) edits: &'a [Option<Outgoing>],
}

impl Sending<'_> {
    /// The server's id for a temporary one; any other id is itself.
    #[must_use]
    pub fn id(&self, id: impl Into<RowId>) -> RowId {
        self.ids.resolve(id)
    }

    /// Edit number `edit`, counted from 0, as a merge patch over what the server has: after a
    /// three-way merge only what is left of it. `None` if the edit changes no fields, or if its
    /// query is not in the cache.
    #[must_use]
    pub fn patch(&self, edit: usize) -> Option<&str> {
        self.edits.get(edit)?.as_ref()?.patch.as_deref()
    }

    /// The version of the item that edit number `edit` was made on. A server that gets it can refuse
    /// the message with the code `conflict` if the item is newer; the message is then
    /// made and sent again.
    #[must_use]
    pub fn base_version(&self, edit: usize) -> Option<u64> {
        self.edits.get(edit)?.as_ref()?.base_version
    }
}
