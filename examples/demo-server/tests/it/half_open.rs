//! Connections that do not say what they want, or not in time.

use crate::{
    client::{Client, in_time, serve, still, strict},
    http,
    socketio_client::url,
};
use futures::{SinkExt, StreamExt};
use realtime_demo_server::{Config, RunningServer};
use serde_json::Value;
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::sleep,
};
use tokio_tungstenite::{connect_async, tungstenite::Message};

const BRIEF: Duration = Duration::from_millis(100);

/// A connection on which this much has been said.
async fn opened(server: &RunningServer, said: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.addr()).await.unwrap();
    stream.write_all(said.as_bytes()).await.unwrap();
    stream
}

/// What comes until the server ends the connection.
async fn rest(mut stream: TcpStream) -> String {
    let mut said = Vec::new();
    // With bytes left unread the end may be a rude one.
    let _ = in_time(stream.read_to_end(&mut said)).await;
    String::from_utf8(said).unwrap()
}

/// Asks for the server's health until there is a place for the question.
async fn until_served(server: &RunningServer) -> Value {
    in_time(async {
        loop {
            let asked = http::try_request(server, "GET", "/api/health", "", "").await;
            if let Ok(Some(answer)) = asked
                && answer.status == 200
            {
                return answer.json();
            }
        }
    })
    .await
}

#[tokio::test]
async fn who_does_not_ask_in_time_is_given_up() {
    let server = serve(Config {
        head_within: BRIEF,
        ..still()
    })
    .await;
    for said in ["", "G", "GET / HTTP/1.1\r\nhost: localhost\r\n"] {
        assert_eq!(rest(opened(&server, said).await).await, "", "{said:?}");
    }
}

#[tokio::test]
async fn headers_that_trickle_in_do_not_buy_time() {
    let server = serve(Config {
        head_within: BRIEF,
        ..still()
    })
    .await;
    let mut stream = opened(&server, "GET / HTTP/1.1\r\n").await;
    in_time(async {
        while stream.write_all(b"x-more: 1\r\n").await.is_ok() {
            sleep(BRIEF / 20).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_connection_that_rests_after_its_answer_is_given_up() {
    let server = serve(Config {
        head_within: BRIEF,
        ..still()
    })
    .await;
    let asked = "GET /api/health HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let answer = rest(opened(&server, asked).await).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let server = serve(Config {
        body_within: BRIEF,
        ..still()
    })
    .await;
    let asked = "POST /api/tasks HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
        content-length: 100\r\n\r\n{";
    let answer = rest(opened(&server, asked).await).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("too_slow"), "{answer}");
}

#[tokio::test]
async fn an_answer_that_is_not_read_is_given_up() {
    let folder = std::env::temp_dir().join(format!("realtime-demo-unread-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    // More than all buffers on the way can hold.
    std::fs::write(folder.join("large.bin"), vec![0; 64 << 20]).unwrap();
    let server = serve(Config {
        dist: folder.clone(),
        max_requests: 1,
        write_within: BRIEF,
        ..still()
    })
    .await;
    let asked = "GET /large.bin HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let mut unread = opened(&server, asked).await;
    unread.read_exact(&mut [0; 12]).await.unwrap();
    until_served(&server).await;
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let server = serve(still()).await;
    let head = format!(
        "GET / HTTP/1.1\r\nhost: localhost\r\nx-long: {}",
        "x".repeat(200_000)
    );
    let answer = rest(opened(&server, &head).await).await;
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 431"),
        "{answer}"
    );
    let many = "x-many: 1\r\n".repeat(200);
    let head = format!("GET / HTTP/1.1\r\nhost: localhost\r\n{many}\r\n");
    let answer = rest(opened(&server, &head).await).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
}

#[tokio::test]
async fn half_open_requests_have_a_cap_and_sockets_do_not_count() {
    let server = serve(Config {
        max_requests: 3,
        ..still()
    })
    .await;
    let mut sockets = Vec::new();
    for _ in 0..6 {
        let mut client = Client::connect(&server).await;
        client.expect_nothing_more().await;
        sockets.push(client);
    }
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(opened(&server, "GET / HT").await);
    }
    let answer = rest(opened(&server, "").await).await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    held.pop();
    let health = until_served(&server).await;
    assert!(health["turnedAway"].as_u64() >= Some(1), "{health}");
    for client in &mut sockets {
        client.expect_nothing_more().await;
    }
}

#[tokio::test]
async fn one_address_has_only_so_many_connections_sockets_among_them() {
    let server = serve(Config {
        max_per_address: Some(2),
        ..still()
    })
    .await;
    let mut first = Client::connect(&server).await;
    first.expect_nothing_more().await;
    let held = opened(&server, "GET / HT").await;
    let answer = rest(opened(&server, "").await).await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    drop(held);
    first.close().await;
    until_served(&server).await;
}

#[tokio::test]
async fn a_socket_that_only_shows_signs_of_life_is_closed_all_the_same() {
    let server = serve(Config {
        auth_within: BRIEF,
        ..strict()
    })
    .await;
    let at = format!("ws://{}/ws", server.addr());
    let (mut socket, _) = connect_async(at).await.unwrap();
    let close = in_time(async {
        loop {
            // It may be closed already.
            let _ = socket.send(Message::Ping("x".into())).await;
            match socket.next().await {
                Some(Ok(Message::Close(frame))) => return frame.unwrap().code,
                Some(Ok(_)) => sleep(BRIEF / 20).await,
                other => panic!("a close frame was expected, not {other:?}"),
            }
        }
    })
    .await;
    assert_eq!(u16::from(close), 4300);
}

#[tokio::test]
async fn a_socket_io_connection_that_never_asks_for_a_socket_is_closed() {
    let server = serve(Config {
        auth_within: BRIEF,
        ..strict()
    })
    .await;
    let (mut socket, _) = connect_async(url(&server)).await.unwrap();
    in_time(async { while let Some(Ok(_)) = socket.next().await {} }).await;
}
