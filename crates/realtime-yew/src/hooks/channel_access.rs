//! Access of a hook to its channel: the params and the token that it asks for it with.

use crate::{
    client::{Lease, RealtimeClient},
    error::RealtimeError,
    runtime::Subscription,
};
use realtime_core::{ChannelError, ChannelName, Fault, SubscribeOptions};
use std::{
    cell::RefCell,
    fmt,
    rc::{Rc, Weak},
};

/// What a hook asks for its channel with. Only options that an app gives bring along what holds a channel
/// with them: other pages do not carry it.
#[derive(Clone, Default)]
pub(super) struct ChannelTerms {
    options: SubscribeOptions,
    open: Option<fn() -> Rc<dyn Access>>,
}

impl ChannelTerms {
    pub(super) fn new(options: SubscribeOptions) -> Self {
        Self {
            options,
            open: Some(|| Rc::<Asked>::default()),
        }
    }

    pub(super) const fn options(&self) -> &SubscribeOptions {
        &self.options
    }
}

impl PartialEq for ChannelTerms {
    fn eq(&self, other: &Self) -> bool {
        self.options == other.options
    }
}

impl fmt::Debug for ChannelTerms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.options.fmt(f)
    }
}

/// A hook's access to its channel: nothing, unless it asks for it with options of its own.
#[derive(Default)]
pub(super) struct ChannelAccess(RefCell<Option<Rc<dyn Access>>>);

impl ChannelAccess {
    /// Asks for `channel` with its terms, unless that is done, and gives back what was held before.
    pub(super) fn hold(
        &self,
        client: &RealtimeClient,
        channel: Option<&ChannelName>,
        terms: &ChannelTerms,
        enabled: bool,
    ) {
        let channel = channel.filter(|_| enabled && !terms.options.is_empty());
        let known = self.0.borrow().clone();
        let access = match (known, channel, terms.open) {
            (Some(access), ..) => access,
            (None, Some(_), Some(open)) => open(),
            _ => return,
        };
        self.0.replace(Some(Rc::clone(&access)));
        access.hold(client, channel, &terms.options);
    }

    /// Gives back what is held.
    pub(super) fn release(&self) {
        if let Some(access) = self.0.take() {
            access.release();
        }
    }

    /// Why the channel cannot be asked for with these options, if so.
    pub(super) fn error(&self) -> Option<ChannelError> {
        self.0.borrow().as_ref()?.error()
    }
}

/// What holds a channel with options.
pub(super) trait Access {
    fn hold(
        &self,
        client: &RealtimeClient,
        channel: Option<&ChannelName>,
        options: &SubscribeOptions,
    );

    fn release(&self);

    fn error(&self) -> Option<ChannelError>;
}

/// A lease of the channel with the hook's own options, held while the hook is enabled. It is taken
/// before anything else of the hook uses the channel, so that the first `subscribe` has them.
///
/// Where the channel is in use with other params, it is taken as soon as they are given back: hooks
/// that change theirs together do so one after the other.
#[derive(Default)]
struct Asked(Rc<RefCell<Option<Held>>>);

struct Held {
    wish: Wish,
    access: Result<Option<Lease>, Refused>,
}

struct Refused {
    error: ChannelError,
    _retry: Subscription<ChannelName>,
}

#[derive(Clone, PartialEq)]
struct Wish {
    client: RealtimeClient,
    channel: ChannelName,
    options: SubscribeOptions,
}

impl Access for Asked {
    fn hold(
        &self,
        client: &RealtimeClient,
        channel: Option<&ChannelName>,
        options: &SubscribeOptions,
    ) {
        let wish = channel.map(|channel| Wish {
            client: client.clone(),
            channel: channel.clone(),
            options: options.clone(),
        });
        if self.0.borrow().as_ref().map(|held| &held.wish) == wish.as_ref() {
            return;
        }
        // The old one first: a channel in use has one set of params.
        let old = self.0.take().map(|held| held.wish);
        if let Some(wish) = &wish {
            self.take(wish);
        }
        for wish in [old, wish].into_iter().flatten() {
            wish.client.runtime().announce_params(&wish.channel);
        }
    }

    fn release(&self) {
        let held = self.0.take();
        let wish = held.map(|held| held.wish);
        if let Some(wish) = wish {
            wish.client.runtime().announce_params(&wish.channel);
        }
    }

    fn error(&self) -> Option<ChannelError> {
        let held = self.0.borrow();
        let refused = held.as_ref()?.access.as_ref().err()?;
        Some(refused.error.clone())
    }
}

impl Asked {
    fn take(&self, wish: &Wish) {
        let access = match wish.take() {
            Some(Err(error)) => {
                let home = Rc::downgrade(&self.0);
                tell_if_it_stays(&home, wish, &error);
                let retry = Rc::new(move || retry(&home));
                let runtime = wish.client.runtime();
                let _retry = runtime.subscribe_params(wish.channel.clone(), retry);
                Err(Refused { error, _retry })
            }
            Some(Ok(lease)) => Ok(Some(lease)),
            None => Ok(None),
        };
        let wish = wish.clone();
        self.0.replace(Some(Held { wish, access }));
    }
}

impl Wish {
    fn take(&self) -> Option<Result<Lease, ChannelError>> {
        let runtime = Rc::clone(self.client.runtime());
        let taken =
            runtime.run(|client, now| client.subscribe_with(now, &self.channel, &self.options))?;
        Some(taken.map(|lease| {
            Lease::new(move || {
                runtime.post(move |client, now| client.release(now, lease));
            })
        }))
    }
}

/// Tries what was refused once more, now that others may have given it back.
fn retry(home: &Weak<RefCell<Option<Held>>>) {
    let Some(home) = home.upgrade() else {
        return;
    };
    let wish = match &*home.borrow() {
        Some(held) if held.access.is_err() => held.wish.clone(),
        _ => return,
    };
    let Some(Ok(lease)) = wish.take() else {
        return;
    };
    let access = Ok(Some(lease));
    let refused = home.replace(Some(Held { wish, access }));
    drop(refused);
}

/// Tells the app of a refusal, unless all that render together have changed their minds by then.
fn tell_if_it_stays(home: &Weak<RefCell<Option<Held>>>, wish: &Wish, error: &ChannelError) {
    let (home, wish, error) = (home.clone(), wish.clone(), error.clone());
    yew::platform::spawn_local(async move {
        let stays = home.upgrade().is_some_and(|home| {
            let held = home.borrow();
            let held = held.as_ref().filter(|held| held.wish == wish);
            held.is_some_and(|held| held.access.is_err())
        });
        if stays {
            let app = wish.client.runtime().app();
            app.report(RealtimeError::Fault(Fault::Channel(error)));
        }
    });
}
