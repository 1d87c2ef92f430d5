//! Whether the server is well, and what has happened since it started.

use crate::{app::App, hub::Stats, world::Totals};
use axum::{Json, extract::State};
use serde::Serialize;

/// The answer of `GET /api/health`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Health {
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
}

pub(super) async fn check(State(app): State<App>) -> Json<Health> {
    let state = app.hub.lock();
    Json(Health {
        status: if state.connections.is_shut_down() {
            "stopping"
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
    })
}
