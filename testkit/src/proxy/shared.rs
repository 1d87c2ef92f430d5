//! Shared state of the proxy's threads: what was ordered, and the connections there are.

use super::fault::{Flow, LinkId, LinkInfo, Order, ProxyStats, Which};
use fastrand::Rng;
use std::{
    collections::BTreeMap,
    net::{Shutdown, SocketAddr, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// From whom to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    ToServer,
    ToClient,
}

/// What is to be done with a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passage {
    /// It goes on.
    Pass,
    /// It is lost; the next one may not be.
    Lost,
    /// The connection is over.
    Ended,
}

#[derive(Debug)]
pub(super) struct Shared {
    servers: Vec<SocketAddr>,
    order: Order,
    state: Mutex<State>,
    /// Told whenever an order changes.
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    /// How many connections were given a server.
    turns: usize,
    stopping: bool,
    refusing: bool,
    holds_sockets: bool,
    flow: Flow,
    swallow: Option<Vec<u8>>,
    links: BTreeMap<LinkId, Link>,
    last: LinkId,
    rng: Rng,
    stats: ProxyStats,
}

#[derive(Debug)]
struct Link {
    client: Arc<TcpStream>,
    server: Arc<TcpStream>,
    /// Its own flow, if it has one.
    flow: Option<Flow>,
    is_socket: bool,
    is_half_open: bool,
}

impl Shared {
    pub(super) fn new(servers: Vec<SocketAddr>, order: Order, seed: u64) -> Self {
        Self {
            servers,
            order,
            state: Mutex::new(State {
                turns: 0,
                stopping: false,
                refusing: false,
                holds_sockets: false,
                flow: Flow::Pass,
                swallow: None,
                links: BTreeMap::new(),
                last: LinkId(0),
                rng: Rng::with_seed(seed),
                stats: ProxyStats::default(),
            }),
            changed: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The servers for the next connection, the preferred one first.
    pub(super) fn turn(&self) -> Vec<SocketAddr> {
        let mut servers = self.servers.clone();
        if self.order == Order::InTurn {
            let mut state = self.lock();
            let first = state.turns.checked_rem(servers.len()).unwrap_or_default();
            servers.rotate_left(first);
            state.turns = state.turns.wrapping_add(1);
        }
        servers
    }

    /// Changes an order, and lets every thread that waits look again.
    fn order<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.lock());
        self.changed.notify_all();
        result
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.lock().stopping
    }

    pub(super) fn is_refusing(&self) -> bool {
        self.lock().refusing
    }

    pub(super) fn count(&self, count: impl FnOnce(&mut ProxyStats)) {
        count(&mut self.lock().stats);
    }

    pub(super) fn stats(&self) -> ProxyStats {
        self.lock().stats
    }

    pub(super) fn links(&self) -> Vec<LinkInfo> {
        let state = self.lock();
        let links = state.links.iter().map(|(id, link)| LinkInfo {
            id: *id,
            is_socket: link.is_socket,
            is_half_open: link.is_half_open,
        });
        links.collect()
    }

    pub(super) fn set_flow(&self, which: Which, flow: Flow) -> usize {
        self.order(|state| {
            let own = match which {
                Which::All => {
                    state.flow = flow;
                    None
                }
                Which::Sockets | Which::One(_) => Some(flow),
            };
            state.change(which, |link| {
                link.flow = own;
                true
            })
        })
    }

    pub(super) fn hold_sockets(&self, hold: bool) {
        self.order(|state| {
            state.holds_sockets = hold;
            if !hold {
                state.change(Which::Sockets, |link| link.flow.take().is_some());
            }
        });
    }

    pub(super) fn refuse(&self, refuse: bool) {
        self.order(|state| state.refusing = refuse);
    }

    pub(super) fn swallow(&self, text: &str) {
        let text = (!text.is_empty()).then(|| text.as_bytes().to_vec());
        self.order(|state| state.swallow = text);
    }

    pub(super) fn cut(&self, which: Which) -> usize {
        self.order(|state| state.cut(which))
    }

    pub(super) fn half_open(&self, which: Which) -> usize {
        self.order(|state| {
            let count = state.change(which, |link| {
                close(&link.server);
                !std::mem::replace(&mut link.is_half_open, true)
            });
            state.stats.half_opened += count as u64;
            count
        })
    }

    /// Ends every connection, and every thread.
    pub(super) fn stop(&self) {
        self.order(|state| {
            state.stopping = true;
            state.cut(Which::All);
        });
    }

    /// Takes a connection in. None if the proxy stops, or lets nobody in any more.
    pub(super) fn enter(&self, client: &Arc<TcpStream>, server: &Arc<TcpStream>) -> Option<LinkId> {
        let mut state = self.lock();
        if state.stopping || state.refusing {
            state.stats.refused += 1;
            return None;
        }
        state.stats.accepted += 1;
        state.last = LinkId(state.last.0 + 1);
        let id = state.last;
        let link = Link {
            client: Arc::clone(client),
            server: Arc::clone(server),
            flow: None,
            is_socket: false,
            is_half_open: false,
        };
        state.links.insert(id, link);
        Some(id)
    }

    /// Forgets a connection that is over.
    pub(super) fn leave(&self, id: LinkId) {
        self.order(|state| state.links.remove(&id));
    }

    pub(super) fn is_half_open(&self, id: LinkId) -> bool {
        let state = self.lock();
        state.links.get(&id).is_some_and(|link| link.is_half_open)
    }

    /// Notes that the client asked for a WebSocket.
    pub(super) fn is_socket(&self, id: LinkId) {
        let mut state = self.lock();
        let flow = state.holds_sockets.then_some(Flow::Stall);
        if let Some(link) = state.links.get_mut(&id) {
            link.is_socket = true;
            link.flow = link.flow.or(flow);
        }
    }

    /// Waits until it is decided what becomes of a piece. The end of a stream is a piece without bytes.
    pub(super) fn await_passage(&self, id: LinkId, way: Way, piece: &[u8]) -> Passage {
        let mut state = self.lock();
        let mut due = None;
        let mut stalled = false;
        let passage = loop {
            let Some(link) = state.links.get(&id) else {
                break Passage::Ended;
            };
            if link.is_half_open {
                break Passage::Lost;
            }
            match link.flow.unwrap_or(state.flow) {
                Flow::Pass => break Passage::Pass,
                Flow::Mute if way == Way::ToServer => break Passage::Pass,
                Flow::Stall | Flow::Mute => {
                    if !stalled {
                        stalled = true;
                        state.stats.stalled += 1;
                    }
                    state = self
                        .changed
                        .wait(state)
                        .unwrap_or_else(PoisonError::into_inner);
                }
                Flow::Delay(most) => {
                    let due = *due.get_or_insert_with(|| state.draw_due(most));
                    let left = due.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        break Passage::Pass;
                    }
                    let waited = self.changed.wait_timeout(state, left);
                    state = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        };
        state.judge(id, way, piece, passage)
    }
}

impl State {
    /// Changes the connections that are meant, and counts those for which `change` says that it did.
    fn change(&mut self, which: Which, mut change: impl FnMut(&mut Link) -> bool) -> usize {
        let meant = self
            .links
            .iter_mut()
            .filter(|(id, link)| which.includes(**id, link.is_socket));
        meant
            .filter_map(|(_, link)| change(link).then_some(()))
            .count()
    }

    fn cut(&mut self, which: Which) -> usize {
        let before = self.links.len();
        self.links.retain(|id, link| {
            let is_meant = which.includes(*id, link.is_socket);
            if is_meant {
                close(&link.client);
                close(&link.server);
            }
            !is_meant
        });
        let count = before - self.links.len();
        self.stats.cut += count as u64;
        count
    }

    fn draw_due(&mut self, most: Duration) -> Instant {
        self.stats.delayed += 1;
        let most = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
        Instant::now() + Duration::from_millis(self.rng.u64(0..=most))
    }

    /// Swallows the piece if that was ordered, and counts its bytes.
    fn judge(&mut self, id: LinkId, way: Way, piece: &[u8], passage: Passage) -> Passage {
        let is_socket = self.links.get(&id).is_some_and(|link| link.is_socket);
        let swallows = passage == Passage::Pass
            && (is_socket, way) == (true, Way::ToClient)
            && self.swallow.take_if(|text| holds(piece, text)).is_some();
        let bytes = piece.len() as u64;
        if swallows {
            self.stats.swallowed += 1;
        }
        match (passage, way) {
            (Passage::Pass, _) if swallows => self.stats.bytes_lost += bytes,
            (Passage::Pass, Way::ToServer) => self.stats.bytes_to_server += bytes,
            (Passage::Pass, Way::ToClient) => self.stats.bytes_to_clients += bytes,
            (Passage::Lost | Passage::Ended, _) => self.stats.bytes_lost += bytes,
        }
        if swallows { Passage::Lost } else { passage }
    }
}

fn holds(piece: &[u8], text: &[u8]) -> bool {
    piece.windows(text.len()).any(|part| part == text)
}

/// Closes both directions, which wakes whoever reads or writes. A socket that its other end has closed is no error.
fn close(stream: &TcpStream) {
    let _ = stream.shutdown(Shutdown::Both);
}
