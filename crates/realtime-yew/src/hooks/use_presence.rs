//! Presence: who is here.

use super::{
    channel_access::ChannelTerms,
    membership::{MemberOptions, Membership, use_leaving},
};
use crate::{
    client::RealtimeClient,
    provider::use_realtime_client,
    snapshot::{Held, use_snapshot},
};
use realtime_core::{
    ChannelError, ChannelName, Client, Liveness, Member, Metadata, MetadataError, PresenceEvent,
    PresenceOptions, PresenceSnapshot, PresenceStatus, SubscribeOptions, Topic, User, UserId,
};
use serde::Serialize;
use std::{cell::RefCell, fmt, rc::Rc};
use yew::{html::ImplicitClone, prelude::*};

/// How somebody joins a channel. By default: online, without metadata.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UsePresenceOptions {
    presence: PresenceOptions,
    metadata: Option<Metadata>,
    on_event: Option<Callback<PresenceEvent>>,
    member: MemberOptions,
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

    /// Asks for the channel with params, with a token of its own, or with both. All who use the
    /// channel at one time must agree on the params; whoever does not is told by
    /// [`error`](UsePresenceHandle::error).
    #[must_use]
    pub fn with_subscribe(mut self, subscribe: SubscribeOptions) -> Self {
        self.member.subscribe = ChannelTerms::new(subscribe);
        self
    }

    /// Leaves the channel with `false`, or does not join it. Default `true`.
    #[must_use]
    pub const fn with_enabled(mut self, enabled: bool) -> Self {
        self.member.enabled = enabled;
        self
    }
}

/// Who is on a channel, from [`use_presence`].
#[derive(Clone)]
pub struct UsePresenceHandle {
    client: RealtimeClient,
    channel: ChannelName,
    room: Room,
    initial_status: PresenceStatus,
}

impl ImplicitClone for UsePresenceHandle {}

impl UsePresenceHandle {
    /// Everybody: ourselves first, then the others in the order in which we learnt of them. Empty
    /// on a server and before the first render has mounted.
    #[must_use]
    pub fn presence(&self) -> Rc<[Rc<Member>]> {
        self.room
            .snapshot
            .as_ref()
            .map_or_else(Rc::default, |snapshot| Rc::clone(&snapshot.members))
    }

    /// Those of them whose status is online, in the same order.
    #[must_use]
    pub fn online_users(&self) -> Rc<[Rc<Member>]> {
        self.room
            .snapshot
            .as_ref()
            .map_or_else(Rc::default, |snapshot| Rc::clone(&snapshot.online))
    }

    /// Everybody but ourselves.
    pub fn others(&self) -> impl Iterator<Item = &Rc<Member>> {
        self.room
            .snapshot
            .iter()
            .flat_map(|snapshot| snapshot.others())
    }

    /// The member with this id.
    #[must_use]
    pub fn member(&self, id: &UserId) -> Option<&Rc<Member>> {
        self.room.snapshot.as_ref()?.member(id)
    }

    /// What others see of us: the status set last, or away if that is online and nobody has
    /// touched the page for a while.
    #[must_use]
    pub fn my_status(&self) -> PresenceStatus {
        self.room
            .snapshot
            .as_ref()
            .map_or(self.initial_status, |snapshot| snapshot.my_status)
    }

    /// Whether this is the room as it is now, not as it was before the connection was lost, and its
    /// changes are known to arrive.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.room.liveness == Liveness::Live
            && self
                .room
                .snapshot
                .as_ref()
                .is_some_and(|snapshot| snapshot.live)
    }

    /// How the channel's subscription stands. [`Liveness::Unknown`]: it was asked for, and neither
    /// an answer nor an event has come.
    #[must_use]
    pub const fn liveness(&self) -> Liveness {
        self.room.liveness
    }

    /// Why the channel cannot be joined, or that the server refuses it.
    #[must_use]
    pub const fn error(&self) -> Option<&ChannelError> {
        self.room.error.as_ref()
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
        self.client == other.client && self.channel == other.channel && self.room == other.room
    }
}

impl fmt::Debug for UsePresenceHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UsePresenceHandle")
            .field("channel", &self.channel)
            .field("room", &self.room)
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
    let membership = use_memo((), |()| Membership::default());
    let on_event = use_mut_ref(|| None::<Callback<PresenceEvent>>);
    *on_event.borrow_mut() = options.on_event.clone();
    let initial_status = options.presence.initial_status;
    let deps = (channel.clone(), user.clone(), options.member.clone());
    let read = {
        let (client, channel) = (client.clone(), channel.clone());
        let (membership, enabled) = (Rc::clone(&membership), options.member.enabled);
        move || {
            let look = |client: &Client| {
                (
                    client.presence(&channel),
                    client.channel_liveness(&channel),
                    client.channel_refusal(&channel),
                )
            };
            // Others may have joined while this component stays away.
            let known = enabled.then(|| client.read(look)).flatten();
            let (snapshot, liveness, refusal) = known.unwrap_or_default();
            Room {
                snapshot,
                liveness,
                error: membership.error(&channel).or(refusal),
            }
        }
    };
    let room = {
        let (client, channel) = (client.clone(), channel.clone());
        let (source, membership) = (client.clone(), Rc::clone(&membership));
        use_snapshot(&client, deps, read, move |changed| {
            membership.enter(
                &source,
                &channel,
                &options.member,
                &|client, now, is_first| {
                    let lease =
                        client.join(now, &channel, user.clone(), options.presence.clone())?;
                    if let (true, Some(metadata)) = (is_first, &options.metadata) {
                        client.set_metadata(now, &channel, Some(metadata.clone()));
                    }
                    Ok(Box::new(move |client, now| client.leave(now, lease)))
                },
            );
            watch(&source, channel, on_event, changed)
        })
    };
    use_leaving(&membership);
    UsePresenceHandle {
        client,
        channel,
        room,
        initial_status,
    }
}

/// What one render of a room shows.
#[derive(Clone, Debug)]
struct Room {
    snapshot: Option<Rc<PresenceSnapshot>>,
    liveness: Liveness,
    error: Option<ChannelError>,
}

/// A roster gives out one pointer until something in it changes.
impl PartialEq for Room {
    fn eq(&self, other: &Self) -> bool {
        self.snapshot.as_ref().map(Rc::as_ptr) == other.snapshot.as_ref().map(Rc::as_ptr)
            && self.liveness == other.liveness
            && self.error == other.error
    }
}

/// Calls `changed` when the room may be another, and the newest callback at each of its events.
fn watch(
    client: &RealtimeClient,
    channel: ChannelName,
    newest: Rc<RefCell<Option<Callback<PresenceEvent>>>>,
    changed: Rc<dyn Fn()>,
) -> Held {
    let topic = Topic::Presence(channel.clone());
    let subscription = client.subscribe(vec![topic], changed);
    let events = client.runtime().callbacks().on_presence(
        channel,
        Rc::new(move |event: &PresenceEvent| {
            let call = newest.borrow().clone();
            if let Some(call) = call {
                call.emit(event.clone());
            }
        }),
    );
    Box::new((subscription, events))
}
