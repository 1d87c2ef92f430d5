//! Membership of one hook in a channel: as one who is there, or as one who may type.

use super::{
    channel_access::{ChannelAccess, ChannelTerms},
    refusal::Refusal,
};
use crate::{
    client::{Lease, RealtimeClient},
    error::RealtimeError,
};
use realtime_core::{ChannelError, ChannelName, Client, Fault, Instant};
use std::{cell::RefCell, rc::Rc};
use yew::prelude::*;

/// What the options of presence and of typing have in common.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct MemberOptions {
    pub(super) subscribe: ChannelTerms,
    pub(super) enabled: bool,
}

impl Default for MemberOptions {
    fn default() -> Self {
        Self {
            subscribe: ChannelTerms::default(),
            enabled: true,
        }
    }
}

/// What a hook keeps of its channel from render to render.
#[derive(Default)]
pub(super) struct Membership {
    held: RefCell<Option<Lease>>,
    refused: Refusal<ChannelName, ChannelError>,
    access: ChannelAccess,
}

/// Gives a membership back to the core.
pub(super) type Leave = Box<dyn FnOnce(&mut Client, Instant)>;

impl Membership {
    /// Takes part in `channel` by way of `join`, or stays away, as the options say. The new membership
    /// is taken before the old one is given back, so that a change of name is not seen as leaving.
    pub(super) fn enter(
        &self,
        client: &RealtimeClient,
        channel: &ChannelName,
        options: &MemberOptions,
        join: &dyn Fn(&mut Client, Instant, bool) -> Result<Leave, ChannelError>,
    ) {
        let MemberOptions { subscribe, enabled } = options;
        self.access.hold(client, Some(channel), subscribe, *enabled);
        let new = match enabled {
            true => self.join(client, channel, join),
            false => None,
        };
        let old = self.held.replace(new);
        drop(old);
    }

    /// Why the channel cannot be joined, or cannot be asked for with these options, if so.
    pub(super) fn error(&self, channel: &ChannelName) -> Option<ChannelError> {
        self.refused.of(channel).or_else(|| self.access.error())
    }

    fn join(
        &self,
        client: &RealtimeClient,
        channel: &ChannelName,
        join: &dyn Fn(&mut Client, Instant, bool) -> Result<Leave, ChannelError>,
    ) -> Option<Lease> {
        let runtime = Rc::clone(client.runtime());
        let is_first = self.held.borrow().is_none();
        let joined = runtime.run(|client, now| join(client, now, is_first))?;
        let (leave, error) = match joined {
            Ok(leave) => (Some(leave), None),
            Err(error) => (None, Some(error)),
        };
        self.refused.set(channel, error.clone());
        if let Some(error) = error {
            let fault = Fault::Channel(error);
            runtime.app().report(RealtimeError::Fault(fault));
        }
        leave.map(|leave| Lease::new(move || runtime.post(leave)))
    }

    fn end(&self) {
        let left = self.held.take();
        drop(left);
        self.access.release();
    }
}

/// Ends `membership` when the component unmounts.
#[hook]
pub(super) fn use_leaving(membership: &Rc<Membership>) {
    let membership = Rc::clone(membership);
    use_effect_with((), move |()| move || membership.end());
}
