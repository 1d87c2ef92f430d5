//! Several processes with one state, by way of Redis.
//!
//! All changes are entries of one Redis stream, the *log*; the processes carry them out in its order, each on a state of
//! its own, and so have the same one. Now and then one of them writes its state down, as the *snapshot*: whoever starts
//! reads that and the entries after it, and what even the snapshot before it contains is dropped from the log.
//!
//! What happens on a [`Link`] ends with its first error. The next link may lead to a Redis that has lost something, so
//! before anything else is done on it, it is [settled](settle) whether the log still goes on from here.

mod entry;
mod error;
mod link;
mod membership;
mod reader;
mod replica;
mod settle;
mod snapshots;
mod writer;

pub(crate) use error::StoreError;
pub(crate) use membership::Membership;

use crate::{config::Config, hub::Hub, limits, log::Sending, tokens::Secret};
use link::{Link, Store};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

/// How long the first connection is tried for, as Redis may be starting as well.
const ARRIVAL: Duration = Duration::from_secs(5);
/// The wait before the first attempt to connect again; it doubles up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// This process as one of several.
#[derive(Debug)]
pub(crate) struct Cluster {
    hub: Arc<Hub>,
    store: Store,
    pace: Pace,
    link: Link,
    /// What all processes sign tokens with, if they were not told.
    secret: Secret,
    /// What was handed to Redis, or would have been, and is not known to be in the log.
    sending: Vec<Sending>,
}

/// How often things are done that are done again and again.
#[derive(Clone, Copy, Debug)]
struct Pace {
    node_life: Duration,
    snapshot_every: u64,
    snapshot_gap: Duration,
}

impl Cluster {
    /// Takes part in the state that is in Redis, or puts the one of a fresh server there.
    pub(crate) async fn join(url: &str, config: &Config) -> Result<Self, StoreError> {
        let store = Store::new(url, &config.redis_prefix)?;
        let started = Instant::now();
        loop {
            match Self::try_to_join(&store, config).await {
                Err(StoreError::Redis(error)) if started.elapsed() < ARRIVAL => {
                    tracing::info!(%error, "redis cannot be used yet");
                    sleep(FIRST_WAIT * 4).await;
                }
                joined => return joined,
            }
        }
    }

    async fn try_to_join(store: &Store, config: &Config) -> Result<Self, StoreError> {
        let link = store.connect().await?;
        let (world, at) = settle::begin(&link, config.history).await?;
        let hub = Arc::new(Hub::shared(world, at));
        settle::settle(&hub, &link).await?;
        let secret = link.secret(&Secret::random()).await?;
        hub.lock().come_up();
        Ok(Self {
            hub,
            store: store.clone(),
            pace: Pace {
                node_life: config.node_life,
                snapshot_every: config.snapshot_every,
                snapshot_gap: config.snapshot_gap,
            },
            link,
            secret,
            sending: Vec::new(),
        })
    }

    pub(crate) fn hub(&self) -> Arc<Hub> {
        Arc::clone(&self.hub)
    }

    /// What all processes sign tokens with, if they were not told.
    pub(crate) fn secret(&self) -> Secret {
        self.secret.clone()
    }

    /// What this process needs to leave the others in good order.
    pub(crate) fn membership(&self) -> Membership {
        Membership::new(Arc::clone(&self.hub), self.store.clone())
    }

    /// Carries out what is in the log, and sends what is to get there, whatever happens to Redis.
    pub(crate) async fn run(self) {
        let hub = self.hub();
        tokio::join!(self.follow(), answer_ahead(&hub));
    }

    async fn follow(mut self) {
        loop {
            let Err(error) = self.work().await;
            self.hub.lock().go_down();
            tracing::warn!(%error, "the shared state is out of reach");
            self.link = self.return_to_redis().await;
            self.hub.lock().come_up();
            tracing::info!("the shared state is back");
        }
    }

    /// Works until something fails.
    async fn work(&mut self) -> Result<Infallible, StoreError> {
        let (hub, link, pace) = (&self.hub, &self.link, self.pace);
        tokio::select! {
            failed = writer::write(hub, link, &mut self.sending) => failed,
            failed = reader::read(hub, link, pace) => failed,
            failed = membership::belong(hub, link, pace) => failed,
            failed = snapshots::take(hub, link, pace) => failed,
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
        settle::settle(&self.hub, &link).await?;
        // A Redis that lost it gets it back.
        link.secret(&self.secret).await?;
        Ok(link)
    }
}

/// Answers those who wait for this process to catch up, also while it does not.
async fn answer_ahead(hub: &Hub) {
    let mut ticks = interval(limits::CATCH_UP_WITHIN / 10);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        hub.lock().answer_ahead();
    }
}
