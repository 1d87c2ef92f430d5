//! Stage: what a case has at hand; peers to start, clients to open against them.

use crate::{
    case::PeerKind,
    demo::Demo,
    failure::{Failure, Verdict},
    peer::{Peer, Recipe, Versions},
    wait::aside,
};
use realtime_testkit::{RedisServer, built, node, workspace};
use serde_json::{Value, json};
use std::{
    cell::{Cell, RefCell},
    ffi::OsString,
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
            PeerKind::Node => by_node("socketio-server.mjs"),
            PeerKind::Engine3 => by_node("engineio3-server.mjs"),
            PeerKind::Raw => by_node("raw-server.mjs"),
            PeerKind::Oxide => (built("socketioxide-peer")?.into(), Vec::new()),
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
    pub(crate) async fn demo(&self, flags: &[&str]) -> Verdict<Demo> {
        self.house.note(&Demo::versions());
        Demo::start(flags).await
    }

    /// Starts a Redis of the case's own.
    pub(crate) async fn redis(&self) -> Verdict<RedisServer> {
        let version = ("redis-server".to_owned(), RedisServer::version()?);
        self.house.note(&Versions::from([version]));
        aside(RedisServer::start_in_memory).await
    }
}

/// The official parsers, as a peer that takes commands.
pub async fn parser() -> Verdict<Peer> {
    script("the official parser", "parser.mjs").await
}

/// Pages with documents of Yjs, as a peer that takes commands.
pub async fn yjs() -> Verdict<Peer> {
    script("yjs", "yjs.mjs").await
}

async fn script(name: &'static str, script: &str) -> Verdict<Peer> {
    let (program, arguments) = by_node(script);
    let recipe = Recipe {
        name,
        program,
        arguments,
        options: json!({}),
    };
    Peer::start(recipe).await
}

fn by_node(script: &str) -> (OsString, Vec<OsString>) {
    let path = workspace().join("interop/node").join(script);
    (node(), vec![path.into()])
}

/// The versions of what Cargo has built into a peer.
pub(crate) fn locked(packages: &[&str]) -> Verdict<Versions> {
    let path = workspace().join("Cargo.lock");
    let lock =
        std::fs::read_to_string(path).map_err(|error| Failure::unable("read Cargo.lock", error))?;
    let version = |name: &str| {
        let (_, rest) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
        rest.split('"').next().map(str::to_owned)
    };
    let found = |name: &&str| Some(((*name).to_owned(), version(name)?));
    Ok(packages.iter().filter_map(found).collect())
}
