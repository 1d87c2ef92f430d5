//! Waits for something to come true, with an end: never for time to pass.

use crate::{
    failure::{Failure, Verdict, shown},
    native::{Listening, Native, Sent},
};
use realtime_core::{ConnectionStatus, ReceivedEvent};
use realtime_testkit::KitError;
use std::{future::Future, rc::Rc, time::Duration};

/// How long anything may take that should happen at once, on a machine that has other things to do.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);

/// Waits until `ready` gives something; `what` completes the sentence "not within 15 s: …".
pub(crate) async fn until<T>(
    native: &Native,
    what: &str,
    ready: impl FnMut(&Native) -> Option<T>,
) -> Verdict<T> {
    native.until(PATIENCE, ready).await.ok_or_else(|| {
        let faults: Vec<_> = native.journal().faults().map(ToString::to_string).collect();
        let state = shown(native.client().connection());
        Failure::new(format!(
            "not within {PATIENCE:?}: {what}; {state}; faults: {}",
            shown(&faults)
        ))
    })
}

/// Waits until something holds of the client.
pub(crate) async fn holds(
    native: &Native,
    what: &str,
    mut condition: impl FnMut(&Native) -> bool,
) -> Verdict {
    until(native, what, |native| condition(native).then_some(())).await
}

/// Waits until the client is connected.
pub(crate) async fn connected(native: &Native) -> Verdict {
    holds(native, "the client is connected", |native| {
        native.client().connection().status == ConnectionStatus::Connected
    })
    .await
}

/// Waits until the client is not connected.
pub(crate) async fn parted(native: &Native) -> Verdict {
    holds(
        native,
        "the client has noticed that the link is gone",
        |native| native.client().connection().status != ConnectionStatus::Connected,
    )
    .await
}

/// Waits for the next event.
pub(crate) async fn event(listening: &mut Listening, what: &str) -> Verdict<Rc<ReceivedEvent>> {
    within(what, listening.next()).await
}

/// Waits for the answer to a send.
pub(crate) async fn answer(sent: impl Future<Output = Sent>, what: &str) -> Verdict<Rc<str>> {
    let answer = within(what, sent).await?;
    answer.map_err(|error| Failure::new(format!("{what}: {error}")))
}

/// Waits for what blocks, on a thread for that.
pub(crate) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, KitError> + Send + 'static,
) -> Verdict<T> {
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(|error| Failure::unable("wait", error))??)
}

/// Waits for anything.
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> Verdict<T> {
    let done = tokio::time::timeout(PATIENCE, future).await;
    done.map_err(|_| Failure::new(format!("not within {PATIENCE:?}: {what}")))
}
