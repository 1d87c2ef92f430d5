//! The prices: kept in cents, moved by a random walk that cannot run away.

use crate::errors::{Refusal, quoted};
use fastrand::Rng;
use realtime_demo_types::Stock;
use std::time::{Duration, Instant};

/// For how long a symbol keeps its price after a burst, so that it can be compared.
pub(crate) const HOLD: Duration = Duration::from_secs(60);

/// All shares and their prices.
#[derive(Debug)]
pub(crate) struct Market {
    shares: Vec<Share>,
}

#[derive(Debug)]
struct Share {
    symbol: &'static str,
    open: i64,
    price: i64,
    updated_at: u64,
    still_until: Option<Instant>,
}

impl Market {
    /// The market of a fresh server.
    pub(crate) fn seeded(now: u64) -> Self {
        let share = |(symbol, open)| Share {
            symbol,
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

    pub(crate) fn symbols(&self) -> impl Iterator<Item = &'static str> {
        self.shares.iter().map(|share| share.symbol)
    }

    pub(crate) fn stocks(&self) -> Vec<Stock> {
        self.shares.iter().map(Share::to_stock).collect()
    }

    pub(crate) fn stock(&self, symbol: &str) -> Result<Stock, Refusal> {
        let found = self.shares.iter().find(|share| share.symbol == symbol);
        found.map(Share::to_stock).ok_or_else(|| unknown(symbol))
    }

    /// Moves one to three prices, and gives those that moved.
    pub(crate) fn walk(&mut self, rng: &mut Rng, now: Instant, now_ms: u64) -> Vec<Stock> {
        let mut moving: Vec<&mut Share> = self
            .shares
            .iter_mut()
            .filter(|share| share.still_until.is_none_or(|until| now >= until))
            .collect();
        rng.shuffle(&mut moving);
        moving.truncate(rng.usize(1..=3));
        let mut moved = Vec::with_capacity(moving.len());
        for share in moving {
            let most = (share.price / 200).max(1);
            let step = rng.i64(-most..=most);
            let price = (share.price + step).clamp(share.open / 2, share.open * 3 / 2);
            if price != share.price {
                share.price = price;
                share.updated_at = now_ms;
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
        length: Duration,
        now: Instant,
    ) -> Result<f64, Refusal> {
        let share = self.find_mut(symbol)?;
        if share.still_until.is_some_and(|until| now + HOLD < until) {
            let message = format!("a burst of {symbol} is running: wait for its end");
            return Err(Refusal::Conflict(message));
        }
        share.still_until = Some(now + length + HOLD);
        Ok(to_price(share.price + i64::from(updates)))
    }

    /// One update of a burst: a cent up.
    pub(crate) fn step(&mut self, symbol: &str, now_ms: u64) -> Result<Stock, Refusal> {
        let share = self.find_mut(symbol)?;
        share.price += 1;
        share.updated_at = now_ms;
        Ok(share.to_stock())
    }

    fn find_mut(&mut self, symbol: &str) -> Result<&mut Share, Refusal> {
        let found = self.shares.iter_mut().find(|share| share.symbol == symbol);
        found.ok_or_else(|| unknown(symbol))
    }
}

impl Share {
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
    Refusal::NotFound(format!("stock {:?}", quoted(symbol)))
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
        let now = Instant::now();
        for tick in 0..20_000 {
            let moved = market.walk(&mut rng, now, tick);
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
        let now = Instant::now();
        let [a, b] = [1, 1].map(|seed| {
            let (mut market, mut rng) = (Market::seeded(0), Rng::with_seed(seed));
            (0..100)
                .map(|n| market.walk(&mut rng, now, n))
                .collect::<Vec<_>>()
        });
        assert_eq!(a, b);
    }

    #[test]
    fn a_burst_ends_on_the_price_it_promised_and_the_walk_leaves_it_alone() {
        let (mut market, mut rng) = (Market::seeded(0), Rng::with_seed(7));
        let now = Instant::now();
        let length = Duration::from_secs(1);
        let last = market.reserve("ACME", 30, length, now).unwrap();
        assert_eq!(
            market.reserve("ACME", 30, length, now).unwrap_err().code(),
            "conflict"
        );
        for _ in 0..30 {
            market.step("ACME", 1).unwrap();
        }
        for _ in 0..1_000 {
            let moved = market.walk(&mut rng, now + length, 2);
            assert!(moved.iter().all(|stock| stock.symbol != "ACME"));
        }
        assert_eq!(market.stock("ACME").unwrap().price, last);
        assert_eq!(last, 100.3);
        assert!(market.reserve("ACME", 1, length, now + length).is_ok());
    }
}
