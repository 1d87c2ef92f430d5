//! Tests of the balancer, over real sockets.

use super::*;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::Shutdown,
    sync::mpsc::{Receiver, channel},
};

/// A server that says its name and then says everything again. Its connections come through the channel as well, for
/// it to end them.
fn server(name: &'static str) -> (SocketAddr, Receiver<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, connections) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            if sender.send(stream.try_clone().unwrap()).is_err() {
                return;
            }
            thread::spawn(move || {
                writeln!(stream, "{name}")?;
                io::copy(&mut stream.try_clone()?, &mut stream)
            });
        }
    });
    (address, connections)
}

/// An address at which nobody listens.
fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
}

fn balancer(servers: &[SocketAddr], order: Order) -> Balancer {
    Balancer::start("127.0.0.1:0".parse().unwrap(), servers.to_vec(), order).unwrap()
}

fn connect(balancer: &Balancer) -> BufReader<TcpStream> {
    BufReader::new(TcpStream::connect(balancer.address()).unwrap())
}

fn line(stream: &mut BufReader<TcpStream>) -> String {
    let mut line = String::new();
    stream.read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

fn names(balancer: &Balancer, count: usize) -> Vec<String> {
    (0..count).map(|_| line(&mut connect(balancer))).collect()
}

#[test]
fn connections_go_to_the_servers_in_turn() {
    let ((a, _a), (b, _b)) = (server("a"), server("b"));
    let balancer = balancer(&[a, b], Order::InTurn);
    assert_eq!(names(&balancer, 4), ["a", "b", "a", "b"]);
}

#[test]
fn one_that_is_gone_is_passed_over() {
    let ((a, _a), (b, _b)) = (server("a"), server("b"));
    let in_turn = balancer(&[a, nobody(), b], Order::InTurn);
    assert_eq!(names(&in_turn, 3), ["a", "b", "b"]);
    let first = balancer(&[nobody(), b, a], Order::FirstAlive);
    assert_eq!(names(&first, 3), ["b", "b", "b"]);
}

#[test]
fn a_connection_carries_both_directions_until_either_end_ends_it() {
    let (a, connections) = server("a");
    let balancer = balancer(&[a], Order::InTurn);
    let mut client = connect(&balancer);
    assert_eq!(line(&mut client), "a");
    client.get_mut().write_all(b"hello\n").unwrap();
    assert_eq!(line(&mut client), "hello");
    connections
        .recv()
        .unwrap()
        .shutdown(Shutdown::Both)
        .unwrap();
    let mut rest = Vec::new();
    // A reset is an end like another.
    let _ = client.read_to_end(&mut rest);
    assert!(rest.is_empty());

    let mut client = connect(&balancer);
    assert_eq!(line(&mut client), "a");
    let mut end = connections.recv().unwrap();
    drop(client);
    let _ = end.read_to_end(&mut rest);
}

#[test]
fn without_a_server_a_connection_is_closed_and_counted() {
    let balancer = balancer(&[nobody()], Order::InTurn);
    assert_eq!(line(&mut connect(&balancer)), "");
    assert_eq!(balancer.refused(), 1);
    let none = Balancer::start("127.0.0.1:0".parse().unwrap(), Vec::new(), Order::InTurn).unwrap();
    assert_eq!(line(&mut connect(&none)), "");
}

#[test]
fn it_ends_with_its_connections_and_frees_its_port() {
    let (a, _a) = server("a");
    let balancer = balancer(&[a], Order::InTurn);
    let address = balancer.address();
    let mut client = connect(&balancer);
    assert_eq!(line(&mut client), "a");
    drop(balancer);
    assert_eq!(line(&mut client), "");
    TcpListener::bind(address).unwrap();
}
