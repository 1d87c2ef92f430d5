//! Feeds of one entry: the events it listens to, its leases of their channels, and what is known of the time in
//! which they brought nothing.

use crate::{
    channel::{ChannelError, ChannelState, Channels, Continuity, LeaseId},
    id::{ChannelName, EventName, Position},
    time::Instant,
};

/// How the channels of an entry stand together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// One of them brings nothing, or may bring what was missed later than others what is new.
    Down,
    /// Nobody can say of one of them whether its events arrive.
    Unknown,
    /// All bring their events.
    Live,
}

/// What feeds one entry.
#[derive(Debug, Default)]
pub(crate) struct Feeding {
    bindings: Vec<(EventName, Option<ChannelName>)>,
    /// The channels that they name, each once, with the lease held while the entry is in use.
    channels: Vec<(ChannelName, Option<LeaseId>)>,
    pub(super) was_live: bool,
    /// The worst that is known of the channels that came back since the entry was last live.
    continuity: Option<Continuity>,
    /// What was last said of the events between two links, or of a hole, for the app to see.
    recovery: Option<Continuity>,
    /// Why one of its channels could not be asked for.
    error: Option<ChannelError>,
}

impl Feeding {
    pub(crate) fn new(bindings: Vec<(EventName, Option<ChannelName>)>) -> Self {
        let mut channels: Vec<(ChannelName, Option<LeaseId>)> = Vec::new();
        for channel in bindings.iter().filter_map(|(_, channel)| channel.as_ref()) {
            if channels.iter().all(|(known, _)| known != channel) {
                channels.push((channel.clone(), None));
            }
        }
        Self {
            bindings,
            channels,
            ..Self::default()
        }
    }

    /// The events it listens to, each with its channel or, without one, on any.
    pub(crate) fn bindings(&self) -> &[(EventName, Option<ChannelName>)] {
        &self.bindings
    }

    /// Whether it listens to an event whatever its channel: then the link itself feeds it.
    pub(crate) fn listens_anywhere(&self) -> bool {
        self.bindings.iter().any(|(_, channel)| channel.is_none())
    }

    pub(crate) fn channels(&self) -> impl Iterator<Item = &ChannelName> {
        self.channels.iter().map(|(channel, _)| channel)
    }

    /// Whether it was live since the user signed in.
    pub(crate) const fn was_live(&self) -> bool {
        self.was_live
    }

    pub(crate) const fn recovery(&self) -> Option<Continuity> {
        self.recovery
    }

    pub(crate) const fn note_recovery(&mut self, recovery: Continuity) {
        self.recovery = Some(recovery);
    }

    /// Why its events may not arrive, as far as a channel is to blame.
    pub(crate) fn error(&self, channels: &Channels) -> Option<ChannelError> {
        let refusal = || self.channels().find_map(|it| channels.refusal(it));
        self.error.clone().or_else(refusal)
    }

    /// Leases its channels, which resume from `since` if they are new. Gives what failed.
    pub(crate) fn lease(
        &mut self,
        now: Instant,
        since: &[(ChannelName, Position)],
        channels: &mut Channels,
    ) -> Vec<ChannelError> {
        let mut refused = Vec::new();
        for (channel, lease) in &mut self.channels {
            let since = since.iter().find(|(of, _)| of == channel);
            let since = since.map(|(_, position)| position);
            match channels.subscribe_since(now, channel, since) {
                Ok(taken) => *lease = Some(taken),
                Err(error) => refused.push(error),
            }
        }
        self.error = refused.first().cloned();
        refused
    }

    /// Whether each of its channels is to go on from exactly there.
    pub(crate) fn resumes_from(
        &self,
        since: &[(ChannelName, Position)],
        channels: &Channels,
    ) -> bool {
        let is_there = |channel: &ChannelName| {
            let mut since = since.iter();
            let since = since.find(|(of, _)| of == channel);
            since.is_some_and(|(_, since)| channels.position(channel) == Some(since))
        };
        !self.listens_anywhere() && self.channels().all(is_there)
    }

    /// Gives back its leases.
    pub(crate) fn release(&mut self, now: Instant, channels: &mut Channels) {
        for lease in self.channels.iter_mut().filter_map(|(_, it)| it.take()) {
            channels.release(now, lease);
        }
    }

    /// A channel that has come back says this of the time before.
    pub(crate) fn learn(&mut self, continuity: Continuity) {
        self.continuity = Some(
            self.continuity
                .map_or(continuity, |known| known.worse(continuity)),
        );
    }

    /// What all of them together say of the time before, now that the entry is live.
    pub(crate) fn take_continuity(&mut self) -> Continuity {
        self.was_live = true;
        self.continuity.take().unwrap_or(Continuity::Fresh)
    }

    /// How its channels stand, with the link open or not.
    pub(crate) fn standing(&self, channels: &Channels, link_open: bool) -> Standing {
        let mut known = true;
        for channel in self.channels() {
            match channels.state(channel) {
                Some(ChannelState::Live) => {}
                Some(ChannelState::Unknown) => known = false,
                _ => return Standing::Down,
            }
        }
        // Any channel that is on its way back may bring what a fetch made now would lack or, of
        // several channels, what came before another's events that are lost. What comes on one of
        // which nobody knows may not come.
        if known && self.listens_anywhere() {
            if !link_open || channels.are_coming_back() {
                return Standing::Down;
            }
            known = channels.stats().unknown == 0;
        }
        match known {
            true => Standing::Live,
            false => Standing::Unknown,
        }
    }

    /// The position of its first channel.
    pub(crate) fn position(&self, channels: &Channels) -> Option<Position> {
        let (first, _) = self.channels.first()?;
        channels.position(first).cloned()
    }

    /// The user has signed out: nobody can have missed anything.
    pub(super) const fn start_over(&mut self) {
        self.was_live = false;
        self.continuity = None;
        self.recovery = None;
    }
}
