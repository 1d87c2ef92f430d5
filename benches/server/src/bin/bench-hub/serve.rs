//! The server's process, and the handle by which the measuring process has it publish.

use axum::{Router, serve::ListenerExt};
use realtime_server::{Hub, Limits, ListChange};
use serde_json::json;
use std::{
    env,
    error::Error,
    io::{self, BufRead, BufReader, Write},
    net::SocketAddr,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use tokio::{net::TcpListener, runtime::Builder};

/// Microseconds since the Unix epoch, for times that both processes understand.
pub(crate) fn now() -> u64 {
    let passed = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(passed.as_micros()).unwrap_or(u64::MAX)
}

/// The channel of a number, if there are so many.
pub(crate) fn channel(number: u32, channels: u32) -> String {
    match channels {
        1 => "all".to_owned(),
        channels => format!("room:{}", number % channels),
    }
}

/// Serves until its input ends. Each line `channels rate count` has it publish; it answers with the microseconds that the
/// calls took together.
pub(crate) fn run() -> Result<(), Box<dyn Error>> {
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    let limits = Limits {
        connections: 1_000_000,
        ..Limits::default()
    };
    let hub = Hub::builder().limits(limits).build();
    let app = Router::new().nest("/live", hub.router());
    let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", 0)))?;
    say(&listener.local_addr()?.to_string())?;
    let listener = listener.tap_io(|socket| drop(socket.set_nodelay(true)));
    runtime.spawn(async move { axum::serve(listener, app).await });
    for line in io::stdin().lock().lines() {
        let line = line?;
        let numbers: Vec<u32> = line.split(' ').map(str::parse).collect::<Result<_, _>>()?;
        let [channels, rate, count] = numbers[..] else {
            return Err("a line has three numbers".into());
        };
        say(&publish(&hub, channels, rate, count)?
            .as_micros()
            .to_string())?;
    }
    Ok(())
}

fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// Publishes so many events at that rate, to each channel in turn; gives the time that the calls took.
fn publish(hub: &Hub, channels: u32, rate: u32, count: u32) -> Result<Duration, Box<dyn Error>> {
    let start = Instant::now();
    let mut calls = Duration::ZERO;
    for number in 0..count {
        let due = start + Duration::from_secs(number.into()) / rate;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let row = json!({"id": format!("row-{}", number % 1_000), "version": number, "title": "a title of a usual length", "done": false});
        let data = json!({"at": now(), "change": ListChange::update(row)});
        let called = Instant::now();
        hub.publish(&channel(number, channels), "list:update", &data)?;
        calls += called.elapsed();
    }
    Ok(calls)
}

/// The server as the measuring process has it; it ends with this.
#[derive(Debug)]
pub(crate) struct Served {
    child: Child,
    lines: BufReader<ChildStdout>,
    orders: ChildStdin,
    address: SocketAddr,
}

impl Served {
    /// Starts this very program as a server.
    pub(crate) fn start() -> Result<Self, Box<dyn Error>> {
        let mut child = Command::new(env::current_exe()?)
            .arg("--serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (Some(orders), Some(out)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("the server has no pipes".into());
        };
        let mut lines = BufReader::new(out);
        let address = next(&mut lines)?.parse()?;
        Ok(Self {
            child,
            lines,
            orders,
            address,
        })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Has it publish, and gives the time that the calls took.
    pub(crate) fn publish(
        &mut self,
        channels: u32,
        rate: u32,
        count: u32,
    ) -> Result<Duration, Box<dyn Error>> {
        writeln!(self.orders, "{channels} {rate} {count}")?;
        let micros = next(&mut self.lines)?.parse()?;
        Ok(Duration::from_micros(micros))
    }
}

fn next(lines: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    lines.read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
