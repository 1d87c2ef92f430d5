//! Configuration: how a server is set up.

use crate::tokens::Secret;
use realtime_replication::Settings;
use std::{fmt, net::SocketAddr, path::PathBuf, time::Duration};

/// How a server is set up. [`Config::default`] is what the program does without flags.
///
/// ```
/// use realtime_demo_server::Config;
///
/// let config = Config { max_connections: 10, ..Config::default() };
/// assert_eq!(config.history, 1000);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Config {
    /// Where to listen; port 0 takes a free one. 127.0.0.1:8080.
    pub listen: SocketAddr,
    /// The folder of the built page. `dist`.
    pub dist: PathBuf,
    /// How often the price feed moves; zero stops it. 250 ms.
    pub tick: Duration,
    /// Makes the price feed repeatable. None.
    pub seed: Option<u64>,
    /// Sockets at once. 1000.
    pub max_connections: usize,
    /// Bytes of one message or one request body. 65,536.
    pub max_message_bytes: usize,
    /// Events kept per channel for those who resume. 1000.
    pub history: usize,
    /// What the tokens of users are signed with. None: a random one, which servers that share a state share as well.
    pub secret: Option<Secret>,
    /// How long a token is good. One hour.
    pub token_life: Duration,
    /// Whether people are taken for whom they say they are: they need no token, and get one for any user. For tests and
    /// measurements. No.
    pub trust_clients: bool,
    /// Messages per second and socket; twice as many at once after a pause. 200.
    pub rate: u32,
    /// Whether pages of any origin may open sockets. No: only pages of this host.
    pub any_origin: bool,
    /// The names under which this server answers, beside `localhost` and addresses in numbers. Pages of a name come by
    /// https, or with `http://` before the name by that. None.
    pub hosts: Vec<String>,
    /// Connections at once that are no sockets, or not yet. 512.
    pub max_requests: usize,
    /// Connections at once from one address, or one IPv6 network of 64 bits. None: 256, and any number from this machine,
    /// where a proxy is.
    pub max_per_address: Option<usize>,
    /// How long a connection may take to send the head of a request, and rest between two requests. 15 s.
    pub head_within: Duration,
    /// How long a request's body may take. 10 s.
    pub body_within: Duration,
    /// How long a connection may take nothing of what is written to it, until it is a socket. 30 s.
    pub write_within: Duration,
    /// Frames that may wait for one socket before it is given up as too slow. 4096.
    pub queue_frames: usize,
    /// Bytes that may wait for one socket. 8 MiB.
    pub queue_bytes: usize,
    /// How long a socket may be silent before it is pinged. 30 s.
    pub ping_after: Duration,
    /// How long a socket may be silent before it is given up. 90 s.
    pub silence: Duration,
    /// How long a socket may take to authenticate. 5 s.
    pub auth_within: Duration,
    /// How long a present member may be silent. 75 s.
    pub presence_life: Duration,
    /// The address of a Redis, such as `redis://127.0.0.1:6379`, in which servers share one state. None: this one has
    /// its own, in memory.
    pub redis: Option<String>,
    /// What the names of the keys in Redis begin with: servers with the same one share a state. `realtime-demo`.
    pub redis_prefix: String,
    /// How long a server that shares its state may give no sign of life before the others take its sockets for gone.
    /// 10 s.
    pub node_life: Duration,
    /// Changes of a shared state after which it is written down anew. 1000.
    pub snapshot_every: u64,
    /// The least time between two such writings, and so the longest that a server may stall and still go on where it
    /// was. 5 s.
    pub snapshot_gap: Duration,
}

impl Config {
    /// How its state is shared with other servers.
    pub(crate) fn sharing(&self) -> Settings {
        Settings {
            prefix: self.redis_prefix.clone(),
            node_life: self.node_life,
            snapshot_every: self.snapshot_every,
            snapshot_gap: self.snapshot_gap,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            dist: PathBuf::from("dist"),
            tick: Duration::from_millis(250),
            seed: None,
            max_connections: 1_000,
            max_message_bytes: 64 * 1024,
            history: 1_000,
            secret: None,
            token_life: Duration::from_secs(3_600),
            trust_clients: false,
            rate: 200,
            any_origin: false,
            hosts: Vec::new(),
            max_requests: 512,
            max_per_address: None,
            head_within: Duration::from_secs(15),
            body_within: Duration::from_secs(10),
            write_within: Duration::from_secs(30),
            queue_frames: 4_096,
            queue_bytes: 8 * 1024 * 1024,
            ping_after: Duration::from_secs(30),
            silence: Duration::from_secs(90),
            auth_within: Duration::from_secs(5),
            presence_life: Duration::from_secs(75),
            redis: None,
            redis_prefix: "realtime-demo".to_owned(),
            node_life: Duration::from_secs(10),
            snapshot_every: 1_000,
            snapshot_gap: Duration::from_secs(5),
        }
    }
}

impl fmt::Debug for Config {
    /// Without what is secret: the key of tokens, and the address of Redis, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("listen", &self.listen)
            .field("dist", &self.dist)
            .field("hosts", &self.hosts)
            .field("trust_clients", &self.trust_clients)
            .field("any_origin", &self.any_origin)
            .field("is_shared", &self.redis.is_some())
            .finish_non_exhaustive()
    }
}
