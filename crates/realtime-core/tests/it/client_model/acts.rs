//! Acts: what one client of the model, or its link, may do, and what it holds.

use crate::task::Task;
use proptest::prelude::*;
use realtime_core::{
    Client, Delivery, Input, Instant, ListOptions, ListSpec, Message, ObserverId, Patch,
    PresenceOptions, PresenceStatus, QueryKey, QueryOptions, RecordSpec, RosterLease, SendId,
    TypingLease, TypingOptions, User, UserId, key,
    testing::{LinkState, PeerId, World},
};
use std::{collections::BTreeSet, time::Duration};

pub(super) const USERS: [&str; 3] = ["ada", "lin", "bob"];
pub(super) const ROOM: &str = "room:lobby";

/// What a client can watch.
#[derive(Clone, Copy, Debug)]
pub(super) enum Watch {
    /// The rows, kept fresh by versioned events.
    Rows,
    /// How many rows there are, fetched again for each event.
    Length,
    /// A sum that events add to: each must count once.
    Sum,
}

/// What one client, or its link, does.
#[derive(Clone, Debug)]
pub(super) enum Act {
    Observe(Watch, bool),
    Unobserve,
    SetEnabled(bool),
    Forget,
    Join(usize),
    Leave,
    Status(PresenceStatus),
    OpenTyping(usize),
    CloseTyping,
    Type,
    StopTyping,
    Send(u8),
    Cut,
    TakeDown,
    Stall,
    Heal,
    Freeze,
    Thaw,
    Page(bool),
    Visible(bool),
    Online(bool),
    Blocked(bool),
    Connect,
    Reconnect,
    Disconnect,
}

/// What a client holds, as the app would keep it.
#[derive(Default)]
pub(super) struct Held {
    pub(super) watching: Vec<(Watch, ObserverId, bool)>,
    pub(super) seats: Vec<RosterLease>,
    pub(super) user: usize,
    pub(super) desks: Vec<(TypingLease, UserId)>,
    pub(super) sends: BTreeSet<SendId>,
}

impl Watch {
    pub(super) fn key(self) -> QueryKey {
        match self {
            Self::Rows => key!["tasks"],
            Self::Length => key!["length"],
            Self::Sum => key!["sum"],
        }
    }

    fn observe(self, client: &mut Client, now: Instant, on: bool) -> ObserverId {
        // Nothing is left to chance: what is missed must be fetched for that reason alone.
        let options = QueryOptions::default()
            .with_enabled(on)
            .with_stale_time(Duration::MAX)
            .with_refetch_on_focus(false)
            .with_fetch_timeout(None);
        let key = self.key();
        let observer = match self {
            Self::Rows => {
                let by_title = ListOptions::<Task>::default();
                let by_title = by_title.with_sort(|a, b| a.title.cmp(&b.title));
                let spec = ListSpec::new(Some("tasks".into())).with_options(by_title);
                client.observe_list(now, &key, spec, &options)
            }
            Self::Length => {
                let spec = RecordSpec::<usize>::new();
                let refetch = Patch::invalidate(key.clone());
                let spec = spec.on("list:update", Some("tasks".into()), refetch);
                client.observe_record(now, &key, spec, &options)
            }
            Self::Sum => {
                let add = Patch::reduce_as(|term: i64, sum: Option<&i64>| Some(sum? + term));
                let spec = RecordSpec::new().on("add", Some("sums".into()), add);
                client.observe_record(now, &key, spec, &options)
            }
        };
        observer.expect("the key is free")
    }
}

impl Held {
    pub(super) fn act(&mut self, world: &mut World, peer: PeerId, act: &Act) {
        let room = ROOM.into();
        match act {
            Act::Observe(watch, on) => {
                let observer = world.act(peer, |client, now| watch.observe(client, now, *on));
                self.watching.push((*watch, observer, *on));
            }
            Act::Unobserve => {
                if let Some((_, observer, _)) = self.watching.pop() {
                    world.act(peer, |client, now| client.unobserve(now, observer));
                }
            }
            Act::SetEnabled(on) => {
                if let Some((_, observer, enabled)) = self.watching.last_mut() {
                    *enabled = *on;
                    world.act(peer, |client, now| client.set_enabled(now, *observer, *on));
                }
            }
            Act::Forget => world.act(peer, |client, now| {
                client.forget(now, &QueryKey::new(Vec::new()));
                for (watch, observer, on) in &mut self.watching {
                    client.unobserve(now, *observer);
                    *observer = watch.observe(client, now, *on);
                }
            }),
            Act::Join(user) => {
                self.user = *user;
                let user = User::new(USERS[*user], USERS[*user]);
                let seat = world.act(peer, |client, now| {
                    client.join(now, &room, user, PresenceOptions::default())
                });
                self.seats.push(seat.expect("there is room for a channel"));
            }
            Act::Leave => {
                if let Some(seat) = self.seats.pop() {
                    world.act(peer, |client, now| client.leave(now, seat));
                }
            }
            Act::Status(status) => {
                world.act(peer, |client, now| client.set_status(now, &room, *status));
            }
            Act::OpenTyping(user) => {
                let user = UserId::from(USERS[*user]);
                let desk = world.act(peer, |client, now| {
                    client.open_typing(now, &room, user.clone(), &user, TypingOptions::default())
                });
                self.desks
                    .push((desk.expect("there is room for a channel"), user));
            }
            Act::CloseTyping => {
                if let Some((desk, _)) = self.desks.pop() {
                    world.act(peer, |client, now| client.close_typing(now, desk));
                }
            }
            Act::Type | Act::StopTyping => {
                let Some((_, user)) = self.desks.last() else {
                    return;
                };
                world.act(peer, |client, now| match act {
                    Act::Type => client.start_typing(now, &room, user),
                    _ => client.stop_typing(now, &room, user),
                });
            }
            Act::Send(kind) => {
                let delivery = match kind % 3 {
                    0 => Delivery::default(),
                    1 => Delivery::Latest("cursor".into()),
                    _ => Delivery::Volatile,
                };
                let message = Message::new("hello", "1").on(ROOM).with(delivery);
                let send = world.act(peer, |client, now| client.send(now, message));
                assert!(self.sends.insert(send), "{send:?} was given out twice");
            }
            Act::Cut => world.cut(peer),
            Act::TakeDown => world.take_down(peer),
            // What is down stays down until it is healed. A server that answers nothing cannot be
            // told from one that a half-open link has kept from hearing us.
            Act::Stall => {
                if world.server.abilities.answers && world.link_mut(peer).state() == LinkState::Up {
                    world.stall(peer);
                }
            }
            Act::Heal => world.heal(peer),
            Act::Freeze => world.freeze(peer),
            Act::Thaw => world.thaw(peer),
            Act::Page(true) => world.input(peer, Input::PageShow),
            Act::Page(false) => world.input(peer, Input::PageHide),
            Act::Visible(visible) => world.input(peer, Input::Visible(*visible)),
            Act::Online(online) => world.input(peer, Input::Online(*online)),
            Act::Blocked(blocked) => world.input(peer, Input::Blocked(*blocked)),
            Act::Connect => world.act(peer, Client::connect),
            Act::Reconnect => world.act(peer, Client::reconnect),
            Act::Disconnect => world.act(peer, Client::disconnect),
        }
    }
}

pub(super) fn act() -> impl Strategy<Value = Act> {
    let watch = prop_oneof![Just(Watch::Rows), Just(Watch::Length), Just(Watch::Sum)];
    let status = prop_oneof![Just(PresenceStatus::Online), Just(PresenceStatus::Busy)];
    let on = prop::bool::weighted(0.8);
    prop_oneof![
        6 => (watch, on).prop_map(|(watch, on)| Act::Observe(watch, on)),
        2 => Just(Act::Unobserve),
        2 => any::<bool>().prop_map(Act::SetEnabled),
        1 => Just(Act::Forget),
        4 => (0..USERS.len()).prop_map(Act::Join),
        3 => Just(Act::Leave),
        1 => status.prop_map(Act::Status),
        2 => (0..USERS.len()).prop_map(Act::OpenTyping),
        1 => Just(Act::CloseTyping),
        2 => Just(Act::Type),
        1 => Just(Act::StopTyping),
        2 => any::<u8>().prop_map(Act::Send),
        2 => Just(Act::Cut),
        2 => Just(Act::TakeDown),
        2 => Just(Act::Stall),
        4 => Just(Act::Heal),
        2 => Just(Act::Freeze),
        3 => Just(Act::Thaw),
        2 => any::<bool>().prop_map(Act::Page),
        2 => any::<bool>().prop_map(Act::Visible),
        2 => any::<bool>().prop_map(Act::Online),
        1 => any::<bool>().prop_map(Act::Blocked),
        1 => Just(Act::Connect),
        1 => Just(Act::Reconnect),
        1 => Just(Act::Disconnect),
    ]
}
