//! Names of this server that are none: a page elsewhere whose name leads to this machine.

use crate::client::{Served, in_time, serve, still};
use realtime_demo_server::{Config, RunningServer};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const UPGRADE: &str = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
    sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const SOCKETS: [&str; 2] = ["/ws", "/socket.io/?EIO=4&transport=websocket"];

/// The status of the answer.
async fn status(server: &RunningServer, path: &str, headers: &str) -> String {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let head = format!("GET {path} HTTP/1.1\r\n{headers}\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut start = [0; 12];
    in_time(stream.read_exact(&mut start)).await.unwrap();
    String::from_utf8_lossy(&start[9..]).into_owned()
}

#[tokio::test]
async fn under_a_foreign_name_nothing_is_served() {
    let server = serve(Config {
        hosts: vec!["demo.test".into()],
        ..still()
    })
    .await;
    for path in ["/", "/api/health", "/api/tasks", SOCKETS[0], SOCKETS[1]] {
        for host in [
            "host: evil.test\r\n",
            "host: evil.test:8080\r\n",
            "",
            "host: localhost\r\nhost: evil.test\r\n",
        ] {
            let headers = format!("{host}{UPGRADE}");
            assert!(
                ["400", "403"].contains(&status(&server, path, &headers).await.as_str()),
                "{path} {host:?}"
            );
        }
    }
    let aside = "http://evil.test/api/health";
    assert_eq!(status(&server, aside, "host: localhost\r\n").await, "403");
    for host in ["localhost", "127.0.0.1:1", "demo.test", "a.localhost:8080"] {
        let headers = format!("host: {host}\r\n");
        assert_eq!(status(&server, "/api/health", &headers).await, "200");
    }
}

#[tokio::test]
async fn a_page_elsewhere_opens_no_socket_of_either_kind() {
    let server = serve(Config {
        hosts: vec!["demo.test".into()],
        ..still()
    })
    .await;
    for path in SOCKETS {
        for (host, origin, expected) in [
            ("localhost", "http://evil.test", "403"),
            ("localhost", "null", "403"),
            ("localhost", "http://localhost.evil.test", "403"),
            ("evil.test", "http://evil.test", "403"),
            ("demo.test", "http://demo.test", "403"),
            ("demo.test", "ftp://demo.test", "403"),
            ("demo.test", "https://demo.test", "101"),
            ("localhost", "ftp://localhost", "403"),
            ("localhost", "http://localhost", "101"),
        ] {
            let headers = format!("host: {host}\r\norigin: {origin}\r\n{UPGRADE}");
            let answer = status(&server, path, &headers).await;
            assert_eq!(answer, expected, "{path} {host} {origin}");
        }
        // As Trunk's proxy asks, and as somebody who would like to be one.
        for (page, origin, expected) in [
            ("localhost:8081", "http://localhost:8081", "101"),
            ("evil.test", "http://evil.test", "403"),
            ("demo.test", "https://demo.test", "403"),
        ] {
            let forwarded =
                format!("host: 127.0.0.1\r\norigin: {origin}\r\nx-forwarded-host: {page}\r\n");
            let answer = status(&server, path, &format!("{forwarded}{UPGRADE}")).await;
            assert_eq!(answer, expected, "{path} {page}");
        }
    }
}
