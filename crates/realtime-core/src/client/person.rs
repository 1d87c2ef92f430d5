//! Person: what speaks for the user of all tabs, where this one does.

use crate::{ephemeral::Ephemeral, id::ChannelName, tabs::TabId};
use std::fmt::Debug;

/// Makes one of what the tabs of one user say of them in a room.
pub(super) trait SpeaksForAll: Debug {
    /// What is to be said now that a tab, or ours, wants this said.
    fn say(
        &mut self,
        tab: Option<&TabId>,
        channel: &ChannelName,
        event: &str,
        data: String,
    ) -> Option<Ephemeral>;

    /// What is to be said where, now that a tab is gone.
    fn gone(&mut self, tab: &TabId) -> Vec<(ChannelName, Ephemeral)>;

    /// Nothing is known of the user any more, as the link is another.
    fn start_over(&mut self);

    /// Whether the user has been announced in a room.
    fn is_in(&self, channel: &str) -> bool;
}
