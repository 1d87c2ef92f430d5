//! Pressure: what waits for a full socket becomes frames only as the shell polls it.

use realtime_core::{
    Client, ClientOptions, Frame, Generation, Input, Instant, Message, Output, wire::JsonCodec,
};

const NOW: Instant = Instant::from_millis(1);

/// A client with `count` messages of a kilobyte that waits to be connected.
fn laden(count: usize) -> Client {
    let options = ClientOptions::new("ws://server.test");
    let mut client = Client::new(options, Box::new(JsonCodec::default()));
    let data = format!("\"{}\"", "x".repeat(1_022));
    for _ in 0..count {
        client.send(NOW, Message::new("note", data.as_str()));
    }
    client
        .listen(NOW, &"e".into(), Some(&"room".into()))
        .unwrap();
    client
}

fn connect(client: &mut Client) -> Generation {
    client.connect(NOW);
    let Some(Output::Connect { generation, .. }) = client.poll_output() else {
        panic!("no attempt");
    };
    client.handle(NOW, Input::Opened { generation });
    generation
}

/// The next frame that is no ping.
fn next_frame(client: &mut Client) -> Option<String> {
    loop {
        match client.poll_output()? {
            Output::Transmit {
                frame: Frame::Text(text),
                ..
            } if text.contains("ping") => {}
            Output::Transmit {
                frame: Frame::Text(text),
                ..
            } => return Some(text),
            other => panic!("{other:?}"),
        }
    }
}

fn rest(client: &mut Client) -> usize {
    std::iter::from_fn(|| next_frame(client)).count()
}

#[test]
fn a_socket_that_fills_up_holds_back_the_rest_and_so_does_the_next_one() {
    let mut client = laden(10);
    let generation = connect(&mut client);
    let first = next_frame(&mut client).unwrap();
    assert!(first.contains("subscribe"), "{first}");
    assert!(next_frame(&mut client).unwrap().contains("note"));
    client.handle(NOW, Input::Blocked(true));
    assert_eq!(next_frame(&mut client), None);
    assert_eq!(client.stats().outbox.transmitted, 1);
    client.handle(NOW, Input::Blocked(false));
    assert!(next_frame(&mut client).unwrap().contains("note"));

    // The link breaks, and the two that were not answered go first on the next.
    client.handle(
        NOW,
        Input::Closed {
            generation,
            code: 1006,
            reason: "",
            was_clean: false,
        },
    );
    assert_eq!(next_frame(&mut client), None);
    client.reconnect(NOW);
    connect(&mut client);
    assert!(next_frame(&mut client).unwrap().contains("subscribe"));
    assert!(next_frame(&mut client).unwrap().contains("note"));
    client.handle(NOW, Input::Blocked(true));
    assert_eq!(rest(&mut client), 0);
    client.handle(NOW, Input::Blocked(false));
    assert_eq!(rest(&mut client), 9);
}

#[test]
fn a_shell_that_says_nothing_of_its_socket_is_handed_a_part_at_a_time() {
    let mut client = laden(900);
    connect(&mut client);
    let mut turns = Vec::new();
    loop {
        turns.push(rest(&mut client));
        if client.next_deadline() != Some(NOW) {
            break;
        }
        client.handle(NOW, Input::Timeout);
    }
    // The first brings the subscription as well.
    assert_eq!(turns, [257, 256, 256, 132]);
}

#[test]
fn what_is_polled_goes_out_before_the_goodbye() {
    let mut client = laden(3);
    connect(&mut client);
    client.disconnect(NOW);
    assert_eq!(rest_before_close(&mut client), 4);
}

/// How many frames come before the socket is closed, and nothing but outcomes after.
fn rest_before_close(client: &mut Client) -> usize {
    let mut frames = 0;
    loop {
        match client.poll_output() {
            Some(Output::Transmit {
                frame: Frame::Text(text),
                ..
            }) => frames += usize::from(!text.contains("ping")),
            Some(Output::Close { .. }) => break,
            other => panic!("{other:?}"),
        }
    }
    let after = std::iter::from_fn(|| client.poll_output());
    assert!(
        after
            .into_iter()
            .all(|it| matches!(it, Output::Settled { .. }))
    );
    frames
}
