//! The stress lists, and bursts of changes.

use super::{body::Body, positioned::Positioned};
use crate::{
    app::App,
    errors::{Refusal, quoted},
    permissions::{Right, Visitor},
    stress::{Generator, Load},
    world::Position,
};
use axum::{
    Extension,
    extract::{Path, State},
    http::StatusCode,
};
use realtime_demo_types::{Quote, STRESS_BURST, StressBurst};

pub(super) async fn list(
    State(app): State<App>,
    Extension(visitor): Extension<Visitor>,
    Path((rows, per_second)): Path<(u32, u32)>,
) -> Result<Positioned<Vec<Quote>>, Refusal> {
    let load = offered(rows, per_second)?;
    visitor.check(Right::See, &load.channel())?;
    let mut state = app.hub.lock();
    let list: &Generator = state.stress.open(load);
    Ok(Positioned {
        position: Position {
            epoch: list.epoch().to_owned(),
            seq: list.channel().seq(),
        },
        body: list.quotes(),
    })
}

pub(super) async fn burst(
    State(app): State<App>,
    Extension(visitor): Extension<Visitor>,
    Path((rows, per_second)): Path<(u32, u32)>,
    Body(StressBurst { count }): Body<StressBurst>,
) -> Result<StatusCode, Refusal> {
    let load = offered(rows, per_second)?;
    visitor.check(Right::Send, &load.channel())?;
    if !(1..=STRESS_BURST).contains(&count) {
        return Err(Refusal::invalid(format!("count is 1 to {STRESS_BURST}")));
    }
    app.hub.lock().stress.open(load).begin_burst(count);
    Ok(StatusCode::ACCEPTED)
}

fn offered(rows: u32, per_second: u32) -> Result<Load, Refusal> {
    Load::new(rows, per_second).ok_or_else(|| {
        Refusal::NotFound(quoted(&format!(
            "stress list of {rows} rows at {per_second} per second"
        )))
    })
}
