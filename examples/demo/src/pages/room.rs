//! A room: messages, who is here, who is typing, and where their pointers are. Each part has its
//! own hook, so a moving pointer renders the pointers and not the messages. All parts share one
//! subscription.

mod composer;
mod cursors;
mod messages;
mod people;

use self::{composer::Composer, cursors::Cursors, messages::Messages, people::People};
use crate::{
    route::{ROOMS, Route},
    user::Me,
};
use realtime_yew::prelude::*;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct RoomPageProps {
    /// The room's name, without `room:`.
    pub(crate) room: AttrValue,
    pub(crate) me: Me,
}

/// A room, whichever: when `room` changes, nothing of the old one is shown, not even once.
#[component]
pub(crate) fn RoomPage(props: &RoomPageProps) -> Html {
    let RoomPageProps { room, me } = props;
    let channel = AttrValue::from(format!("room:{room}"));
    let user = User::new(&*me.id, &me.name);
    html! {
        <section class="page" data-testid="page-room" aria-labelledby="room-title">
            <header class="page__head room__head">
                <div>
                    <h1 id="room-title">{ format!("Room: {room}") }</h1>
                    <p class="page__lead">
                        { "Presence, typing and messages, all on one channel." }
                    </p>
                </div>
                <RoomSwitcher room={room.clone()} />
            </header>
            <People channel={&channel} user={user.clone()} />
            <div class="room">
                <section class="panel room__talk" aria-label="Messages">
                    <Messages {room} channel={&channel} {me} />
                    <div class="room__composer">
                        // Another room, another composer: a draft stays out of it.
                        <Composer key={channel.as_str()} channel={&channel} {me} />
                    </div>
                </section>
                <Cursors {channel} {user} />
            </div>
        </section>
    }
}

#[derive(PartialEq, Properties)]
struct RoomSwitcherProps {
    room: AttrValue,
}

#[component]
fn RoomSwitcher(props: &RoomSwitcherProps) -> Html {
    html! {
        <nav class="tabs" aria-label="Rooms">
            for room in ROOMS {
                <a
                    key={room}
                    class="tabs__tab"
                    href={Route::Room(room.into()).href()}
                    aria-current={(props.room == room).then_some("page")}
                >
                    { room }
                </a>
            }
        </nav>
    }
}
