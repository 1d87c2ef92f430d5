//! The stress lists, and bursts of changes.

use super::body::Body;
use crate::{
    app::App,
    permissions::{Right, Visitor},
    refusals::{nothing, quoted},
    stress::Load,
};
use axum::{
    Extension, Json,
    extract::{Path, State},
    http::StatusCode,
};
use realtime_demo_types::{Quote, STRESS_BURST, StressBurst};
use realtime_server::{Position, Refusal};

pub(super) async fn list(
    State(app): State<App>,
    Extension(visitor): Extension<Visitor>,
    Path((rows, per_second)): Path<(u32, u32)>,
) -> Result<(Position, Json<Vec<Quote>>), Refusal> {
    let load = offered(rows, per_second)?;
    visitor.check(Right::See, &load.channel())?;
    let (position, quotes) = app.stress.read(load, &app.hub)?;
    Ok((position, Json(quotes)))
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
    app.stress.begin_burst(load, count, &app.hub)?;
    Ok(StatusCode::ACCEPTED)
}

fn offered(rows: u32, per_second: u32) -> Result<Load, Refusal> {
    Load::new(rows, per_second).ok_or_else(|| {
        nothing(quoted(&format!(
            "stress list of {rows} rows at {per_second} per second"
        )))
    })
}
