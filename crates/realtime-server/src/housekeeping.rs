//! Housekeeping: what happens by itself, for as long as there is a hub.

use crate::{
    Hub, Limits,
    hub::Inner,
    limits::CATCH_UP_WITHIN,
    replica::{Change, Pending},
};
use std::{
    sync::{Arc, Weak},
    time::Duration,
};
use tokio::time::{MissedTickBehavior, interval};

/// Drops members who have been silent for too long, and answers those who wait for this copy to catch up.
pub(crate) async fn run(hub: Weak<Inner>, limits: Arc<Limits>) {
    let life = limits.member_life.max(Duration::from_millis(10));
    let life_ms = u64::try_from(life.as_millis()).unwrap_or(u64::MAX);
    let mut ticks = interval((life / 10).min(CATCH_UP_WITHIN / 10));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut expired = tokio::time::Instant::now();
    loop {
        ticks.tick().await;
        let Some(hub) = Hub::upgrade(&hub) else {
            return;
        };
        hub.lock().answer_ahead();
        let leads = hub.replicate().is_none_or(|copies| copies.leads());
        if leads && expired.elapsed() >= life / 10 {
            expired = tokio::time::Instant::now();
            hub.submit(Change::Expire { life_ms }, Pending::nobody());
        }
    }
}
