//! What a hook shows to be let on to its channel: params and a token.

use crate::{
    client::{Lease, RealtimeClient},
    error::RealtimeError,
};
use realtime_core::{ChannelError, ChannelName, Fault, SubscribeOptions};
use std::{cell::RefCell, rc::Rc};

/// A lease of the channel with the hook's own options, held while the hook is enabled. It is taken
/// before anything else of the hook uses the channel, so that the first `subscribe` has them.
#[derive(Default)]
pub(super) struct ChannelAccess {
    held: RefCell<Option<Held>>,
    error: RefCell<Option<ChannelError>>,
}

struct Held {
    wish: Wish,
    _lease: Option<Lease>,
}

#[derive(PartialEq)]
struct Wish {
    client: RealtimeClient,
    channel: ChannelName,
    options: SubscribeOptions,
}

impl ChannelAccess {
    /// Asks for `channel` with `options`, unless that is done, and gives back what was held before.
    pub(super) fn hold(
        &self,
        client: &RealtimeClient,
        channel: Option<&ChannelName>,
        options: &SubscribeOptions,
        enabled: bool,
    ) {
        let channel = channel.filter(|_| enabled && !options.is_empty());
        let wish = channel.map(|channel| Wish {
            client: client.clone(),
            channel: channel.clone(),
            options: options.clone(),
        });
        if self.held.borrow().as_ref().map(|held| &held.wish) == wish.as_ref() {
            return;
        }
        // The old one first: a channel in use has one set of params.
        self.release();
        let held = wish.map(|wish| Held {
            _lease: self.take(&wish),
            wish,
        });
        self.held.replace(held);
    }

    /// Gives back what is held.
    pub(super) fn release(&self) {
        let held = self.held.take();
        drop(held);
        let error = self.error.take();
        drop(error);
    }

    /// Why the channel cannot be asked for with these options, if so.
    pub(super) fn error(&self) -> Option<ChannelError> {
        self.error.borrow().clone()
    }

    fn take(&self, wish: &Wish) -> Option<Lease> {
        let runtime = Rc::clone(wish.client.runtime());
        let taken =
            runtime.run(|client, now| client.subscribe_with(now, &wish.channel, &wish.options))?;
        match taken {
            Ok(lease) => Some(Lease::new(move || {
                runtime.post(move |client, now| client.release(now, lease));
            })),
            Err(error) => {
                self.error.replace(Some(error.clone()));
                runtime
                    .app()
                    .report(RealtimeError::Fault(Fault::Channel(error)));
                None
            }
        }
    }
}
