//! The demo server, as a case talks to it.

use crate::{
    failure::Verdict,
    peer::Versions,
    wait::{aside, within},
};
use realtime_testkit::{DemoServer, Http, ServerKind, loopback};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// A running demo server. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Demo(DemoServer);

impl Demo {
    pub(crate) async fn start(flags: &[&str]) -> Verdict<Self> {
        let always = ["--any-origin", "--trust-clients", "--quiet", "--tick", "0"];
        let flags = always.iter().chain(flags).map(|flag| (*flag).to_owned());
        let flags = flags.collect();
        let start = move || DemoServer::start(ServerKind::Envelope, loopback(0), flags);
        aside(start).await.map(Self)
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://{}/ws", self.0.address())
    }

    /// An address of its REST interface.
    pub(crate) fn http(&self, path: &str) -> String {
        format!("{}{path}", self.0.http().base())
    }

    /// A token for a user.
    pub(crate) async fn token(&self, user: &str) -> Verdict<String> {
        let asked = json!({"name": user, "user": user});
        let session: Value = post(self.http("/api/session"), asked).await?;
        let token = session["token"].as_str();
        Ok(token.unwrap_or_default().to_owned())
    }

    /// Stops the process in its tracks.
    pub(crate) fn freeze(&self) -> Verdict {
        Ok(self.0.program().freeze()?)
    }

    /// Lets it go on.
    pub(crate) fn thaw(&self) -> Verdict {
        Ok(self.0.program().thaw()?)
    }

    /// How many sockets it has open.
    pub(crate) async fn connections(&self) -> Verdict<u64> {
        let health: Value = get(self.http("/api/health")).await?;
        Ok(health["connections"].as_u64().unwrap_or_default())
    }

    /// What it is made of.
    pub(crate) fn versions() -> Versions {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Versions::from([("realtime-demo-server".to_owned(), version)])
    }

    /// Kills it without warning, and starts another at the same address.
    pub(crate) async fn restart(self) -> Verdict<Self> {
        aside(|| self.0.restart()).await.map(Self)
    }
}

/// Fetches a document of any server.
pub(crate) async fn get<T: DeserializeOwned + Send + 'static>(url: String) -> Verdict<T> {
    within("an answer over HTTP", aside(|| Http::new(url).fetch(""))).await?
}

/// Sends a document, and gives the answer.
pub(crate) async fn post<T: DeserializeOwned + Send + 'static>(
    url: String,
    body: Value,
) -> Verdict<T> {
    let send = move || {
        let http = Http::new(url);
        http.read("", http.post("", &body)?)
    };
    within("an answer over HTTP", aside(send)).await?
}
