//! The prices: kept in cents, moved by a random walk that cannot run away.

use crate::{
    channel::stock_channel,
    refusals::{nothing, quoted},
};
use fastrand::Rng;
use realtime_demo_types::Stock;
use realtime_server::Refusal;
use serde::{Deserialize, Serialize};

/// For how many milliseconds a symbol keeps its price after a burst, so that it can be compared.
const HOLD_MS: u64 = 60_000;

/// All shares and their prices. Times are in milliseconds.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Market {
    shares: Vec<Share>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Share {
    symbol: String,
    open: i64,
    price: i64,
    updated_at: u64,
    still_until: Option<u64>,
}

/// A move of one price: how far it goes is part of the largest step, drawn evenly from all that there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Nudge {
    symbol: String,
    drawn: u32,
}

impl Market {
    /// The market of a fresh server.
    pub(crate) fn seeded(now: u64) -> Self {
        let share = |(symbol, open): (&str, i64)| Share {
            symbol: symbol.to_owned(),
            open,
            price: open,
            updated_at: now,
            still_until: None,
        };
        let seeds = [
            ("ACME", 10_000),
            ("BOLT", 4_225),
            ("CRUX", 18_790),
            ("DUNE", 1_250),
            ("ECHO", 7_615),
            ("FLUX", 31_040),
            ("GLEN", 990),
            ("HALO", 12_380),
        ];
        Self {
            shares: seeds.into_iter().map(share).collect(),
        }
    }

    /// Whether a channel is that of a share.
    pub(crate) fn has(&self, channel: &str) -> bool {
        let mut shares = self.shares.iter();
        shares.any(|share| stock_channel(&share.symbol) == channel)
    }

    pub(crate) fn stocks(&self) -> Vec<Stock> {
        self.shares.iter().map(Share::to_stock).collect()
    }

    pub(crate) fn stock(&self, symbol: &str) -> Result<Stock, Refusal> {
        let found = self.shares.iter().find(|share| share.symbol == symbol);
        found.map(Share::to_stock).ok_or_else(|| unknown(symbol))
    }

    /// Draws moves of one to three prices that may move.
    pub(crate) fn draw(&self, rng: &mut Rng, now: u64) -> Vec<Nudge> {
        let mut moving: Vec<&Share> = self
            .shares
            .iter()
            .filter(|share| !share.is_still(now))
            .collect();
        rng.shuffle(&mut moving);
        moving.truncate(rng.usize(1..=3));
        let nudge = |share: &Share| Nudge {
            symbol: share.symbol.clone(),
            drawn: rng.u32(..),
        };
        moving.into_iter().map(nudge).collect()
    }

    /// Moves prices, and gives those that moved.
    pub(crate) fn nudge(&mut self, nudges: &[Nudge], now: u64) -> Vec<Stock> {
        let mut moved = Vec::with_capacity(nudges.len());
        for nudge in nudges {
            let Ok(share) = self.find_mut(&nudge.symbol) else {
                continue;
            };
            // A burst may have been asked for since this was drawn.
            if share.is_still(now) {
                continue;
            }
            let most = (share.price / 200).max(1);
            let steps = 2 * most + 1;
            let step = ((steps * i64::from(nudge.drawn)) >> 32) - most;
            let price = (share.price + step).clamp(share.open / 2, share.open * 3 / 2);
            if price != share.price {
                share.price = price;
                share.updated_at = now;
                moved.push(share.to_stock());
            }
        }
        moved
    }

    /// Keeps the walk away from a symbol for a burst of this length, and gives the price that the burst ends on.
    pub(crate) fn reserve(
        &mut self,
        symbol: &str,
        updates: u32,
        length_ms: u64,
        now: u64,
    ) -> Result<f64, Refusal> {
        let share = self.find_mut(symbol)?;
        if share
            .still_until
            .is_some_and(|until| now.saturating_add(HOLD_MS) < until)
        {
            let message = format!("a burst of {symbol} is running: wait for its end");
            return Err(Refusal::conflict(message));
        }
        share.still_until = Some(now.saturating_add(length_ms).saturating_add(HOLD_MS));
        Ok(to_price(share.price + i64::from(updates)))
    }

    /// One update of a burst: a cent up.
    pub(crate) fn step(&mut self, symbol: &str, now: u64) -> Result<Stock, Refusal> {
        let share = self.find_mut(symbol)?;
        share.price += 1;
        share.updated_at = now;
        Ok(share.to_stock())
    }

    fn find_mut(&mut self, symbol: &str) -> Result<&mut Share, Refusal> {
        let found = self.shares.iter_mut().find(|share| share.symbol == symbol);
        found.ok_or_else(|| unknown(symbol))
    }
}

impl Share {
    fn is_still(&self, now: u64) -> bool {
        self.still_until.is_some_and(|until| now < until)
    }

    fn to_stock(&self) -> Stock {
        let change = self.price - self.open;
        Stock {
            symbol: self.symbol.to_owned(),
            price: to_price(self.price),
            change: to_price(change),
            change_percent: to_price(change * 10_000 / self.open),
            updated_at: self.updated_at,
        }
    }
}

fn unknown(symbol: &str) -> Refusal {
    nothing(format_args!("stock {:?}", quoted(symbol)))
}

/// Hundredths as a number with two decimals.
fn to_price(hundredths: i64) -> f64 {
    // Prices stay far below 2^53 hundredths, so the conversion is exact.
    hundredths as f64 / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_walk_stays_within_half_of_the_opening_price() {
        let (mut market, mut rng) = (Market::seeded(0), Rng::with_seed(7));
        for tick in 0..20_000 {
            let nudges = market.draw(&mut rng, tick);
            let moved = market.nudge(&nudges, tick);
            assert!(moved.len() <= 3);
            for stock in moved {
                let open = stock.price - stock.change;
                assert!(
                    stock.price >= open * 0.49 && stock.price <= open * 1.51,
                    "{stock:?}"
                );
                assert_eq!(stock.updated_at, tick);
            }
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_prices() {
        let [a, b] = [1, 1].map(|seed| {
            let (mut market, mut rng) = (Market::seeded(0), Rng::with_seed(seed));
            let step = |now| {
                let nudges = market.draw(&mut rng, now);
                market.nudge(&nudges, now)
            };
            (0..100).map(step).collect::<Vec<_>>()
        });
        assert_eq!(a, b);
    }

    #[test]
    fn a_burst_ends_on_the_price_it_promised_and_the_walk_leaves_it_alone() {
        let (mut market, mut rng) = (Market::seeded(0), Rng::with_seed(7));
        let (now, length) = (5, 1_000);
        let drawn_before = [Nudge {
            symbol: "ACME".into(),
            drawn: u32::MAX,
        }];
        let last = market.reserve("ACME", 30, length, now).unwrap();
        assert_eq!(
            market.reserve("ACME", 30, length, now).unwrap_err().code(),
            "conflict"
        );
        assert_eq!(market.nudge(&drawn_before, now), []);
        for _ in 0..30 {
            market.step("ACME", 1).unwrap();
        }
        for _ in 0..1_000 {
            let nudges = market.draw(&mut rng, now + length);
            let moved = market.nudge(&nudges, now + length);
            assert!(moved.iter().all(|stock| stock.symbol != "ACME"));
        }
        assert_eq!(market.stock("ACME").unwrap().price, last);
        assert_eq!(last, 100.3);
        assert!(market.reserve("ACME", 1, length, now + length).is_ok());
    }
}
