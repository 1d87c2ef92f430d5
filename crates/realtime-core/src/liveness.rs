//! Liveness: whether the events that keep something fresh are known to arrive.

/// Whether the events arrive that keep a query, a list or a room fresh.
///
/// It tells of the subscription, not of the data: what is [`Live`](Self::Live) may be fetching, as
/// events were missed before.
///
/// ```
/// use realtime_core::Liveness;
///
/// // What feeds it from several channels is as live as the least live of them.
/// assert!(Liveness::Unknown < Liveness::Live);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Liveness {
    /// No channel feeds it: only fetches bring data.
    #[default]
    None,
    /// The server refused the subscription: only fetches bring data.
    Refused,
    /// The connection is down, or the server has yet to answer.
    Waiting,
    /// The subscription was asked for, and neither an answer nor an event has come. Events that do
    /// come are applied, but nobody can say whether any will.
    Unknown,
    /// The server said so, or an event came.
    Live,
}
