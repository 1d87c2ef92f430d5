//! The prices, and bursts of them for measuring.

use super::{body::Body, carried_out};
use crate::{
    app::App,
    channel::{STOCKS, stock_channel},
    command::Command,
    feed,
    permissions::{Right, Visitor},
};
use axum::{
    Extension, Json,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use realtime_demo_types::{Burst, Stock};
use realtime_server::{Position, Refusal};
use std::sync::Arc;

pub(super) async fn list(
    State(app): State<App>,
    Extension(visitor): Extension<Visitor>,
) -> Result<(Position, Json<Vec<Stock>>), Refusal> {
    visitor.check(Right::See, STOCKS)?;
    let state = app.replica.lock();
    Ok((
        app.hub.position(STOCKS),
        Json(state.machine.world.market.stocks()),
    ))
}

pub(super) async fn one(
    State(app): State<App>,
    Extension(visitor): Extension<Visitor>,
    Path(symbol): Path<String>,
) -> Result<(Position, Json<Stock>), Refusal> {
    visitor.check(Right::See, &stock_channel(&symbol))?;
    let state = app.replica.lock();
    let body = state.machine.world.market.stock(&symbol)?;
    Ok((app.hub.position(&stock_channel(&symbol)), Json(body)))
}

pub(super) async fn burst(
    State(app): State<App>,
    Extension(visitor): Extension<Visitor>,
    Path(symbol): Path<String>,
    Body(Burst {
        per_second,
        seconds,
    }): Body<Burst>,
) -> Result<Response, Refusal> {
    visitor.check(Right::Send, &stock_channel(&symbol))?;
    if !(1..=1_000).contains(&per_second) || !(1..=60).contains(&seconds) {
        return Err(Refusal::invalid(
            "perSecond is 1 to 1000 and seconds is 1 to 60",
        ));
    }
    let count = per_second * seconds;
    let reserve = Command::Reserve {
        symbol: symbol.clone(),
        count,
        length_ms: u64::from(seconds) * 1_000,
    };
    let started = app.replica.carry_out(reserve).await?;
    let replica = Arc::clone(&app.replica);
    tokio::spawn(feed::burst(
        replica,
        app.hub.clone(),
        symbol,
        count,
        per_second,
    ));
    Ok(carried_out(StatusCode::ACCEPTED, started))
}
