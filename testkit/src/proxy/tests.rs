//! Tests of the proxy: each fault, over real sockets.

use super::*;
use std::{
    io::{ErrorKind, Read, Write},
    sync::mpsc::{self, Receiver},
    time::{Duration, Instant},
};

/// What is there arrives within this, however busy the machine.
const SOON: Duration = Duration::from_secs(10);
/// What has not come by then is taken for held.
const BRIEFLY: Duration = Duration::from_millis(100);

const UPGRADE: &str = "GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n";

/// A server that gives each connection to the test.
struct Far {
    proxy: FaultProxy,
    accepted: Receiver<TcpStream>,
}

impl Far {
    fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let proxy = FaultProxy::start(listener.local_addr().unwrap(), 1).unwrap();
        let (give, accepted) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                if give.send(stream.unwrap()).is_err() {
                    break;
                }
            }
        });
        Self { proxy, accepted }
    }

    /// Both ends of a connection through the proxy.
    fn connect(&self) -> (TcpStream, TcpStream) {
        let before = self.proxy.stats().accepted;
        let near = TcpStream::connect(self.proxy.address()).unwrap();
        let far = self.accepted.recv_timeout(SOON).unwrap();
        self.until("it is let in", |stats| stats.accepted > before);
        (near, far)
    }

    /// The same, after the client has asked for a WebSocket.
    fn connect_socket(&self) -> (TcpStream, TcpStream) {
        let (mut near, mut far) = self.connect();
        send(&mut near, UPGRADE);
        assert_eq!(received(&mut far, UPGRADE.len()), UPGRADE);
        (near, far)
    }

    fn until(&self, what: &str, holds: impl Fn(ProxyStats) -> bool) {
        let start = Instant::now();
        while !holds(self.proxy.stats()) {
            assert!(start.elapsed() < SOON, "{what}: {:?}", self.proxy.stats());
            thread::yield_now();
        }
    }
}

fn send(to: &mut TcpStream, text: &str) {
    to.write_all(text.as_bytes()).unwrap();
}

fn received(from: &mut TcpStream, count: usize) -> String {
    let mut bytes = vec![0; count];
    from.set_read_timeout(Some(SOON)).unwrap();
    from.read_exact(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// Whether the other end is silent but there.
fn is_silent(from: &mut TcpStream) -> bool {
    from.set_read_timeout(Some(BRIEFLY)).unwrap();
    let error = from.read(&mut [0]).err();
    error.is_some_and(|error| matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
}

/// Whether the connection ends, by a close or a reset.
fn ends(from: &mut TcpStream) -> bool {
    from.set_read_timeout(Some(SOON)).unwrap();
    match from.read(&mut [0]) {
        Ok(count) => count == 0,
        Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
    }
}

#[test]
fn bytes_and_the_end_pass_both_ways() {
    let far = Far::start();
    let (mut client, mut server) = far.connect();
    send(&mut client, "ask");
    assert_eq!(received(&mut server, 3), "ask");
    send(&mut server, "answer");
    assert_eq!(received(&mut client, 6), "answer");
    drop(server);
    assert!(ends(&mut client));
    drop(client);
    let stats = far.proxy.stats();
    assert_eq!((stats.bytes_to_server, stats.bytes_to_clients), (3, 6));
    assert_eq!((stats.accepted, stats.bytes_lost), (1, 0));
}

#[test]
fn a_cut_ends_both_sides_of_those_that_are_meant_and_no_others() {
    let far = Far::start();
    let (mut client, mut server) = far.connect_socket();
    let (mut other, mut beyond) = far.connect();
    assert_eq!(far.proxy.cut(Which::Sockets), 1);
    assert!(ends(&mut client) && ends(&mut server));
    send(&mut other, "x");
    assert_eq!(received(&mut beyond, 1), "x");
    assert_eq!(far.proxy.links().len(), 1);
    assert_eq!(far.proxy.cut(Which::All), 1);
    assert!(ends(&mut other) && ends(&mut beyond));
    assert_eq!(far.proxy.stats().cut, 2);
}

#[test]
fn a_stall_holds_bytes_both_ways_and_loses_none() {
    let far = Far::start();
    let (mut client, mut server) = far.connect();
    assert_eq!(far.proxy.set_flow(Which::All, Flow::Stall), 1);
    send(&mut client, "ask");
    send(&mut server, "answer");
    far.until("both are held", |stats| stats.stalled == 2);
    assert!(is_silent(&mut server) && is_silent(&mut client));
    far.proxy.heal();
    assert_eq!(received(&mut server, 3), "ask");
    assert_eq!(received(&mut client, 6), "answer");
    assert_eq!(far.proxy.stats().bytes_lost, 0);
}

#[test]
fn what_a_stall_holds_is_lost_with_a_cut() {
    let far = Far::start();
    let (mut client, mut server) = far.connect();
    far.proxy.set_flow(Which::All, Flow::Stall);
    send(&mut client, "ask");
    far.until("it is held", |stats| stats.stalled == 1);
    far.proxy.cut(Which::All);
    assert!(ends(&mut server));
    far.until("it is lost", |stats| stats.bytes_lost == 3);
    assert_eq!(far.proxy.stats().bytes_to_server, 0);
}

#[test]
fn one_connection_can_stall_while_others_and_later_ones_do_not() {
    let far = Far::start();
    let (mut client, mut server) = far.connect_socket();
    assert_eq!(far.proxy.set_flow(Which::Sockets, Flow::Stall), 1);
    let (mut other, mut beyond) = far.connect_socket();
    send(&mut client, "held");
    send(&mut other, "not held");
    assert_eq!(received(&mut beyond, 8), "not held");
    assert!(is_silent(&mut server));
    let stalled = far.proxy.links()[0].id;
    far.proxy.set_flow(Which::One(stalled), Flow::Pass);
    assert_eq!(received(&mut server, 4), "held");
}

#[test]
fn a_muted_connection_passes_what_is_asked_and_holds_the_answer() {
    let far = Far::start();
    let (mut client, mut server) = far.connect();
    far.proxy.set_flow(Which::All, Flow::Mute);
    send(&mut client, "ask");
    assert_eq!(received(&mut server, 3), "ask");
    send(&mut server, "answer");
    far.until("it is held", |stats| stats.stalled == 1);
    assert!(is_silent(&mut client));
    far.proxy.heal();
    assert_eq!(received(&mut client, 6), "answer");
}

#[test]
fn delayed_bytes_come_in_order_and_all_of_them() {
    let far = Far::start();
    let (mut client, mut server) = far.connect();
    far.proxy
        .set_flow(Which::All, Flow::Delay(Duration::from_millis(20)));
    let text: String = (0..200).map(|number| format!("{number:04} ")).collect();
    for word in text.split_inclusive(' ') {
        send(&mut client, word);
    }
    assert_eq!(received(&mut server, text.len()), text);
    assert!(far.proxy.stats().delayed > 0);
}

#[test]
fn a_half_open_connection_takes_everything_and_says_nothing() {
    let far = Far::start();
    let (mut client, mut server) = far.connect();
    assert_eq!(far.proxy.half_open(Which::All), 1);
    assert!(ends(&mut server));
    send(&mut client, "is anybody there?");
    far.until("it is taken", |stats| stats.bytes_lost == 17);
    assert!(is_silent(&mut client));
    assert!(far.proxy.links()[0].is_half_open);
    far.proxy.heal();
    assert!(is_silent(&mut client));
    assert_eq!(far.proxy.half_open(Which::All), 0);
    far.proxy.cut(Which::All);
    assert!(ends(&mut client));
}

#[test]
fn a_half_open_connection_that_its_client_gives_up_is_forgotten() {
    let far = Far::start();
    let (client, mut server) = far.connect();
    far.proxy.half_open(Which::All);
    assert!(ends(&mut server));
    drop(client);
    let start = Instant::now();
    while !far.proxy.links().is_empty() {
        assert!(start.elapsed() < SOON, "{:?}", far.proxy.links());
        thread::yield_now();
    }
}

#[test]
fn who_is_refused_is_turned_away_and_who_is_there_goes_on() {
    let far = Far::start();
    let (mut client, mut server) = far.connect();
    far.proxy.refuse(true);
    let mut late = TcpStream::connect(far.proxy.address()).unwrap();
    assert!(ends(&mut late));
    send(&mut client, "x");
    assert_eq!(received(&mut server, 1), "x");
    far.proxy.heal();
    far.connect();
    let stats = far.proxy.stats();
    assert_eq!((stats.refused, stats.accepted), (1, 2));
}

#[test]
fn only_the_piece_with_the_text_is_swallowed_and_only_once() {
    let far = Far::start();
    let (mut client, mut server) = far.connect_socket();
    far.proxy.swallow("two");
    send(&mut server, "one ");
    assert_eq!(received(&mut client, 4), "one ");
    send(&mut server, "two ");
    far.until("it is swallowed", |stats| stats.swallowed == 1);
    send(&mut server, "three two");
    assert_eq!(received(&mut client, 9), "three two");
    assert_eq!(far.proxy.stats().bytes_lost, 4);
}

#[test]
fn a_server_that_is_not_there_is_counted_and_its_client_told() {
    let nobody = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr();
    let proxy = FaultProxy::start(nobody.unwrap(), 1).unwrap();
    let mut client = TcpStream::connect(proxy.address()).unwrap();
    assert!(ends(&mut client));
    assert_eq!(proxy.stats().unreachable, 1);
}

#[test]
fn dropping_the_proxy_ends_everything_whatever_state_it_is_in() {
    for flow in [Flow::Pass, Flow::Stall, Flow::Delay(SOON * 100)] {
        let far = Far::start();
        let (mut client, mut server) = far.connect();
        far.proxy.set_flow(Which::All, flow);
        send(&mut client, "x");
        let address = far.proxy.address();
        drop(far.proxy);
        assert!(ends(&mut client));
        assert!(flow == Flow::Pass || ends(&mut server));
        assert!(TcpStream::connect(address).is_err());
    }
}

/// A proxy before servers that each say their name at once, or that are gone if they have none.
fn before(names: &[&'static str], order: Order) -> FaultProxy {
    let server = |name: &&'static str| {
        let (name, listener) = (*name, TcpListener::bind(("127.0.0.1", 0)).unwrap());
        let address = listener.local_addr().unwrap();
        if !name.is_empty() {
            thread::spawn(move || {
                for stream in listener.incoming() {
                    stream.unwrap().write_all(name.as_bytes()).unwrap();
                }
            });
        }
        address
    };
    FaultProxy::before(names.iter().map(server).collect(), order, loopback(0), 1).unwrap()
}

/// What the servers of so many connections are called.
fn names(proxy: &FaultProxy, count: usize) -> Vec<String> {
    let name = |_| {
        let mut name = String::new();
        let mut stream = TcpStream::connect(proxy.address()).unwrap();
        stream.read_to_string(&mut name).unwrap();
        name
    };
    (0..count).map(name).collect()
}

#[test]
fn connections_go_to_the_servers_in_turn() {
    let proxy = before(&["a", "b"], Order::InTurn);
    assert_eq!(names(&proxy, 4), ["a", "b", "a", "b"]);
}

#[test]
fn a_server_that_is_gone_is_passed_over() {
    let in_turn = before(&["a", "", "b"], Order::InTurn);
    assert_eq!(names(&in_turn, 3), ["a", "b", "b"]);
    let first = before(&["", "b", "a"], Order::FirstAlive);
    assert_eq!(names(&first, 3), ["b", "b", "b"]);
}

#[test]
fn without_a_server_a_connection_is_closed_and_counted() {
    let gone = before(&[""], Order::InTurn);
    assert_eq!(names(&gone, 1), [""]);
    assert_eq!(gone.stats().unreachable, 1);
    assert_eq!(names(&before(&[], Order::InTurn), 1), [""]);
}

#[test]
fn a_proxy_that_is_dropped_frees_its_port() {
    let proxy = before(&["a"], Order::InTurn);
    let address = proxy.address();
    assert_eq!(names(&proxy, 1), ["a"]);
    drop(proxy);
    TcpListener::bind(address).unwrap();
}
