//! Fetcher: what a client fetches, in the mood of the moment.

use crate::{
    action::{Mood, Query},
    model::{Database, Model, Snapshot},
};
use realtime_core::{FetchError, Fetched, Position, QueryKey, key, testing::World};
use std::{ops::RangeInclusive, time::Duration};

impl Query {
    /// Its key in the cache.
    #[must_use]
    pub fn key(self) -> QueryKey {
        match self {
            Self::Tasks => key!["tasks"],
            Self::Board => key!["board"],
            Self::Chat => key!["chat"],
            Self::Doc => key!["doc"],
            Self::Count => key!["count"],
            Self::Summary => key!["summary"],
        }
    }

    /// The channel whose position its fetch tells, if one feeds it.
    const fn channel(self) -> Option<&'static str> {
        match self {
            Self::Tasks | Self::Summary => Some("tasks"),
            Self::Board => None,
            Self::Chat => Some("chat"),
            Self::Doc => Some("doc"),
            Self::Count => Some("count"),
        }
    }
}

impl Mood {
    /// How long a fetch takes, in milliseconds.
    #[must_use]
    pub const fn latency(self) -> RangeInclusive<u64> {
        match self {
            Self::Quick | Self::Flaky | Self::Failing | Self::Garbage => 60..=200,
            Self::ReadEarly | Self::Lagging => 5..=300,
            Self::Late => 500..=8_000,
            Self::Crawling => 1_000..=40_000,
        }
    }

    /// Whether it answers with what was there when it began.
    #[must_use]
    pub const fn reads_early(self) -> bool {
        matches!(self, Self::ReadEarly | Self::Late | Self::Crawling)
    }
}

/// Lets fetches read the model.
pub(crate) fn install(world: &mut World, model: &Model) {
    let model = model.clone();
    world.on_positioned_fetch(move |key, server| {
        let query = Query::ALL.into_iter().find(|query| query.key() == *key);
        let Some(query) = query else {
            return Err(FetchError::permanent("nothing is there"));
        };
        model.with(|database| {
            let here = query.channel().map(|channel| server.position(channel));
            fetch(database, query, here)
        })
    });
}

fn fetch(
    database: &mut Database,
    query: Query,
    here: Option<(String, u64)>,
) -> Result<Fetched, FetchError> {
    let failing = match database.mood {
        Mood::Failing => true,
        Mood::Flaky => database.rng.bool(),
        _ => false,
    };
    if failing {
        let error = FetchError::new("the server answered 503");
        return Err(match database.rng.u8(..4) {
            0 => FetchError::permanent("the server answered 404"),
            1 => error.with_retry_after(Duration::from_secs(3)),
            _ => error,
        });
    }
    if database.mood == Mood::Garbage {
        return Ok(Fetched::new("something else"));
    }
    let copy = query.channel().filter(|_| database.mood == Mood::Lagging);
    let old = database.rng.usize(..=database.past.len());
    let old = copy.and_then(|channel| {
        let old = database.past.get(old)?;
        Some((old.clone(), old.positions.get(channel)?.clone()))
    });
    let (snapshot, position) = match old {
        Some((old, position)) => (old, Some(position)),
        None => (database.now.clone(), here),
    };
    let fetched = read(&snapshot, query);
    let position = position.filter(|_| database.plan.positioned_fetches);
    Ok(match position {
        Some((epoch, seq)) => fetched.with_position(Position {
            epoch: epoch.into(),
            seq,
        }),
        None => fetched,
    })
}

fn read(snapshot: &Snapshot, query: Query) -> Fetched {
    match query {
        Query::Tasks => Fetched::new(Vec::clone(&snapshot.tasks)),
        Query::Board => Fetched::new(Vec::clone(&snapshot.board)),
        Query::Chat => Fetched::new(Vec::clone(&snapshot.chat)),
        Query::Doc => Fetched::new(snapshot.doc.clone()),
        Query::Count => Fetched::new(snapshot.count),
        Query::Summary => Fetched::new(snapshot.tasks.len()),
    }
}
