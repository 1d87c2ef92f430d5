//! Words of the client's own on the wire: no message and no key of the app's is taken for one of them.

use crate::{
    socketio_kit::{SECOND, Wire, Wired},
    task::Task,
};
use realtime_core::{
    ChannelName, Client, ClientOptions, Delivery, EncodeError, EventName, ListSpec, Message,
    Mutation, MutationError, MutationEvent, Patch, PresenceOptions, QueryOptions, RecordSpec,
    SendError, User, key,
    wire::socketio::{ChannelMapping, SocketIoOptions},
};

fn is_reserved(error: &SendError) -> bool {
    matches!(
        error,
        SendError::Unsendable(EncodeError::ReservedName { .. })
    )
}

/// Names that are refused in each protocol.
const WORDS: [&str; 6] = [
    "presence:announce",
    "presence:leave",
    "presence:sync",
    "presence:update",
    "typing:start",
    "typing:stop",
];
const ENVELOPE: [&str; 7] = [
    "auth",
    "auth:refresh",
    "error",
    "ping",
    "pong",
    "subscribe",
    "unsubscribe",
];
const SOCKETIO: [&str; 4] = ["connect", "disconnect", "join", "leave"];

#[test]
fn a_message_with_a_name_of_the_clients_own_is_refused_at_once_and_not_sent() {
    for is_socketio in [false, true] {
        let mut wired = if is_socketio {
            Wired::connected(SocketIoOptions::new())
        } else {
            let mut wired = Wired::with_envelope(None);
            wired.input_opened();
            wired
        };
        wired.sent();
        let own: &[&str] = if is_socketio { &SOCKETIO } else { &ENVELOPE };
        for name in WORDS.iter().chain(own) {
            for delivery in [Delivery::default(), Delivery::Volatile] {
                let message = Message::new(*name, "1").with(delivery);
                let send = wired.act(|client, now| client.send(now, message));
                let (settled, result) = wired.settled.pop().expect("it settles at once");
                assert_eq!(settled, send);
                assert!(result.is_err_and(|error| is_reserved(&error)), "{name}");
            }
            let message = Message::new(*name, "1");
            wired.act(|client, now| client.mutate(now, Mutation::new(message)));
            let Some(MutationEvent::Failed { error, .. }) = wired.mutated.pop() else {
                panic!("{name} did not fail")
            };
            assert!(
                matches!(&error, MutationError::Send(error) if is_reserved(error)),
                "{error}"
            );
        }
        assert!(wired.sent().is_empty());
        // Names that only look like them are the app's.
        for name in ["Ping", "presence:wave", "typing", "joined"] {
            wired.act(|client, now| client.send(now, Message::new(name, "1")));
        }
        assert_eq!(wired.sent().len(), 4);
    }
}

#[test]
fn where_no_event_joins_join_is_a_name_like_others() {
    let options = SocketIoOptions::new().with_mapping(ChannelMapping::Namespace);
    let mut wired = Wired::connected(options);
    wired.act(|client, now| client.send(now, Message::new("join", "1")));
    assert_eq!(wired.sent().len(), 1);
}

#[test]
fn the_answer_to_each_message_is_its_own_whatever_fields_its_data_has() {
    for wire in Wire::ALL {
        let mut world = wire.world(7);
        let peer = wire.add(&mut world, ClientOptions::new("http://server.test"));
        world.act(peer, Client::connect);
        world.run(SECOND);
        for text in ["a", "b"] {
            let data = format!(r#"{{"messageId":"mine","id":"x","re":"y","data":"{text}"}}"#);
            world.act(peer, |client, now| {
                client.send(now, Message::new("say", data).on("room"))
            });
        }
        world.run(SECOND);
        let said = world.server.requests.iter();
        let said = said.filter(|request| request.text("event") == "say");
        let said: Vec<(String, String)> = said
            .map(|request| {
                let data = request.envelope["data"]["data"].as_str();
                (request.text("id").into(), data.unwrap_or_default().into())
            })
            .collect();
        let [(first, a), (second, b)] = &said[..] else {
            panic!("{wire:?}: {said:?}")
        };
        assert_eq!((a.as_str(), b.as_str()), ("a", "b"), "{wire:?}");
        assert!(first != second && first != "mine", "{wire:?}: {said:?}");
        assert_eq!(world.take_settled(peer).len(), 2);
    }
}

#[test]
fn a_key_of_the_apps_replaces_no_announcement() {
    let mut wired = Wired::with_envelope(None);
    wired.input_opened();
    let channel = "room".into();
    wired.sent();
    let lease = wired.act(|client, now| {
        client.handle(now, realtime_core::Input::Blocked(true));
        client.join(
            now,
            &channel,
            User::new("u1", "Ada"),
            PresenceOptions::default(),
        )
    });
    let sent = wired.sent().concat();
    let id = sent
        .split(r#""id":""#)
        .nth(1)
        .and_then(|id| id.split('"').next());
    let id = id.expect("it subscribes");
    wired.feed(&format!(r#"{{"re":"{id}","seq":0,"epoch":"e"}}"#));
    for key in ["room", "presence:room"] {
        let value = Message::new("cursor", "1").with(Delivery::Latest(key.into()));
        wired.act(|client, now| client.send(now, value));
    }
    assert_eq!(wired.settled, []);
    wired.act(|client, now| client.handle(now, realtime_core::Input::Blocked(false)));
    let sent = wired.sent().concat();
    assert_eq!(sent.matches("cursor").count(), 2, "{sent}");
    assert_eq!(sent.matches("presence:announce").count(), 1, "{sent}");
    drop(lease);
}

/// Events that the protocol keeps for itself, and so never brings.
#[test]
fn who_listens_to_an_event_that_never_comes_is_told() {
    for is_socketio in [false, true] {
        let (mut wired, own, others) = if is_socketio {
            let own = &["connect", "connect_error", "disconnect"][..];
            let others = &["join", "ping", "auth:refresh"][..];
            (Wired::connected(SocketIoOptions::new()), own, others)
        } else {
            let own = &["auth:refresh", "error", "ping", "pong"][..];
            (Wired::with_envelope(None), own, &["connect", "joined"][..])
        };
        for name in own {
            let (event, channel) = (EventName::from(*name), ChannelName::from("tasks"));
            for channel in [None, Some(&channel)] {
                let heard = wired.act(|client, now| client.listen(now, &event, channel));
                assert!(heard.is_err(), "{name}");
            }
            let spec = RecordSpec::<u32>::new().on(*name, None, Patch::replace());
            let seen = wired.act(|client, now| {
                client.observe_record(now, &key![*name], spec, &QueryOptions::default())
            });
            assert!(seen.is_err(), "{name}");
            let spec = ListSpec::<Task>::new(None).with_event(*name);
            let seen = wired.act(|client, now| {
                client.observe_list(now, &key!["list", *name], spec, &QueryOptions::default())
            });
            let error = seen.expect_err(name).to_string();
            assert!(
                error.contains(name) && error.contains("another name"),
                "{error}"
            );
        }
        for name in others {
            let event = EventName::from(*name);
            let heard = wired.act(|client, now| client.listen(now, &event, None));
            assert!(heard.is_ok(), "{name}");
        }
        assert_eq!(wired.client.stats().channels.channels, 0, "none is leased");
    }
}
