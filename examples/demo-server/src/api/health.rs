//! Health: whether the server is well, and what has happened since it started.

use crate::{app::App, site::Site};
use axum::{Json, extract::State};
use realtime_replication::{Log, LogStats};
use serde::Serialize;
use std::sync::atomic::Ordering;

/// The answer of `GET /api/health`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Health {
    /// `ok`, `stopping`, or `degraded`: there is something to read, but nothing can be changed.
    status: &'static str,
    epoch: String,
    connections: usize,
    channels: usize,
    stress_lists: usize,
    slow_consumers: u64,
    frames: u64,
    refused: u64,
    rate_limited: u64,
    turned_away: u64,
    expired_members: u64,
    /// Messages that were answered from memory, by all servers that share the state.
    repeated: u64,
    /// Numbered events published, by all of them.
    events: u64,
    node: String,
    /// How the state is shared with other servers, if it is.
    shared: Option<Shared>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shared {
    /// Whether this server does what only one is to do.
    leads: bool,
    /// The last entry of the log that was carried out here.
    at: String,
    /// For how many milliseconds the log has been out of reach; null if it is not.
    down_for: Option<u128>,
    queued: usize,
    unanswered: usize,
    #[serde(flatten)]
    stats: LogStats,
}

impl Shared {
    fn new(log: &Log<Site>) -> Self {
        Self {
            leads: log.leads(),
            at: log.at().to_string(),
            down_for: log.down_since().map(|since| since.elapsed().as_millis()),
            queued: log.queued(),
            unanswered: log.unanswered(),
            stats: log.stats(),
        }
    }
}

pub(super) async fn check(State(app): State<App>) -> Json<Health> {
    let metrics = app.hub.metrics();
    let stress_lists = app.stress.len();
    let state = app.replica.lock();
    let world = &state.machine.world;
    let is_down = |log: &Log<Site>| log.down_since().is_some();
    Json(Health {
        status: if metrics.is_draining {
            "stopping"
        } else if state.log.as_ref().is_some_and(is_down) {
            "degraded"
        } else {
            "ok"
        },
        epoch: world.epoch.clone(),
        connections: metrics.connections,
        channels: metrics.channels,
        stress_lists,
        slow_consumers: metrics.slow_consumers,
        frames: metrics.frames,
        refused: metrics.refused,
        rate_limited: metrics.rate_limited,
        turned_away: metrics.turned_away + app.turned_away.load(Ordering::Relaxed),
        expired_members: metrics.expired_members,
        repeated: world.totals.repeated,
        events: world.totals.events,
        node: app.hub.node().to_string(),
        shared: state.log.as_ref().map(Shared::new),
    })
}
