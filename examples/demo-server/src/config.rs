//! How a server is set up.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

/// How a server is set up. [`Config::default`] is what the program does without flags.
///
/// ```
/// use realtime_demo_server::Config;
///
/// let config = Config { max_connections: 10, ..Config::default() };
/// assert_eq!(config.history, 1000);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// The token that sockets and requests must bring, if any. None.
    pub token: Option<String>,
    /// Messages per second and socket; twice as many at once after a pause. 200.
    pub rate: u32,
    /// Whether pages of any origin may open sockets. No: only pages of this host.
    pub any_origin: bool,
    /// Frames that may wait for one socket before it is given up as too slow. 4096.
    pub queue_frames: usize,
    /// Bytes that may wait for one socket. 8 MiB.
    pub queue_bytes: usize,
    /// How long a socket may be silent before it is pinged. 30 s.
    pub ping_after: Duration,
    /// How long a socket may be silent before it is given up. 90 s.
    pub silence: Duration,
    /// How long a socket may take to authenticate, if there is a token. 5 s.
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
            token: None,
            rate: 200,
            any_origin: false,
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
