//! The server of the React pattern, `examples/pattern-server`, run as it is; and what is told of it.

use crate::{
    demo,
    failure::{Failure, Verdict},
    native::{Answer, App, Native},
    peer::Versions,
    wait::{aside, connected},
};
use futures::future::FutureExt;
use realtime_core::{
    ClientOptions, FetchError, Fetched, ListItem, QueryKey, RowId, key,
    wire::socketio::{SocketIoCodec, SocketIoOptions},
};
use realtime_testkit::{Program, Start, node, workspace};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{path::PathBuf, process::Command};

/// A price, as the server has it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct Stock {
    pub(crate) symbol: String,
    pub(crate) price: u32,
}

/// A row of one of its lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Todo {
    pub(crate) id: u32,
    pub(crate) list: String,
    pub(crate) title: String,
}

impl ListItem for Todo {
    fn id(&self) -> RowId {
        self.id.into()
    }
}

/// The running server. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct PatternServer {
    _program: Program,
    url: String,
}

impl PatternServer {
    pub(crate) async fn start() -> Verdict<Self> {
        let how = Start::of("the pattern server", "run `cargo xtask interop`");
        let ready = |line: &str| Some(line.strip_prefix("listening on ")?.to_owned());
        let start = move || {
            let mut command = Command::new(node());
            command.arg(folder().join("server.js")).arg("0");
            Program::start(how, &mut command, ready)
        };
        let (program, url) = aside(start).await?;
        Ok(Self {
            _program: program,
            url,
        })
    }

    /// What it is made of.
    pub(crate) fn versions() -> Verdict<Versions> {
        let path = folder().join("node_modules/socket.io/package.json");
        let unable = |why: String| Failure::unable("find socket.io", why);
        let manifest = std::fs::read(&path).map_err(|error| unable(error.to_string()))?;
        let manifest: Value =
            serde_json::from_slice(&manifest).map_err(|error| unable(error.to_string()))?;
        let version = manifest["version"].as_str().unwrap_or_default();
        Ok(Versions::from([(
            "socket.io".to_owned(),
            version.to_owned(),
        )]))
    }

    /// A client that knows which events are for which channel, connected.
    pub(crate) async fn client(&self, seed: u64) -> Verdict<Native> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Placed {
            room_id: String,
        }

        let options = self
            .options(seed)
            .with_channel_field("stock:update", "symbol", "stocks:{}")
            .with_channel_field("list:update", "item.list", "lists:{}")
            .with_channel_of(|event, data| {
                let is_about_people =
                    event.starts_with("presence:") || event.starts_with("typing:");
                let placed: Placed = serde_json::from_str(data)
                    .ok()
                    .filter(|_| is_about_people)?;
                Some(format!("rooms:{}", placed.room_id))
            });
        self.connect(options).await
    }

    /// A client that does not.
    pub(crate) async fn client_without_rules(&self, seed: u64) -> Verdict<Native> {
        self.connect(self.options(seed)).await
    }

    fn options(&self, seed: u64) -> ClientOptions {
        ClientOptions::new(&self.url).with_seed(seed)
    }

    async fn connect(&self, options: ClientOptions) -> Verdict<Native> {
        let codec = SocketIoOptions::new()
            .with_join("subscribe", "unsubscribe")
            .with_join_ack(false);
        let app = PatternApp {
            url: self.url.clone(),
        };
        let native = Native::new(options, Box::new(SocketIoCodec::new(codec)), app);
        native.run(|client, now| client.connect(now));
        connected(&native).await?;
        Ok(native)
    }
}

fn folder() -> PathBuf {
    workspace().join("examples/pattern-server")
}

/// Fetches what the server has, by the keys `["stocks", symbol]` and `["lists", name]`.
struct PatternApp {
    url: String,
}

impl App for PatternApp {
    fn fetch(&self, key: &QueryKey) -> Answer<Fetched, FetchError> {
        for (kind, name) in [
            ("stocks", "AAPL"),
            ("stocks", "MSFT"),
            ("lists", "home"),
            ("lists", "work"),
        ] {
            if *key == key![kind, name] {
                let url = format!("{}/api/{kind}/{name}", self.url);
                return if kind == "stocks" {
                    get::<Stock>(url).boxed_local()
                } else {
                    get::<Vec<Todo>>(url).boxed_local()
                };
            }
        }
        let unknown = FetchError::permanent(format!("no case fetches {key}"));
        futures::future::ready(Err(unknown)).boxed_local()
    }
}

async fn get<T: DeserializeOwned + Send + 'static>(url: String) -> Result<Fetched, FetchError> {
    let found: Result<T, _> = demo::get(url).await;
    found
        .map(Fetched::new)
        .map_err(|failure| FetchError::new(failure.to_string()))
}
