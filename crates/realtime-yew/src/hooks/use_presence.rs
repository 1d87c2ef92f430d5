//! Who is here.

use super::{channel_access::ChannelAccess, refusal::Refusal};
use crate::{
    client::{Lease, RealtimeClient},
    error::RealtimeError,
    provider::use_realtime_client,
    snapshot::{Held, use_snapshot},
};
use realtime_core::{
    ChannelError, ChannelName, Client, Fault, Liveness, Member, Metadata, MetadataError,
    PresenceEvent, PresenceOptions, PresenceSnapshot, PresenceStatus, SubscribeOptions, Topic,
    User, UserId,
};
use serde::Serialize;
use std::{cell::RefCell, fmt, rc::Rc};
use yew::{html::ImplicitClone, prelude::*};

/// How somebody joins a channel. By default: online, without metadata.
#[derive(Clone, Debug, PartialEq)]
pub struct UsePresenceOptions {
    presence: PresenceOptions,
    metadata: Option<Metadata>,
    on_event: Option<Callback<PresenceEvent>>,
    subscribe: SubscribeOptions,
    enabled: bool,
}

impl Default for UsePresenceOptions {
    fn default() -> Self {
        Self {
            presence: PresenceOptions::default(),
            metadata: None,
            on_event: None,
            subscribe: SubscribeOptions::default(),
            enabled: true,
        }
    }
}

impl UsePresenceOptions {
    /// Joins with this status. Default: online.
    #[must_use]
    pub fn with_initial_status(mut self, status: PresenceStatus) -> Self {
        self.presence = self.presence.with_initial_status(status);
        self
    }

    /// Joins with this metadata. Default: none.
    #[must_use]
    pub fn with_metadata(mut self, metadata: Metadata) -> Self {
        self.metadata = Some(metadata);
        self
    }

    /// Calls `on_event` whenever somebody else joins, changes or leaves: the newest given is
    /// called, and each event is told once.
    #[must_use]
    pub fn with_on_event(mut self, on_event: impl Into<Callback<PresenceEvent>>) -> Self {
        self.on_event = Some(on_event.into());
        self
    }

    /// Sets heartbeat, expiry, idle times and limits. Whoever joins a channel first decides for
    /// all.
    #[must_use]
    pub fn with_presence(mut self, presence: PresenceOptions) -> Self {
        self.presence = presence;
        self
    }

    /// Sends `params` with the subscription of the channel: see
    /// [`SubscribeOptions`](realtime_core::SubscribeOptions). All who use the channel at one time must
    /// agree on them; whoever does not is told by [`error`](UsePresenceHandle::error).
    #[must_use]
    pub fn with_params<P: Serialize + ?Sized>(mut self, params: &P) -> Self {
        self.subscribe = self.subscribe.with_params(params);
        self
    }

    /// Shows `token` with the subscription of the channel, for channels that only some may follow. The
    /// newest counts from the next subscription on.
    #[must_use]
    pub fn with_channel_token(mut self, token: impl AsRef<str>) -> Self {
        self.subscribe = self.subscribe.with_token(token);
        self
    }

    /// Leaves the channel with `false`, or does not join it. Default `true`.
    #[must_use]
    pub const fn with_enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }
}

/// Who is on a channel, from [`use_presence`].
#[derive(Clone)]
pub struct UsePresenceHandle {
    client: RealtimeClient,
    channel: ChannelName,
    snapshot: Option<Rc<PresenceSnapshot>>,
    liveness: Liveness,
    initial_status: PresenceStatus,
    error: Option<ChannelError>,
}

impl ImplicitClone for UsePresenceHandle {}

impl UsePresenceHandle {
    /// Everybody: ourselves first, then the others in the order in which we learnt of them. Empty
    /// on a server and before the first render has mounted.
    #[must_use]
    pub fn presence(&self) -> Rc<[Rc<Member>]> {
        self.snapshot
            .as_ref()
            .map_or_else(Rc::default, |snapshot| Rc::clone(&snapshot.members))
    }

    /// Those of them whose status is online, in the same order.
    #[must_use]
    pub fn online_users(&self) -> Rc<[Rc<Member>]> {
        self.snapshot
            .as_ref()
            .map_or_else(Rc::default, |snapshot| Rc::clone(&snapshot.online))
    }

    /// Everybody but ourselves.
    pub fn others(&self) -> impl Iterator<Item = &Rc<Member>> {
        self.snapshot.iter().flat_map(|snapshot| snapshot.others())
    }

    /// The member with this id.
    #[must_use]
    pub fn member(&self, id: &UserId) -> Option<&Rc<Member>> {
        self.snapshot.as_ref()?.member(id)
    }

    /// What others see of us: the status set last, or away if that is online and nobody has
    /// touched the page for a while.
    #[must_use]
    pub fn my_status(&self) -> PresenceStatus {
        self.snapshot
            .as_ref()
            .map_or(self.initial_status, |snapshot| snapshot.my_status)
    }

    /// Whether this is the room as it is now, not as it was before the connection was lost, and its
    /// changes are known to arrive.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.liveness == Liveness::Live
            && self.snapshot.as_ref().is_some_and(|snapshot| snapshot.live)
    }

    /// How the channel's subscription stands. [`Liveness::Unknown`]: it was asked for, and neither
    /// an answer nor an event has come.
    #[must_use]
    pub const fn liveness(&self) -> Liveness {
        self.liveness
    }

    /// Why the channel cannot be joined, or that the server refuses it.
    #[must_use]
    pub const fn error(&self) -> Option<&ChannelError> {
        self.error.as_ref()
    }

    /// Sets our status on this channel.
    pub fn update_status(&self, status: PresenceStatus) {
        let channel = self.channel.clone();
        self.client
            .runtime()
            .post(move |client, now| client.set_status(now, &channel, status));
    }

    /// Sets what we tell about ourselves, such as where our cursor is. Call it as often as you
    /// like: at most 20 times a second the newest is sent.
    ///
    /// # Errors
    ///
    /// If `metadata` does not turn into JSON, or into more than 16 KiB of it.
    pub fn update_metadata<T: Serialize + ?Sized>(
        &self,
        metadata: &T,
    ) -> Result<(), MetadataError> {
        self.set_metadata(Some(Metadata::new(metadata)?));
        Ok(())
    }

    /// Tells nothing about ourselves any more.
    pub fn clear_metadata(&self) {
        self.set_metadata(None);
    }

    fn set_metadata(&self, metadata: Option<Metadata>) {
        let channel = self.channel.clone();
        self.client
            .runtime()
            .post(move |client, now| client.set_metadata(now, &channel, metadata));
    }
}

impl PartialEq for UsePresenceHandle {
    fn eq(&self, other: &Self) -> bool {
        self.client == other.client
            && self.channel == other.channel
            && same_snapshot(&self.snapshot, &other.snapshot)
            && self.error == other.error
    }
}

impl fmt::Debug for UsePresenceHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UsePresenceHandle")
            .field("channel", &self.channel)
            .field("snapshot", &self.snapshot)
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

/// Joins `channel` as `user` while the component is mounted, and tells who else is there.
///
/// Components that join one channel share one place in it. The user's name and avatar may change
/// at any time; another id is another member. Names and avatars of others are their own text: show
/// them as text.
///
/// ```
/// use realtime_yew::prelude::*;
/// use yew::prelude::*;
///
/// #[component]
/// fn Room() -> Html {
///     let room = use_presence("room:lobby", User::new("u1", "Ada"), UsePresenceOptions::default());
///     let onmousemove = {
///         let room = room.clone();
///         move |event: MouseEvent| {
///             // Two integers always turn into JSON.
///             let _ = room.update_metadata(&[event.client_x(), event.client_y()]);
///         }
///     };
///     html! {
///         <div {onmousemove}>
///             { format!("{} here, {} online", room.presence().len(), room.online_users().len()) }
///         </div>
///     }
/// }
/// ```
#[hook]
pub fn use_presence(channel: &str, user: User, options: UsePresenceOptions) -> UsePresenceHandle {
    let client = use_realtime_client();
    let channel = ChannelName::from(channel);
    let held = use_mut_ref(|| None::<Lease>);
    let refused = use_memo((), |()| Refusal::default());
    let access = use_memo((), |()| ChannelAccess::default());
    let on_event = use_mut_ref(|| None::<Callback<PresenceEvent>>);
    *on_event.borrow_mut() = options.on_event.clone();
    let enabled = options.enabled;
    let initial_status = options.presence.initial_status;
    let subscribe = options.subscribe.clone();
    let join = Join {
        client: client.clone(),
        channel: channel.clone(),
        user: user.clone(),
        options,
        held: Rc::clone(&held),
        refused: Rc::clone(&refused),
        access: Rc::clone(&access),
        on_event,
    };
    let deps = (channel.clone(), user, enabled, subscribe);
    let read = {
        let (client, channel) = (client.clone(), channel.clone());
        let access = Rc::clone(&access);
        move || {
            let look = |client: &Client| {
                let room = client.presence(&channel);
                (
                    room,
                    client.channel_liveness(&channel),
                    client.channel_refusal(&channel),
                )
            };
            // Others may have joined while this component stays away.
            let known = enabled.then(|| client.read(look)).flatten();
            let (room, liveness, refusal) = known.unwrap_or_default();
            let error = refused.of(&channel).or_else(|| access.error());
            Room(room, liveness, error.or(refusal))
        }
    };
    let Room(snapshot, liveness, error) =
        use_snapshot(&client, deps, read, move |changed| join.attach(changed));
    use_effect_with((), move |()| {
        move || {
            let left = held.borrow_mut().take();
            drop(left);
            access.release();
        }
    });
    UsePresenceHandle {
        client,
        channel,
        snapshot,
        liveness,
        initial_status,
        error,
    }
}

#[derive(Clone)]
struct Room(Option<Rc<PresenceSnapshot>>, Liveness, Option<ChannelError>);

impl PartialEq for Room {
    fn eq(&self, other: &Self) -> bool {
        same_snapshot(&self.0, &other.0) && self.1 == other.1 && self.2 == other.2
    }
}

/// A roster gives out one pointer until something in it changes.
fn same_snapshot(one: &Option<Rc<PresenceSnapshot>>, two: &Option<Rc<PresenceSnapshot>>) -> bool {
    match (one, two) {
        (Some(one), Some(two)) => Rc::ptr_eq(one, two),
        (None, None) => true,
        _ => false,
    }
}

struct Join {
    client: RealtimeClient,
    channel: ChannelName,
    user: User,
    options: UsePresenceOptions,
    /// Our place in the channel. The new one is taken before the old one is given back, so that a
    /// change of name is not seen as leaving.
    held: Rc<RefCell<Option<Lease>>>,
    refused: Rc<Refusal<ChannelName, ChannelError>>,
    access: Rc<ChannelAccess>,
    on_event: Rc<RefCell<Option<Callback<PresenceEvent>>>>,
}

impl Join {
    fn attach(self, changed: Rc<dyn Fn()>) -> Held {
        let Self {
            client, options, ..
        } = &self;
        let subscribe = &options.subscribe;
        (self.access).hold(client, Some(&self.channel), subscribe, options.enabled);
        let new = self.options.enabled.then(|| self.join()).flatten();
        let old = self.held.replace(new);
        drop(old);
        let topic = Topic::Presence(self.channel.clone());
        let subscription = self.client.subscribe(vec![topic], changed);
        let newest = self.on_event;
        let events = self.client.runtime().callbacks().on_presence(
            self.channel,
            Rc::new(move |event: &PresenceEvent| {
                let call = newest.borrow().clone();
                if let Some(call) = call {
                    call.emit(event.clone());
                }
            }),
        );
        Box::new((subscription, events))
    }

    fn join(&self) -> Option<Lease> {
        let runtime = Rc::clone(self.client.runtime());
        let is_first = self.held.borrow().is_none();
        let joined = runtime.run(|client, now| {
            let options = self.options.presence.clone();
            let lease = client.join(now, &self.channel, self.user.clone(), options)?;
            if let (true, Some(metadata)) = (is_first, &self.options.metadata) {
                client.set_metadata(now, &self.channel, Some(metadata.clone()));
            }
            Ok(lease)
        })?;
        match joined {
            Ok(lease) => {
                self.refused.set(&self.channel, None);
                Some(Lease::new(move || {
                    runtime.post(move |client, now| client.leave(now, lease));
                }))
            }
            Err(error) => {
                let error: ChannelError = error;
                self.refused.set(&self.channel, Some(error.clone()));
                runtime
                    .app()
                    .report(RealtimeError::Fault(Fault::Channel(error)));
                None
            }
        }
    }
}
