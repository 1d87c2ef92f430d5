//! A TCP proxy on loopback in front of one server or several, which breaks connections on request.
//!
//! The page, its requests and its WebSocket all go through it, so that what a network does to one of them it does to
//! all: see [`FaultProxy`].

mod fault;
mod link;
mod schedule;
mod shared;

pub use fault::{Flow, LinkId, LinkInfo, Order, ProxyStats, Which};
pub use schedule::{Aim, Fault, Schedule};

use crate::{error::KitError, port::loopback};
use shared::Shared;
use std::{
    io,
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread::{self, JoinHandle},
};

/// Connections held at once; further ones are refused and counted.
const LINKS: usize = 512;

/// A running proxy. What it does can be changed while it runs.
///
/// In front of several servers that share one state it is a balancer: each connection goes to one of them, and to
/// another if that one is gone. It knows nothing of HTTP, so a page, its requests and its WebSocket may end up on
/// different servers; one that still accepts connections counts as alive.
///
/// A fault is either a state or an event. States last until they are changed: how bytes flow
/// ([`set_flow`](Self::set_flow)) and whether new connections are let in ([`refuse`](Self::refuse)). Events happen to
/// the connections there are: [`cut`](Self::cut) and [`half_open`](Self::half_open). Dropping the proxy ends every
/// connection and frees its port.
///
/// It reads at most 16 KiB ahead of what it has passed on, per connection and direction; beyond that the sender's own
/// socket fills up.
#[derive(Debug)]
pub struct FaultProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

impl FaultProxy {
    /// Listens on a free port and passes everything on to `server`. `seed` makes the lengths of delays repeatable.
    pub fn start(server: SocketAddr, seed: u64) -> Result<Self, KitError> {
        Self::before(vec![server], Order::FirstAlive, loopback(0), seed)
    }

    /// Listens at an address, where port 0 takes a free one, and passes each connection on to one of `servers`. One for
    /// which none of them is alive is closed.
    pub fn before(
        servers: Vec<SocketAddr>,
        order: Order,
        listen: SocketAddr,
        seed: u64,
    ) -> Result<Self, KitError> {
        let failed =
            |error: io::Error| KitError::Wrong(format!("could not listen on {listen}: {error}"));
        let listener = TcpListener::bind(listen).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let shared = Arc::new(Shared::new(servers, order, seed));
        let accepting = Arc::clone(&shared);
        let acceptor = thread::spawn(move || accept(&listener, &accepting));
        Ok(Self {
            address,
            shared,
            acceptor: Some(acceptor),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What a page is opened at, without a slash at its end.
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How bytes flow from now on. For [`Which::All`] this includes later connections and replaces what was said of
    /// single ones. Bytes held so far go on their way as the new flow says.
    pub fn set_flow(&self, which: Which, flow: Flow) -> usize {
        self.shared.set_flow(which, flow)
    }

    /// Holds WebSockets that are asked for from now on, before they are open, or lets go of those that it holds.
    pub fn hold_sockets(&self, hold: bool) {
        self.shared.hold_sockets(hold);
    }

    /// Whether new connections are closed as soon as they are made. Those there are go on.
    pub fn refuse(&self, refuse: bool) {
        self.shared.refuse(refuse);
    }

    /// Closes connections on both sides, with what is held of them. Returns how many.
    pub fn cut(&self, which: Which) -> usize {
        self.shared.cut(which)
    }

    /// Closes connections on the server's side only: the client's side stays open, takes everything and says nothing,
    /// until the client gives it up or it is cut. Returns how many.
    pub fn half_open(&self, which: Which) -> usize {
        self.shared.half_open(which)
    }

    /// Lets everything pass again and new connections in. A half-open connection stays what it is.
    pub fn heal(&self) {
        self.refuse(false);
        self.set_flow(Which::All, Flow::Pass);
    }

    /// Keeps the next piece of a WebSocket's stream that holds `text` from its client, and passes on what comes
    /// before and after. TCP never does this: it is for showing that a check would notice.
    pub fn swallow(&self, text: &str) {
        self.shared.swallow(text);
    }

    /// The connections there are, the oldest first.
    pub fn links(&self) -> Vec<LinkInfo> {
        self.shared.links()
    }

    /// What has happened so far.
    pub fn stats(&self) -> ProxyStats {
        self.shared.stats()
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.shared.stop();
        // Wakes the thread from its wait for the next connection.
        drop(TcpStream::connect(self.address));
        if let Some(acceptor) = self.acceptor.take()
            && acceptor.join().is_err()
        {
            eprintln!("a thread of the proxy at {} panicked", self.address);
        }
    }
}

/// Lets connections in until the proxy stops, and then waits for the last one to end.
fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    let mut links: Vec<JoinHandle<()>> = Vec::new();
    for client in listener.incoming() {
        if shared.is_stopping() {
            break;
        }
        links.retain(|link| !link.is_finished());
        let Ok(client) = client else { continue };
        if links.len() >= LINKS || shared.is_refusing() {
            shared.count(|stats| stats.refused += 1);
            continue;
        }
        let shared = Arc::clone(shared);
        let servers = shared.turn();
        links.push(thread::spawn(move || link::run(&shared, client, &servers)));
    }
    for link in links {
        if link.join().is_err() {
            eprintln!("a thread of the proxy panicked");
        }
    }
}

#[cfg(test)]
mod tests;
