//! Options of what is kept: for whom, for how long, and how much.

use std::{rc::Rc, time::Duration};

/// What a client keeps over page loads, for [`Client::persist`](crate::Client::persist).
///
/// ```
/// use realtime_core::PersistOptions;
/// use std::time::Duration;
///
/// let options = PersistOptions::new("tasks")
///     .with_build("2026-11-30")
///     .with_max_age(Duration::from_secs(3_600));
/// assert_eq!(options.max_bytes, 32 << 20);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersistOptions {
    /// The name of the app: apps of one origin that have the same name share what is kept.
    pub app: Rc<str>,
    /// Which build of the app writes. What another build has written is shown, but fetched anew. Default:
    /// the empty text, for builds that all read what the others write.
    pub build: Rc<str>,
    /// What was written longer ago than this is deleted when it is read: a day.
    pub max_age: Duration,
    /// For how long the server knows a message's id again: an hour. A mutation that was sent before the page
    /// went, and is older, is not sent again but fails as
    /// [`Interrupted`](crate::MutationError::Interrupted), for somebody to decide.
    pub remembered_ids: Duration,
    /// How long the client waits for what was kept, before it goes on without: 2 s.
    pub open_within: Duration,
    /// How long after a change it is written; what changes meanwhile is written with it: 500 ms.
    pub write_after: Duration,
    /// The largest state of one query that is kept, in bytes: 4 MiB.
    pub max_seed_bytes: usize,
    /// How much is kept of all queries together, in bytes: 32 MiB. What was written longest ago goes first.
    pub max_bytes: usize,
    /// Of how many queries the state is kept: 1,000.
    pub max_seeds: usize,
}

impl PersistOptions {
    /// The defaults, for an app of this name.
    #[must_use]
    pub fn new(app: impl AsRef<str>) -> Self {
        Self {
            app: app.as_ref().into(),
            build: "".into(),
            max_age: Duration::from_secs(24 * 3_600),
            remembered_ids: Duration::from_secs(3_600),
            open_within: Duration::from_secs(2),
            write_after: Duration::from_millis(500),
            max_seed_bytes: 4 << 20,
            max_bytes: 32 << 20,
            max_seeds: 1_000,
        }
    }

    /// Says which build of the app this is, such as a version or the hash of a commit.
    #[must_use]
    pub fn with_build(mut self, build: impl AsRef<str>) -> Self {
        self.build = build.as_ref().into();
        self
    }

    /// Sets after how long what was written is too old to be read.
    #[must_use]
    pub const fn with_max_age(mut self, max_age: Duration) -> Self {
        self.max_age = max_age;
        self
    }

    /// Sets for how long the server knows a message's id again.
    #[must_use]
    pub const fn with_remembered_ids(mut self, remembered: Duration) -> Self {
        self.remembered_ids = remembered;
        self
    }

    /// Sets how many bytes are kept of all queries together.
    #[must_use]
    pub const fn with_max_bytes(mut self, max_bytes: usize) -> Self {
        self.max_bytes = max_bytes;
        self
    }
}
