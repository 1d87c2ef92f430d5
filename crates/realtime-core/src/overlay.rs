//! Optimistic edits: what the user did, shown over what the server says, until the server says it
//! too.
//!
//! # Layers
//!
//! Each edit is a *layer*. What people see is the synced state, which only fetches and events
//! change, with the layers folded over it in the order they were made. Nothing is ever rolled back
//! to a remembered state: when the synced state of a row changes, or one of its layers goes, its
//! layers are folded over the state as it is *now*. So other people's changes show at once, and a
//! failed edit takes nothing with it but itself. Rows without layers cost nothing.
//!
//! # When a layer goes
//!
//! - *Echo.* An event carries the id of the mutation's message. The layers on the rows that the
//!   event names go in the same step in which the event is applied, so the edit is seen exactly
//!   once: never twice, never gone for a moment.
//! - *Answer with a version.* The answer holds the item as it is after the edit, or just its version. An
//!   item is applied like an event; a version makes the layer stay until the row has it.
//! - *Answer without.* The edit is safe, but nobody knows what it became. The layer stays (the row
//!   no longer counts as pending) until the echo comes or a fetch that began after the answer
//!   lands. If neither comes within five seconds of open connection, the query is fetched once
//!   more; thirty seconds later the layer goes whatever happened.
//! - *Failure or cancellation.* The layer goes at once, and with a failed insert the layers of the
//!   mutations that edit the inserted row.
//! - *Overruled.* If the conflict policy has given every field of the edit to someone else before it
//!   was sent, it never is, and its layer goes at once.
//!
//! # Conflicts
//!
//! An edit remembers what the server had when it was made, its *base*. With the edits below laid over
//! both, the base becomes what the edit was made on, and the synced state what is there now. If these
//! differ, others have changed something, and the [`ConflictPolicy`] says how the two come together. A
//! field that others have won stays theirs.
//!
//! What the server made of an edit of our own is no change by others: when synced state gets it, so
//! do the bases of all other edits. An edit that fails leaves nothing behind, for it is in no base.

mod conflict;
mod fold;
mod outcome;
mod stack;
mod text;

pub use conflict::{Conflict, ConflictPolicy, Side};
pub(crate) use fold::{Change, JsonOf, Rules};
pub(crate) use outcome::Became;
pub(crate) use stack::{Layer, Phase, Stack};
pub(crate) use text::text;

use crate::{
    id::{MessageId, MutationId, RowId},
    time::Instant,
};
use std::rc::Rc;

/// Names one edit: the mutation it belongs to, and which of its edits it is. Later edits are
/// greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LayerId {
    /// The mutation.
    pub mutation: MutationId,
    /// The edit's number within it, from 0.
    pub edit: usize,
}

/// How a row or record with layers stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayerState {
    /// Some edit of it waits for the server.
    Pending,
    /// An edit of it failed and is kept, to be tried again or dismissed.
    Failed(MutationId),
}

/// What an edit amounts to just now, for the message that sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The change as a merge patch: after a three-way merge, what is left of it. `None` for an
    /// edit that is no change of fields.
    pub patch: Option<Rc<str>>,
    /// The version of the synced item under the edit, if it has one: for a server that refuses
    /// edits of anything but the newest version.
    pub base_version: Option<u64>,
    /// Whether the conflict policy has given every field of the edit to someone else.
    pub is_overruled: bool,
}

/// An event that may be the echo of an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Echo<'a> {
    /// It has this data, and is applied next, in any case.
    Coming(&'a str),
    /// It has this data, which is known to be in the resource's already: it is not applied.
    Known(&'a str),
    /// It changes nothing itself, but says that there is something to fetch: the layers only
    /// count as confirmed.
    Signal,
}

/// What an overlay has to tell, since it was last asked.
#[derive(Debug, Default)]
pub struct OverlayNews {
    /// Edits that lost a field to someone else's, or won it.
    pub conflicts: Vec<(MutationId, Conflict)>,
    /// Temporary ids and the server's ids for them.
    pub ids: Vec<(MutationId, RowId, RowId)>,
    /// Temporary ids that are the ids of rows of the server's by now.
    pub outranked: Vec<RowId>,
    /// Mutations whose echo has come, and whether the ids of all rows they insert are known with it.
    pub echoed: Vec<(MutationId, bool)>,
    /// Mutations whose new rows a fetch should have brought, and whether it brought all of them under
    /// the ids that they have here.
    pub fetched: Vec<(MutationId, bool)>,
}

/// The layers over one [`Resource`](crate::query::Resource), for those who do not know its type.
///
/// Each method says whether what people see has changed.
pub trait Overlay {
    /// How many layers there are.
    fn len(&self) -> usize;

    /// Whether there are no layers.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether any layer of `mutation` is left.
    fn has(&self, mutation: MutationId) -> bool;

    /// Whether `mutation` has made a row here of which the server has not said the id.
    fn awaits_id(&self, mutation: MutationId) -> bool {
        let _ = mutation;
        false
    }

    /// `mutation` is sent as the message `message` from now on.
    fn expect(&mut self, mutation: MutationId, message: &MessageId);

    /// An event with the id `message` has come: takes the layers off that it is the echo of.
    fn echo(&mut self, now: Instant, message: &MessageId, event: Echo<'_>) -> bool;

    /// The server has carried `mutation` out, and answered `answer`, a JSON text.
    fn confirm(&mut self, now: Instant, mutation: MutationId, answer: &str) -> bool;

    /// Takes the layers of `mutation` off, as if they had never been made.
    fn revoke(&mut self, now: Instant, mutation: MutationId) -> bool;

    /// Marks the layers of `mutation` as failed, or as on their way again.
    fn set_failed(&mut self, mutation: MutationId, failed: bool) -> bool;

    /// A fetch has begun: it will contain all that is confirmed by now.
    fn fetch_began(&mut self);

    /// A fetch's result is taken next, and after it the events that came meanwhile: what lies there in
    /// between is known to be old.
    fn begin_landing(&mut self);

    /// That is done. Conflicts with what there is now are told if it `is_last`, and no other fetch
    /// follows because this one may lack something.
    fn end_landing(&mut self, is_last: bool) -> bool;

    /// Whether edits are merged with other people's before they are sent.
    fn merges(&self) -> bool;

    /// What an edit amounts to just now; `None` if it has no layer here.
    fn outgoing(&self, layer: LayerId) -> Option<Outgoing>;

    /// What there is to tell.
    fn take_news(&mut self) -> OverlayNews;
}
