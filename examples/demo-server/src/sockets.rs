//! Sockets: those of Socket.IO in a room, on all servers that share a Redis.

use crate::{config::Config, limits::GRACE, refusals::unavailable};
use futures::future::BoxFuture;
use realtime_replication::{Bus, RedisAdapter};
use realtime_server::{Hub, Refusal};
use redis::{ErrorKind, RedisResult};
use socketioxide::{
    SocketIo,
    adapter::{Adapter, AdapterError},
    socket::RemoteSocket,
};
use socketioxide_redis::{InitError, RedisAdapterConfig, RedisAdapterCtr};
use std::{fmt, sync::Arc};

type Ask = dyn Fn(String) -> BoxFuture<'static, Result<Vec<String>, Refusal>> + Send + Sync;

/// Whoever knows the ids of the sockets in a room.
#[derive(Clone)]
pub(crate) struct Sockets(Arc<Ask>);

impl Sockets {
    /// Those of a server of its own, which knows of no others.
    pub(crate) fn local(hub: &Hub) -> Self {
        let io = hub.socketio(SocketIo::builder());
        io.ns("/", hub.visitors());
        Self::of(io)
    }

    /// Those of all servers that share a Redis.
    pub(crate) async fn shared(hub: &Hub, config: &Config, url: &str) -> RedisResult<Self> {
        let prefix = format!("{}:socket.io", config.redis_prefix);
        let adapter = RedisAdapterConfig::new()
            .with_prefix(prefix)
            .with_request_timeout(GRACE);
        let adapter = RedisAdapterCtr::new_with_driver(Bus::connect(url).await?, adapter);
        let io = hub.socketio(SocketIo::builder().with_adapter::<RedisAdapter>(adapter));
        match io.ns("/", hub.visitors()).await {
            Ok(()) => Ok(Self::of(io)),
            Err(InitError::Driver(error)) => Err(error),
            Err(InitError::MalformedNamespace) => {
                Err((ErrorKind::Client, "the namespace / is refused").into())
            }
        }
    }

    fn of<A: Adapter>(io: SocketIo<A>) -> Self {
        Self(Arc::new(move |room| {
            let io = io.clone();
            Box::pin(async move {
                let sockets = io.within(room).fetch_sockets().await;
                let sockets = sockets.map_err(|error| {
                    let error: AdapterError = error.into();
                    tracing::warn!(%error, "the other servers cannot be asked for their sockets");
                    unavailable()
                })?;
                let id = |socket: RemoteSocket<A>| socket.into_data().id.to_string();
                Ok(sockets.into_iter().map(id).collect())
            })
        }))
    }

    /// The ids of the sockets in a room.
    pub(crate) async fn in_room(&self, room: &str) -> Result<Vec<String>, Refusal> {
        (self.0)(room.to_owned()).await
    }
}

impl fmt::Debug for Sockets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sockets").finish_non_exhaustive()
    }
}
