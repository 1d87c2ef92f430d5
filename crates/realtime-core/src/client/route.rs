//! Routes: which parts of the client an event concerns, by its name and channel.

use crate::{
    id::{ChannelName, EventName},
    named::NamedMap,
    query::{BindingIndex, EntryId},
};

/// Names one listener of the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListenerId(pub(crate) u64);

/// Who wants an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Entry(EntryId, BindingIndex),
    Listener(ListenerId),
}

/// Targets by event name and channel. Finding an event's targets takes two look-ups, whatever the
/// number of channels. Bounded by the entries and listeners that registered.
#[derive(Debug, Default)]
pub(crate) struct Routes(NamedMap<EventName, EventRoutes>);

#[derive(Debug, Default)]
struct EventRoutes {
    by_channel: NamedMap<ChannelName, Vec<Target>>,
    anywhere: Vec<Target>,
}

impl Target {
    /// The entry, if it is one.
    pub(crate) const fn entry(self) -> Option<EntryId> {
        match self {
            Self::Entry(entry, _) => Some(entry),
            Self::Listener(_) => None,
        }
    }
}

impl EventRoutes {
    fn bound_to(&self, channel: &str) -> &[Target] {
        self.by_channel
            .get(channel)
            .map_or(&[][..], |targets| targets)
    }
}

impl Routes {
    pub(crate) fn add(&mut self, event: &EventName, channel: Option<&ChannelName>, target: Target) {
        let routes = self.0.get_or_insert_with(event.clone(), Default::default);
        match channel {
            Some(channel) => routes
                .by_channel
                .get_or_insert_with(channel.clone(), Vec::new)
                .push(target),
            None => routes.anywhere.push(target),
        }
    }

    pub(crate) fn remove(
        &mut self,
        event: &EventName,
        channel: Option<&ChannelName>,
        target: Target,
    ) {
        let Some(routes) = self.0.get_mut(event) else {
            return;
        };
        match channel {
            Some(channel) => {
                if let Some(targets) = routes.by_channel.get_mut(channel) {
                    targets.retain(|kept| *kept != target);
                    if targets.is_empty() {
                        routes.by_channel.remove(channel);
                    }
                }
            }
            None => routes.anywhere.retain(|kept| *kept != target),
        }
        if routes.by_channel.is_empty() && routes.anywhere.is_empty() {
            self.0.remove(event);
        }
    }

    /// Writes an event's targets to `found`: those bound to the channel, if there is one that it is
    /// known to be for, and those who asked for any channel.
    pub(crate) fn find(&self, event: &str, channel: Option<&str>, found: &mut Vec<Target>) {
        let Some(routes) = self.0.get(event) else {
            return;
        };
        if let Some(channel) = channel {
            found.extend(routes.bound_to(channel));
        }
        found.extend(&routes.anywhere);
    }

    /// The channels that targets of an event are bound to, each once.
    pub(crate) fn channels_of(&self, event: &str) -> impl Iterator<Item = &ChannelName> {
        let routes = self.0.get(event).into_iter();
        routes.flat_map(|routes| routes.by_channel.keys())
    }

    /// The targets of an event that are bound to a channel.
    pub(crate) fn bound_to(&self, event: &str, channel: &str) -> impl Iterator<Item = Target> {
        let routes = self.0.get(event).into_iter();
        routes.flat_map(move |routes| routes.bound_to(channel).iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(routes: &Routes, event: &str, channel: Option<&str>) -> Vec<u64> {
        let mut targets = Vec::new();
        routes.find(event, channel, &mut targets);
        let mut ids: Vec<u64> = targets
            .iter()
            .map(|target| match target {
                Target::Listener(id) => id.0,
                Target::Entry(..) => unreachable!("only listeners were added"),
            })
            .collect();
        ids.sort_unstable();
        ids
    }

    #[test]
    fn an_event_finds_its_channel_and_those_who_want_any() {
        let mut routes = Routes::default();
        let (event, one) = (EventName::from("e"), ChannelName::from("one"));
        let two = ChannelName::from("two");
        routes.add(&event, Some(&one), Target::Listener(ListenerId(1)));
        routes.add(&event, Some(&two), Target::Listener(ListenerId(2)));
        routes.add(&event, None, Target::Listener(ListenerId(3)));
        assert_eq!(found(&routes, "e", Some("one")), [1, 3]);
        assert_eq!(found(&routes, "e", None), [3]);
        assert_eq!(found(&routes, "other", Some("one")), [0; 0]);
        let mut channels: Vec<_> = routes.channels_of("e").collect();
        channels.sort_unstable();
        assert_eq!(channels, [&one, &two]);
    }

    #[test]
    fn removing_the_last_target_leaves_nothing_behind() {
        let mut routes = Routes::default();
        let (event, channel) = (EventName::from("e"), ChannelName::from("c"));
        let target = Target::Listener(ListenerId(1));
        routes.add(&event, Some(&channel), target);
        routes.remove(&event, Some(&channel), target);
        assert!(routes.0.is_empty());
    }
}
