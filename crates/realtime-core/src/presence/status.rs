//! Status: whether someone is available, and which counts when their connections differ.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Whether someone is available: `online`, `away` or `busy` on the wire.
///
/// The order is the order in which the connections of one member count:
/// `Away < Online < Busy`, and the greatest wins. Away may be automatic and online is what every
/// new tab says, but busy is always somebody's choice: a second tab that just opened must not undo
/// it.
///
/// Reading one with serde is strict. A [`Roster`](super::Roster) is not: a word it does not know
/// counts as online and is counted in
/// [`PresenceStats::unknown_statuses`](super::PresenceStats::unknown_statuses), because a member
/// whose client knows more words than ours is still here.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum PresenceStatus {
    /// Here, but not at the keyboard.
    Away,
    /// Here.
    #[default]
    Online,
    /// Here, and not to be disturbed.
    Busy,
}

impl PresenceStatus {
    /// The word on the wire.
    #[doc(hidden)]
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Away => "away",
            Self::Online => "online",
            Self::Busy => "busy",
        }
    }

    /// The status that the word on the wire means, if it is one of the three.
    pub(super) fn from_word(word: &str) -> Option<Self> {
        [Self::Away, Self::Online, Self::Busy]
            .into_iter()
            .find(|status| status.as_str() == word)
    }
}

impl fmt::Display for PresenceStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_the_same_with_and_without_serde() {
        for status in [
            PresenceStatus::Away,
            PresenceStatus::Online,
            PresenceStatus::Busy,
        ] {
            let json = serde_json::to_string(&status).unwrap();
            assert_eq!(json, format!("\"{status}\""));
            assert_eq!(PresenceStatus::from_word(status.as_str()), Some(status));
        }
        assert_eq!(PresenceStatus::from_word("Online"), None);
    }
}
