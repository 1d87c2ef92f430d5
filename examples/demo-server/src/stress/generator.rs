//! One stress list: its rows, and their changes in time.

use super::Load;
use fastrand::Rng;
use realtime_demo_types::Quote;
use realtime_server::{Hub, ListChange};
use std::time::{Duration, Instant};

/// How long a list outlives its last follower: a reconnect takes less.
const LIFE: Duration = Duration::from_secs(30);
/// So many rows at the top of the list, the cheapest, get every fourth change, so that there is something to see.
const HOT: u32 = 40;
/// The most changes in one go. What the rate asks for beyond that is forgotten; a burst waits for its turn.
const MOST: u32 = 250;
/// The room that a change takes in an outbox, at most.
const BYTES: usize = 256;

/// One stress list.
#[derive(Debug)]
pub(super) struct Generator {
    load: Load,
    rows: Vec<Row>,
    rng: Rng,
    /// The changes that are due, and so much of the one after.
    owed: f64,
    burst: u32,
    driven: Option<Instant>,
    followed: Instant,
    is_followed: bool,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    version: u64,
    price: u32,
}

impl Generator {
    pub(super) fn new(load: Load) -> Self {
        let price = |id: u32| 100 + id * 10;
        let row = |id| Row {
            version: 1,
            price: price(id),
        };
        Self {
            load,
            rows: (0..load.rows()).map(row).collect(),
            rng: Rng::new(),
            owed: 0.0,
            burst: 0,
            driven: None,
            followed: Instant::now(),
            is_followed: false,
        }
    }

    /// All rows, in the order of their ids.
    pub(super) fn quotes(&self) -> Vec<Quote> {
        let quote = |(id, row): (u32, &Row)| Quote {
            id,
            version: row.version,
            price: row.price,
            at: 0,
        };
        (0..).zip(&self.rows).map(quote).collect()
    }

    /// Asks for more changes, as fast as the followers take them.
    pub(super) fn begin_burst(&mut self, count: u32) {
        self.burst = count;
    }

    /// Whether it changes by itself now.
    pub(super) const fn is_busy(&self) -> bool {
        self.is_followed && (self.load.per_second() > 0 || self.burst > 0)
    }

    /// Makes the changes that are due; whether the list is still wanted.
    pub(super) fn drive(&mut self, name: &str, now: Instant, at: u64, hub: &Hub) -> bool {
        let passed = self.driven.map_or(Duration::ZERO, |driven| now - driven);
        self.driven = Some(now);
        self.is_followed = hub.is_followed(name);
        if !self.is_followed {
            self.burst = 0;
            return now - self.followed < LIFE;
        }
        self.followed = now;
        self.owed += passed.as_secs_f64() * f64::from(self.load.per_second());
        let due = (self.owed as u32).min(MOST);
        self.owed = self.owed.fract();
        for _ in 0..due {
            self.change(name, at, hub);
        }
        let more = self.burst.min(MOST);
        let frames = more as usize;
        if more > 0 && hub.has_room_for(name, frames, frames * BYTES) {
            self.burst -= more;
            for _ in 0..more {
                self.change(name, at, hub);
            }
        }
        true
    }

    /// Lets a row's price take a small step, and tells the followers.
    fn change(&mut self, name: &str, at: u64, hub: &Hub) {
        let all = self.load.rows();
        let ids = if self.rng.u32(..4) == 0 {
            HOT.min(all)
        } else {
            all
        };
        let id = self.rng.u32(..ids);
        let step = 3 + self.rng.u32(..30);
        let up = self.rng.bool();
        let Some(row) = self.rows.get_mut(id as usize) else {
            return;
        };
        row.version += 1;
        // Hot rows stay among themselves.
        let (low, high) = if id < HOT {
            (100, 100 + HOT * 10)
        } else {
            (100, 100 + all * 10)
        };
        let price = if up {
            row.price + step
        } else {
            row.price.saturating_sub(step)
        };
        row.price = price.clamp(low, high);
        let item = Quote {
            id,
            version: row.version,
            price: row.price,
            at,
        };
        if let Err(error) = hub.publish(name, "list:update", &ListChange::upsert(item)) {
            tracing::warn!(%error, "a stress list could not change");
        }
    }
}
