//! Seed in the store: below the build that wrote it, on a line of its own.

use super::StoredValue;
use crate::seed::Seed;
use std::rc::Rc;

/// A seed as it was read.
#[derive(Debug)]
pub(crate) struct StoredSeed {
    pub(crate) seed: Seed,
    /// The build that wrote it.
    pub(crate) build: String,
}

impl StoredSeed {
    /// The text of a seed of this build.
    pub(crate) fn write(build: &str, seed: &str) -> Rc<str> {
        // A text always turns into JSON, which has no line break in it.
        let build = serde_json::to_string(build).unwrap_or_default();
        format!("{build}\n{seed}").into()
    }

    /// Reads what was written; `None` if that is not what is there.
    pub(crate) fn read(stored: &StoredValue) -> Option<Self> {
        let (build, seed) = stored.value.split_once('\n')?;
        let build = serde_json::from_str(build).ok()?;
        let mut seed = Seed::from_text(seed).ok()?;
        seed.kept_for = stored.age;
        let is_its_place = seed.key.to_json() == stored.key;
        is_its_place.then_some(Self { seed, build })
    }
}
