//! Options of a typing room: time-out, keep-alive, limit, and which events end somebody's typing.

use crate::EventName;
use std::{rc::Rc, time::Duration};

/// A shorter timeout could not be told from not typing at all.
const MIN_TIMEOUT: Duration = Duration::from_millis(100);

/// The events that count as a message if nothing else is said: what chats commonly call them.
pub const MESSAGE_EVENTS: [&str; 12] = [
    "message",
    "message:create",
    "message:created",
    "message:new",
    "message:sent",
    "new:message",
    "chat:message",
    "chat message",
    "new message",
    "new_message",
    "newMessage",
    "chat_message",
];

/// How a [`TypingRoom`](super::TypingRoom) behaves; the defaults fit an ordinary chat.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TypingOptions {
    /// How long somebody is shown as typing after the last `typing:start`, and how long after the
    /// last key we stop: 3 s. At least 100 ms. All clients of a room should agree.
    pub timeout: Duration,
    /// The least time between two `typing:start`s: 1.2 s. At most 2/5 of the timeout, however much
    /// is asked for, so that one can be lost or late without the indicator flickering.
    pub keep_alive: Duration,
    /// How many typists are kept: 1,000. More are refused.
    pub max_typists: usize,
    /// The events of the channel that are messages: their author is not typing any more. `None` is
    /// [`MESSAGE_EVENTS`]. Besides, a list event that creates an item is one, whatever its name.
    pub message_events: Option<Rc<[EventName]>>,
}

impl Default for TypingOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(3),
            keep_alive: Duration::from_millis(1_200),
            max_typists: 1_000,
            message_events: None,
        }
    }
}

impl TypingOptions {
    /// With this timeout.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// With this least time between starts.
    #[must_use]
    pub fn with_keep_alive(mut self, keep_alive: Duration) -> Self {
        self.keep_alive = keep_alive;
        self
    }

    /// With room for this many typists.
    #[must_use]
    pub fn with_max_typists(mut self, typists: usize) -> Self {
        self.max_typists = typists;
        self
    }

    /// With these events as messages, in place of [`MESSAGE_EVENTS`].
    ///
    /// ```
    /// use realtime_core::TypingOptions;
    ///
    /// let options = TypingOptions::default().with_message_events(["comment:added"]);
    /// # let _ = options;
    /// ```
    #[must_use]
    pub fn with_message_events<E: Into<EventName>>(
        mut self,
        events: impl IntoIterator<Item = E>,
    ) -> Self {
        self.message_events = Some(events.into_iter().map(Into::into).collect());
        self
    }

    pub(super) fn is_message(&self, event: &str) -> bool {
        match &self.message_events {
            Some(events) => events.iter().any(|name| name.as_str() == event),
            None => MESSAGE_EVENTS.contains(&event),
        }
    }

    pub(super) fn effective_timeout(&self) -> Duration {
        self.timeout.max(MIN_TIMEOUT)
    }

    pub(super) fn effective_keep_alive(&self) -> Duration {
        self.keep_alive
            .min(self.effective_timeout().saturating_mul(2) / 5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keep_alive_too_slow_for_the_timeout_is_made_faster() {
        let options = TypingOptions::default().with_keep_alive(Duration::from_secs(10));
        assert_eq!(options.effective_keep_alive(), Duration::from_millis(1_200));
        let options = options.with_timeout(Duration::from_secs(1));
        assert_eq!(options.effective_keep_alive(), Duration::from_millis(400));
    }

    #[test]
    fn a_timeout_without_end_is_one() {
        let options = TypingOptions::default()
            .with_timeout(Duration::MAX)
            .with_keep_alive(Duration::MAX);
        assert_eq!(options.effective_timeout(), Duration::MAX);
        assert_eq!(options.effective_keep_alive(), Duration::MAX / 5);
    }

    #[test]
    fn what_is_a_message_is_told_by_its_name() {
        let options = TypingOptions::default();
        for (event, is_message) in [
            ("message", true),
            ("chat message", true),
            ("message:update", false),
            ("message:reaction", false),
            ("cursor", false),
        ] {
            assert_eq!(options.is_message(event), is_message, "{event}");
        }
        let options = options.with_message_events(["comment"]);
        assert!(options.is_message("comment") && !options.is_message("message"));
    }

    #[test]
    fn a_timeout_of_nothing_is_a_tenth_of_a_second() {
        let options = TypingOptions::default().with_timeout(Duration::ZERO);
        assert_eq!(options.effective_timeout(), MIN_TIMEOUT);
        assert_eq!(options.effective_keep_alive(), Duration::from_millis(40));
    }
}
