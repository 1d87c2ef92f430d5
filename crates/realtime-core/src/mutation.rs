//! Mutations: what the user did, shown at once, sent to the server, and settled exactly once.
//!
//! A [`Mutation`] is a message (or a call of an async function of the app's) with the
//! [`Edit`]s that show its effect before the server has spoken. [`Client::mutate`](crate::Client::mutate)
//! lays the edits over the data ([`overlay`](crate::overlay) says what that means) and sends the message; an
//! [`Output::Mutation`](crate::Output) says how it ended.
//!
//! # When it is sent
//!
//! At once, and beside others, unless one of these makes it wait:
//! - *Scope.* Mutations with the same scope are sent one after the other, each when the one before
//!   has its outcome or its echo.
//! - *An unconfirmed insert.* A mutation that edits a row whose insert has no outcome yet waits
//!   for it, since the server may not know the row, or may give it another id. If the insert fails,
//!   the mutation is dropped with it, unsent.
//! - *Being offline*, with [`OfflinePolicy::Queue`]. After a reconnect, an edit under a
//!   [`ConflictPolicy`](crate::ConflictPolicy) that merges waits, for five seconds at most, until its query has caught up
//!   with what others did meanwhile.
//!
//! The message's data is made when it is sent: [`Mutation::with_data`] gets the server's ids for
//! temporary ones, and the edits as they are after merging with other people's.
//!
//! # How often
//!
//! Once, as far as the server is concerned. A message that the connection lost is sent again on the
//! next one with the same id, and so is one that got no answer, up to `retries` times; the
//! server answers a repeat as it did the first time. A refusal is an outcome: what was refused was
//! not done, so what is tried after it gets a new id. The code `conflict` says that the item had a
//! newer version than the message was made for: it is made again from the merged state and sent
//! under a new id, up to five times.
//!
//! # How it ends
//!
//! With one [`MutationEvent`] other than a conflict: confirmed, failed, or annulled. A failed one
//! that is kept ([`Mutation::with_keep_failed`]) stays on the screen, marked, until it is retried (then it
//! will end once more) or dismissed.
//!
//! Deleting a row whose insert, and whatever else was done to it, has not been sent annuls all of
//! it: nothing is sent. An update that is waiting when its row is deleted is still sent, before the delete:
//! its message may say more than the edit shows.

mod edit;
mod error;
mod event;
mod ids;
mod queue;
mod request;
mod stored;

pub use edit::{Edit, ItemState, ListEdit, RecordEdit};
pub use error::{Interruption, MutationError};
pub use event::{MutationEvent, MutationInfo, MutationStats, MutationStatus};
pub use ids::ServerIds;
pub use queue::MutationLimits;
pub(crate) use queue::{Begun, Due, Mutations, Outcome, in_order, keeping_is_used, use_keeping};
pub(crate) use request::Sender;
pub use request::{Mutation, OfflinePolicy, Sending};
pub(crate) use stored::{Absence, Restored, Standing};
