//! What happens by itself: moving prices, bursts of them, and members who fall silent.

use crate::hub::Hub;
use fastrand::Rng;
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

/// Moves a few prices at every tick.
pub(crate) async fn prices(hub: Arc<Hub>, tick: Duration, mut rng: Rng) {
    let mut ticks = interval(tick);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let now = ticks.tick().await;
        hub.lock().move_prices(&mut rng, now.into_std());
    }
}

/// Drops members who have been silent for `life`.
pub(crate) async fn silent_members(hub: Arc<Hub>, life: Duration) {
    let mut ticks = interval(life.max(Duration::from_millis(10)) / 10);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let now = ticks.tick().await;
        hub.lock().expire_members(now.into_std(), life);
    }
}

/// Publishes exactly `count` updates of a symbol, evenly at `per_second`; a late task catches up.
pub(crate) async fn burst(hub: Arc<Hub>, symbol: String, count: u32, per_second: u32) {
    let start = Instant::now();
    for n in 1..=count {
        sleep_until(start + Duration::from_secs(1) * n / per_second).await;
        let mut state = hub.lock();
        if state.connections.is_shut_down() {
            return;
        }
        state.step_price(&symbol);
    }
}
