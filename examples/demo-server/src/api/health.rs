//! Health: whether the server is well, and what has happened since it started.

use crate::{
    app::App,
    hub::Stats,
    log::{Log, LogStats},
    world::Totals,
};
use axum::{Json, extract::State};
use serde::Serialize;

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
    #[serde(flatten)]
    stats: Stats,
    #[serde(flatten)]
    totals: Totals,
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
    fn new(log: &Log) -> Self {
        Self {
            leads: log.leads,
            at: log.at.to_string(),
            down_for: log.down_since().map(|since| since.elapsed().as_millis()),
            queued: log.queued(),
            unanswered: log.unanswered(),
            stats: log.stats,
        }
    }
}

pub(super) async fn check(State(app): State<App>) -> Json<Health> {
    let state = app.hub.lock();
    let is_down = |log: &Log| log.down_since().is_some();
    Json(Health {
        status: if state.connections.is_shut_down() {
            "stopping"
        } else if state.log.as_ref().is_some_and(is_down) {
            "degraded"
        } else {
            "ok"
        },
        epoch: state.world.epoch.clone(),
        connections: state.connections.len(),
        channels: state.channels(),
        stress_lists: state.stress.len(),
        slow_consumers: state.connections.slow(),
        stats: state.stats,
        totals: state.world.totals,
        node: state.connections.node().to_string(),
        shared: state.log.as_ref().map(Shared::new),
    })
}
