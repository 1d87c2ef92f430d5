//! Sync: how a document comes from the server, and what is missing there is made ready to be sent.

use super::shared::Shared;
use crate::{ByteString, Document, SYNC, SyncAnswer, SyncRequest, TextError, TextLimits};
use realtime_yew::{
    AckError, Fetcher, Positioned, RealtimeClient,
    prelude::{FetchError, QueryKey},
    realtime_core::{Position, SendError, ServerError},
};
use std::{rc::Rc, time::Duration};

/// What fetches the document of a channel: it tells the server what is here, and takes in what is not.
pub(crate) fn sync_fetcher(
    client: RealtimeClient,
    channel: Rc<str>,
    key: QueryKey,
) -> Fetcher<Shared> {
    Fetcher::positioned(move || sync(client.clone(), Rc::clone(&channel), key.clone()))
}

async fn sync(
    client: RealtimeClient,
    channel: Rc<str>,
    key: QueryKey,
) -> Result<Positioned<Shared>, FetchError> {
    let cached = || client.data::<Shared>(&key);
    let empty = || Document::new(TextLimits::default());
    let state_vector = match cached() {
        Some(shared) => shared.document().state_vector(),
        None => empty().state_vector(),
    };
    let form = cached().map_or_else(Default::default, |shared| shared.form());
    let request = SyncRequest {
        state_vector: ByteString::new(state_vector, form),
    };
    let sent = client.send_with_ack(SYNC, Some(&channel), &request);
    let answer: SyncAnswer = sent.await.map_err(not_synced)?;
    // It may have come from the disk meanwhile.
    let shared = cached().map_or_else(|| Shared::new(empty()), |shared| Shared::clone(&shared));
    let (update, vector) = (&answer.update, &answer.state_vector.bytes);
    let taken = shared.document().synced(&update.bytes, vector);
    taken.map_err(|error: TextError| FetchError::permanent(error.to_string()))?;
    shared.set_form(update.form);
    Ok(Positioned {
        data: shared.changed(),
        position: (answer.epoch.zip(answer.seq)).map(|(epoch, seq)| Position {
            epoch: epoch.as_str().into(),
            seq,
        }),
    })
}

/// Whether asking again may help.
fn not_synced(error: AckError) -> FetchError {
    let message = error.to_string();
    match error {
        AckError::Send(SendError::Server(error)) if !may_pass(&error) => {
            FetchError::permanent(message)
        }
        AckError::Send(SendError::Server(error)) => {
            let wait = error
                .retry_after
                .map_or(Duration::ZERO, Duration::from_millis);
            FetchError::new(message).with_retry_after(wait)
        }
        AckError::Send(_) => FetchError::new(message),
        _ => FetchError::permanent(message),
    }
}

/// Whether the server says of its error that it may pass.
pub(crate) fn may_pass(error: &ServerError) -> bool {
    error.retry_after.is_some() || matches!(&*error.code, "unavailable" | "rate_limited" | "busy")
}
