//! A way to Redis that can break at the worst moment.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// What must be said for a connection to break.
type Breaks = Arc<Mutex<Option<&'static str>>>;

/// Passes everything on to a Redis. It ends with this value.
#[derive(Debug)]
pub(crate) struct Tap {
    address: SocketAddr,
    breaks: Breaks,
    _serving: JoinSet<()>,
}

impl Tap {
    pub(crate) async fn before(redis: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let breaks = Breaks::default();
        let mut serving = JoinSet::new();
        let orders = Arc::clone(&breaks);
        serving.spawn(async move {
            let mut links = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                links.spawn(pass_on(client, redis, Arc::clone(&orders)));
            }
        });
        Self {
            address,
            breaks,
            _serving: serving,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://{}/", self.address)
    }

    /// The next message to Redis with this text in it still gets there, but the connection breaks before the answer
    /// comes back.
    pub(crate) fn break_after(&self, text: &'static str) {
        *self.breaks.lock().unwrap() = Some(text);
    }

    /// Whether it has broken since.
    pub(crate) fn has_broken(&self) -> bool {
        self.breaks.lock().unwrap().is_none()
    }
}

async fn pass_on(mut client: TcpStream, redis: SocketAddr, breaks: Breaks) {
    let mut server = TcpStream::connect(redis).await.unwrap();
    let (mut asked, mut answered) = (vec![0; 65_536], vec![0; 65_536]);
    let mut is_last = false;
    loop {
        tokio::select! {
            count = client.read(&mut asked) => {
                let Ok(count @ 1..) = count else { return };
                let piece = &asked[..count];
                let holds = |text: &mut &str| piece.windows(text.len()).any(|part| part == text.as_bytes());
                is_last = is_last || breaks.lock().unwrap().take_if(holds).is_some();
                if server.write_all(piece).await.is_err() {
                    return;
                }
            }
            count = server.read(&mut answered) => {
                let Ok(count @ 1..) = count else { return };
                if is_last || client.write_all(&answered[..count]).await.is_err() {
                    return;
                }
            }
        }
    }
}
