//! Servers that share a state: in this process, or in one that can be killed.

use crate::{
    client::{Served, still},
    redis::{Redis, aside},
};
use realtime_demo_server::Config;
use realtime_testkit::{Program, Start, announced_address};
use std::{net::SocketAddr, process::Command, time::Duration};

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
    program: Program,
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
        let mut command = Command::new(env!("CARGO_BIN_EXE_realtime-demo-server"));
        command
            .args(["--listen", "127.0.0.1:0", "--quiet", "--rate", "10000"])
            .arg("--trust-clients")
            .args(["--tick", &tick.to_string()])
            .args(["--node-life", &LIFE.as_millis().to_string()])
            .args(["--redis", &redis.url()]);
        let how = Start::of("a server", "Cargo has built it for this test");
        let start = move || Program::start(how, &mut command, announced_address);
        let (program, address) = aside(start).await;
        Self { program, address }
    }

    /// Kills it without warning.
    pub(crate) fn kill(self) {
        self.program.kill().unwrap();
    }

    /// Stops it in its tracks.
    pub(crate) fn freeze(&self) {
        self.program.freeze().unwrap();
    }

    /// Lets it go on.
    pub(crate) fn thaw(&self) {
        self.program.thaw().unwrap();
    }
}
