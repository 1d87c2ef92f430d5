//! A page with price cards, lists, rooms and typing on several channels, and a server whose events name none.

use crate::task::Task;
use realtime_core::{
    ChannelName, Client, ClientOptions, ListOptions, ListSpec, ListenerId, Patch, PresenceOptions,
    QueryKey, QueryOptions, RecordSpec, TypingOptions, User, UserId, key,
    testing::{PeerId, World},
    wire::{
        Codec, JsonCodec,
        socketio::{SocketIoCodec, SocketIoOptions},
    },
};
use serde::{Deserialize, Serialize};
use std::{cell::RefCell, collections::BTreeMap, rc::Rc, time::Duration};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stock {
    pub(crate) symbol: String,
    pub(crate) price: f64,
}

/// What the server would answer to a fetch, by the key's last part.
pub(crate) type Prices = Rc<RefCell<BTreeMap<String, f64>>>;

pub(crate) fn serve_prices(world: &mut World) -> Prices {
    let prices = Prices::default();
    let read = Rc::clone(&prices);
    world.on_fetch(move |key, _| {
        let key = key.to_string();
        let symbol = key.split('"').rev().nth(1).unwrap_or_default();
        Ok(Stock {
            symbol: symbol.to_owned(),
            price: read.borrow().get(symbol).copied().unwrap_or_default(),
        })
    });
    prices
}

pub(crate) fn card(world: &mut World, peer: PeerId, symbol: &str) {
    let channel: ChannelName = format!("stocks:{symbol}").into();
    let spec = RecordSpec::<Stock>::new().on("stock:update", Some(channel), Patch::replace());
    world
        .act(peer, |client, now| {
            client.observe_record(now, &key!["stock", symbol], spec, &QueryOptions::default())
        })
        .expect("the key is free");
}

pub(crate) fn price(world: &World, peer: PeerId, symbol: &str) -> Option<f64> {
    let record = world.client(peer).record::<Stock>(&key!["stock", symbol])?;
    Some(record.price)
}

/// Both protocols: whoever speaks Socket.IO puts no channel into the payload either.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Wire {
    Envelope,
    SocketIo,
}

impl Wire {
    pub(crate) const BOTH: [Self; 2] = [Self::Envelope, Self::SocketIo];

    pub(crate) fn connect(self, world: &mut World, options: ClientOptions) -> PeerId {
        let codec: Box<dyn Codec> = if self == Self::SocketIo {
            world.server.speak_socketio();
            Box::new(SocketIoCodec::new(SocketIoOptions::new()))
        } else {
            Box::new(JsonCodec::default())
        };
        let peer = world.add_with_codec(options, codec);
        world.act(peer, Client::connect);
        peer
    }

    /// Sends an event that names no channel to everybody.
    pub(crate) fn emit(self, world: &mut World, event: &str, data: &str) {
        let frame = match self {
            Self::Envelope => format!(r#"{{"event":"{event}","data":{data}}}"#),
            Self::SocketIo => format!(r#"42["{event}",{data}]"#),
        };
        world.server.send_raw(&frame);
        world.run(SECOND);
    }
}

/// With a rule for each of the events that the tests use; two by field and two by a function.
pub(crate) fn with_rules() -> ClientOptions {
    ClientOptions::new("ws://server.test")
        .with_channel_field("stock:update", "symbol", "stocks:{}")
        .with_channel_field("list:update", "item.list", "lists:")
        .with_channel_of(|event, data| {
            #[derive(Deserialize)]
            struct Placed {
                room: char,
            }
            let is_about_people = event.starts_with("presence:") || event.starts_with("typing:");
            let placed: Placed = serde_json::from_str(data)
                .ok()
                .filter(|_| is_about_people)?;
            Some(format!("room:{}", placed.room))
        })
}

pub(crate) fn tick(world: &mut World, symbol: &str, price: f64) {
    world.server.send_raw(&format!(
        r#"{{"event":"stock:update","data":{{"symbol":"{symbol}","price":{price}}}}}"#
    ));
}

pub(crate) fn join(world: &mut World, peer: PeerId, room: &str) {
    let lease = world.act(peer, |client, now| {
        client.join(
            now,
            &room.into(),
            User::new("ada", "Ada"),
            PresenceOptions::default(),
        )
    });
    // Held until a command gives it back, which none does here.
    let _held = lease.expect("there is room for a channel");
}

pub(crate) fn others(world: &World, peer: PeerId, room: &str) -> Vec<String> {
    let snapshot = world.client(peer).presence(&room.into()).expect("joined");
    let ids = snapshot.members.iter().map(|it| it.user.id.to_string());
    ids.filter(|id| id != "ada").collect()
}

pub(crate) fn open_typing(world: &mut World, peer: PeerId, room: &str) {
    let lease = world.act(peer, |client, now| {
        client.open_typing(
            now,
            &room.into(),
            "ada".into(),
            "Ada",
            TypingOptions::default(),
        )
    });
    let _held = lease.expect("there is room for a channel");
}

pub(crate) fn typists(world: &World, peer: PeerId, room: &str) -> Vec<String> {
    let typing = world
        .client(peer)
        .typing(&room.into(), &UserId::from("ada"));
    let typing = typing.expect("typing is open");
    typing.iter().map(|it| it.name.to_string()).collect()
}

pub(crate) fn lists(name: &str) -> QueryKey {
    key!["lists", name]
}

pub(crate) fn list(world: &mut World, peer: PeerId, name: &str) {
    let channel: ChannelName = format!("lists:{name}").into();
    let spec = ListSpec::new(Some(channel)).with_options(ListOptions::<Task>::default());
    world
        .act(peer, |client, now| {
            client.observe_list(now, &lists(name), spec, &QueryOptions::default())
        })
        .expect("the key is free");
}

pub(crate) fn titles(world: &World, peer: PeerId, name: &str) -> Vec<String> {
    let list = world.client(peer).list::<Task>(&lists(name));
    let list = list.expect("the list is there");
    list.iter().map(|task| task.title.clone()).collect()
}

pub(crate) fn listen(
    world: &mut World,
    peer: PeerId,
    event: &str,
    channel: Option<&str>,
) -> ListenerId {
    let channel = channel.map(ChannelName::from);
    world
        .act(peer, |client, now| {
            client.listen(now, &event.into(), channel.as_ref())
        })
        .expect("there is room for a listener")
}
