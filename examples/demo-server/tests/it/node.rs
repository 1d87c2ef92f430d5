//! Servers that share a state: in this process, or in one that can be killed.

use crate::{
    client::{Served, in_time, still},
    redis::Redis,
};
use realtime_demo_server::Config;
use std::{net::SocketAddr, process::Stdio, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

/// How long a server of these tests may be silent.
pub(crate) const LIFE: Duration = Duration::from_millis(400);

/// One of several servers, in this process; its prices stand still.
pub(crate) fn sharing(redis: &Redis) -> Config {
    Config {
        redis: Some(redis.url()),
        node_life: LIFE,
        ..still()
    }
}

/// A server in a process of its own. It is killed with this value.
#[derive(Debug)]
pub(crate) struct Node {
    child: Child,
    address: SocketAddr,
}

impl Served for Node {
    fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Node {
    /// `tick` is in milliseconds.
    pub(crate) async fn start(redis: &Redis, tick: u64) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_realtime-demo-server"))
            .args(["--listen", "127.0.0.1:0", "--quiet", "--rate", "10000"])
            .arg("--trust-clients")
            .args(["--tick", &tick.to_string()])
            .args(["--node-life", &LIFE.as_millis().to_string()])
            .args(["--redis", &redis.url()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = in_time(lines.next_line()).await.unwrap().unwrap();
        let address = line.strip_prefix("listening on http://").unwrap();
        Self {
            address: address.parse().unwrap(),
            child,
        }
    }

    /// Kills it without warning.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Sends it a signal, such as `STOP`.
    pub(crate) async fn signal(&self, name: &str) {
        let process = self.child.id().unwrap().to_string();
        let mut kill = Command::new("kill");
        let status = kill.args([&format!("-{name}"), &process]).status().await;
        assert!(status.unwrap().success());
    }
}
