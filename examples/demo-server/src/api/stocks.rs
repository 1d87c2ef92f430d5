//! The prices, and bursts of them for measuring.

use super::{body::Body, positioned::Positioned};
use crate::{
    app::App,
    channel::{STOCKS, stock_channel},
    errors::Refusal,
    feed,
};
use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use realtime_demo_types::{Burst, BurstStarted, Stock};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

pub(super) async fn list(State(app): State<App>) -> Positioned<Vec<Stock>> {
    let state = app.hub.lock();
    Positioned {
        position: state.position(STOCKS),
        body: state.market.stocks(),
    }
}

pub(super) async fn one(
    State(app): State<App>,
    Path(symbol): Path<String>,
) -> Result<Positioned<Stock>, Refusal> {
    let state = app.hub.lock();
    let body = state.market.stock(&symbol)?;
    Ok(Positioned {
        position: state.position(&stock_channel(&symbol)),
        body,
    })
}

pub(super) async fn burst(
    State(app): State<App>,
    Path(symbol): Path<String>,
    Body(Burst {
        per_second,
        seconds,
    }): Body<Burst>,
) -> Result<(StatusCode, Json<BurstStarted>), Refusal> {
    if !(1..=1_000).contains(&per_second) || !(1..=60).contains(&seconds) {
        return Err(Refusal::invalid(
            "perSecond is 1 to 1000 and seconds is 1 to 60",
        ));
    }
    let (count, length) = (per_second * seconds, Duration::from_secs(seconds.into()));
    let started = {
        let mut state = app.hub.lock();
        let final_price = state
            .market
            .reserve(&symbol, count, length, Instant::now())?;
        let last = state.position(&stock_channel(&symbol)).seq;
        let (first_seq, last_seq) = (last + 1, last + u64::from(count));
        BurstStarted {
            count,
            final_price,
            first_seq,
            last_seq,
        }
    };
    tokio::spawn(feed::burst(Arc::clone(&app.hub), symbol, count, per_second));
    Ok((StatusCode::ACCEPTED, Json(started)))
}
