//! Text with half a surrogate pair in it, as servers in JavaScript write it: it is read everywhere, with the
//! replacement character for the half.

use crate::{
    socketio_kit::{SECOND, Wired},
    task::Task,
};
use realtime_core::{
    Fault, Fetched, Input, ListSpec, QueryOptions, ReceivedEvent, key,
    wire::socketio::SocketIoOptions,
};

/// What a server sends on the channel `tasks`, in each protocol.
fn frames(event: &str, data: &str) -> [(Wired, String); 2] {
    let mut envelope = Wired::with_envelope(None);
    envelope.input_opened();
    let socketio = Wired::connected(SocketIoOptions::new());
    [
        (
            envelope,
            format!(r#"{{"event":"{event}","channel":"tasks","data":{data}}}"#),
        ),
        (
            socketio,
            format!(r#"42["{event}",{{"channel":"tasks","data":{data}}}]"#),
        ),
    ]
}

#[test]
fn a_row_shows_although_its_title_or_its_id_is_cut_in_the_middle_of_an_emoji() {
    let data = r#"{"action":"create","item":{"id":"t\ude00","version":1,"title":"cut \ud83d"}}"#;
    for (mut wired, frame) in frames("list:update", data) {
        let key = key!["tasks"];
        let spec = ListSpec::<Task>::new(Some("tasks".into()));
        wired
            .act(|client, now| client.observe_list(now, &key, spec, &QueryOptions::default()))
            .expect("there is room");
        wired.run(2 * SECOND);
        let fetch = wired.fetches.pop().expect("it fetches");
        wired.act(|client, now| {
            let result = Ok(Fetched::new(Vec::<Task>::new()));
            client.handle(now, Input::FetchFinished { fetch, result });
        });
        wired.feed(&frame);
        let patch = r#"{"action":"update","item":{"id":"t\ude00","version":2,"title":"\udbff\ud83d\ude00"}}"#;
        let shown = |wired: &Wired| {
            let list = wired.client.list::<Task>(&key).expect("it is there");
            let row = list.get(0).expect("there is one");
            (row.id.clone(), row.title.clone())
        };
        assert_eq!(shown(&wired), ("t\u{fffd}".into(), "cut \u{fffd}".into()));
        wired.feed(&frame.replace(data, patch));
        assert_eq!(shown(&wired).1, "\u{fffd}😀");
        // Nobody answers the subscription here.
        let unread = |fault: &Fault| !matches!(fault, Fault::Unanswered { .. });
        assert!(!wired.faults.iter().any(unread), "{:?}", wired.faults);
    }
}

#[test]
fn an_event_reaches_its_listener_with_every_text_readable() {
    let data = r#"{"\ud83d":["\u0041\udfff",{"x":"\\ud83d"}]}"#;
    for (mut wired, frame) in frames("e\\ud83d", data) {
        wired
            .act(|client, now| client.listen(now, &"e\u{fffd}".into(), None))
            .expect("there is room");
        wired.feed(&frame);
        let event: &ReceivedEvent = wired.events.last().expect("it is delivered");
        let read: serde_json::Value = event.parse().expect("it is JSON");
        let expected = serde_json::json!({"\u{fffd}": ["A\u{fffd}", {"x": "\\ud83d"}]});
        assert_eq!(read, expected);
    }
}
