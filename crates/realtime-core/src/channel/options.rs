//! Options of subscriptions: grace, waits, the number of channels.

use std::time::Duration;

/// How subscriptions behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelOptions {
    /// How long a channel stays subscribed after its last lease was released, so that a component
    /// which is mounted again does not make it flap. Default 1 s.
    pub grace: Duration,
    /// How long to wait for the first answer to a `subscribe` before going on without: data is
    /// fetched and events are applied, but the channel is
    /// [unknown](super::ChannelState::Unknown) and not live. Default 1.5 s.
    ///
    /// A server that lets this pass is taken for one that never answers, and is no longer waited
    /// for, until it answers once.
    pub answer_wait: Duration,
    /// How long to wait for an answer from a server that has answered before. Default 10 s.
    pub subscribe_timeout: Duration,
    /// The wait before a channel is asked for again whose `subscribe` brought neither an answer nor
    /// an event, or that was refused with `retryAfter` (never before that is over). It doubles with
    /// each try that comes to nothing, and half of it is random. Default 5 s.
    pub resubscribe_delay: Duration,
    /// The longest such wait, but for what the server asks for, of which an hour counts. Default
    /// 5 min.
    pub resubscribe_delay_max: Duration,
    /// How long to wait for the next of the missed events that the server has promised; then they
    /// count as lost, and what the channel feeds is fetched. Default 5 s.
    pub recovery_timeout: Duration,
    /// How many channels there may be, those in grace included. Default 1,000.
    pub max_channels: usize,
}

impl Default for ChannelOptions {
    fn default() -> Self {
        Self {
            grace: Duration::from_secs(1),
            answer_wait: Duration::from_millis(1_500),
            subscribe_timeout: Duration::from_secs(10),
            resubscribe_delay: Duration::from_secs(5),
            resubscribe_delay_max: Duration::from_secs(5 * 60),
            recovery_timeout: Duration::from_secs(5),
            max_channels: 1_000,
        }
    }
}
