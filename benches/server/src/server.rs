//! The server beside the program that measures.

use crate::app::{Site, serve};
use std::io;
use tokio::{
    net::TcpListener,
    runtime::{Builder, Runtime},
};

/// A server that runs on a thread of its own until it is dropped.
#[derive(Debug)]
pub struct Server {
    url: String,
    // Held for its drop, which ends its tasks.
    _runtime: Runtime,
}

impl Server {
    /// Starts one on a free port of this machine.
    pub fn start(sites: Vec<Site>) -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", 0)))?;
        let url = format!("http://{}", listener.local_addr()?);
        runtime.spawn(async move { serve(listener, &sites).await });
        Ok(Self {
            url,
            _runtime: runtime,
        })
    }

    /// Where it listens, such as `http://127.0.0.1:40123`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}
