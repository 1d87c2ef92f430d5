//! A TCP balancer in front of several servers that share one state: each connection goes to one of them, and to
//! another if that one is gone. It knows nothing of HTTP, so a page, its requests and its WebSocket may end up on
//! different servers.
//!
//! It is for the demo and its tests, on loopback: a server that still accepts connections counts as alive, and there is
//! a thread for each direction of a connection. The standard library is all it needs.

mod link;

use link::Links;
use std::{
    io,
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

/// How long a server may take to let a connection in.
const PATIENCE: Duration = Duration::from_secs(2);

/// Which server a connection goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The next one after that of the connection before.
    InTurn,
    /// The first one that is alive.
    FirstAlive,
}

/// A running balancer. Dropping it ends every connection and frees its port.
///
/// ```
/// use realtime_demo_balancer::{Balancer, Order};
/// use std::{io::Read, io::Write, net::{TcpListener, TcpStream}, thread};
///
/// // Nobody listens here any more.
/// let gone = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
/// let living = TcpListener::bind("127.0.0.1:0")?;
/// let servers = vec![gone, living.local_addr()?];
/// thread::spawn(move || living.accept()?.0.write_all(b"hello"));
///
/// let balancer = Balancer::start("127.0.0.1:0".parse().unwrap(), servers, Order::InTurn)?;
/// let mut said = String::new();
/// TcpStream::connect(balancer.address())?.read_to_string(&mut said)?;
/// assert_eq!(said, "hello");
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct Balancer {
    address: SocketAddr,
    links: Arc<Links>,
    acceptor: Option<JoinHandle<()>>,
}

impl Balancer {
    /// Listens at an address, where port 0 takes a free one, and passes connections on to `servers`. A connection for
    /// which none of them is alive is closed.
    ///
    /// # Errors
    ///
    /// When the address cannot be listened on.
    pub fn start(listen: SocketAddr, servers: Vec<SocketAddr>, order: Order) -> io::Result<Self> {
        let listener = TcpListener::bind(listen)?;
        let address = listener.local_addr()?;
        let links = Arc::new(Links::default());
        let accepting = Arc::clone(&links);
        let acceptor = thread::spawn(move || accept(&listener, &accepting, &servers, order));
        Ok(Self {
            address,
            links,
            acceptor: Some(acceptor),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Connections that were closed because there was no server alive, or too many connections were open.
    pub fn refused(&self) -> u64 {
        self.links.refused()
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.links.stop();
        // Wakes the thread from its wait for the next connection.
        drop(TcpStream::connect(self.address));
        if let Some(acceptor) = self.acceptor.take()
            && acceptor.join().is_err()
        {
            eprintln!("the balancer at {} panicked", self.address);
        }
    }
}

/// Lets connections in until the balancer stops.
fn accept(listener: &TcpListener, links: &Arc<Links>, servers: &[SocketAddr], order: Order) {
    let mut turn = 0;
    for client in listener.incoming() {
        if links.is_stopping() {
            return;
        }
        let Ok(client) = client else { continue };
        let servers = in_order(servers, turn);
        if order == Order::InTurn {
            turn = turn.wrapping_add(1);
        }
        // A server that takes long to say no must not hold up the next connection.
        let links = Arc::clone(links);
        thread::spawn(move || links.serve(client, || first_alive(&servers)));
    }
}

/// All servers, from one on.
fn in_order(servers: &[SocketAddr], turn: usize) -> Vec<SocketAddr> {
    let start = turn.checked_rem(servers.len()).unwrap_or_default();
    let (before, after) = servers.split_at(start);
    [after, before].concat()
}

fn first_alive(servers: &[SocketAddr]) -> Option<TcpStream> {
    servers
        .iter()
        .find_map(|server| TcpStream::connect_timeout(server, PATIENCE).ok())
}

#[cfg(test)]
mod tests;
