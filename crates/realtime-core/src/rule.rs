//! The rules that make the client correct, each of which a test may switch off.
//!
//! A proof that has never failed proves little. With the feature `testing` a simulator can break
//! one rule at a time and show that it notices; without the feature [`off`] is `false` before the
//! compiler has finished, and nothing of this is left.

#[cfg(feature = "testing")]
mod switch;

#[cfg(feature = "testing")]
pub use switch::without;

/// One rule. Each is asked about in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// An event at a position that was reached before is dropped.
    PositionCheck,
    /// An event that does not follow the one before it is a gap.
    HoleDetection,
    /// Another epoch is a gap.
    EpochCheck,
    /// A server that has not recovered what was missed leaves a gap.
    RecoveredFlag,
    /// After a gap, what the channel feeds is fetched again.
    GapRefetch,
    /// After a reconnect to a server that cannot tell, what the channel feeds is fetched again.
    UnknownRefetch,
    /// A new link subscribes to every channel in use again.
    Resubscribe,
    /// A channel whose `subscribe` was lost is asked for again.
    AskAgain,
    /// A recovery that brings less than it promised leaves a gap.
    ShortRecovery,
    /// A channel stays subscribed until its last lease is given back.
    LeaseCount,
    /// What an old socket says is void.
    GenerationFence,
    /// A link that does not answer a ping is given up.
    PingDeadline,
    /// Attempts to connect wait longer and longer.
    Backoff,
    /// A fetch begins when the subscription stands, or is followed by one that does.
    SubscribeFirst,
    /// Events that come during a fetch are folded into its result.
    Fold,
    /// An event that a fetched result contains is not applied again.
    CoveredEvents,
    /// A result that is older than what is on screen is left.
    OutdatedResults,
    /// A fetch that failed is tried again.
    FetchRetry,
    /// An invalidation during a fetch is followed by one more.
    TrailingFetch,
    /// An older version of a row does not replace a newer one.
    VersionGuard,
    /// A deleted row is not brought back by what came before the delete.
    Tombstones,
    /// A patch for a row that is still to come is kept until it does.
    ParkedPatches,
    /// A patch that overtook an older one lets the older one in.
    RecentPatches,
    /// A message is sent again under the id that it had.
    SameIdOnResend,
    /// A message without an answer is sent again on the next link.
    Resend,
    /// A send without an answer settles when its time is over.
    SendDeadline,
    /// Who is not in the room's snapshot is not in the room.
    PresencePrune,
    /// Presence events that came before the room's snapshot are applied over it.
    PresenceParking,
    /// Who has not been heard of for long is not in the room.
    PresenceExpiry,
    /// A member leaves with the last connection, not with the first.
    ConnectionCount,
    /// After a reconnect we announce ourselves.
    Reannounce,
    /// A typist who goes silent stops typing.
    TypingExpiry,
    /// The echo of an optimistic edit takes its place.
    EchoMatch,
    /// An optimistic edit lies over what others make of the row meanwhile.
    OverlayRebase,
    /// An edit that failed goes from the screen.
    LayerRevoke,
    /// An edit that lost all of its fields to others before it was sent goes from the screen.
    OverruledGoes,
    /// What became of an edit is no conflict with those made on top of it, and the rest is.
    BaseHandOver,
    /// What edits a row fails with the insert of that row.
    Dependents,
    /// What edits a row waits for the insert of that row.
    WaitForInsert,
    /// A temporary id becomes the server's before it is sent.
    TemporaryIds,
    /// A mutation without an answer is tried again under the id that it had.
    SameIdOnRetry,
    /// An edit whose echo does not come is fetched, and then goes from the screen.
    UnseenFetch,
    /// What is remembered of one epoch binds nothing in the next.
    NewHistory,
    /// Where nobody can say what was missed, what a fetch says outranks what is remembered from
    /// before the link was lost.
    DoubtedHistory,
    /// After the clock has jumped, what waited in the socket is read before any answer is given up.
    ReadFirst,
}

#[cfg(feature = "testing")]
impl Rule {
    /// All rules.
    pub const ALL: &[Self] = &[
        Self::PositionCheck,
        Self::HoleDetection,
        Self::EpochCheck,
        Self::RecoveredFlag,
        Self::GapRefetch,
        Self::UnknownRefetch,
        Self::Resubscribe,
        Self::AskAgain,
        Self::ShortRecovery,
        Self::LeaseCount,
        Self::GenerationFence,
        Self::PingDeadline,
        Self::Backoff,
        Self::SubscribeFirst,
        Self::Fold,
        Self::CoveredEvents,
        Self::OutdatedResults,
        Self::FetchRetry,
        Self::TrailingFetch,
        Self::VersionGuard,
        Self::Tombstones,
        Self::ParkedPatches,
        Self::RecentPatches,
        Self::SameIdOnResend,
        Self::Resend,
        Self::SendDeadline,
        Self::PresencePrune,
        Self::PresenceParking,
        Self::PresenceExpiry,
        Self::ConnectionCount,
        Self::Reannounce,
        Self::TypingExpiry,
        Self::EchoMatch,
        Self::OverlayRebase,
        Self::LayerRevoke,
        Self::OverruledGoes,
        Self::BaseHandOver,
        Self::Dependents,
        Self::WaitForInsert,
        Self::TemporaryIds,
        Self::SameIdOnRetry,
        Self::UnseenFetch,
        Self::NewHistory,
        Self::DoubtedHistory,
        Self::ReadFirst,
    ];
}

/// Whether a test has switched this rule off on this thread.
#[cfg(feature = "testing")]
pub(crate) fn off(rule: Rule) -> bool {
    switch::off(rule)
}

/// Whether a test has switched this rule off: not in a build for anything else.
#[cfg(not(feature = "testing"))]
pub(crate) const fn off(_: Rule) -> bool {
    false
}
