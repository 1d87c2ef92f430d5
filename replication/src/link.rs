//! A pair of connections to Redis, and everything that is said on them.

use crate::{
    NodeId, StoreError,
    entry::{COMMAND, Entry, NODE, TICKET},
    limits::BATCH,
    log::{EntryId, Sending},
};
use redis::{AsyncConnectionConfig, Client, Script, aio::MultiplexedConnection};
use serde::de::DeserializeOwned;
use std::{collections::HashMap, sync::LazyLock, time::Duration};

/// The version of what is stored. A server of another one does not touch it.
const FORMAT: &str = "2";
/// How long Redis may take for anything but waiting.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long a read waits for entries.
const WAIT: Duration = Duration::from_secs(1);

static LOOK: LazyLock<Script> =
    LazyLock::new(|| Script::new(concat!(include_str!("ids.lua"), include_str!("look.lua"))));
static FOUND: LazyLock<Script> =
    LazyLock::new(|| Script::new(concat!(include_str!("ids.lua"), include_str!("found.lua"))));
static SAVE: LazyLock<Script> =
    LazyLock::new(|| Script::new(concat!(include_str!("ids.lua"), include_str!("save.lua"))));
static BELONG: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("belong.lua")));
static RELEASE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("release.lua")));

/// Where the state is kept.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    client: Client,
    log: String,
    snapshot: String,
    lease: String,
    secret: String,
    nodes: String,
}

/// What there is of the state, seen from an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sight {
    /// The entry that the snapshot is of, if there is one.
    pub(crate) snapshot: Option<EntryId>,
    /// The log's last entry, if there is a log.
    pub(crate) last: Option<EntryId>,
    /// Whether the entry looked from is in the log.
    pub(crate) known: bool,
}

impl Store {
    /// Nothing is asked of Redis yet.
    pub(crate) fn new(url: &str, prefix: &str) -> Result<Self, StoreError> {
        // The braces let a Redis cluster keep all of it in one place.
        let key = |name: &str| format!("{{{prefix}}}:{name}");
        Ok(Self {
            client: Client::open(url).map_err(StoreError::Url)?,
            log: key("log"),
            snapshot: key("snapshot"),
            lease: key("leader"),
            secret: key("secret"),
            nodes: key("node"),
        })
    }

    pub(crate) async fn connect(&self) -> Result<Link, StoreError> {
        let commands = self.connection(PATIENCE).await?;
        let entries = self.connection(PATIENCE + WAIT).await?;
        Ok(Link {
            store: self.clone(),
            commands,
            entries,
        })
    }

    async fn connection(&self, patience: Duration) -> Result<MultiplexedConnection, StoreError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(patience));
        let connecting = self
            .client
            .get_multiplexed_async_connection_with_config(&config);
        Ok(connecting.await?)
    }
}

/// Two connections: one on which reads wait for entries, and one for everything else. A connection that fails is not
/// made anew behind its user's back: what was known of the state may no longer be true then.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    store: Store,
    commands: MultiplexedConnection,
    entries: MultiplexedConnection,
}

impl Link {
    /// What there is of the state, seen from an entry.
    pub(crate) async fn look(&self, from: EntryId) -> Result<Sight, StoreError> {
        let (snapshot, format, last, known): (String, String, String, u64) = LOOK
            .key(&self.store.log)
            .key(&self.store.snapshot)
            .arg(from.to_string())
            .invoke_async(&mut self.commands.clone())
            .await?;
        let id = |text: String| (!text.is_empty()).then(|| text.parse()).transpose();
        let snapshot = id(snapshot)?;
        if snapshot.is_some() && format != FORMAT {
            let key = self.store.snapshot.clone();
            return Err(StoreError::Format { key, format });
        }
        Ok(Sight {
            snapshot,
            last: id(last)?,
            known: known > 0,
        })
    }

    /// Whether an entry is still in the log.
    pub(crate) async fn has(&self, id: EntryId) -> Result<bool, StoreError> {
        let id = id.to_string();
        let found: Vec<redis::Value> = redis::cmd("XRANGE")
            .arg(&self.store.log)
            .arg(&id)
            .arg(&id)
            .query_async(&mut self.commands.clone())
            .await?;
        Ok(!found.is_empty())
    }

    /// The secret of all processes, which is `mine` if there was none.
    pub(crate) async fn secret(&self, mine: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut commands = self.commands.clone();
        let _: Option<String> = redis::cmd("SET")
            .arg(&self.store.secret)
            .arg(mine)
            .arg("NX")
            .query_async(&mut commands)
            .await?;
        let ours: Option<Vec<u8>> = redis::cmd("GET")
            .arg(&self.store.secret)
            .query_async(&mut commands)
            .await?;
        Ok(ours.unwrap_or_else(|| mine.to_owned()))
    }

    /// Begins a log with a snapshot, unless there is one that has gone as far as `after`. Gives the entry that the
    /// snapshot is of.
    pub(crate) async fn found(
        &self,
        after: EntryId,
        state: &str,
    ) -> Result<Option<EntryId>, StoreError> {
        let id: Option<String> = FOUND
            .key(&self.store.log)
            .key(&self.store.snapshot)
            .arg(after.to_string())
            .arg(FORMAT)
            .arg(state)
            .invoke_async(&mut self.commands.clone())
            .await?;
        Ok(id.map(|id| id.parse()).transpose()?)
    }

    /// The snapshot, and the entry that it is of.
    pub(crate) async fn snapshot(&self) -> Result<Option<(EntryId, String)>, StoreError> {
        let fields: (Option<String>, Option<String>) = redis::cmd("HMGET")
            .arg(&self.store.snapshot)
            .arg("at")
            .arg("state")
            .query_async(&mut self.commands.clone())
            .await?;
        let (Some(at), Some(state)) = fields else {
            return Ok(None);
        };
        Ok(Some((at.parse()?, state)))
    }

    /// Keeps a snapshot, unless there is one as new. Gives whether it was kept.
    pub(crate) async fn save(&self, at: EntryId, state: &str) -> Result<bool, StoreError> {
        let saved: u64 = SAVE
            .key(&self.store.log)
            .key(&self.store.snapshot)
            .arg(at.to_string())
            .arg(FORMAT)
            .arg(state)
            .invoke_async(&mut self.commands.clone())
            .await?;
        Ok(saved > 0)
    }

    /// Adds entries to the log: all of them, or none.
    pub(crate) async fn append(
        &self,
        node: &NodeId,
        entries: &[Sending],
    ) -> Result<(), StoreError> {
        let mut pipe = redis::pipe();
        pipe.atomic();
        for entry in entries {
            pipe.cmd("XADD")
                .arg(&self.store.log)
                // A log that is gone is not begun anew by chance.
                .arg("NOMKSTREAM")
                .arg("*")
                .arg(NODE)
                .arg(node.as_str())
                .arg(TICKET)
                .arg(entry.ticket)
                .arg(COMMAND)
                .arg(&entry.text);
        }
        let ids: Vec<Option<String>> = pipe.query_async(&mut self.commands.clone()).await?;
        if ids.iter().any(Option::is_none) {
            return Err(StoreError::Gone);
        }
        Ok(())
    }

    /// The entries after one, at most [`BATCH`] at once; those that are not of this server are left out, and only
    /// counted. With `wait`, a while is waited for one.
    pub(crate) async fn read<C: DeserializeOwned>(
        &self,
        after: EntryId,
        wait: bool,
    ) -> Result<Batch<C>, StoreError> {
        let mut read = redis::cmd("XREAD");
        read.arg("COUNT").arg(BATCH);
        if wait {
            read.arg("BLOCK").arg(WAIT.as_millis().to_string());
        }
        read.arg("STREAMS")
            .arg(&self.store.log)
            .arg(after.to_string());
        type Fields = HashMap<String, String>;
        type Entries = Vec<(String, Fields)>;
        let logs: Option<Vec<(String, Entries)>> =
            read.query_async(&mut self.entries.clone()).await?;
        let mut batch = Batch {
            entries: Vec::new(),
            last: None,
            count: 0,
        };
        for (id, fields) in logs.into_iter().flatten().flat_map(|(_, entries)| entries) {
            let id = id.parse()?;
            batch.last = Some(id);
            batch.count += 1;
            batch.entries.extend(Entry::read(id, &fields));
        }
        Ok(batch)
    }

    /// Says that a process lives, and gives whether it leads; both count for `life`.
    pub(crate) async fn belong(&self, node: &NodeId, life: Duration) -> Result<bool, StoreError> {
        let life = u64::try_from(life.as_millis()).unwrap_or(u64::MAX);
        let leads: u64 = BELONG
            .key(self.store.node_key(node))
            .key(&self.store.lease)
            .arg(node.as_str())
            .arg(life.max(1))
            .invoke_async(&mut self.commands.clone())
            .await?;
        Ok(leads > 0)
    }

    /// Whether each of these processes has said lately that it lives.
    pub(crate) async fn live(&self, nodes: &[NodeId]) -> Result<Vec<bool>, StoreError> {
        let mut pipe = redis::pipe();
        for node in nodes {
            pipe.cmd("EXISTS").arg(self.store.node_key(node));
        }
        Ok(pipe.query_async(&mut self.commands.clone()).await?)
    }

    /// Takes back what [`belong`](Self::belong) said.
    pub(crate) async fn release(&self, node: &NodeId) -> Result<(), StoreError> {
        Ok(RELEASE
            .key(self.store.node_key(node))
            .key(&self.store.lease)
            .arg(node.as_str())
            .invoke_async(&mut self.commands.clone())
            .await?)
    }
}

impl Store {
    fn node_key(&self, node: &NodeId) -> String {
        format!("{}:{node}", self.nodes)
    }
}

/// What a read gives.
#[derive(Debug)]
pub(crate) struct Batch<C> {
    pub(crate) entries: Vec<Entry<C>>,
    /// The last entry that was read, of whatever kind.
    pub(crate) last: Option<EntryId>,
    /// How many were read.
    pub(crate) count: usize,
}
