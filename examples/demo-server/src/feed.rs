//! Feed: what happens by itself; moving prices, bursts of them, and members who fall silent.

use crate::{command::Command, errors::Refusal, hub::Hub, waiter::Waiter};
use fastrand::Rng;
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};

/// Moves a few prices at every tick.
pub(crate) async fn prices(hub: Arc<Hub>, tick: Duration, mut rng: Rng) {
    let mut ticks = interval(tick);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        hub.lock().move_prices(&mut rng);
    }
}

/// Drops members who have been silent for `life`.
pub(crate) async fn silent_members(hub: Arc<Hub>, life: Duration) {
    let life_ms = u64::try_from(life.as_millis()).unwrap_or(u64::MAX);
    let mut ticks = interval(life.max(Duration::from_millis(10)) / 10);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let mut state = hub.lock();
        if state.leads() {
            state.submit(Command::Expire { life_ms }, Waiter::Nobody);
        }
    }
}

/// Publishes exactly `count` updates of a symbol, evenly at `per_second`; a late task catches up.
pub(crate) async fn burst(hub: Arc<Hub>, symbol: String, count: u32, per_second: u32) {
    let start = Instant::now();
    for n in 1..=count {
        sleep_until(start + Duration::from_secs(1) * n / per_second).await;
        loop {
            if hub.lock().connections.is_shut_down() {
                return;
            }
            let symbol = symbol.clone();
            match hub.carry_out(Command::Step { symbol }).await {
                Err(Refusal::Unavailable { retry_after }) => {
                    sleep(Duration::from_millis(retry_after)).await;
                }
                // One of unknown outcome is on its way: a second one would be one too many.
                Ok(_) | Err(_) => break,
            }
        }
    }
}
