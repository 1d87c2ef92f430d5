//! The server, started and stopped.

use crate::{
    acceptor::Acceptor,
    app::App,
    clock::now_ms,
    config::Config,
    feed, host,
    limits::GRACE,
    messages,
    permissions::Visitor,
    rates::Rates,
    site::{Site, SiteRef},
    sockets::Sockets,
    stress::Stress,
    tokens::{Secret, Ticket, Tokens},
    world::World,
};
use fastrand::Rng;
use realtime_replication::{Cluster, Membership, Replica, StoreError};
use realtime_server::{Hub, Limits, Refusal, User};
use std::{
    io,
    net::SocketAddr,
    sync::{Arc, OnceLock},
    time::{Duration, UNIX_EPOCH},
};
use thiserror::Error;
use tokio::{net::TcpListener, sync::oneshot, task::JoinSet, time::timeout};

/// A server that is listening. Dropping it stops it without waiting for anything; [`shutdown`](Self::shutdown) waits.
#[derive(Debug)]
pub struct RunningServer {
    addr: SocketAddr,
    app: App,
    membership: Option<Membership<Site>>,
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
    let (parts, sockets, membership) = match &config.redis {
        None => {
            let secret = config.secret.clone().unwrap_or_else(Secret::random);
            let parts = Parts::new(&config, secret, Sharing::Alone);
            let sockets = Sockets::local(&parts.hub);
            (parts, sockets, None)
        }
        Some(url) => {
            let failed = |error: StoreError| StartError::Store {
                reason: format!("{error}; --redis and --redis-prefix say where it is"),
            };
            let made = OnceLock::new();
            let fresh = Secret::random();
            let cluster = Cluster::join(url, config.sharing(), fresh.as_bytes(), |shared| {
                let own = config.secret.clone();
                let secret = own.unwrap_or_else(|| Secret::from(shared.to_vec()));
                // Joining may take more than one attempt, and they all are for the same site.
                let parts = made.get_or_init(|| Parts::new(&config, secret, Sharing::Shared));
                Arc::clone(&parts.replica)
            });
            let cluster = cluster.await.map_err(failed)?;
            let membership = cluster.membership();
            let Some(parts) = made.into_inner() else {
                unreachable!("whoever has joined has made a site");
            };
            let sockets = Sockets::shared(&parts.hub, &config, url).await;
            let sockets = sockets.map_err(|error| failed(error.into()))?;
            following.spawn(cluster.run());
            (parts, sockets, Some(membership))
        }
    };
    let app = App {
        hub: parts.hub,
        replica: parts.replica,
        stress: parts.stress,
        tokens: parts.tokens,
        rates: Arc::new(Rates::new(config.rate)),
        sockets,
        turned_away: Arc::default(),
        config,
    };
    let mut background = JoinSet::new();
    if !app.config.tick.is_zero() {
        let rng = app.config.seed.map_or_else(Rng::new, Rng::with_seed);
        background.spawn(feed::prices(Arc::clone(&app.replica), app.config.tick, rng));
    }
    let (stress, hub) = (Arc::clone(&app.stress), app.hub.clone());
    background.spawn(async move { stress.run(hub).await });
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

/// Whether other processes have the same state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sharing {
    Alone,
    Shared,
}

/// What is made together.
#[derive(Debug)]
struct Parts {
    hub: Hub,
    replica: Arc<Replica<Site>>,
    stress: Arc<Stress>,
    tokens: Arc<Tokens>,
}

impl Parts {
    fn new(config: &Arc<Config>, secret: Secret, sharing: Sharing) -> Self {
        let tokens = Tokens::new(secret, config.token_life, config.trust_clients);
        let (tokens, site) = (Arc::new(tokens), SiteRef::default());
        let reader = Arc::clone(&tokens);
        let stress = Arc::<Stress>::default();
        let hub = Hub::builder()
            .limits(limits(config))
            .origins(host::origins(config))
            .authenticate(move |credentials| {
                let read = reader.read(credentials.token.as_deref());
                async { read.and_then(welcome) }
            });
        let hub = messages::callbacks(hub, &site, &stress);
        let hub = match sharing {
            Sharing::Alone => hub.build(),
            Sharing::Shared => hub.replicate(site.clone()).build(),
        };
        let epoch = hub.position("").epoch;
        let machine = Site::new(World::new(epoch, now_ms()), hub.clone());
        let replica = Arc::new(match sharing {
            Sharing::Alone => Replica::alone(machine),
            Sharing::Shared => Replica::shared(machine),
        });
        site.set(&replica);
        Self {
            stress,
            hub,
            replica,
            tokens,
        }
    }
}

/// Whom the hub has to do with, by their token.
fn welcome(ticket: Ticket) -> Result<realtime_server::Visitor, Refusal> {
    Ok(match ticket.visitor {
        Visitor::Stranger => return Err(Refusal::unauthorized()),
        Visitor::Trusted => realtime_server::Visitor::Anyone,
        Visitor::User(person) => {
            let user = User::new(person.id, person.name);
            let until = ticket.until.map(Duration::from_millis);
            match until.and_then(|until| UNIX_EPOCH.checked_add(until)) {
                Some(until) => user.until(until).into(),
                None => user.into(),
            }
        }
    })
}

/// What the hub bounds.
fn limits(config: &Config) -> Limits {
    Limits {
        connections: config.max_connections,
        message_bytes: config.max_message_bytes,
        messages_per_second: config.rate,
        // They are put into one order by the log, and wait for it.
        messages_at_once: 256,
        messages_waiting: 4_096,
        // The world remembers them, for all servers.
        answers: 0,
        history: config.history,
        queue_frames: config.queue_frames,
        queue_bytes: config.queue_bytes,
        ping_after: config.ping_after,
        silence: config.silence,
        auth_within: config.auth_within,
        member_life: config.presence_life,
        ..Limits::default()
    }
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
        let drained = self.app.hub.drain(GRACE).await;
        // Without the sender the receiver resolves, which is the sign to stop.
        self.stop = None;
        if !drained {
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
        self.app.hub.shut_down();
    }
}
