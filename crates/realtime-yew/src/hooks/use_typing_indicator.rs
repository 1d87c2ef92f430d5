//! Who is typing.

use super::channel_access::ChannelAccess;
use crate::{
    client::{Lease, RealtimeClient},
    error::RealtimeError,
    provider::use_realtime_client,
    snapshot::{Held, use_snapshot},
};
use realtime_core::{
    ChannelError, ChannelName, EventName, Fault, SubscribeOptions, Topic, TypingOptions, Typist,
    UserId,
};
use serde::Serialize;
use std::{cell::RefCell, fmt, rc::Rc, time::Duration};
use yew::{html::ImplicitClone, prelude::*};

/// How typing is shown. By default: for 3 s after the last key.
#[derive(Clone, Debug, PartialEq)]
pub struct UseTypingIndicatorOptions {
    typing: TypingOptions,
    subscribe: SubscribeOptions,
    enabled: bool,
}

impl Default for UseTypingIndicatorOptions {
    fn default() -> Self {
        Self {
            typing: TypingOptions::default(),
            subscribe: SubscribeOptions::default(),
            enabled: true,
        }
    }
}

impl UseTypingIndicatorOptions {
    /// How long somebody is shown as typing after the last key. Default: 3 s. All clients of a
    /// channel should agree.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.typing = self.typing.with_timeout(timeout);
        self
    }

    /// The events of the channel that are messages, whose author is not typing any more. Default:
    /// [`MESSAGE_EVENTS`](realtime_core::typing::MESSAGE_EVENTS). Besides, a list's event that
    /// creates an item is one, whatever its name.
    #[must_use]
    pub fn with_message_events<E: Into<EventName>>(
        mut self,
        events: impl IntoIterator<Item = E>,
    ) -> Self {
        self.typing = self.typing.with_message_events(events);
        self
    }

    /// Sets the timeout, the keep-alive, the limit and the events that are messages all at once.
    #[must_use]
    pub fn with_typing(mut self, typing: TypingOptions) -> Self {
        self.typing = typing;
        self
    }

    /// Sends `params` with the subscription of the channel: see
    /// [`SubscribeOptions`](realtime_core::SubscribeOptions). All who use the channel at one time must
    /// agree on them; whoever does not is told by [`on_error`](crate::RealtimeOptions::with_on_error).
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

    /// Neither tells nor shows anything with `false`. Default `true`.
    #[must_use]
    pub const fn with_enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }
}

/// Who is typing, from [`use_typing_indicator`].
#[derive(Clone)]
pub struct UseTypingIndicatorHandle {
    client: RealtimeClient,
    channel: ChannelName,
    user: UserId,
    typists: Rc<[Rc<Typist>]>,
    stop: Callback<()>,
}

impl ImplicitClone for UseTypingIndicatorHandle {}

impl UseTypingIndicatorHandle {
    /// Who is typing, ourselves left out, in the order they began.
    #[must_use]
    pub fn typing_users(&self) -> Rc<[Rc<Typist>]> {
        Rc::clone(&self.typists)
    }

    /// A key was pressed. Call it on each: what is sent is thinned out.
    pub fn start_typing(&self) {
        self.command(|client, now, channel, user| client.start_typing(now, channel, user));
    }

    /// The text was sent, or the field left.
    pub fn stop_typing(&self) {
        self.command(|client, now, channel, user| client.stop_typing(now, channel, user));
    }

    /// The field now holds `text`: typing, unless it is empty. Made for `oninput`.
    pub fn on_input(&self, text: &str) {
        if text.is_empty() {
            self.stop_typing();
        } else {
            self.start_typing();
        }
    }

    /// Stops showing `typist`: their message has arrived by a way this client does not know.
    pub fn clear(&self, typist: &UserId) {
        let (channel, typist) = (self.channel.clone(), typist.clone());
        self.client
            .runtime()
            .post(move |client, now| client.clear_typist(now, &channel, &typist));
    }

    /// [`stop_typing`](Self::stop_typing) as a callback that is the same in every render, for
    /// `onblur`.
    #[must_use]
    pub fn stop_typing_callback(&self) -> Callback<()> {
        self.stop.clone()
    }

    fn command(
        &self,
        command: fn(&mut realtime_core::Client, realtime_core::Instant, &ChannelName, &UserId),
    ) {
        let (channel, user) = (self.channel.clone(), self.user.clone());
        self.client
            .runtime()
            .post(move |client, now| command(client, now, &channel, &user));
    }
}

impl PartialEq for UseTypingIndicatorHandle {
    fn eq(&self, other: &Self) -> bool {
        self.client == other.client
            && self.channel == other.channel
            && self.user == other.user
            && self.typists == other.typists
    }
}

impl fmt::Debug for UseTypingIndicatorHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UseTypingIndicatorHandle")
            .field("channel", &self.channel)
            .field("user", &self.user)
            .field("typists", &self.typists)
            .finish_non_exhaustive()
    }
}

/// Tells the others on `channel` that a user is typing, and tells who of them is.
///
/// When the component unmounts, the user has stopped typing.
///
/// ```
/// use realtime_yew::prelude::*;
/// use yew::prelude::*;
///
/// #[component]
/// fn Composer() -> Html {
///     let typing = use_typing_indicator(
///         "room:lobby",
///         "u1",
///         "Ada",
///         UseTypingIndicatorOptions::default(),
///     );
///     let oninput = {
///         let typing = typing.clone();
///         move |event: InputEvent| {
///             let field: web_sys::HtmlInputElement = event.target_unchecked_into();
///             typing.on_input(&field.value());
///         }
///     };
///     let onblur = typing.stop_typing_callback().reform(|_: FocusEvent| ());
///     html! {
///         <div>
///             <TypingIndicator users={typing.typing_users()} />
///             <input aria-label="Message" {oninput} {onblur} />
///         </div>
///     }
/// }
/// ```
#[hook]
pub fn use_typing_indicator(
    channel: &str,
    user_id: &str,
    user_name: &str,
    options: UseTypingIndicatorOptions,
) -> UseTypingIndicatorHandle {
    let client = use_realtime_client();
    let desk = Desk {
        client: client.clone(),
        channel: ChannelName::from(channel),
        user: UserId::from(user_id),
        name: Rc::from(user_name),
        options,
    };
    let Desk { channel, user, .. } = desk.clone();
    let deps = (
        channel.clone(),
        user.clone(),
        Rc::clone(&desk.name),
        desk.options.clone(),
    );
    let read = {
        let desk = desk.clone();
        move || Typists(desk.typists())
    };
    let held = use_mut_ref(|| None::<Lease>);
    let access = use_memo((), |()| ChannelAccess::default());
    let (holder, holds) = (Rc::clone(&held), Rc::clone(&access));
    let Typists(typists) = use_snapshot(&client, deps, read, move |changed| {
        desk.attach(&holder, &holds, changed)
    });
    use_effect_with((), move |()| {
        move || {
            let left = held.borrow_mut().take();
            drop(left);
            access.release();
        }
    });
    let stop = use_memo(
        (client.clone(), channel.clone(), user.clone()),
        |(client, channel, user)| {
            let (client, channel, user) = (client.clone(), channel.clone(), user.clone());
            Callback::from(move |()| {
                let (channel, user) = (channel.clone(), user.clone());
                client
                    .runtime()
                    .post(move |client, now| client.stop_typing(now, &channel, &user));
            })
        },
    );
    UseTypingIndicatorHandle {
        client,
        channel,
        user,
        typists,
        stop: (*stop).clone(),
    }
}

#[derive(Clone)]
struct Typists(Rc<[Rc<Typist>]>);

impl PartialEq for Typists {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

/// One user's place at one channel's keyboard.
#[derive(Clone)]
struct Desk {
    client: RealtimeClient,
    channel: ChannelName,
    user: UserId,
    name: Rc<str>,
    options: UseTypingIndicatorOptions,
}

impl Desk {
    fn typists(&self) -> Rc<[Rc<Typist>]> {
        if !self.options.enabled {
            return Rc::default();
        }
        self.client
            .read(|client| client.typing(&self.channel, &self.user))
            .flatten()
            .unwrap_or_default()
    }

    /// The new place is taken before the old one is given back, so that a change of name is not
    /// seen as stopping.
    fn attach(
        self,
        held: &RefCell<Option<Lease>>,
        access: &ChannelAccess,
        changed: Rc<dyn Fn()>,
    ) -> Held {
        let UseTypingIndicatorOptions {
            subscribe, enabled, ..
        } = &self.options;
        access.hold(&self.client, Some(&self.channel), subscribe, *enabled);
        let new = self.options.enabled.then(|| self.open()).flatten();
        let old = held.replace(new);
        drop(old);
        let topic = Topic::Typing(self.channel.clone());
        Box::new(self.client.subscribe(vec![topic], changed))
    }

    fn open(&self) -> Option<Lease> {
        let runtime = Rc::clone(self.client.runtime());
        let opened: Result<_, ChannelError> = runtime.run(|client, now| {
            let options = self.options.typing.clone();
            client.open_typing(now, &self.channel, self.user.clone(), &self.name, options)
        })?;
        match opened {
            Ok(lease) => Some(Lease::new(move || {
                runtime.post(move |client, now| client.close_typing(now, lease));
            })),
            Err(error) => {
                runtime
                    .app()
                    .report(RealtimeError::Fault(Fault::Channel(error)));
                None
            }
        }
    }
}
