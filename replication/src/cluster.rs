//! Cluster: one process's share in the state that is in Redis.
//!
//! What happens on a [`Link`] ends with its first error. The next link may lead to a Redis that has lost something, so
//! before anything else is done on it, it is [settled](settle) whether the log still goes on from here.

use crate::{
    Machine, Membership, Replica, StoreError,
    link::{Link, Store},
    log::Sending,
    membership, reader, settle, snapshots, writer,
};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::time::{Instant, sleep};

/// How long the first connection is tried for, as Redis may be starting as well.
const ARRIVAL: Duration = Duration::from_secs(5);
/// The wait before the first attempt to connect again; it doubles up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// Where the state is, and how often things are done that are done again and again.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What the names of the keys begin with: processes with the same one share a state.
    pub prefix: String,
    /// How long a process may give no sign of life before the others take it for gone.
    pub node_life: Duration,
    /// Changes after which the state is written down anew.
    pub snapshot_every: u64,
    /// The least time between two such writings, and so the longest that a process may stall and still go on where it was.
    pub snapshot_gap: Duration,
}

/// This process as one of several.
#[derive(Debug)]
pub struct Cluster<M: Machine> {
    replica: Arc<Replica<M>>,
    store: Store,
    settings: Settings,
    link: Link,
    /// What all processes know and nobody else.
    secret: Vec<u8>,
    /// What was handed to Redis, or would have been, and is not known to be in the log.
    sending: Vec<Sending>,
}

impl<M: Machine> Cluster<M> {
    /// Takes part in the state that is in Redis, or puts the one of a fresh machine there. `build` makes the machine, once
    /// it is known what secret all processes have: `secret`, if this is the first.
    ///
    /// # Errors
    /// [`StoreError`], when Redis cannot be used for five seconds, or what is in it.
    pub async fn join(
        url: &str,
        settings: Settings,
        secret: &[u8],
        build: impl Fn(&[u8]) -> Arc<Replica<M>>,
    ) -> Result<Self, StoreError> {
        let store = Store::new(url, &settings.prefix)?;
        let started = Instant::now();
        loop {
            match Self::try_to_join(&store, &settings, secret, &build).await {
                Err(StoreError::Redis(error)) if started.elapsed() < ARRIVAL => {
                    tracing::info!(%error, "redis cannot be used yet");
                    sleep(FIRST_WAIT * 4).await;
                }
                joined => return joined,
            }
        }
    }

    async fn try_to_join(
        store: &Store,
        settings: &Settings,
        secret: &[u8],
        build: impl Fn(&[u8]) -> Arc<Replica<M>>,
    ) -> Result<Self, StoreError> {
        let link = store.connect().await?;
        let secret = link.secret(secret).await?;
        let replica = build(&secret);
        settle::begin(&replica, &link).await?;
        settle::settle(&replica, &link).await?;
        replica.lock().come_up();
        Ok(Self {
            replica,
            store: store.clone(),
            settings: settings.clone(),
            link,
            secret,
            sending: Vec::new(),
        })
    }

    /// The machine.
    #[must_use]
    pub fn replica(&self) -> Arc<Replica<M>> {
        Arc::clone(&self.replica)
    }

    /// What this process needs to leave the others in good order.
    #[must_use]
    pub fn membership(&self) -> Membership<M> {
        Membership::new(self.replica(), self.store.clone())
    }

    /// Carries out what is in the log, and sends what is to get there, whatever happens to Redis.
    pub async fn run(mut self) {
        loop {
            let Err(error) = self.work().await;
            self.replica.lock().go_down();
            tracing::warn!(%error, "the shared state is out of reach");
            self.link = self.return_to_redis().await;
            self.replica.lock().come_up();
            tracing::info!("the shared state is back");
        }
    }

    /// Works until something fails.
    async fn work(&mut self) -> Result<Infallible, StoreError> {
        let (replica, link, settings) = (&self.replica, &self.link, &self.settings);
        tokio::select! {
            failed = writer::write(replica, link, &mut self.sending) => failed,
            failed = reader::read(replica, link, settings) => failed,
            failed = membership::belong(replica, link, settings) => failed,
            failed = snapshots::take(replica, link, settings) => failed,
        }
    }

    /// Connects again, however often it takes.
    async fn return_to_redis(&self) -> Link {
        let mut wait = FIRST_WAIT;
        loop {
            // All processes lose Redis at once, and need not all come back at once.
            sleep(wait.mul_f64(0.5 + fastrand::f64())).await;
            wait = (wait * 2).min(LONGEST_WAIT);
            match self.try_to_return().await {
                Ok(link) => return link,
                Err(error) => tracing::debug!(%error, "the shared state is still out of reach"),
            }
        }
    }

    async fn try_to_return(&self) -> Result<Link, StoreError> {
        let link = self.store.connect().await?;
        settle::settle(&self.replica, &link).await?;
        // A Redis that lost it gets it back.
        link.secret(&self.secret).await?;
        Ok(link)
    }
}
