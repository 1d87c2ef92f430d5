//! Links: what passes between the leader's client and the tabs that follow it.

use super::TabId;
use crate::excerpt::Size;
use std::fmt;

/// What a tab that follows does with its link to the leader.
#[derive(Clone, PartialEq, Eq)]
pub enum LinkAct {
    /// Opens it, in place of the one before.
    Open,
    /// Says something: an envelope of docs/PROTOCOL.md.
    Frame(String),
    /// Closes it.
    Close,
}

impl fmt::Debug for LinkAct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.write_str("Open"),
            Self::Frame(frame) => f.debug_tuple("Frame").field(&Size(frame.len())).finish(),
            Self::Close => f.write_str("Close"),
        }
    }
}

/// What the leader's client says to the tabs that follow.
#[derive(Clone, PartialEq, Eq)]
pub enum ToTabs {
    /// A link is open.
    Opened {
        /// Whose.
        tab: TabId,
        /// Which.
        link: u64,
    },
    /// A frame for one of them.
    Frame {
        /// Whose.
        tab: TabId,
        /// Which of its links.
        link: u64,
        /// An envelope of docs/PROTOCOL.md.
        frame: String,
    },
    /// A frame for all whose link is open.
    Broadcast {
        /// An envelope of docs/PROTOCOL.md.
        frame: String,
    },
    /// A link is closed.
    Closed {
        /// Whose.
        tab: TabId,
        /// Which.
        link: u64,
        /// The close code, as a server would give it.
        code: u16,
    },
}

impl fmt::Debug for ToTabs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opened { tab, link } => f
                .debug_struct("Opened")
                .field("tab", tab)
                .field("link", link)
                .finish(),
            Self::Frame { tab, link, frame } => f
                .debug_struct("Frame")
                .field("tab", tab)
                .field("link", link)
                .field("frame", &Size(frame.len()))
                .finish(),
            Self::Broadcast { frame } => f
                .debug_struct("Broadcast")
                .field("frame", &Size(frame.len()))
                .finish(),
            Self::Closed { tab, link, code } => f
                .debug_struct("Closed")
                .field("tab", tab)
                .field("link", link)
                .field("code", code)
                .finish(),
        }
    }
}
