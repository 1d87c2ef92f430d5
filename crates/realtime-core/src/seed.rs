//! Seed: the state of one query as text, to begin with after a reload, in a rendered page or in another tab.
//!
//! The format is in docs/SEEDS.md. Everything read back is a stranger's text: it is checked, bounded by
//! its own length, and refused as a whole if any of it cannot be read.

mod body;
mod checksum;
mod error;

pub(crate) use body::{Body, Seeding};
pub use error::SeedError;

use crate::{
    id::{ChannelName, Position},
    key::QueryKey,
    object,
};
use serde_json::value::RawValue;
use std::{cell::Cell, fmt, rc::Rc, time::Duration};

thread_local! {
    /// Whether any client of this thread has ever taken a seed in. An app that takes none in never sets it, so
    /// the compiler knows what it is and leaves out all that follows from it.
    static ARE_USED: Cell<bool> = const { Cell::new(false) };
}

/// Somebody takes seeds in.
pub(crate) fn use_seeds() {
    ARE_USED.set(true);
}

/// Whether anybody has ever taken one in.
#[inline(always)]
pub(crate) fn seeds_are_used() -> bool {
    ARE_USED.get()
}

/// The version of the format; another is refused.
const FORMAT: &str = "1";

/// The state of one query, taken in one step: rows, versions, deletes and the position of each of its
/// channels are of one moment. Its `Debug` shows how long the text is.
///
/// [`Client::export`](crate::Client::export) gives them, [`Client::import`](crate::Client::import)
/// takes them.
#[derive(Clone, PartialEq, Eq)]
pub struct Seed {
    /// Whose state it is.
    pub key: QueryKey,
    /// The state, as JSON: see docs/SEEDS.md.
    pub text: Rc<str>,
    /// How long it was kept since it was taken, as far as whoever kept it can tell.
    pub kept_for: Duration,
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seed")
            .field("key", &self.key)
            .field("text", &crate::excerpt::Size(self.text.len()))
            .finish()
    }
}

/// How far a seed fits the client that it is to be put into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fit {
    /// It is of this app and this user: its channels go on where it was taken.
    #[default]
    Full,
    /// It may be of another build: its rows are shown, stale, and fetched anew.
    RowsOnly,
}

/// What is around the data of a seed, read.
#[derive(Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) body: &'a RawValue,
    /// Where each channel stood, if nothing is missing from the data.
    pub(crate) positions: Vec<(ChannelName, Position)>,
    /// How old the data is.
    pub(crate) age: Duration,
}

impl Seed {
    /// Puts a seed together.
    pub(crate) fn new(
        key: &QueryKey,
        age: Duration,
        positions: &[(ChannelName, Position)],
        body: &str,
    ) -> Self {
        let mut inner = object::ObjectWriter::default();
        inner.raw("key", &key.to_json());
        inner.raw("age", &age.as_millis().to_string());
        let positions: Vec<_> = positions
            .iter()
            .map(|(channel, position)| (channel.as_str(), &*position.epoch, position.seq))
            .collect();
        // Texts and numbers always turn into JSON.
        inner.raw(
            "positions",
            &serde_json::to_string(&positions).unwrap_or_default(),
        );
        inner.raw("data", body);
        let inner = inner.end();
        let mut outer = object::ObjectWriter::default();
        outer.raw("format", FORMAT);
        outer.text("sum", Some(&checksum::of(&inner)));
        outer.raw("seed", &inner);
        Self {
            key: key.clone(),
            text: outer.end().into(),
            kept_for: Duration::ZERO,
        }
    }

    /// A seed of which only the text is known, as it comes from a store.
    ///
    /// # Errors
    /// When the text is no seed, is of another format, or has been damaged.
    pub fn from_text(text: impl Into<Rc<str>>) -> Result<Self, SeedError> {
        let text = text.into();
        let inner = checked(&text)?;
        let [key] = object::fields(inner, ["key"]).map_err(SeedError::unreadable)?;
        let key = key.ok_or(SeedError::Damaged)?;
        let key = QueryKey::from_json(key.get()).ok_or(SeedError::Damaged)?;
        Ok(Self {
            key,
            text,
            kept_for: Duration::ZERO,
        })
    }

    /// Reads what is around the data.
    pub(crate) fn frame(&self) -> Result<Frame<'_>, SeedError> {
        let inner = checked(&self.text)?;
        let [key, age, positions, body] =
            object::fields(inner, ["key", "age", "positions", "data"])
                .map_err(SeedError::unreadable)?;
        let key = key.and_then(|key| QueryKey::from_json(key.get()));
        if key.as_ref() != Some(&self.key) {
            return Err(SeedError::OtherKey {
                key: self.key.clone(),
            });
        }
        let age = age
            .and_then(|age| age.get().parse().ok())
            .unwrap_or(u64::MAX);
        let age = Duration::from_millis(age).saturating_add(self.kept_for);
        let positions = positions.map_or("[]", RawValue::get);
        let positions: Vec<(ChannelName, String, u64)> =
            serde_json::from_str(positions).map_err(SeedError::unreadable)?;
        Ok(Frame {
            body: body.ok_or(SeedError::Damaged)?,
            positions: positions
                .into_iter()
                .map(|(channel, epoch, seq)| {
                    (
                        channel,
                        Position {
                            epoch: epoch.into(),
                            seq,
                        },
                    )
                })
                .collect(),
            age,
        })
    }
}

/// The text within, if it is as it was written.
fn checked(text: &str) -> Result<&str, SeedError> {
    let [format, sum, inner] =
        object::fields(text, ["format", "sum", "seed"]).map_err(SeedError::unreadable)?;
    if format.is_none_or(|format| format.get() != FORMAT) {
        return Err(SeedError::OtherFormat);
    }
    let (sum, inner) = sum.zip(inner).ok_or(SeedError::Damaged)?;
    let inner = inner.get();
    let sum: String = serde_json::from_str(sum.get()).map_err(SeedError::unreadable)?;
    if sum != checksum::of(inner) {
        return Err(SeedError::Damaged);
    }
    Ok(inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key;

    fn seed() -> Seed {
        let position = Position {
            epoch: "b1".into(),
            seq: 57,
        };
        let channel = ChannelName::from("tasks");
        Seed::new(
            &key!["tasks", 7, "ä\"\\"],
            Duration::from_millis(5),
            &[(channel, position)],
            r#"{"value":1}"#,
        )
    }

    #[test]
    fn a_seed_is_read_as_it_was_written() {
        let seed = seed();
        assert_eq!(Seed::from_text(Rc::clone(&seed.text)).unwrap(), seed);
        let frame = seed.frame().unwrap();
        assert_eq!(frame.body.get(), r#"{"value":1}"#);
        assert_eq!(frame.age, Duration::from_millis(5));
        let [(channel, position)] = &*frame.positions else {
            panic!()
        };
        assert_eq!(
            (channel.as_str(), &*position.epoch, position.seq),
            ("tasks", "b1", 57)
        );
    }

    #[test]
    fn what_is_not_as_it_was_written_is_refused() {
        let text = seed().text;
        for (at, _) in text.char_indices() {
            assert!(Seed::from_text(&text[..at]).is_err(), "cut off at {at}");
        }
        let changed = text.replace("57", "58");
        assert_eq!(Seed::from_text(changed), Err(SeedError::Damaged));
        let newer = text.replace(r#""format":1"#, r#""format":2"#);
        assert_eq!(Seed::from_text(newer), Err(SeedError::OtherFormat));
        for stranger in ["", "null", "[]", "{}", "7", r#"{"format":1}"#] {
            assert!(Seed::from_text(stranger).is_err(), "{stranger}");
        }
    }

    #[test]
    fn under_another_key_it_is_nobodys() {
        let seed = Seed {
            key: key!["other"],
            ..seed()
        };
        assert!(matches!(seed.frame(), Err(SeedError::OtherKey { .. })));
    }

    #[test]
    fn its_debug_shows_no_data() {
        let shown = format!("{:?}", seed());
        assert!(!shown.contains("value") && !shown.contains("b1"), "{shown}");
    }
}
