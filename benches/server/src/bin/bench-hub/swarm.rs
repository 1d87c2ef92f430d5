//! Swarm: the clients, all in one process.

use crate::{
    decoder::{Decoder, number_after, text_frame},
    histogram::Histogram,
    process::Process,
    report::Step,
    serve::{Served, channel, now},
};
use std::{
    error::Error,
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime::Runtime,
    sync::{Semaphore, watch},
    task::JoinSet,
    time::sleep,
};

/// Connections that are opened at once.
const AT_ONCE: usize = 256;
/// How long what was published may take after its time.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it is looked whether all has come.
const LOOK: Duration = Duration::from_millis(5);

/// The clients.
#[derive(Debug)]
pub(crate) struct Swarm {
    count: u32,
    seen: Arc<Seen>,
    go: watch::Sender<bool>,
    // Held for its drop, which ends them.
    _tasks: JoinSet<io::Result<()>>,
}

/// What all clients together have seen.
#[derive(Debug)]
struct Seen {
    subscribed: AtomicU64,
    events: AtomicU64,
    late: Histogram,
}

impl Swarm {
    /// Opens all connections; gives how long that took.
    pub(crate) async fn connect(
        address: SocketAddr,
        count: u32,
        rooms: u32,
    ) -> Result<(Self, Duration), Box<dyn Error>> {
        let seen = Arc::new(Seen {
            subscribed: AtomicU64::new(0),
            events: AtomicU64::new(0),
            late: Histogram::new(),
        });
        let (go, going) = watch::channel(false);
        let turns = Arc::new(Semaphore::new(AT_ONCE));
        let start = Instant::now();
        let mut opening = JoinSet::new();
        for _ in 0..count {
            let turns = Arc::clone(&turns);
            opening.spawn(async move {
                let _turn = turns.acquire().await;
                open(address).await
            });
        }
        let mut tasks = JoinSet::new();
        while let Some(opened) = opening.join_next().await {
            let stream = opened??;
            let number = u32::try_from(tasks.len()).unwrap_or(u32::MAX);
            let channels = [channel(number, 1), channel(number, rooms)];
            tasks.spawn(listen(stream, channels, Arc::clone(&seen), going.clone()));
        }
        let swarm = Self {
            count,
            seen,
            go,
            _tasks: tasks,
        };
        Ok((swarm, start.elapsed()))
    }

    /// Lets all subscribe; gives how long that took.
    pub(crate) async fn subscribe(&self) -> Duration {
        let start = Instant::now();
        self.go.send_replace(true);
        while self.seen.subscribed.load(Ordering::Relaxed) < u64::from(self.count) * 2 {
            sleep(LOOK).await;
        }
        start.elapsed()
    }

    /// Has so many events published a second, for so long, and waits until they have come.
    pub(crate) fn step(
        &self,
        runtime: &Runtime,
        served: &mut Served,
        server: &Process,
        channels: u32,
        rate: u32,
        lasting: Duration,
    ) -> Result<Step, Box<dyn Error>> {
        let count = rate * u32::try_from(lasting.as_secs())?;
        let expected = u64::from(count) * u64::from(self.count / channels);
        let this = Process::of(std::process::id());
        let (busy_server, busy_clients) = (server.busy()?, this.busy()?);
        let before = self.seen.events.load(Ordering::Relaxed);
        let came = || self.seen.events.load(Ordering::Relaxed) - before;
        let start = Instant::now();
        let calls = served.publish(channels, rate, count)?;
        let memory = server.memory()?;
        let given_up = Instant::now() + PATIENCE;
        runtime.block_on(async {
            while came() < expected && Instant::now() < given_up {
                sleep(LOOK).await;
            }
        });
        Ok(Step {
            rate,
            delivered: came(),
            expected,
            took: start.elapsed(),
            late: self.seen.late.drain([0.5, 0.99, 1.0]),
            publish: calls / count,
            server: server.busy()? - busy_server,
            clients: this.busy()? - busy_clients,
            memory: memory.max(server.memory()?),
        })
    }
}

/// Opens a WebSocket.
async fn open(address: SocketAddr) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let request = format!(
        "GET /live/ws HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    // The server says nothing before it is spoken to, so nothing of it is lost.
    while !answer.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut answer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    match answer.starts_with(b"HTTP/1.1 101") {
        true => Ok(stream),
        false => Err(io::Error::other("the server did not open a websocket")),
    }
}

/// Subscribes when it is time, and takes in what comes.
async fn listen(
    mut stream: TcpStream,
    channels: [String; 2],
    seen: Arc<Seen>,
    mut go: watch::Receiver<bool>,
) -> io::Result<()> {
    if go.wait_for(|go| *go).await.is_err() {
        return Ok(());
    }
    for channel in channels {
        let subscribe =
            format!(r#"{{"event":"subscribe","channel":"{channel}","id":"{channel}"}}"#);
        stream.write_all(&text_frame(&subscribe)).await?;
    }
    let pong = text_frame(r#"{"event":"pong"}"#);
    let mut decoder = Decoder::default();
    let mut buffer = [0; 2_048];
    loop {
        let read = stream.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        let mut pings = 0;
        decoder.take_in(&buffer[..read], |frame| {
            if let Some(at) = number_after(frame, b"\"at\":") {
                seen.late.record(now().saturating_sub(at));
                seen.events.fetch_add(1, Ordering::Relaxed);
            } else if frame.starts_with(br#"{"event":"subscribe""#) {
                seen.subscribed.fetch_add(1, Ordering::Relaxed);
            } else if frame.starts_with(br#"{"event":"ping""#) {
                pings += 1;
            }
        });
        for _ in 0..pings {
            stream.write_all(&pong).await?;
        }
    }
}
