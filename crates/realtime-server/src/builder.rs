//! Builder: how a hub is set up.

use crate::{
    Access, Credentials, Hub, Limits, Message, Origins, Refusal, Visitor, policy::Policy,
    replica::Replicate,
};
use futures::FutureExt;
use serde::Serialize;
use serde_json::value::to_raw_value;
use std::{fmt, future::Future, sync::Arc};

/// How a hub is set up.
///
/// ```
/// use realtime_server::{Access, Credentials, Hub, Message, Refusal, Right, User};
/// use serde_json::json;
///
/// let hub = Hub::builder()
///     .authenticate(async |credentials: Credentials| match credentials.token.as_deref() {
///         Some("secret") => Ok(User::new("u1", "Ada")),
///         _ => Err(Refusal::unauthorized()),
///     })
///     .authorize(async |access: Access| match access.right {
///         Right::Send if access.channel == "news" => Err(Refusal::forbidden("the news are read only")),
///         _ => Ok(()),
///     })
///     .on_message(async |message: Message| match message.event.as_str() {
///         "task:create" => {
///             let title: String = message.data()?;
///             Ok(json!({"id": "t1", "version": 1, "title": title}))
///         }
///         other => Err(Refusal::unknown_event(other)),
///     })
///     .build();
/// # drop(hub);
/// ```
#[derive(Default)]
pub struct HubBuilder {
    limits: Limits,
    policy: Policy,
    replicate: Option<Arc<dyn Replicate>>,
}

impl HubBuilder {
    /// Bounds whatever a client can make grow. [`Limits::default`].
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Whose pages may open a socket. [`Origins::same_host`].
    #[must_use]
    pub fn origins(mut self, origins: Origins) -> Self {
        self.policy.origins = origins;
        self
    }

    /// Says who somebody is: a [`User`](crate::User), or [`Visitor::Anyone`]. It is asked when a socket is opened, without
    /// a token, so that a cookie may be enough; when it brings a token in `auth`; and when it brings a new one on a live link.
    /// A socket of which it is not known in time ([`Limits::auth_within`]) is closed. Without this, everybody is
    /// [`Visitor::Anyone`].
    #[must_use]
    pub fn authenticate<F, V>(
        mut self,
        says_who: impl Fn(Credentials) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<V, Refusal>> + Send + 'static,
        V: Into<Visitor>,
    {
        self.policy.authenticate = Some(Box::new(move |credentials| {
            let said = says_who(credentials);
            async move { said.await.map(Into::into) }.boxed()
        }));
        self
    }

    /// Says who may do what on a channel; a refusal is told to the client. Without this, everybody may do everything.
    #[must_use]
    pub fn authorize<F>(mut self, may: impl Fn(Access) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), Refusal>> + Send + 'static,
    {
        self.policy.authorize = Some(Box::new(move |access| may(access).boxed()));
        self
    }

    /// Does what a client's message asks for. What it gives is the data of the acknowledgement, and is remembered: a
    /// message that is sent again under its id gets the same answer, and is not carried out twice.
    ///
    /// A socket that closes meanwhile changes nothing: a message that was taken is carried out to its end. Without this,
    /// every message is refused as an `unknown_event`.
    #[must_use]
    pub fn on_message<F, T>(
        mut self,
        handler: impl Fn(Message) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<T, Refusal>> + Send + 'static,
        T: Serialize,
    {
        self.policy.handle = Some(Box::new(move |message| {
            let done = handler(message);
            async move {
                let data = done.await?;
                match to_raw_value(&data) {
                    Ok(data) => Ok(Arc::from(data)),
                    Err(error) => {
                        tracing::error!(%error, "an answer could not be written");
                        Err(Refusal::internal())
                    }
                }
            }
            .boxed()
        }));
        self
    }

    /// Keeps shared texts; see [`texts`](crate::texts). The hub then answers `text:sync` and `text:update` itself, and
    /// [`on_message`](Self::on_message) does not hear of them. Whoever may follow a channel may read its text, and whoever may send on
    /// it may write.
    #[cfg(feature = "text")]
    #[must_use]
    pub fn texts(mut self, options: crate::texts::TextOptions) -> Self {
        self.policy.texts = Some(Arc::new(options.into()));
        self
    }

    /// Makes the hub one of several copies; see [`replica`](crate::replica).
    #[must_use]
    pub fn replicate(mut self, replicate: impl Replicate) -> Self {
        self.replicate = Some(Arc::new(replicate));
        self
    }

    /// The hub.
    #[must_use]
    pub fn build(self) -> Hub {
        Hub::from_parts(self.limits, self.policy, self.replicate)
    }
}

impl fmt::Debug for HubBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HubBuilder")
            .field("limits", &self.limits)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}
