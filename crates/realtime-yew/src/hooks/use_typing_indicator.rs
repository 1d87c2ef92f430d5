//! Typing indicator: who is typing.

use super::{
    channel_access::ChannelTerms,
    membership::{MemberOptions, Membership, use_leaving},
};
use crate::{client::RealtimeClient, provider::use_realtime_client, snapshot::use_snapshot};
use realtime_core::{
    ChannelName, Client, EventName, SubscribeOptions, Topic, TypingOptions, Typist, UserId,
};
use std::{fmt, rc::Rc, time::Duration};
use yew::{html::ImplicitClone, prelude::*};

/// How typing is shown. By default: for 3 s after the last key.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UseTypingIndicatorOptions {
    typing: TypingOptions,
    member: MemberOptions,
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

    /// Asks for the channel with params, with a token of its own, or with both. All who use the
    /// channel at one time must agree on the params; whoever does not is told by
    /// [`on_error`](crate::RealtimeOptions::with_on_error).
    #[must_use]
    pub fn with_subscribe(mut self, subscribe: SubscribeOptions) -> Self {
        self.member.subscribe = ChannelTerms::new(subscribe);
        self
    }

    /// Neither tells nor shows anything with `false`. Default `true`.
    #[must_use]
    pub const fn with_enabled(mut self, enabled: bool) -> Self {
        self.member.enabled = enabled;
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
        let (channel, user) = (self.channel.clone(), self.user.clone());
        self.client
            .runtime()
            .post(move |client, now| client.start_typing(now, &channel, &user));
    }

    /// The text was sent, or the field left.
    pub fn stop_typing(&self) {
        stop_typing(&self.client, &self.channel, &self.user);
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
    let (channel, user) = (ChannelName::from(channel), UserId::from(user_id));
    let name: Rc<str> = Rc::from(user_name);
    let membership = use_memo((), |()| Membership::default());
    let deps = (
        channel.clone(),
        user.clone(),
        Rc::clone(&name),
        options.clone(),
    );
    let read = {
        let (client, channel, user) = (client.clone(), channel.clone(), user.clone());
        let enabled = options.member.enabled;
        move || {
            let look = |client: &Client| client.typing(&channel, &user);
            let known = enabled.then(|| client.read(look)).flatten();
            Typists(known.flatten().unwrap_or_default())
        }
    };
    let Typists(typists) = {
        let (source, channel, user) = (client.clone(), channel.clone(), user.clone());
        let membership = Rc::clone(&membership);
        use_snapshot(&client, deps, read, move |changed| {
            membership.enter(&source, &channel, &options.member, &|client, now, _| {
                let options = options.typing.clone();
                let lease = client.open_typing(now, &channel, user.clone(), &name, options)?;
                Ok(Box::new(move |client, now| client.close_typing(now, lease)))
            });
            Box::new(source.subscribe(vec![Topic::Typing(channel)], changed))
        })
    };
    use_leaving(&membership);
    let deps = (client.clone(), channel.clone(), user.clone());
    let stop = use_memo(deps, |(client, channel, user)| {
        let (client, channel, user) = (client.clone(), channel.clone(), user.clone());
        Callback::from(move |()| stop_typing(&client, &channel, &user))
    });
    UseTypingIndicatorHandle {
        client,
        channel,
        user,
        typists,
        stop: (*stop).clone(),
    }
}

fn stop_typing(client: &RealtimeClient, channel: &ChannelName, user: &UserId) {
    let (channel, user) = (channel.clone(), user.clone());
    client
        .runtime()
        .post(move |client, now| client.stop_typing(now, &channel, &user));
}

#[derive(Clone)]
struct Typists(Rc<[Rc<Typist>]>);

impl PartialEq for Typists {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}
