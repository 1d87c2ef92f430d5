//! Addresses that are none: one error, the same for both protocols, which the app hears of at once.

use crate::socketio_kit::{SECOND, Wire};
use realtime_core::{
    AddressError, AddressProblem, Client, ClientOptions, CloseReason, ConnectionError,
    ConnectionStatus, Fault, Input, Instant, Message, Output, SendError,
    wire::{
        Codec, JsonCodec,
        socketio::{SocketIoCodec, SocketIoOptions},
    },
};

const WRONG: [(&str, AddressProblem); 7] = [
    ("javascript:alert(1)", AddressProblem::Scheme),
    ("file:///etc/passwd", AddressProblem::Scheme),
    ("localhost:3000", AddressProblem::Scheme),
    ("wss://user:secret@a.test/ws", AddressProblem::Credentials),
    ("wss://a.test/\u{1b}ws", AddressProblem::Character),
    ("wss://", AddressProblem::Host),
    ("wss://a b", AddressProblem::Character),
];

fn codecs() -> [Box<dyn Codec>; 2] {
    let socketio = SocketIoCodec::new(SocketIoOptions::new());
    [Box::new(JsonCodec::default()), Box::new(socketio)]
}

fn outputs(client: &mut Client) -> Vec<Output> {
    std::iter::from_fn(|| client.poll_output()).collect()
}

#[test]
fn what_is_no_address_of_a_server_ends_the_connection_with_one_error_in_both_protocols() {
    for (url, problem) in WRONG {
        for codec in codecs() {
            let now = Instant::ZERO;
            let mut client = Client::new(ClientOptions::new(url), codec);
            client.connect(now);
            let error = AddressError::new(url, problem);
            let outputs = outputs(&mut client);
            let [Output::Fault(Fault::Address(fault))] = &outputs[..] else {
                panic!("{url}: {outputs:?}")
            };
            assert_eq!(*fault, error);
            let info = client.connection();
            assert_eq!(info.status, ConnectionStatus::Disconnected);
            assert_eq!(
                info.close_reason,
                Some(CloseReason::BadAddress(error.clone()))
            );
            assert_eq!(info.last_error, Some(ConnectionError::Address(error)));
            assert_eq!(client.next_deadline(), None, "it does not try again");
            let shown = format!("{info:?} {client:?}");
            assert!(!shown.contains("secret"), "{shown}");
            // What is sent does not wait for what never comes.
            client.send(now, Message::new("say", "1"));
            let settled = outputs_of_send(&mut client);
            assert_eq!(settled, Some(Err(SendError::Disconnected)));
        }
    }
}

fn outputs_of_send(client: &mut Client) -> Option<Result<(), SendError>> {
    outputs(client).into_iter().find_map(|output| match output {
        Output::Settled { result, .. } => Some(result.map(drop)),
        _ => None,
    })
}

#[test]
fn a_shell_that_cannot_make_an_address_of_it_says_so_and_is_not_asked_again() {
    for codec in codecs() {
        let mut client = Client::new(ClientOptions::new("/ws"), codec);
        client.connect(Instant::ZERO);
        let Some(Output::Connect { generation, .. }) = client.poll_output() else {
            panic!("a path is an address")
        };
        let error = AddressError::new("/ws", AddressProblem::Relative);
        client.handle(Instant::ZERO, Input::AddressRefused { generation, error });
        let outputs = outputs(&mut client);
        assert!(
            matches!(outputs[..], [Output::Fault(Fault::Address(_))]),
            "{outputs:?}"
        );
        assert_eq!(client.connection().status, ConnectionStatus::Disconnected);
        assert_eq!(client.next_deadline(), None);
    }
}

#[test]
fn http_is_an_address_in_both_protocols() {
    for wire in Wire::ALL {
        let mut world = wire.world(1);
        let peer = wire.add(&mut world, ClientOptions::new("HTTP://server.test"));
        world.act(peer, Client::connect);
        world.run(SECOND);
        let status = world.client(peer).connection().status;
        assert_eq!(status, ConnectionStatus::Connected, "{wire:?}");
    }
}
