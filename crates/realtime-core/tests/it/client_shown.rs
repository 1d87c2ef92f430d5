//! Logs: no token, no address with parameters and no payload shows in them.

use realtime_core::{
    Client, ClientOptions, ConnectionOptions, EventName, Frame, FrameRef, Generation, Input,
    Instant, MessageId, Metadata, Output,
    outbox::{Message, Outbox, OutboxLimits, OutboxOutput},
    wire::{
        Codec, JsonCodec, Outbound,
        socketio::{SocketIoCodec, SocketIoOptions},
    },
};

const URL: &str = "wss://a.test/ws?token=secret#secret";
const OPEN: &str = r#"0{"sid":"e1","pingInterval":25000,"pingTimeout":20000}"#;

#[test]
fn nothing_that_goes_in_or_out_of_a_client_shows_a_token_or_a_payload() {
    let socketio = SocketIoOptions::new()
        .with_query("key", "secret")
        .with_auth("key", "secret");
    let codecs: [Box<dyn Codec>; 2] = [
        Box::new(JsonCodec::default()),
        Box::new(SocketIoCodec::new(socketio.clone())),
    ];
    assert_eq!(format!("{socketio:?}").matches("secret").count(), 0);
    for codec in codecs {
        let connection = ConnectionOptions {
            has_token: true,
            ..ConnectionOptions::default()
        };
        let options = ClientOptions::new(URL).with_connection(connection);
        let mut shown = format!("{options:?}");
        assert!(shown.contains("wss://a.test/ws…"), "{shown}");
        let mut client = Client::new(options, codec);
        let now = Instant::ZERO;
        client
            .listen(now, &EventName::from("e"), None)
            .expect("there is room");
        client.connect(now);
        let mut inputs = 0;
        let mut feed = |client: &mut Client, input: Input<'_>| {
            inputs += 1;
            shown.push_str(&format!("{input:?}"));
            client.handle(now, input);
            while let Some(output) = client.poll_output() {
                shown.push_str(&format!("{output:?}"));
            }
            shown.push_str(&format!("{client:?}"));
        };
        let generation = Generation::default().next();
        let token = || Ok(Some("secret".into()));
        feed(
            &mut client,
            Input::Token {
                generation,
                result: token(),
            },
        );
        feed(&mut client, Input::Opened { generation });
        for frame in [
            OPEN,
            r#"40{"sid":"s1","pid":"secret"}"#,
            r#"42["e","secret"]"#,
            r#"{"event":"auth","re":"none"}"#,
            r#"{"event":"e","data":"secret"}"#,
        ] {
            let frame = FrameRef::Text(frame);
            feed(&mut client, Input::Frame { generation, frame });
        }
        assert_eq!(inputs, 7);
        assert!(!shown.contains("secret"), "{shown}");
    }
}

#[test]
fn a_frame_and_what_it_was_made_of_show_their_size() {
    let id = MessageId::from("q-1");
    let auth = Outbound::Auth {
        id: &id,
        token: "secret",
    };
    let event = EventName::from("say");
    let said = Outbound::Event {
        event: &event,
        channel: None,
        data: r#""secret""#,
        id: None,
    };
    let shown = format!("{auth:?} {said:?}");
    assert!(
        !shown.contains("secret") && shown.contains("8 bytes"),
        "{shown}"
    );
    let frames = [Frame::Text("secret".into()), Frame::Binary(vec![0; 3])];
    assert_eq!(format!("{frames:?}"), "[Text(6 bytes), Binary(3 bytes)]");
    let output = Output::Transmit {
        generation: Generation::default(),
        frame: frames[0].clone(),
    };
    assert!(!format!("{output:?}").contains("secret"));
}

#[test]
fn a_message_a_held_one_and_metadata_are_shown_without_what_they_say() {
    let now = Instant::ZERO;
    let mut outbox = Outbox::new(OutboxLimits::default(), "q7f");
    let message = Message::new("message:send", r#"{"text":"secret"}"#).on("room:a");
    let metadata = Metadata::new("secret").unwrap();
    let mut shown = format!("{message:?} {metadata:?}");
    outbox.push(now, message);
    shown += &format!("{outbox:?}");
    outbox.up(now);
    let Some(output) = outbox.poll_output() else {
        panic!("nothing is sent");
    };
    shown += &format!("{output:?}");
    if let OutboxOutput::Transmit { id: Some(id), .. } = &output {
        assert!(outbox.acked(now, id, Ok("\"secret\"")));
    }
    shown += &format!("{:?}", outbox.poll_output());
    assert!(!shown.contains("secret"), "{shown}");
    assert!(
        shown.contains("17 bytes") && shown.contains("room:a"),
        "{shown}"
    );
}
