//! Channels that are namespaces, all on one socket.

use crate::socketio_kit::{SECOND, Wired};
use realtime_core::{
    EncodeError, Fault, LeaseId, Message, SendError,
    wire::socketio::{ChannelMapping, SocketIoOptions},
};

fn options() -> SocketIoOptions {
    SocketIoOptions::new().with_mapping(ChannelMapping::Namespace)
}

fn listen(wired: &mut Wired, channel: &str) {
    wired
        .act(|client, now| {
            client
                .listen(now, &"e".into(), Some(&channel.into()))
                .map(drop)
        })
        .expect("there is room");
}

fn subscribe(wired: &mut Wired, channel: &str) -> LeaseId {
    wired
        .act(|client, now| client.subscribe(now, &channel.into()))
        .expect("there is room")
}

#[test]
fn a_subscription_is_a_connect_with_the_same_token_and_its_events_are_the_channels() {
    let mut wired = Wired::with_token(options(), Some("abc"));
    listen(&mut wired, "tasks");
    listen(&mut wired, "stocks:ACME");
    wired.open();
    assert_eq!(wired.sent(), [r#"40{"token":"abc"}"#]);
    wired.feed(r#"40{"sid":"s1"}"#);
    assert_eq!(
        wired.sent(),
        [
            r#"40/tasks,{"token":"abc"}"#,
            r#"40/stocks:ACME,{"token":"abc"}"#
        ]
    );
    wired.feed(r#"40/tasks,{"sid":"t1"}"#);
    wired.feed(r#"40/stocks:ACME,{"sid":"t2"}"#);
    wired.feed(r#"42/tasks,["e",{"n":1,"channel":"elsewhere"}]"#);
    wired.feed(r#"42/stocks:ACME,["e",{"n":2,"seq":4,"epoch":"b"}]"#);
    wired.feed(r#"42/unknown,["e",{"n":3}]"#);
    let got: Vec<_> = wired
        .events
        .iter()
        .map(|event| (event.channel.as_deref().unwrap_or_default(), &*event.data))
        .collect();
    assert_eq!(
        got,
        [
            ("tasks", r#"{"n":1,"channel":"elsewhere"}"#),
            ("stocks:ACME", r#"{"n":2,"seq":4,"epoch":"b"}"#)
        ]
    );
    assert_eq!(wired.client.stats().codec.ignored, 1);
}

#[test]
fn a_message_goes_to_its_channels_namespace_and_its_ack_comes_from_there() {
    let mut wired = Wired::connected(options());
    let early = wired.act(|client, now| client.send(now, Message::new("e", "1").on("tasks")));
    let channel = "tasks".into();
    let error = EncodeError::NotSubscribed { channel };
    assert_eq!(wired.settled, [(early, Err(SendError::Unsendable(error)))]);
    subscribe(&mut wired, "tasks");
    wired.feed(r#"40/tasks,{"sid":"t1"}"#);
    wired.sent();
    let send =
        wired.act(|client, now| client.send(now, Message::new("e", r#"{"n":1}"#).on("tasks")));
    wired.act(|client, now| client.send(now, Message::new("e", r#"{"n":2}"#)));
    let sent = wired.sent();
    assert!(
        sent[0].starts_with(r#"42/tasks,0["e",{"messageId":""#),
        "{sent:?}"
    );
    assert!(sent[1].starts_with(r#"421["e","#), "{sent:?}");
    wired.feed("43/tasks,0[7]");
    assert_eq!(wired.settled[1], (send, Ok("7".into())));
    wired.feed(r#"42/tasks,5["x"]"#);
    assert_eq!(wired.sent(), ["43/tasks,5[]"]);
}

#[test]
fn a_namespace_that_refuses_is_the_channels_misfortune_and_nobody_elses() {
    let mut wired = Wired::connected(options());
    listen(&mut wired, "secret");
    listen(&mut wired, "tasks");
    wired.feed(r#"44/secret,{"message":"not for you","data":{"code":"forbidden"}}"#);
    wired.feed(r#"40/tasks,{"sid":"t1"}"#);
    let [Fault::Refused { channel, error }] = &wired.faults[..] else {
        panic!("{:?}", wired.faults)
    };
    assert_eq!((&**channel, &*error.code), ("secret", "forbidden"));
    wired.run(40 * SECOND);
    wired.feed(r#"42/tasks,["e"]"#);
    assert_eq!(wired.events.len(), 1);
    // It is asked for again on the next socket.
    wired.reopen();
    wired.feed(r#"40{"sid":"s2"}"#);
    assert!(wired.sent().contains(&"40/secret,".to_owned()));
}

#[test]
fn a_namespace_that_sends_us_off_is_lost_and_the_link_stays() {
    let mut wired = Wired::connected(options());
    listen(&mut wired, "tasks");
    wired.feed(r#"40/tasks,{"sid":"t1"}"#);
    wired.feed("41/tasks,");
    let [Fault::Refused { channel, error }] = &wired.faults[..] else {
        panic!("{:?}", wired.faults)
    };
    assert_eq!((&**channel, &*error.code), ("tasks", "disconnected"));
    assert!(wired.closes.is_empty());
    wired.sent();
    // Whoever comes to want it later asks again.
    subscribe(&mut wired, "tasks");
    assert_eq!(wired.sent(), ["40/tasks,"]);
}

#[test]
fn leaving_is_a_disconnect_and_never_before_the_namespace_is_connected() {
    let mut wired = Wired::connected(options());
    let lease = subscribe(&mut wired, "tasks");
    wired.act(|client, now| client.release(now, lease));
    wired.run(2 * SECOND);
    assert_eq!(wired.sent(), ["40/tasks,"]);
    wired.feed(r#"40/tasks,{"sid":"t1"}"#);
    assert_eq!(wired.sent(), ["41/tasks,"]);

    let lease = subscribe(&mut wired, "tasks");
    wired.feed(r#"40/tasks,{"sid":"t2"}"#);
    wired.act(|client, now| client.release(now, lease));
    wired.run(2 * SECOND);
    assert_eq!(wired.sent(), ["40/tasks,", "41/tasks,"]);
    // What was under way counts for nothing.
    wired.feed(r#"42/tasks,["e"]"#);
    assert_eq!(wired.client.stats().codec.ignored, 1);
}

#[test]
fn the_main_namespace_can_be_a_channel_as_well() {
    let mut wired = Wired::connected(options().with_namespace("/tasks"));
    wired.feed(r#"40/tasks,{"sid":"s1"}"#);
    wired.sent();
    listen(&mut wired, "tasks");
    assert!(wired.sent().is_empty());
    wired.feed(r#"42/tasks,["e",1]"#);
    assert_eq!(wired.events[0].channel.as_deref(), Some("tasks"));
    wired.act(|client, now| client.send(now, Message::new("e", "1").on("tasks")));
    assert!(wired.sent()[0].starts_with("42/tasks,"));
}

#[test]
fn a_name_that_no_packet_has_a_place_for_is_refused_in_words() {
    let mut wired = Wired::connected(options());
    listen(&mut wired, "a,b");
    let [Fault::Refused { error, .. }] = &wired.faults[..] else {
        panic!("{:?}", wired.faults)
    };
    assert!(error.message.contains("comma"));
    assert!(wired.sent().is_empty());
}
