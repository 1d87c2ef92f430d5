//! Clients, links and the server on one virtual clock.

mod disks;
mod peer;
mod steps;
#[cfg(feature = "tabs")]
mod tabs;

pub use disks::DiskId;
pub use peer::{PeerId, Started};

use super::{
    disk::Disk,
    link::{Link, LinkState},
    server::{ScriptedServer, SocketId},
};
use crate::{
    Client, ClientOptions, Codec, FetchError, Fetched, Input, Instant, QueryKey, wire::JsonCodec,
};
use peer::Peer;
use std::{any::Any, fmt, ops::RangeInclusive, time::Duration};

/// How often something may happen at one moment. A frame or a fetch that takes no time may cause
/// another, but not for ever.
const MAX_STEPS: usize = 1_000;

type Fetcher = Box<dyn FnMut(&QueryKey, &ScriptedServer) -> Result<Fetched, FetchError>>;

/// Everything there is: a server, clients, links, one clock, one seed.
pub struct World {
    /// The server.
    pub server: ScriptedServer,
    /// How long a fetch takes, in milliseconds.
    pub fetch_latency: RangeInclusive<u64>,
    /// Whether a fetch reads the server's state when it begins (and so answers with old state) or
    /// when it ends.
    pub fetch_reads_early: bool,
    /// How long the server goes on believing in a socket whose client has gone without a word.
    pub server_notices_after: Duration,
    now: Instant,
    rng: fastrand::Rng,
    peers: Vec<Peer>,
    disks: Vec<Disk>,
    sockets: u64,
    steps: u64,
    /// Sockets without a client that the server still believes in, and until when.
    forsaken: Vec<(Instant, SocketId)>,
    fetcher: Fetcher,
    /// How long it takes, in milliseconds, until a tab hears of what another has posted, or of a lock.
    #[cfg(feature = "tabs")]
    pub tab_latency: RangeInclusive<u64>,
    #[cfg(feature = "tabs")]
    locks: tabs::Locks,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World")
            .field("now", &self.now)
            .field("peers", &self.peers.len())
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

impl World {
    /// A world in which all chance comes from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            server: ScriptedServer::default(),
            fetch_latency: 10..=50,
            fetch_reads_early: false,
            server_notices_after: Duration::ZERO,
            now: Instant::from_millis(1_000),
            rng: fastrand::Rng::with_seed(seed),
            peers: Vec::new(),
            disks: Vec::new(),
            sockets: 0,
            steps: 0,
            forsaken: Vec::new(),
            fetcher: Box::new(|key, _| {
                Err(FetchError::permanent(format!("nothing answers for {key}")))
            }),
            #[cfg(feature = "tabs")]
            tab_latency: 0..=4,
            #[cfg(feature = "tabs")]
            locks: tabs::Locks::default(),
        }
    }

    /// The time.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// Answers every fetch from the server's state. The value must be what the query holds: a `T`
    /// for a record, a `Vec<T>` for a list.
    pub fn on_fetch<T: Any>(
        &mut self,
        mut fetcher: impl FnMut(&QueryKey, &ScriptedServer) -> Result<T, FetchError> + 'static,
    ) {
        self.on_positioned_fetch(move |key, server| fetcher(key, server).map(Fetched::new));
    }

    /// The same, for fetchers that know the position of what they return.
    pub fn on_positioned_fetch(
        &mut self,
        fetcher: impl FnMut(&QueryKey, &ScriptedServer) -> Result<Fetched, FetchError> + 'static,
    ) {
        self.fetcher = Box::new(fetcher);
    }

    /// Adds a client with default options and tells it to connect.
    pub fn connect(&mut self) -> PeerId {
        let peer = self.add(ClientOptions::new("ws://server.test/ws"));
        self.act(peer, Client::connect);
        peer
    }

    /// Adds a client that has not been told to connect.
    pub fn add(&mut self, options: ClientOptions) -> PeerId {
        self.add_with_codec(options, Box::new(JsonCodec::default()))
    }

    /// The same for a client of another protocol, which the server is to speak as well.
    pub fn add_with_codec(&mut self, options: ClientOptions, codec: Box<dyn Codec>) -> PeerId {
        let options = options.with_seed(self.rng.u64(..));
        let client = Client::new(options, codec);
        self.peers.push(Peer::new(client));
        PeerId(self.peers.len() - 1)
    }

    /// Calls a command on a client and carries out what comes of it.
    pub fn act<R>(&mut self, peer: PeerId, command: impl FnOnce(&mut Client, Instant) -> R) -> R {
        let result = command(&mut self.peers[peer.0].client, self.now);
        self.drain(peer.0);
        result
    }

    /// Feeds an input to a client, such as [`Input::Visible`].
    pub fn input(&mut self, peer: PeerId, input: Input<'_>) {
        let now = self.now;
        self.peers[peer.0].client.handle(now, input);
        self.drain(peer.0);
    }

    /// A client, to look at.
    #[must_use]
    pub fn client(&self, peer: PeerId) -> &Client {
        &self.peers[peer.0].client
    }

    /// What a client's token provider answers.
    pub fn set_token(&mut self, peer: PeerId, token: Result<Option<String>, FetchError>) {
        self.peers[peer.0].token = token;
    }

    /// A client's link, to look at.
    #[must_use]
    pub fn link(&self, peer: PeerId) -> &Link {
        &self.peers[peer.0].link
    }

    /// A client's link, to make it slow.
    pub fn link_mut(&mut self, peer: PeerId) -> &mut Link {
        &mut self.peers[peer.0].link
    }

    /// Breaks a client's socket: both ends learn of it at once.
    pub fn cut(&mut self, peer: PeerId) {
        self.close_link(peer.0, 1006, "");
    }

    /// Lets no socket of this client open, and breaks the one there is.
    pub fn take_down(&mut self, peer: PeerId) {
        self.cut(peer);
        self.peers[peer.0].link.state = LinkState::Down;
    }

    /// Makes a client's link half open: nobody notices, nothing arrives.
    pub fn stall(&mut self, peer: PeerId) {
        self.peers[peer.0].link.state = LinkState::Stalled;
    }

    /// Makes a client's socket half open for good: nobody notices, and what is sent is lost. The
    /// next socket is sound.
    pub fn swallow(&mut self, peer: PeerId) {
        self.peers[peer.0].link.swallow();
    }

    /// Heals a client's link. What a stalled link held back arrives now.
    pub fn heal(&mut self, peer: PeerId) {
        self.peers[peer.0].link.state = LinkState::Up;
    }

    /// Whether a client is frozen.
    #[must_use]
    pub fn is_frozen(&self, peer: PeerId) -> bool {
        self.peers[peer.0].frozen
    }

    /// Stops a client's clock and ears, as a laptop lid does; what was sent to it waits.
    pub fn freeze(&mut self, peer: PeerId) {
        self.peers[peer.0].frozen = true;
    }

    /// Wakes a frozen client: first its timer, late, then what waited.
    pub fn thaw(&mut self, peer: PeerId) {
        self.peers[peer.0].frozen = false;
        self.input(peer, Input::Timeout);
        #[cfg(feature = "tabs")]
        self.thaw_tab(peer.0);
    }

    /// Lets `duration` pass, and everything that falls into it happen, in order.
    ///
    /// # Panics
    ///
    /// When time stands still, because a client asks again and again to be woken at once.
    pub fn run(&mut self, duration: Duration) {
        let end = self.now + duration;
        self.advance_server();
        self.deliver_from_server();
        let mut steps = 0;
        while let Some(next) = self.next_moment().filter(|&next| next <= end) {
            steps = if next > self.now { 0 } else { steps + 1 };
            assert!(steps < MAX_STEPS, "time stands still at {}", self.now);
            self.now = self.now.max(next);
            self.step();
        }
        self.now = end;
        self.advance_server();
    }
}
