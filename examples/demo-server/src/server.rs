//! The server, started and stopped.

use crate::{
    acceptor::Acceptor,
    app::App,
    cluster::{Cluster, Membership, StoreError},
    config::Config,
    feed,
    hub::Hub,
    limits::GRACE,
    socketio, stress,
    tokens::{Secret, Tokens},
};
use fastrand::Rng;
use std::{io, net::SocketAddr, sync::Arc};
use thiserror::Error;
use tokio::{net::TcpListener, sync::oneshot, task::JoinSet, time::timeout};

/// A server that is listening. Dropping it stops it without waiting for anything; [`shutdown`](Self::shutdown) waits.
#[derive(Debug)]
pub struct RunningServer {
    addr: SocketAddr,
    app: App,
    membership: Option<Membership>,
    following: JoinSet<()>,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinSet<()>,
    background: JoinSet<()>,
}

/// Why a server did not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The address is taken, or may not be listened on.
    #[error(
        "cannot listen on {address}: {source}; choose another address with --listen, such as 127.0.0.1:0"
    )]
    Listen {
        /// Where it was to listen.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The Redis in which the state is shared cannot be used.
    #[error("cannot share a state: {reason}")]
    Store {
        /// What is wrong, and what to do about it.
        reason: String,
    },
}

/// Starts a server; it is ready when this returns.
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use realtime_demo_server::{Config, start};
///
/// let config = Config { listen: ([127, 0, 0, 1], 0).into(), ..Config::default() };
/// let server = start(config).await?;
/// assert_ne!(server.addr().port(), 0);
/// server.shutdown().await;
/// # Ok::<_, realtime_demo_server::StartError>(())
/// # }).unwrap();
/// ```
///
/// # Errors
/// [`StartError`], when it cannot listen or cannot share its state.
pub async fn start(config: Config) -> Result<RunningServer, StartError> {
    let config = Arc::new(config);
    let address = config.listen;
    let failed = |source| StartError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let addr = listener.local_addr().map_err(failed)?;
    let mut following = JoinSet::new();
    let (hub, tokens, socketio, membership) = match &config.redis {
        None => {
            let hub = Arc::new(Hub::alone(&config));
            let tokens = tokens(&config, Secret::random);
            let socketio = socketio::local(&hub, &config, &tokens);
            (hub, tokens, socketio, None)
        }
        Some(url) => {
            let failed = |error: StoreError| StartError::Store {
                reason: error.to_string(),
            };
            let cluster = Cluster::join(url, &config).await.map_err(failed)?;
            let (hub, membership) = (cluster.hub(), cluster.membership());
            let shared = cluster.secret();
            let tokens = tokens(&config, || shared);
            let socketio = socketio::shared(&hub, &config, &tokens, url).await;
            let socketio = socketio.map_err(|error| failed(error.into()))?;
            following.spawn(cluster.run());
            (hub, tokens, socketio, Some(membership))
        }
    };
    let app = App::new(config, hub, tokens, socketio);
    let mut background = JoinSet::new();
    if !app.config.tick.is_zero() {
        let rng = app.config.seed.map_or_else(Rng::new, Rng::with_seed);
        background.spawn(feed::prices(Arc::clone(&app.hub), app.config.tick, rng));
    }
    background.spawn(feed::silent_members(
        Arc::clone(&app.hub),
        app.config.presence_life,
    ));
    background.spawn(stress::drive(Arc::clone(&app.hub)));
    let (stop, stopped) = oneshot::channel();
    let mut serving = JoinSet::new();
    serving.spawn(Acceptor::new(app.clone()).run(listener, stopped));
    Ok(RunningServer {
        addr,
        app,
        membership,
        following,
        stop: Some(stop),
        serving,
        background,
    })
}

/// What gives and reads the tokens of users.
fn tokens(config: &Config, otherwise: impl FnOnce() -> Secret) -> Arc<Tokens> {
    let secret = config.secret.clone().unwrap_or_else(otherwise);
    let tokens = Tokens::new(secret, config.token_life, config.trust_clients);
    Arc::new(tokens)
}

impl RunningServer {
    /// The address it listens on.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Stops accepting, closes every socket with the code 1001, and waits for them and for running requests, at most
    /// about ten seconds.
    pub async fn shutdown(mut self) {
        self.background.abort_all();
        self.app.hub.lock().connections.shut_down();
        drop(timeout(GRACE, self.app.socketio.close()).await);
        // Without the sender the receiver resolves, which is the sign to stop.
        self.stop = None;
        let all = u32::try_from(self.app.config.max_connections).unwrap_or(u32::MAX);
        if timeout(GRACE, self.app.slots.acquire_many(all))
            .await
            .is_err()
        {
            tracing::warn!("some sockets did not close in time");
        }
        if timeout(GRACE, self.serving.join_next()).await.is_err() {
            tracing::warn!("some requests did not end in time");
        }
        if let Some(membership) = &self.membership {
            match timeout(GRACE, membership.leave()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    tracing::warn!(%error, "the other servers will notice by themselves")
                }
                Err(_) => tracing::warn!("the other servers could not be told in time"),
            }
        }
        self.following.abort_all();
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        self.app.hub.lock().connections.shut_down();
    }
}
