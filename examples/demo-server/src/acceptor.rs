//! Acceptor: takes connections in, so many and no more, and gives up those that do not say what they want.

use crate::{addresses::Addresses, app::App, limits, stream::Stream};
use axum::{Router, http::Request};
use hyper::{
    body::Incoming,
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use std::{
    io::{self, ErrorKind},
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch},
    task::JoinSet,
    time::sleep,
};

/// What those are told for whom there is no place. It is written without waiting.
const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\n\
    retry-after: 1\r\n\r\n";

/// Where a request comes from, with every request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// Takes connections in.
pub(crate) struct Acceptor {
    app: App,
    router: Router,
    /// One permit per connection that is not a socket, or not yet.
    slots: Arc<Semaphore>,
    addresses: Addresses,
    stopping: watch::Sender<bool>,
}

impl Acceptor {
    pub(crate) fn new(app: App) -> Self {
        Self {
            slots: Arc::new(Semaphore::new(app.config.max_requests)),
            router: app.clone().router(),
            addresses: Addresses::default(),
            stopping: watch::Sender::new(false),
            app,
        }
    }

    /// Takes connections in until it is told to stop, and then waits for what is under way. Sockets go on by
    /// themselves.
    pub(crate) async fn run(self, listener: TcpListener, mut stop: oneshot::Receiver<()>) {
        let mut open = JoinSet::new();
        loop {
            tokio::select! {
                _ = &mut stop => break,
                Some(_) = open.join_next() => {}
                accepted = listener.accept() => match accepted {
                    Ok((stream, from)) => self.take_in(stream, from, &mut open),
                    Err(error) if is_of_one_connection(&error) => {}
                    Err(error) => {
                        // Most likely there are too many open files: some will be closed.
                        tracing::warn!(%error, "no connection can be accepted");
                        sleep(limits::ACCEPT_AGAIN).await;
                    }
                },
            }
        }
        drop(listener);
        self.stopping.send_replace(true);
        while open.join_next().await.is_some() {}
    }

    fn take_in(&self, stream: TcpStream, from: SocketAddr, open: &mut JoinSet<()>) {
        let config = &self.app.config;
        // Small frames go out at once; only the speed is lost where a system cannot do that.
        drop(stream.set_nodelay(true));
        let most = match config.max_per_address {
            Some(most) => Some(most),
            // This machine's own: a proxy, through which everybody comes.
            None if from.ip().to_canonical().is_loopback() => None,
            None => Some(limits::PER_ADDRESS),
        };
        let place = match most.map(|most| self.addresses.admit(from.ip(), most)) {
            None => None,
            Some(Some(place)) => Some(place),
            Some(None) => return self.turn_away(&stream),
        };
        let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else {
            return self.turn_away(&stream);
        };
        let carries_requests = Arc::new(AtomicBool::new(true));
        let watched = Arc::clone(&carries_requests);
        let stream = Stream::new(stream, config.write_within, watched, place);
        let (router, stopping) = (self.router.clone(), self.stopping.subscribe());
        let head_within = config.head_within;
        open.spawn(async move {
            let served = serve(stream, from.ip(), router, head_within, stopping, slot).await;
            // From here on it is a socket, if it is still there.
            carries_requests.store(false, Ordering::Relaxed);
            if let Err(error) = served {
                tracing::debug!(%error, "a connection was given up");
            }
        });
    }

    fn turn_away(&self, stream: &TcpStream) {
        self.app.turned_away.fetch_add(1, Ordering::Relaxed);
        // Nobody is waited for, and nobody has a right to be told.
        drop(stream.try_write(FULL));
    }
}

/// Answers the requests of a connection, for as long as they come in time.
async fn serve(
    stream: Stream,
    from: IpAddr,
    router: Router,
    head_within: Duration,
    mut stopping: watch::Receiver<bool>,
    slot: OwnedSemaphorePermit,
) -> hyper::Result<()> {
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(from));
        router.call(request)
    });
    let mut http = http1::Builder::new();
    // The time for a head runs from the end of the answer before, so it is the longest rest as well.
    http.timer(TokioTimer::new())
        .header_read_timeout(head_within)
        .max_headers(limits::HEADERS)
        .max_buf_size(limits::HEAD_BYTES);
    let connection = http.serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection.with_upgrades());
    let served = tokio::select! {
        served = connection.as_mut() => Some(served),
        _ = stopping.wait_for(|stopping| *stopping) => None,
    };
    let served = match served {
        Some(served) => served,
        None => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    drop(slot);
    served
}

/// Whether accepting failed because of the connection alone.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
    )
}
