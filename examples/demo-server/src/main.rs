//! The demo's server as a program.

use clap::Parser;
use realtime_demo_server::{Config, Secret, start};
use std::{error::Error, io, net::SocketAddr, path::PathBuf, process::ExitCode, time::Duration};
use tracing_subscriber::EnvFilter;

/// Serves the demo: live prices, tasks, rooms and notifications over REST and a WebSocket, in memory or, with --redis,
/// together with others.
#[derive(Debug, Parser)]
#[command(name = "realtime-demo-server", version)]
struct Flags {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The folder of the built page
    #[arg(long, value_name = "DIR", default_value = "dist")]
    dist: PathBuf,
    /// How often the prices move, in milliseconds; 0 stops them
    #[arg(long, value_name = "MS", default_value_t = 250)]
    tick: u64,
    /// Makes the prices repeatable
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Sockets at once
    #[arg(long, value_name = "COUNT", default_value_t = 1_000)]
    max_connections: u16,
    /// Bytes of one message or one request body
    #[arg(long, value_name = "BYTES", default_value_t = 65_536)]
    max_message_bytes: usize,
    /// Events kept per channel for those who resume
    #[arg(long, value_name = "EVENTS", default_value_t = 1_000)]
    history: usize,
    /// What the tokens of users are signed with; a random secret if there is none
    #[arg(
        long,
        value_name = "SECRET",
        env = "DEMO_SECRET",
        hide_env_values = true
    )]
    secret: Option<String>,
    /// Take people for whom they say they are, with a token or without; for tests
    #[arg(long)]
    trust_clients: bool,
    /// A name under which this server answers, beside localhost and addresses in numbers; its pages come by https, or
    /// with http:// before it by that
    #[arg(long = "host", value_name = "NAME")]
    hosts: Vec<String>,
    /// Connections at once that are no sockets, or not yet
    #[arg(long, value_name = "COUNT", default_value_t = 512)]
    max_requests: u16,
    /// Connections at once from one address; if not given, 256, and any number from this machine
    #[arg(long, value_name = "COUNT")]
    max_per_address: Option<u16>,
    /// Messages per second and socket; twice as many at once after a pause
    #[arg(long, value_name = "PER_SECOND", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    rate: u32,
    /// Share the state with other servers in the Redis at this address, such as redis://127.0.0.1:6379
    #[arg(long, value_name = "URL", env = "DEMO_REDIS", hide_env_values = true)]
    redis: Option<String>,
    /// What the names of the keys in Redis begin with; servers with the same prefix share a state
    #[arg(long, value_name = "NAME", default_value = "realtime-demo")]
    redis_prefix: String,
    /// With --redis, how long a server may give no sign of life until the others drop its members, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(10..))]
    node_life: u64,
    /// Let pages of any origin open sockets, not only the server's own; for tests
    #[arg(long)]
    any_origin: bool,
    /// Log warnings only; RUST_LOG says it more finely
    #[arg(long)]
    quiet: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let flags = Flags::parse();
    let level = if flags.quiet { "warn" } else { "info" };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .init();
    match run(flags).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("realtime-demo-server: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(flags: Flags) -> Result<(), Box<dyn Error>> {
    let server = start(flags.into()).await?;
    println!("listening on http://{}", server.addr());
    asked_to_stop().await?;
    tracing::info!("shutting down");
    server.shutdown().await;
    Ok(())
}

#[cfg(unix)]
async fn asked_to_stop() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn asked_to_stop() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}

impl From<Flags> for Config {
    fn from(flags: Flags) -> Self {
        Self {
            listen: flags.listen,
            dist: flags.dist,
            tick: Duration::from_millis(flags.tick),
            seed: flags.seed,
            max_connections: flags.max_connections.into(),
            max_message_bytes: flags.max_message_bytes,
            history: flags.history,
            secret: flags.secret.as_deref().map(Secret::from),
            trust_clients: flags.trust_clients,
            hosts: flags.hosts,
            max_requests: flags.max_requests.into(),
            max_per_address: flags.max_per_address.map(Into::into),
            rate: flags.rate,
            any_origin: flags.any_origin,
            redis: flags.redis,
            redis_prefix: flags.redis_prefix,
            node_life: Duration::from_millis(flags.node_life),
            ..Self::default()
        }
    }
}
