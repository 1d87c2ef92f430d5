//! Body: the data of a seed, and how what an entry holds becomes one and is made of one.

use crate::{error::DecodeError, time::Instant};
use std::any::Any;

/// What a seed brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// Something to show.
    Filled,
    /// No rows. Whether that is so is for the server to say: nothing is shown until it has.
    Empty,
}

/// How what an entry holds becomes the data of a seed, and is made of one. Queries that are never
/// exported have none, so that their pages do not carry it.
#[derive(Debug)]
pub(crate) struct Seeding {
    /// Writes what the server has said, without edits; `None` if there is nothing yet, or it does not
    /// turn into JSON.
    pub(crate) write: fn(&dyn Any) -> Option<String>,
    /// Fills what is empty. After an error it is still that.
    pub(crate) read: fn(&mut dyn Any, Instant, &str) -> Result<Body, DecodeError>,
    /// What lays edits over it that were kept while the page was away; `None` where none are. Only who
    /// restores such edits knows what it is.
    pub(crate) edits: Option<&'static (dyn Any + Send + Sync)>,
}
