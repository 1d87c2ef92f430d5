//! Messages of the room.

use crate::{
    clock::{iso_time, local_time},
    session::use_session,
    states::{Empty, Failure, Loading},
    user::Me,
};
use realtime_demo_types::Message;
use realtime_yew::prelude::*;
use std::cell::Cell;
use web_sys::Element;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(super) struct MessagesProps {
    pub(super) room: AttrValue,
    pub(super) channel: AttrValue,
    pub(super) me: Me,
}

/// All messages, in the order in which they came, scrolled to the newest one.
#[component]
pub(super) fn Messages(props: &MessagesProps) -> Html {
    let MessagesProps { room, channel, me } = props;
    let session = use_session();
    let messages = use_realtime_list(
        key!["messages", room.as_str()],
        Fetcher::<Vec<Message>>::positioned({
            let (session, room) = (session, room.clone());
            move || session.clone().get(format!("/api/rooms/{room}/messages"))
        }),
        UseRealtimeListOptions::default()
            .with_channel(channel.as_str())
            .with_persist(),
    );
    let (pane, on_scroll) = use_pinned_scroll(room, messages.len());
    html! {
        <div
            ref={pane}
            class="messages"
            tabindex="0"
            role="log"
            aria-label="Messages"
            onscroll={on_scroll}
        >
            if let (Some(error), true) = (messages.error(), messages.is_empty()) {
                <Failure
                    what="the messages"
                    reason={error.to_string()}
                    on_retry={messages.refetch_callback()}
                />
            } else if messages.is_loading() {
                <Loading what="the messages" bars={4} />
            } else if messages.is_empty() {
                <Empty
                    title="No messages yet"
                    hint="Say hello: everybody in this room reads it at once."
                />
            } else {
                <ol class="messages__list" data-testid="messages">
                    for message in messages.iter() {
                        { bubble(&message, me) }
                    }
                </ol>
            }
        </div>
    }
}

fn bubble(message: &Message, me: &Me) -> Html {
    let is_mine = message.user_id == me.id.as_str();
    html! {
        <li
            key={message.id.as_str()}
            class={classes!("message", is_mine.then_some("message--mine"))}
            data-testid="message"
            data-id={message.id.clone()}
        >
            <p class="message__head">
                <span class="message__name">{ &message.name }</span>
                <time datetime={iso_time(message.sent_at)}>{ local_time(message.sent_at) }</time>
            </p>
            <p class="message__text">{ &message.text }</p>
        </li>
    }
}

/// Scrolls a pane to its end when it holds more, unless somebody has scrolled up to read. Each
/// room begins at its end.
#[hook]
fn use_pinned_scroll(room: &AttrValue, len: usize) -> (NodeRef, Callback<Event>) {
    /// So near to the end counts as at the end.
    const NEAR: i32 = 48;
    let pane = use_node_ref();
    let is_at_end = use_memo(room.clone(), |_| Cell::new(true));
    let on_scroll = {
        let (pane, is_at_end) = (pane.clone(), is_at_end.clone());
        Callback::from(move |_: Event| {
            if let Some(pane) = pane.cast::<Element>() {
                let below = pane.scroll_height() - pane.scroll_top() - pane.client_height();
                is_at_end.set(below < NEAR);
            }
        })
    };
    use_effect_with((room.clone(), len), {
        let pane = pane.clone();
        move |_| {
            if let (true, Some(pane)) = (is_at_end.get(), pane.cast::<Element>()) {
                pane.set_scroll_top(pane.scroll_height());
            }
        }
    });
    (pane, on_scroll)
}
