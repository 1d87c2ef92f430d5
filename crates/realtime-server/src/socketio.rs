//! Socket.IO: the same hub at `/socket.io/`. What sessions say in envelopes goes over the wire as events, acks and
//! namespaces do. WebSocket only.
//!
//! | envelope | Socket.IO |
//! |---|---|
//! | `auth` | the token is in the CONNECT packet; a wrong one is a connect error |
//! | `subscribe`, and its answer | `join {channel, since, epoch}`, and the ack `{seq, epoch, recovered}` |
//! | `unsubscribe` | `leave {channel}` |
//! | a message, and its `ack` | an event `{channel, messageId, …data}` or `{channel, id, data}`, and its ack: the data, or `{error}` |
//! | an event | an event `{channel, id, seq, epoch, data}` |

mod connection;
mod inbox;
mod payload;
mod transport;
mod upgrade;

pub(crate) use upgrade::upgrade;

use crate::{Credentials, Hub, Limits, Refusal, limits::RETRY_AFTER_MS};
use axum::http::Request;
use futures::future::BoxFuture;
use hyper::service::Service;
use serde::Deserialize;
use socketioxide::{
    ParserConfig, SocketIo, SocketIoBuilder,
    adapter::{Adapter, LocalAdapter},
    extract::{SocketRef, TryData},
    handler::ConnectHandler,
    service::SocketIoService,
    socket::Socket,
};
use std::sync::Arc;
use transport::{Cutter, Transport};

/// The Socket.IO side of a hub, whatever adapter it has. A socket is in a room for each channel that it has joined.
///
/// The events of channels go to each socket from its own process's hub, which numbers them; the adapter is for what
/// Socket.IO itself does with rooms, on all servers.
pub(crate) trait Engine: Send + Sync {
    /// Speaks Socket.IO on a connection.
    fn open(&self, transport: Transport, handshake: Request<()>);

    /// Ends every connection.
    fn close(&self) -> BoxFuture<'_, ()>;
}

/// Socket.IO beside the envelope.
impl Hub {
    /// Speaks Socket.IO by a builder of the app's own, such as one with another adapter. It gets the hub's limits, and its
    /// namespace `/` is to be given [`Hub::visitors`]. To be called before the first socket comes; without it, the hub has
    /// a server that knows of no others.
    ///
    /// ```
    /// use realtime_server::Hub;
    /// use socketioxide::SocketIo;
    ///
    /// let hub = Hub::new();
    /// let io = hub.socketio(SocketIo::builder());
    /// io.ns("/", hub.visitors());
    /// io.ns("/chat", async || {});
    /// ```
    pub fn socketio<A: Adapter>(&self, builder: SocketIoBuilder<A>) -> SocketIo<A> {
        let endpoint = Endpoint::new(limited(builder, self.limits()));
        let io = endpoint.io.clone();
        if self.engine().set(Arc::new(endpoint)).is_err() {
            tracing::error!("the hub speaks socket.io already: the second server gets no sockets");
        }
        io
    }

    /// Who may connect, and what becomes of them.
    pub fn visitors<A: Adapter>(&self) -> impl ConnectHandler<A, (SocketRef<A>,)> + use<A> {
        // The hub has the server that has the handler: held by it, the hub would never go.
        let (hub, reply_to) = (self.downgrade(), self.downgrade());
        let admit = async move |socket: SocketRef<A>, TryData(auth): TryData<Auth>| {
            if !is_welcome(&socket) {
                cut(&socket);
                return Err(Refusal::rate_limited(RETRY_AFTER_MS));
            }
            let credentials = Credentials {
                token: auth.ok().and_then(|auth| auth.token),
                headers: Arc::new(socket.req_parts().headers.clone()),
            };
            let hub = Self::upgrade(&reply_to).ok_or_else(Refusal::full)?;
            let within = hub.limits().callback_within;
            let visitor = hub.policy().authenticate(credentials, within).await?;
            socket.extensions.insert(visitor);
            // Here already: a message may follow the answer sooner than a handler is called.
            inbox::keep_packets(&socket, hub.limits());
            Ok::<_, Refusal>(())
        };
        let serve = async move |socket: SocketRef<A>| {
            let Some(hub) = Self::upgrade(&hub) else {
                return;
            };
            let _visit = hub.visiting().read().await;
            connection::serve(socket, &hub).await;
        };
        serve.with(admit)
    }
}

/// Attachments of one message for a namespace of the app's; the hub's own messages have none.
const ATTACHMENTS: usize = 16;
/// How often one connection may ask to be let in: a client whose token was refused may come with another one, but each
/// costs the app an answer.
const VISITS: u32 = 16;

/// A builder with a hub's limits.
fn limited<A: Adapter>(builder: SocketIoBuilder<A>, limits: &Limits) -> SocketIoBuilder<A> {
    builder
        .ping_interval(limits.ping_after)
        .ping_timeout(limits.silence.saturating_sub(limits.ping_after))
        .connect_timeout(limits.auth_within)
        .with_parser(
            ParserConfig::common()
                .max_incoming_binaries(ATTACHMENTS)
                .max_incoming_binary_buf_size(limits.message_bytes),
        )
        .max_payload(u64::try_from(limits.message_bytes).unwrap_or(u64::MAX))
        .ws_max_message_size(limits.message_bytes)
        .ws_max_frame_size(limits.message_bytes)
}

/// The engine of a hub: the app's, or one that knows of no other servers.
fn engine(hub: &Hub) -> &Arc<dyn Engine> {
    hub.engine().get_or_init(|| {
        let endpoint = Endpoint::<LocalAdapter>::new(limited(SocketIo::builder(), hub.limits()));
        endpoint.io.ns("/", hub.visitors());
        Arc::new(endpoint)
    })
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
}

impl<A: Adapter> Endpoint<A> {
    fn new(builder: SocketIoBuilder<A>) -> Self {
        let (service, io) = builder.build_with_inner_svc(());
        Self { service, io }
    }
}

impl<A: Adapter> Engine for Endpoint<A> {
    fn open(&self, transport: Transport, handshake: Request<()>) {
        let opened = self.service.call((transport, handshake));
        tokio::spawn(async move {
            if let Err(error) = opened.await {
                tracing::debug!(%error, "a connection was not opened");
            }
        });
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.io.close())
    }
}

/// Whether a connection may ask once more to be let in.
fn is_welcome<A: Adapter>(socket: &Socket<A>) -> bool {
    let cutter = socket.req_parts().extensions.get::<Cutter>();
    cutter.is_some_and(|cutter| cutter.visits() <= VISITS)
}

/// Drops the connection under a socket.
fn cut<A: Adapter>(socket: &Socket<A>) {
    if let Some(cutter) = socket.req_parts().extensions.get::<Cutter>() {
        cutter.cut();
    }
}
