//! Seeds of the fuzz targets, which were once hostile to a client, said to the hub on both wires.

use crate::client::{Client, Served};
use realtime_server::{Hub, Limits, Message};
use serde_json::Value;
use std::{fs, path::PathBuf};

/// The lines of each seed. Lines that tell a target to do something are among them: they are no envelopes either.
fn seeds() -> Vec<Vec<String>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds");
    let mut seeds = Vec::new();
    for target in fs::read_dir(folder).unwrap() {
        for file in fs::read_dir(target.unwrap().path()).unwrap() {
            let input = fs::read(file.unwrap().path()).unwrap();
            let text = String::from_utf8_lossy(&input).into_owned();
            seeds.push(text.lines().map(str::to_owned).collect());
        }
    }
    seeds
}

async fn served() -> Served {
    let limits = Limits {
        messages_per_second: 1_000_000,
        ..Limits::default()
    };
    let hub = Hub::builder()
        .limits(limits)
        .on_message(async |message: Message| message.data::<Value>())
        .build();
    Served::new(hub).await
}

#[tokio::test]
async fn whatever_comes_is_read_or_refused_and_the_next_frame_is_as_good_as_ever() {
    let served = served().await;
    let seeds = seeds();
    assert!(seeds.len() > 10);
    for lines in seeds {
        let mut client = Client::connect(&served).await;
        for line in &lines {
            client.send_text(line).await;
            for cut in [1, 2, 3, 5] {
                let end = line.floor_char_boundary(line.len() * cut / 6);
                client.send_text(&line[..end]).await;
            }
        }
        client.send_text(r#"{"event":"ping","id":"the end"}"#).await;
        while client.next().await["re"] != "the end" {}
    }
}

#[cfg(feature = "socketio")]
#[tokio::test]
async fn whatever_comes_over_socketio_ends_one_connection_at_most() {
    use crate::socketio_client::SocketIoClient;
    let served = served().await;
    for lines in seeds() {
        let mut client = SocketIoClient::connect(&served).await;
        for line in &lines {
            for packet in [line.clone(), format!("42{line}"), format!("421{line}")] {
                client.try_send(&packet).await;
            }
        }
    }
    SocketIoClient::in_channel(&served, "news").await;
}
