//! Rates: how fast requests come, from each user, or from each address of those who have not said who they are.

use crate::{limits, permissions::Visitor};
use realtime_server::{Bucket, Refusal};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

/// How fast requests come, and from whom.
#[derive(Debug)]
pub(crate) struct Rates {
    rate: u32,
    buckets: Mutex<HashMap<Source, Bucket>>,
}

/// From whom.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Source {
    User(String),
    Address(IpAddr),
}

impl Rates {
    pub(crate) fn new(rate: u32) -> Self {
        Self {
            rate,
            buckets: Mutex::default(),
        }
    }

    /// Counts a request, or refuses it. What comes from this machine is not counted unless it says whose it is: a proxy
    /// is here, through which everybody comes.
    pub(crate) fn take(
        &self,
        visitor: &Visitor,
        from: IpAddr,
        now: Instant,
    ) -> Result<(), Refusal> {
        let source = match visitor.user() {
            Some(user) => Source::User(user.id.clone()),
            None if from.to_canonical().is_loopback() => return Ok(()),
            None => Source::Address(from.to_canonical()),
        };
        let mut buckets = self.lock();
        if buckets.len() >= limits::SOURCES && !buckets.contains_key(&source) {
            // Whoever has rested for a while is as good as new.
            buckets.retain(|_, bucket| !bucket.is_full(now));
            if buckets.len() >= limits::SOURCES {
                return Err(Refusal::rate_limited(1_000));
            }
        }
        let bucket = buckets.entry(source);
        bucket
            .or_insert_with(|| Bucket::new(self.rate, now))
            .take(now)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Source, Bucket>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use realtime_demo_types::Person;
    use std::time::Duration;

    fn user(id: &str) -> Visitor {
        Visitor::User(Person {
            id: id.into(),
            name: id.into(),
        })
    }

    #[test]
    fn each_user_and_each_address_has_a_rate_of_its_own_but_not_this_machine() {
        let (rates, now) = (Rates::new(1), Instant::now());
        let [here, near, far] =
            ["127.0.0.1", "192.0.2.1", "192.0.2.2"].map(|ip| ip.parse::<IpAddr>().unwrap());
        for (visitor, from) in [
            (user("ada"), here),
            (user("lin"), here),
            (Visitor::Stranger, near),
            (Visitor::Stranger, far),
        ] {
            let taken: Vec<_> = (0..3)
                .map(|_| rates.take(&visitor, from, now).is_ok())
                .collect();
            assert_eq!(taken, [true, true, false], "{visitor:?} {from}");
        }
        for _ in 0..100 {
            rates.take(&Visitor::Stranger, here, now).unwrap();
        }
    }

    #[test]
    fn those_who_rest_make_way_for_others_and_those_who_do_not_keep_their_place() {
        let (rates, now) = (Rates::new(1), Instant::now());
        let from = "127.0.0.1".parse().unwrap();
        for number in 0..limits::SOURCES {
            rates.take(&user(&number.to_string()), from, now).unwrap();
        }
        assert!(rates.take(&user("one more"), from, now).is_err());
        assert_eq!(rates.lock().len(), limits::SOURCES);
        let later = now + Duration::from_secs(10);
        rates.take(&user("one more"), from, later).unwrap();
        assert_eq!(rates.lock().len(), 1);
    }
}
