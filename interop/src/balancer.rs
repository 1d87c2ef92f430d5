//! A door in front of several nodes: each connection goes to the first that takes it. It can be cut and held up, as
//! networks are.

use crate::failure::{Failure, Verdict};
use std::{cell::RefCell, rc::Rc};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// How much is carried at once.
const PIECE: usize = 16 * 1024;

/// A balancer. Dropping it closes the door, and cuts whatever goes through it.
#[derive(Debug)]
pub(crate) struct Balancer {
    port: u16,
    door: JoinHandle<()>,
    inside: Rc<RefCell<Vec<JoinHandle<()>>>>,
    held: watch::Sender<bool>,
}

impl Balancer {
    /// Listens on a free port; `nodes` are the ports behind it, the preferred one first.
    pub(crate) async fn start(nodes: &[u16]) -> Verdict<Self> {
        let failed = |error| Failure::unable("start a balancer", error);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let nodes: Rc<[u16]> = nodes.into();
        let inside = Rc::<RefCell<Vec<JoinHandle<()>>>>::default();
        let (held, gate) = watch::channel(false);
        let door = tokio::task::spawn_local({
            let inside = Rc::clone(&inside);
            async move {
                while let Ok((client, _)) = listener.accept().await {
                    let passing = pass(client, Rc::clone(&nodes), gate.clone());
                    let passing = tokio::task::spawn_local(passing);
                    let mut inside = inside.borrow_mut();
                    inside.retain(|passing| !passing.is_finished());
                    inside.push(passing);
                }
            }
        });
        Ok(Self {
            port,
            door,
            inside,
            held,
        })
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// Drops every connection without a word. Says how many there were.
    pub(crate) fn cut(&self) -> usize {
        let mut inside = self.inside.borrow_mut();
        inside.retain(|passing| !passing.is_finished());
        inside.drain(..).map(|passing| passing.abort()).count()
    }

    /// Carries nothing until told otherwise; what comes meanwhile is kept.
    pub(crate) fn hold(&self, held: bool) {
        self.held.send_replace(held);
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.door.abort();
        self.cut();
    }
}

/// Carries bytes until either side has gone; then the other goes too.
async fn pass(client: TcpStream, nodes: Rc<[u16]>, gate: watch::Receiver<bool>) {
    for node in nodes.iter() {
        if let Ok(server) = TcpStream::connect(("127.0.0.1", *node)).await {
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = server.into_split();
            tokio::select! {
                () = carry(from_client, to_server, gate.clone()) => {}
                () = carry(from_server, to_client, gate) => {}
            }
            return;
        }
    }
}

/// Carries bytes one way. How it ends, both sides see for themselves.
async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut gate: watch::Receiver<bool>,
) {
    let mut piece = vec![0; PIECE];
    loop {
        let length = match from.read(&mut piece).await {
            Ok(length) if length > 0 => length,
            _ => return,
        };
        if gate.wait_for(|held| !held).await.is_err() {
            return;
        }
        if to.write_all(&piece[..length]).await.is_err() {
            return;
        }
    }
}
