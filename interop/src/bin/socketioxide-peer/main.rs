//! A socketioxide server that speaks the default convention, as `node/socketio-server.mjs` does on Node: the
//! same events, the same commands.

mod binary;
mod commands;
mod control;
mod events;
mod hooks;
mod seen;
mod shared;

use crate::{
    control::Options,
    events::{authenticate, connected},
    seen::Seen,
    shared::Shared,
};
use axum::{Json, Router, routing::get};
use serde_json::{Value, json};
use socketioxide::{SocketIo, SocketIoBuilder, adapter::Adapter, handler::ConnectHandler};
use socketioxide_redis::{RedisAdapter, RedisAdapterCtr};
use std::{error::Error, sync::Arc, time::Duration};
use tokio::net::TcpListener;

/// Socketioxide wants to be told of each.
const NAMESPACES: [&str; 4] = ["/", "/open-a", "/room-a", "/room-b"];

/// Why something could not be done, in words.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl<E: Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let options = Options::read()?;
    let seen = Arc::new(Seen::new(options.auth));
    let builder = builder(&options).with_state(Arc::clone(&seen));
    match &options.redis {
        None => {
            let (layer, io) = builder.build_layer();
            for namespace in NAMESPACES {
                io.ns(namespace, connected.with(authenticate));
            }
            io.ns("/closed", connected.with(closed));
            serve(&options, Router::new().layer(layer), io, seen).await
        }
        Some(url) => {
            let shared = Arc::new(Shared::connect(url).await?);
            let client = redis::Client::open(format!("{url}?protocol=resp3"))?;
            let adapter = RedisAdapterCtr::new_with_redis(&client).await?;
            let (layer, io) = builder
                .with_state(Arc::clone(&shared))
                .with_adapter::<RedisAdapter<_>>(adapter)
                .build_layer();
            for namespace in NAMESPACES {
                io.ns(namespace, connected.with(authenticate)).await?;
            }
            let tasks = get(async move || tasks(&shared).await);
            let router = Router::new().route("/tasks", tasks).layer(layer);
            serve(&options, router, io, seen).await
        }
    }
}

fn builder(options: &Options) -> SocketIoBuilder {
    SocketIo::builder()
        .req_path(options.path.clone())
        .ping_interval(Duration::from_millis(options.ping_interval))
        .ping_timeout(Duration::from_millis(options.ping_timeout))
        // Room for a case's bursts; what does not fit is an error of the emitter's.
        .max_buffer_size(4_096)
        .max_payload(options.max_payload)
        // As Node's server does; by default it holds for long polling alone.
        .ws_max_message_size(usize::try_from(options.max_payload).unwrap_or(usize::MAX))
}

async fn serve<A: Adapter>(
    options: &Options,
    router: Router,
    io: SocketIo<A>,
    seen: Arc<Seen>,
) -> Result<(), Failure> {
    let listener = TcpListener::bind(("127.0.0.1", options.port)).await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move { axum::serve(listener, router).await });
    control::obey(port, async |name, arguments| {
        commands::carry_out(&io, &seen, &name, arguments).await
    })
    .await?;
    Ok(())
}

async fn closed() -> Result<(), &'static str> {
    Err("this namespace is closed")
}

async fn tasks(shared: &Shared) -> Json<Value> {
    let tasks = shared.tasks().await;
    Json(tasks.unwrap_or_else(|Failure(error)| json!({ "error": error })))
}
