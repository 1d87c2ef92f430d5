//! The same server over Socket.IO, at `/socket.io/`: what the sessions say in envelopes goes over the wire as events,
//! acks and namespaces do. WebSocket only.
//!
//! | envelope | Socket.IO |
//! |---|---|
//! | `auth` | the token is in the CONNECT packet; a wrong one is a connect error |
//! | `subscribe`, and its answer | `join {channel, since, epoch}`, and the ack `{seq, epoch, recovered}` |
//! | `unsubscribe` | `leave {channel}` |
//! | a message, and its `ack` | an event `{channel, messageId, …data}` or `{channel, id, data}`, and its ack: the data, or `{error}` |
//! | an event | an event `{channel, id, seq, epoch, data}` |

mod bus;
mod line;
mod mailbox;
mod payload;
mod upgrade;
mod voice;

pub(crate) use upgrade::upgrade;

use crate::{
    config::Config, errors::Refusal, hub::Hub, limits::GRACE, permissions::Visitor, tokens::Tokens,
};
use axum::http::Request;
use bus::{Bus, RedisAdapter};
use futures::future::BoxFuture;
use hyper::service::Service;
use line::{Cutter, Line};
use redis::{ErrorKind, RedisResult};
use serde::Deserialize;
use socketioxide::{
    SocketIo, SocketIoBuilder,
    adapter::{Adapter, AdapterError, LocalAdapter},
    extract::{SocketRef, TryData},
    handler::ConnectHandler,
    service::SocketIoService,
    socket::{RemoteSocket, Socket},
};
use socketioxide_redis::{InitError, RedisAdapterConfig, RedisAdapterCtr};
use std::{fmt, sync::Arc};
use tokio::sync::RwLock;

/// The Socket.IO side of the server, whatever adapter it has. A socket is in a room for each channel that it has joined.
///
/// The events of channels go to each socket from its own server's hub, which numbers them; the adapter is for what
/// Socket.IO itself does with rooms, on all servers.
pub(crate) trait Engine: fmt::Debug + Send + Sync {
    /// Speaks Socket.IO on a connection.
    fn open(&self, line: Line, handshake: Request<()>);

    /// The ids of the sockets in a room, on all servers.
    fn sockets<'a>(&'a self, room: &'a str) -> BoxFuture<'a, Result<Vec<String>, Refusal>>;

    /// Ends every connection, once all that is queued for them has been said.
    fn close(&self) -> BoxFuture<'_, ()>;
}

/// A server of its own: its sockets know of no others.
pub(crate) fn local(hub: &Arc<Hub>, config: &Arc<Config>, tokens: &Arc<Tokens>) -> Arc<dyn Engine> {
    let endpoint = Endpoint::<LocalAdapter>::new(builder(config));
    endpoint
        .io
        .ns("/", visitors(hub, config, tokens, &endpoint.visiting));
    Arc::new(endpoint)
}

/// One of the servers that share a Redis.
pub(crate) async fn shared(
    hub: &Arc<Hub>,
    config: &Arc<Config>,
    tokens: &Arc<Tokens>,
    url: &str,
) -> RedisResult<Arc<dyn Engine>> {
    let prefix = format!("{}:socket.io", config.redis_prefix);
    let adapter = RedisAdapterConfig::new()
        .with_prefix(prefix)
        .with_request_timeout(GRACE);
    let adapter = RedisAdapterCtr::new_with_driver(Bus::connect(url).await?, adapter);
    let endpoint = Endpoint::new(builder(config).with_adapter::<RedisAdapter>(adapter));
    let handler = visitors(hub, config, tokens, &endpoint.visiting);
    match endpoint.io.ns("/", handler).await {
        Ok(()) => Ok(Arc::new(endpoint)),
        Err(InitError::Driver(error)) => Err(error),
        Err(InitError::MalformedNamespace) => {
            Err((ErrorKind::Client, "the namespace / is refused").into())
        }
    }
}

/// What every adapter is built with.
fn builder(config: &Config) -> SocketIoBuilder {
    SocketIo::builder()
        .ping_interval(config.ping_after)
        .ping_timeout(config.silence.saturating_sub(config.ping_after))
        .connect_timeout(config.auth_within)
        .max_payload(u64::try_from(config.max_message_bytes).unwrap_or(u64::MAX))
        .ws_max_message_size(config.max_message_bytes)
        .ws_max_frame_size(config.max_message_bytes)
}

/// Who may connect, and what becomes of them.
fn visitors<A: Adapter>(
    hub: &Arc<Hub>,
    config: &Arc<Config>,
    tokens: &Arc<Tokens>,
    visiting: &Arc<RwLock<()>>,
) -> impl ConnectHandler<A, (SocketRef<A>,)> {
    let (hub, config, visiting) = (Arc::clone(hub), Arc::clone(config), Arc::clone(visiting));
    let (tokens, reader) = (Arc::clone(tokens), Arc::clone(tokens));
    let admit = async move |socket: SocketRef<A>, TryData(auth): TryData<Auth>| {
        let given = auth.ok().and_then(|auth| auth.token);
        let ticket = reader.read(given.as_deref())?;
        if ticket.visitor == Visitor::Stranger {
            return Err(Refusal::Unauthorized);
        }
        socket.extensions.insert(ticket);
        // Here already: a message may follow the answer sooner than a handler is called.
        mailbox::hang_up(&socket);
        Ok(())
    };
    let serve = async move |socket: SocketRef<A>| {
        let _visit = visiting.read().await;
        voice::serve(socket, hub, config, tokens).await;
    };
    serve.with(admit)
}

/// The data of the CONNECT packet.
#[derive(Deserialize)]
struct Auth {
    token: Option<String>,
}

/// The Socket.IO side with an adapter.
struct Endpoint<A: Adapter> {
    // Connections come upgraded, so there are no other requests to pass on.
    service: SocketIoService<(), A>,
    io: SocketIo<A>,
    /// Read for as long as a socket is served, so that it can be written when none is.
    visiting: Arc<RwLock<()>>,
}

impl<A: Adapter> Endpoint<A> {
    fn new(builder: SocketIoBuilder<A>) -> Self {
        let (service, io) = builder.build_with_inner_svc(());
        Self {
            service,
            io,
            visiting: Arc::default(),
        }
    }
}

impl<A: Adapter> Engine for Endpoint<A> {
    fn open(&self, line: Line, handshake: Request<()>) {
        let opened = self.service.call((line, handshake));
        tokio::spawn(async move {
            if let Err(error) = opened.await {
                tracing::debug!(%error, "a connection was not opened");
            }
        });
    }

    fn sockets<'a>(&'a self, room: &'a str) -> BoxFuture<'a, Result<Vec<String>, Refusal>> {
        Box::pin(async {
            let sockets = self.io.within(room.to_owned()).fetch_sockets().await;
            let sockets = sockets.map_err(|error| {
                let error: AdapterError = error.into();
                tracing::warn!(%error, "the other servers cannot be asked for their sockets");
                Refusal::UNAVAILABLE
            })?;
            let id = |socket: RemoteSocket<A>| socket.into_data().id.to_string();
            Ok(sockets.into_iter().map(id).collect())
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            drop(self.visiting.write().await);
            self.io.close().await;
        })
    }
}

impl<A: Adapter> fmt::Debug for Endpoint<A> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Endpoint").finish_non_exhaustive()
    }
}

/// Drops the connection under a socket.
fn cut<A: Adapter>(socket: &Socket<A>) {
    if let Some(cutter) = socket.req_parts().extensions.get::<Cutter>() {
        cutter.cut();
    }
}
