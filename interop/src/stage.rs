//! Stage: what a case has at hand; peers to start, clients to open against them.

use crate::{
    case::PeerKind,
    demo::DemoServer,
    failure::{Failure, Verdict},
    peer::{Peer, Recipe, Versions},
    redis::Redis,
};
use serde_json::{Value, json};
use std::{
    cell::{Cell, RefCell},
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    rc::Rc,
};

/// What all cases of one run share.
#[derive(Debug, Default)]
pub struct House {
    versions: RefCell<Versions>,
    seeds: Cell<u64>,
}

impl House {
    /// The versions of all peers that were started.
    pub fn versions(&self) -> Versions {
        self.versions.borrow().clone()
    }

    /// A number that no other client of this run has.
    pub(crate) fn seed(&self) -> u64 {
        self.seeds.set(self.seeds.get() + 1);
        self.seeds.get()
    }

    /// Adds to them.
    pub(crate) fn note(&self, versions: &Versions) {
        let found = versions
            .iter()
            .map(|(name, version)| (name.clone(), version.clone()));
        self.versions.borrow_mut().extend(found);
    }
}

/// Where one case plays.
#[derive(Clone, Debug)]
pub struct Stage {
    pub(crate) kind: PeerKind,
    pub(crate) house: Rc<House>,
}

impl Stage {
    /// The stage of a case against one kind of peer.
    #[must_use]
    pub fn new(kind: PeerKind, house: Rc<House>) -> Self {
        Self { kind, house }
    }

    /// Starts the peer that this case runs against; it must be one that takes commands.
    pub(crate) async fn peer(&self, options: Value) -> Verdict<Peer> {
        self.start(self.kind, options).await
    }

    /// Starts a peer of a certain kind.
    pub(crate) async fn start(&self, kind: PeerKind, options: Value) -> Verdict<Peer> {
        let (program, arguments) = match kind {
            PeerKind::Node => node("socketio-server.mjs"),
            PeerKind::Engine3 => node("engineio3-server.mjs"),
            PeerKind::Raw => node("raw-server.mjs"),
            PeerKind::Oxide => (program("socketioxide-peer")?.into(), Vec::new()),
            PeerKind::Envelope => {
                return Err(Failure::new("the demo server takes no commands"));
            }
        };
        let peer = Peer::start(Recipe {
            name: kind.name(),
            program,
            arguments,
            options,
        })
        .await?;
        self.house.note(peer.versions());
        if kind == PeerKind::Oxide {
            self.house
                .note(&locked(&["socketioxide", "socketioxide-redis"])?);
        }
        Ok(peer)
    }

    /// Starts the demo server, with these flags.
    pub(crate) async fn demo(&self, flags: &[&str]) -> Verdict<DemoServer> {
        let server = DemoServer::start(flags).await?;
        self.house.note(server.versions());
        Ok(server)
    }

    /// Starts a Redis of the case's own.
    pub(crate) async fn redis(&self) -> Verdict<Redis> {
        let redis = Redis::start().await?;
        self.house.note(redis.versions());
        Ok(redis)
    }
}

/// The official parsers, as a peer that takes commands.
///
/// # Errors
///
/// When Node, or what `npm ci` brings, is not there.
pub async fn parser() -> Verdict<Peer> {
    let (program, arguments) = node("parser.mjs");
    let recipe = Recipe {
        name: "the official parser",
        program,
        arguments,
        options: json!({}),
    };
    Peer::start(recipe).await
}

fn node(script: &str) -> (OsString, Vec<OsString>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("node");
    let program = env::var_os("REALTIME_NODE").unwrap_or_else(|| "node".into());
    (program, vec![folder.join(script).into()])
}

/// The versions of what Cargo has built into a peer.
pub(crate) fn locked(packages: &[&str]) -> Verdict<Versions> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
    let lock =
        std::fs::read_to_string(path).map_err(|error| Failure::unable("read Cargo.lock", error))?;
    let version = |name: &str| {
        let (_, rest) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
        rest.split('"').next().map(str::to_owned)
    };
    let found = |name: &&str| Some(((*name).to_owned(), version(name)?));
    Ok(packages.iter().filter_map(found).collect())
}

/// A program that Cargo has built beside this one.
pub(crate) fn program(name: &str) -> Verdict<PathBuf> {
    let unable = |why: String| Failure::unable(&format!("find {name}"), why);
    let own = env::current_exe().map_err(|error| unable(error.to_string()))?;
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    own.ancestors()
        .skip(1)
        // Tests are one folder further down.
        .take(2)
        .map(|folder| folder.join(&file))
        .find(|path| path.is_file())
        .ok_or_else(|| unable("run `cargo xtask interop`, which builds it first".into()))
}
