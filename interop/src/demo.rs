//! The demo server, as a program that can be killed and started again.

use crate::{
    failure::{Failure, Verdict},
    http,
    peer::{Versions, let_be},
    program::{Program, START},
    stage::program,
};
use serde_json::{Value, json};
use std::net::SocketAddr;

/// A running demo server. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct DemoServer {
    program: Program,
    address: SocketAddr,
    flags: Vec<String>,
    versions: Versions,
}

impl DemoServer {
    pub(crate) async fn start(flags: &[&str]) -> Verdict<Self> {
        let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), flags).await
    }

    async fn start_at(address: SocketAddr, flags: Vec<String>) -> Verdict<Self> {
        let path = program("realtime-demo-server")?;
        let (program, (input, mut output)) = Program::start("the demo server", path, |command| {
            command.arg("--listen").arg(address.to_string());
            command.args(["--any-origin", "--trust-clients", "--quiet", "--tick", "0"]);
            command.args(&flags);
        })?;
        let announced = tokio::time::timeout(START, async {
            while let Ok(Some(line)) = output.next_line().await {
                if let Some(address) = announced(&line) {
                    return Some(address);
                }
            }
            None
        });
        let Ok(Some(address)) = announced.await else {
            let said = program.complaints();
            return Err(Failure::new(format!(
                "the demo server did not come up; it said: {said}"
            )));
        };
        let_be((input, output));
        Ok(Self {
            program,
            address,
            flags,
            versions: Versions::from([(
                "realtime-demo-server".to_owned(),
                env!("CARGO_PKG_VERSION").to_owned(),
            )]),
        })
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://{}/ws", self.address)
    }

    /// An address of its REST interface.
    pub(crate) fn http(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A token for a user.
    pub(crate) async fn token(&self, user: &str) -> Verdict<String> {
        let asked = json!({"name": user, "user": user});
        let session: Value = http::post(self.http("/api/session"), asked).await?;
        let token = session["token"].as_str();
        Ok(token.unwrap_or_default().to_owned())
    }

    /// Stops the process in its tracks.
    pub(crate) async fn freeze(&self) -> Verdict {
        self.program.freeze().await
    }

    /// Lets it go on.
    pub(crate) async fn thaw(&self) -> Verdict {
        self.program.signal("CONT").await
    }

    /// How many sockets it has open.
    pub(crate) async fn connections(&self) -> Verdict<u64> {
        let health: Value = http::get(self.http("/api/health")).await?;
        Ok(health["connections"].as_u64().unwrap_or_default())
    }

    pub(crate) const fn versions(&self) -> &Versions {
        &self.versions
    }

    /// Kills it without warning, and starts another at the same address.
    pub(crate) async fn restart(self) -> Verdict<Self> {
        let (address, flags) = (self.address, self.flags);
        self.program.kill().await?;
        Self::start_at(address, flags).await
    }
}

fn announced(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("listening on http://")?;
    rest.split(['/', ' ']).next()?.parse().ok()
}
