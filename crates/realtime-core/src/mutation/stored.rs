//! Stored mutation: one that outlives the page, as text, and what becomes of it in the next.

use super::{
    Edit, Mutation, MutationError, OfflinePolicy,
    edit::{EditKind, StoredChange},
    error::Interruption,
    request::Sender,
};
use crate::{
    id::{MessageId, RowId},
    key::QueryKey,
    outbox::Message,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::{rc::Rc, time::Duration};

/// The version of the format; another is refused.
const FORMAT: u32 = 1;

/// How long a text may be that is read back.
const MAX_TEXT: usize = 16 << 20;

/// A mutation without an outcome as it is kept.
#[derive(Serialize, Deserialize)]
struct Stored<'a> {
    format: u32,
    /// Which build of the app has written it.
    build: String,
    /// Its place among all that are kept, in the order they were made.
    place: u64,
    /// The id of its message.
    message: String,
    event: String,
    channel: Option<String>,
    #[serde(borrow)]
    data: &'a RawValue,
    #[serde(borrow)]
    edits: Vec<StoredEdit<'a>>,
    scope: Option<String>,
    retries: u32,
    timeout: u64,
    fails_offline: bool,
    keeps_failed: bool,
    /// Whether the server may have got it.
    sent: bool,
    /// Why it failed, if it did.
    failed: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct StoredEdit<'a> {
    #[serde(borrow)]
    key: &'a RawValue,
    id: Option<RowId>,
    change: StoredChange,
    /// What the field with the id is called, if it makes a row.
    id_field: Option<String>,
}

/// What is written of a mutation beside what it is itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing<'a> {
    pub(crate) message: &'a MessageId,
    pub(crate) place: u64,
    pub(crate) build: &'a str,
    /// The message's data, made as if it were sent now.
    pub(crate) data: &'a str,
    /// Whether the server may have got it.
    pub(crate) sent: bool,
    pub(crate) error: Option<&'a MutationError>,
}

/// A mutation that was read back.
#[derive(Debug)]
pub(crate) struct Restored {
    pub(crate) mutation: Mutation,
    pub(crate) message: MessageId,
    pub(crate) place: u64,
    pub(crate) sent: bool,
    /// Why it is not to be sent just like that.
    pub(crate) interrupted: Option<Interruption>,
}

/// What is known of the time since a mutation was kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Absence<'a> {
    /// How long ago it was.
    pub(crate) age: Duration,
    /// For how long the server knows a message again.
    pub(crate) remembered: Duration,
    /// Which build of the app reads.
    pub(crate) build: &'a str,
}

impl Standing<'_> {
    /// The mutation as text; `None` if it cannot be kept: a function carries it out, or makes an edit of
    /// it.
    pub(crate) fn write(
        self,
        mutation: &Mutation,
        resolve: impl Fn(&RowId) -> RowId,
    ) -> Option<String> {
        let Sender::Message(message) = &mutation.sender else {
            return None;
        };
        let keys: Vec<String> = mutation
            .edits
            .iter()
            .map(|edit| edit.key.to_json())
            .collect();
        let edits = mutation.edits.iter().zip(&keys).map(|(edit, key)| {
            let target = edit.target.as_ref();
            Some(StoredEdit {
                key: serde_json::from_str(key).ok()?,
                id: target.map(|target| resolve(&target.id)),
                change: edit.stored(&resolve)?,
                id_field: target.and_then(|target| match &target.kind {
                    EditKind::Insert { id_field } => Some(id_field.to_string()),
                    EditKind::Change | EditKind::Delete => None,
                }),
            })
        });
        let stored = Stored {
            format: FORMAT,
            build: self.build.to_owned(),
            place: self.place,
            message: self.message.as_str().to_owned(),
            event: message.event.as_str().to_owned(),
            channel: message.channel.as_ref().map(|it| it.as_str().to_owned()),
            data: serde_json::from_str(self.data).ok()?,
            edits: edits.collect::<Option<_>>()?,
            scope: mutation.scope.as_deref().map(str::to_owned),
            retries: mutation.retries,
            timeout: u64::try_from(mutation.timeout.as_millis()).unwrap_or(u64::MAX),
            fails_offline: mutation.offline == OfflinePolicy::Fail,
            keeps_failed: mutation.keep_failed,
            sent: self.sent,
            failed: self.error.map(ToString::to_string),
        };
        serde_json::to_string(&stored).ok()
    }
}

impl Restored {
    /// Reads what [`Standing::write`] has written; `None` if it is none of that.
    pub(crate) fn read(text: &str, absence: Absence<'_>) -> Option<Self> {
        let stored: Stored<'_> = (text.len() <= MAX_TEXT)
            .then(|| serde_json::from_str(text).ok())
            .flatten()?;
        if stored.format != FORMAT {
            return None;
        }
        let mut message = Message::new(stored.event, stored.data.get());
        if let Some(channel) = stored.channel {
            message = message.on(channel);
        }
        let mut mutation = Mutation::new(message)
            .with_ids()
            .with_retries(stored.retries)
            .with_timeout(Duration::from_millis(stored.timeout))
            .with_keep_failed(stored.keeps_failed)
            .with_persist();
        mutation.is_restored = true;
        if stored.fails_offline {
            mutation = mutation.with_offline(OfflinePolicy::Fail);
        }
        mutation.scope = stored.scope.map(Rc::from);
        for edit in stored.edits {
            let key = QueryKey::from_json(edit.key.get())?;
            let id_field = edit.id_field.map(Rc::from);
            mutation
                .edits
                .push(Edit::restored(key, edit.id, edit.change, id_field));
        }
        let interrupted = if let Some(why) = stored.failed {
            Some(Interruption::Failed(why.into()))
        } else if stored.build != absence.build {
            Some(Interruption::OtherBuild)
        } else if stored.sent && absence.age > absence.remembered {
            Some(Interruption::Old)
        } else {
            None
        };
        Some(Self {
            mutation,
            message: stored.message.into(),
            place: stored.place,
            sent: stored.sent,
            interrupted,
        })
    }
}
