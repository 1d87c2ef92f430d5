//! Policy: what the app decides, asked where nothing else does.

#[cfg(feature = "text")]
use crate::texts::service::{Service, answer, is_about_text};
use crate::{
    Access, Credentials, Message, Origins, Refusal, Visitor, answers::Outcome, credentials::copied,
    limits::RETRY_AFTER_MS,
};
use axum::http::HeaderMap;
use futures::{FutureExt, future::BoxFuture};
use std::{fmt, panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tokio::time::timeout;

type Authenticate =
    Box<dyn Fn(Credentials) -> BoxFuture<'static, Result<Visitor, Refusal>> + Send + Sync>;
type Authorize = Box<dyn Fn(Access) -> BoxFuture<'static, Result<(), Refusal>> + Send + Sync>;
type Handle = Box<dyn Fn(Message) -> BoxFuture<'static, Outcome> + Send + Sync>;

/// What the app decides.
#[derive(Default)]
pub(crate) struct Policy {
    pub(crate) origins: Origins,
    pub(crate) authenticate: Option<Authenticate>,
    pub(crate) authorize: Option<Authorize>,
    pub(crate) handle: Option<Handle>,
    #[cfg(feature = "text")]
    pub(crate) texts: Option<Arc<Service>>,
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy")
            .field("origins", &self.origins)
            .field("authenticates", &self.authenticate.is_some())
            .field("authorizes", &self.authorize.is_some())
            .field("handles", &self.handle.is_some())
            .finish()
    }
}

impl Policy {
    /// Who somebody is.
    pub(crate) async fn authenticate(
        &self,
        credentials: Credentials,
        within: Duration,
    ) -> Result<Visitor, Refusal> {
        match &self.authenticate {
            Some(authenticate) => soon(|| authenticate(credentials), within).await,
            None => Ok(Visitor::Anyone),
        }
    }

    /// What is kept of the headers that a socket was opened with.
    pub(crate) fn kept(&self, headers: &HeaderMap) -> Arc<HeaderMap> {
        match &self.authenticate {
            Some(_) => Arc::new(copied(headers)),
            None => Arc::default(),
        }
    }

    /// Whether somebody may do what they ask for.
    pub(crate) async fn authorize(&self, access: Access, within: Duration) -> Result<(), Refusal> {
        match &self.authorize {
            Some(authorize) => soon(|| authorize(access), within).await,
            None => Ok(()),
        }
    }

    /// Does what a message asks for.
    pub(crate) async fn handle(&self, message: Message) -> Outcome {
        #[cfg(feature = "text")]
        if let Some(texts) = self.texts.as_ref().filter(|_| is_about_text(&message)) {
            return answer(texts, message).await;
        }
        match &self.handle {
            Some(handle) => caught(|| handle(message)).await,
            None => Err(Refusal::unknown_event(&message.event)),
        }
    }
}

/// What the app says, if it says it in time.
pub(crate) async fn soon<T>(
    ask: impl FnOnce() -> BoxFuture<'static, Result<T, Refusal>>,
    within: Duration,
) -> Result<T, Refusal> {
    match timeout(within, caught(ask)).await {
        Ok(said) => said,
        Err(_) => {
            tracing::warn!("a callback of the app took too long");
            Err(Refusal::unavailable(RETRY_AFTER_MS))
        }
    }
}

/// What the app says; where it panics, that it made a mistake.
async fn caught<T>(
    ask: impl FnOnce() -> BoxFuture<'static, Result<T, Refusal>>,
) -> Result<T, Refusal> {
    let reply_to = async { ask().await };
    match AssertUnwindSafe(reply_to).catch_unwind().await {
        Ok(said) => said,
        Err(_) => {
            tracing::error!("a callback of the app panicked");
            Err(Refusal::internal())
        }
    }
}
