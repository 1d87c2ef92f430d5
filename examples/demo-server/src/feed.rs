//! Feed: what happens by itself; moving prices, and bursts of them.

use crate::{clock::now_ms, command::Command, site::Site};
use fastrand::Rng;
use realtime_replication::{Replica, Waiter};
use realtime_server::Hub;
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};

/// How soon a price that could not be published is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// Moves a few prices at every tick.
pub(crate) async fn prices(replica: Arc<Replica<Site>>, tick: Duration, mut rng: Rng) {
    let mut ticks = interval(tick);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let mut state = replica.lock();
        if !state.leads() {
            continue;
        }
        let world = &state.machine.world;
        let nudges = world.market.draw(&mut rng, world.clock().max(now_ms()));
        if !nudges.is_empty() {
            state.submit(Command::Prices { nudges }, Waiter::Nobody);
        }
    }
}

/// Publishes exactly `count` updates of a symbol, evenly at `per_second`; a late task catches up.
pub(crate) async fn burst(
    replica: Arc<Replica<Site>>,
    hub: Hub,
    symbol: String,
    count: u32,
    per_second: u32,
) {
    let start = Instant::now();
    for n in 1..=count {
        sleep_until(start + Duration::from_secs(1) * n / per_second).await;
        loop {
            if hub.is_draining() {
                return;
            }
            let symbol = symbol.clone();
            match replica.carry_out(Command::Step { symbol }).await {
                Err(refusal) if refusal.code() == "unavailable" => sleep(AGAIN).await,
                // One of unknown outcome is on its way: a second one would be one too many.
                Ok(_) | Err(_) => break,
            }
        }
    }
}
