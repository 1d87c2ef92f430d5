//! Starting and stopping.

use crate::{app::App, config::Config, feed, limits::GRACE, stress};
use axum::serve::ListenerExt;
use fastrand::Rng;
use std::{io, net::SocketAddr, sync::Arc};
use tokio::{net::TcpListener, sync::oneshot, task::JoinSet, time::timeout};

/// A server that is listening. Dropping it stops it without waiting for anything; [`shutdown`](Self::shutdown) waits.
#[derive(Debug)]
pub struct RunningServer {
    addr: SocketAddr,
    app: App,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinSet<io::Result<()>>,
    background: JoinSet<()>,
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
/// # std::io::Result::Ok(())
/// # }).unwrap();
/// ```
///
/// # Errors
/// The address is taken, or may not be listened on.
pub async fn start(config: Config) -> io::Result<RunningServer> {
    let listener = TcpListener::bind(config.listen).await?;
    let addr = listener.local_addr()?;
    let app = App::new(config);
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
    // Small frames go out at once; only the speed is lost where a system cannot do that.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let (stop, stopped) = oneshot::channel();
    let router = app.clone().router();
    let mut serving = JoinSet::new();
    serving.spawn(async move {
        axum::serve(listener, router)
            .with_graceful_shutdown(async { drop(stopped.await) })
            .await
    });
    Ok(RunningServer {
        addr,
        app,
        stop: Some(stop),
        serving,
        background,
    })
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
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        self.app.hub.lock().connections.shut_down();
    }
}
