//! The connections that are open: a client, the server it got, and a thread for each direction.

use std::{
    collections::BTreeMap,
    io,
    net::{Shutdown, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

/// Connections open at once; further ones are closed and counted.
const LINKS: usize = 512;

/// All connections.
#[derive(Debug, Default)]
pub(crate) struct Links {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    open: BTreeMap<u64, Link>,
    last: u64,
    refused: u64,
    stopping: bool,
}

#[derive(Debug)]
struct Link {
    client: Arc<TcpStream>,
    server: Arc<TcpStream>,
}

impl Link {
    /// Ends both directions, which wakes who reads or writes. One that its other end has closed is no error.
    fn close(&self) {
        let _ = self.client.shutdown(Shutdown::Both);
        let _ = self.server.shutdown(Shutdown::Both);
    }
}

impl Links {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.lock().stopping
    }

    pub(crate) fn refused(&self) -> u64 {
        self.lock().refused
    }

    /// Ends every connection, and those that are still to come.
    pub(crate) fn stop(&self) {
        let mut state = self.lock();
        state.stopping = true;
        state.open.values().for_each(Link::close);
    }

    /// Serves a client until its connection is over, with the server that `connect` gives.
    pub(crate) fn serve(&self, client: TcpStream, connect: impl FnOnce() -> Option<TcpStream>) {
        if self.lock().open.len() >= LINKS {
            self.lock().refused += 1;
            return;
        }
        let Some(server) = connect() else {
            self.lock().refused += 1;
            return;
        };
        // Without this, small frames would wait for the other side's acknowledgements.
        let _ = client.set_nodelay(true);
        let _ = server.set_nodelay(true);
        let (client, server) = (Arc::new(client), Arc::new(server));
        let Some(id) = self.enter(&client, &server) else {
            return;
        };
        let answers = {
            let (client, server) = (Arc::clone(&client), Arc::clone(&server));
            thread::spawn(move || pass_on(&server, &client))
        };
        pass_on(&client, &server);
        if answers.join().is_err() {
            eprintln!("a thread of the balancer panicked");
        }
        self.lock().open.remove(&id);
    }

    fn enter(&self, client: &Arc<TcpStream>, server: &Arc<TcpStream>) -> Option<u64> {
        let mut state = self.lock();
        if state.stopping {
            return None;
        }
        state.last += 1;
        let id = state.last;
        let link = Link {
            client: Arc::clone(client),
            server: Arc::clone(server),
        };
        state.open.insert(id, link);
        Some(id)
    }
}

/// Carries one direction to its end. When either end breaks, both directions are over: the other end must not be left
/// with a connection that leads nowhere.
fn pass_on(mut from: &TcpStream, mut to: &TcpStream) {
    let whole = io::copy(&mut from, &mut to);
    let how = if whole.is_ok() {
        Shutdown::Write
    } else {
        Shutdown::Both
    };
    let _ = to.shutdown(how);
    if whole.is_err() {
        let _ = from.shutdown(Shutdown::Both);
    }
}
