//! Error of a mutation of an earlier page, which nobody here waits for.

use realtime_core::{Client, MutationError, MutationEvent, MutationId};
use std::cell::RefCell;

/// The error of a mutation that is over, and that nobody here waits for: it is of an earlier page. Whoever
/// cancels one knows, and one that is kept shows in its rows.
pub(crate) fn untold(
    client: &RefCell<Client>,
    mutation: MutationId,
    event: MutationEvent,
) -> Option<MutationError> {
    match event {
        MutationEvent::Failed { error, .. } if !client.borrow().is_mutation_open(mutation) => {
            Some(error).filter(|error| *error != MutationError::Cancelled)
        }
        _ => None,
    }
}
