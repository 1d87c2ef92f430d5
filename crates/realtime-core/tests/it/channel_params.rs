//! Params and a token for a single subscription.

use crate::{
    channel_leases::{at, channels, drain, ids, lease},
    client_session::sign_out,
    socketio_kit::Wired,
};
use realtime_core::{
    ChannelError, ChannelName, Continuity, LeaseId, MessageId, Position, SubscribeOptions,
    channel::{ChannelOutput, Channels, SubscribeReply},
    testing::World,
    wire::{
        Codec, Frame, JsonCodec, Outbound,
        socketio::{ChannelMapping, JoinPayload, SocketIoOptions},
    },
};
use serde_json::{json, value::RawValue};
use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

const SECOND: Duration = Duration::from_secs(1);

fn days(days: u32) -> SubscribeOptions {
    SubscribeOptions::default().with_params(&json!({ "days": days }))
}

fn lease_with(
    channels: &mut Channels,
    now: u64,
    options: &SubscribeOptions,
) -> Result<LeaseId, ChannelError> {
    channels.subscribe_with(at(now), &"log".into(), options)
}

/// What the outputs want said.
fn words(outputs: &[ChannelOutput]) -> Vec<String> {
    let words = outputs.iter().filter_map(|output| match output {
        ChannelOutput::Subscribe { options, since, .. } => Some(format!(
            "subscribe {} since {:?}",
            options.params().unwrap_or_default(),
            since.as_ref().map(|it| it.seq)
        )),
        ChannelOutput::Unsubscribe { .. } => Some("unsubscribe".to_owned()),
        ChannelOutput::Lost { .. } => Some("lost".to_owned()),
        _ => None,
    });
    words.collect()
}

fn said(channels: &mut Channels) -> Vec<String> {
    words(&drain(channels))
}

#[test]
fn a_subscription_has_the_params_of_its_first_lease_and_keeps_them_on_every_link() {
    let mut channels = channels();
    let one = lease_with(&mut channels, 0, &days(7)).unwrap();
    let plain = lease(&mut channels, 0, "log");
    channels.up(at(0));
    assert_eq!(said(&mut channels), [r#"subscribe {"days":7} since None"#]);
    let same = lease_with(&mut channels, 1, &days(7)).unwrap();
    assert_eq!(said(&mut channels), [""; 0]);
    channels.release(at(2), one);
    channels.release(at(2), same);
    channels.down();
    channels.up(at(9));
    assert_eq!(said(&mut channels), [r#"subscribe {"days":7} since None"#]);
    channels.release(at(10), plain);
}

#[test]
fn other_params_are_refused_while_some_are_in_use_and_count_afterwards() {
    let mut channels = channels();
    let one = lease_with(&mut channels, 0, &days(7)).unwrap();
    let plain = lease(&mut channels, 0, "log");
    channels.up(at(0));
    let id = ids(&mut channels).remove(0);
    let position = Position {
        epoch: "b1".into(),
        seq: 57,
    };
    let reply = SubscribeReply {
        position: Some(position),
        recovered: false,
    };
    assert!(channels.reply(at(0), &id, Ok(reply.clone())));
    drain(&mut channels);
    let channel = ChannelName::from("log");
    assert_eq!(
        lease_with(&mut channels, 1, &days(8)),
        Err(ChannelError::OtherParams { channel })
    );
    assert_eq!(said(&mut channels), [""; 0]);

    channels.release(at(2), one);
    let other = lease_with(&mut channels, 2, &days(8)).unwrap();
    let outputs = drain(&mut channels);
    // What was asked for with other params is nothing that this one could resume from.
    assert_eq!(
        words(&outputs),
        ["lost", "unsubscribe", r#"subscribe {"days":8} since None"#]
    );
    let Some(ChannelOutput::Subscribe { id: new, .. }) = outputs.last() else {
        panic!("{outputs:?}")
    };
    assert!(
        !channels.reply(at(0), &id, Ok(reply.clone())),
        "the old answer"
    );
    assert!(channels.reply(at(0), new, Ok(reply)));
    // Whoever follows the channel has data of the old params.
    assert!(matches!(
        drain(&mut channels).as_slice(),
        [ChannelOutput::Live {
            continuity: Continuity::Unknown,
            ..
        }]
    ));
    channels.release(at(3), other);
    channels.release(at(3), plain);
}

#[test]
fn maps_with_the_same_entries_are_the_same_params_in_whatever_order_they_iterate() {
    let mut channels = channels();
    channels.up(at(0));
    // Each map has another order, as in each render.
    let render = || {
        let map: HashMap<&str, u32> = ["a", "b", "c", "d", "e", "f"]
            .into_iter()
            .zip(0..)
            .collect();
        SubscribeOptions::default().with_params(&BTreeMap::from([("list", [map])]))
    };
    let first = render();
    let mut held = lease_with(&mut channels, 0, &first).unwrap();
    for now in 1..50 {
        let again = render();
        assert_eq!(again, first);
        let next = lease_with(&mut channels, now, &again).unwrap();
        channels.release(at(now), held);
        held = next;
    }
    let params = r#"{"list":[{"a":0,"b":1,"c":2,"d":3,"e":4,"f":5}]}"#;
    assert_eq!(
        said(&mut channels),
        [format!("subscribe {params} since None")]
    );
}

#[test]
fn params_are_sent_as_they_were_written_but_for_the_order_of_keys() {
    let written = [
        (
            r#"{"z":{"y":18446744073709551616,"x":0.1},"a":"\u0000\n"}"#,
            r#"{"a":"\u0000\n","z":{"x":0.1,"y":18446744073709551616}}"#,
        ),
        (
            r#"{"b":1,"a":[3,{"d":1e300,"c":null},1]}"#,
            r#"{"a":[3,{"c":null,"d":1e300},1],"b":1}"#,
        ),
        ("[2,1]", "[2,1]"),
        ("\"text\"", "\"text\""),
        ("7", "7"),
    ];
    for (text, expected) in written {
        let raw = RawValue::from_string(text.to_owned()).expect("it is JSON");
        let options = SubscribeOptions::default().with_params(&raw);
        assert_eq!(options.params(), Some(expected));
    }
    // However deep, it is sent.
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let raw = RawValue::from_string(deep.clone()).expect("it is JSON");
    assert_eq!(
        SubscribeOptions::default().with_params(&raw).params(),
        Some(&*deep)
    );
}

#[test]
fn a_newer_token_counts_from_the_next_subscribe_on() {
    let mut channels = channels();
    let token = |token: &str| SubscribeOptions::default().with_token(token);
    lease_with(&mut channels, 0, &token("old")).unwrap();
    channels.up(at(0));
    drain(&mut channels);
    lease_with(&mut channels, 1, &token("new")).unwrap();
    assert_eq!(drain(&mut channels), []);
    channels.down();
    channels.up(at(9));
    let outputs = drain(&mut channels);
    let [ChannelOutput::Subscribe { options, .. }] = &*outputs else {
        panic!("{outputs:?}")
    };
    assert_eq!(options.token().map(|it| it.as_str()), Some("new"));
}

#[test]
fn params_that_are_no_json_are_a_typed_error_and_subscribe_to_nothing() {
    let mut channels = channels();
    channels.up(at(0));
    let broken = SubscribeOptions::default().with_params(&BTreeMap::from([((1, 2), 3)]));
    let error = lease_with(&mut channels, 0, &broken).unwrap_err();
    assert!(matches!(error, ChannelError::Params { .. }), "{error}");
    assert_eq!(drain(&mut channels), []);
    assert_eq!(channels.stats().channels, 0);
}

#[test]
fn the_envelope_carries_params_and_token_beside_the_position() {
    let (id, channel) = (MessageId::from("q-s1"), ChannelName::from("log"));
    let position = Position {
        epoch: "b1".into(),
        seq: 57,
    };
    let options = days(7).with_token("ey\"J");
    let mut frames = Vec::new();
    for since in [None, Some(&position)] {
        let message = Outbound::Subscribe {
            id: &id,
            channel: &channel,
            since,
            options: &options,
        };
        JsonCodec::default().encode(&message, &mut frames).unwrap();
    }
    let expected = [
        r#"{"event":"subscribe","channel":"log","id":"q-s1","data":{"params":{"days":7},"token":"ey\"J"}}"#,
        r#"{"event":"subscribe","channel":"log","id":"q-s1","data":{"since":57,"epoch":"b1","params":{"days":7},"token":"ey\"J"}}"#,
    ];
    assert_eq!(frames, expected.map(|text| Frame::Text(text.to_owned())));
}

#[test]
fn socket_io_carries_them_in_the_join_or_in_the_namespaces_connect() {
    for (options, expected) in [
        (
            SocketIoOptions::new(),
            r#"420["join",{"channel":"log","params":{"days":7},"token":"eyJ"}]"#,
        ),
        (
            SocketIoOptions::new().with_join_payload(JoinPayload::Name),
            r#"420["join","log",{"params":{"days":7},"token":"eyJ"}]"#,
        ),
        (
            SocketIoOptions::new().with_mapping(ChannelMapping::Namespace),
            r#"40/log,{"params":{"days":7},"token":"eyJ"}"#,
        ),
    ] {
        let mut wired = Wired::connected(options);
        let asked = wired.act(|client, now| {
            client.subscribe_with(now, &"log".into(), &days(7).with_token("eyJ"))
        });
        assert!(asked.is_ok());
        assert_eq!(wired.sent(), [expected]);
    }
}

#[test]
fn a_token_of_one_user_is_not_shown_for_the_next() {
    let mut world = World::new(1);
    let peer = world.connect();
    let options = days(7).with_token("adas");
    let lease = world.act(peer, |client, now| {
        client.subscribe_with(now, &"log".into(), &options)
    });
    assert!(lease.is_ok());
    world.run(SECOND);
    sign_out(&mut world, peer);
    world.act(peer, |client, now| client.reconnect(now));
    world.run(SECOND);
    let subscribes = world.server.requests.iter();
    let subscribes = subscribes.filter(|it| it.text("event") == "subscribe");
    let said: Vec<_> = subscribes.map(|it| it.envelope["data"].clone()).collect();
    let params = json!({ "days": 7 });
    assert_eq!(
        said,
        [
            json!({ "params": params, "token": "adas" }),
            json!({ "params": params }),
        ]
    );
}
