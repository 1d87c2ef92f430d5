//! The cases, by topic.

mod acks;
mod binary;
mod browser;
mod endings;
mod envelope;
mod events;
mod handshake;
mod limits;
mod namespaces;
mod nodes;
mod pattern;
mod recovery;

pub use limits::GARBAGE;

use crate::{
    case::Case,
    failure::{Failure, Verdict},
    native::{Listening, Native},
    peer::Peer,
    wait::event,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json as object};
use std::collections::BTreeMap;

/// All cases, in the order in which they are played.
pub fn all() -> impl Iterator<Item = &'static Case> {
    [
        handshake::CASES,
        events::CASES,
        acks::CASES,
        binary::CASES,
        namespaces::CASES,
        endings::CASES,
        recovery::CASES,
        limits::CASES,
        nodes::CASES,
        pattern::CASES,
        envelope::CASES,
        browser::CASES,
    ]
    .into_iter()
    .flatten()
}

/// What a peer counts.
#[derive(Debug, Deserialize)]
struct Census {
    sockets: usize,
    rooms: BTreeMap<String, usize>,
}

/// What the plain WebSocket server says so that it passes for one of Socket.IO: it lets everybody in, and answers the
/// first message of each link, if that is an `echo`.
fn welcome() -> Value {
    let open = object!({
        "sid": "a", "upgrades": [], "pingInterval": 25_000, "pingTimeout": 20_000, "maxPayload": 1_000_000,
    });
    object!({
        "greeting": [format!("0{open}")],
        "answers": [
            { "to": "40", "frames": ["40{\"sid\":\"b\"}"] },
            { "to": "420[\"echo\"", "frames": ["430[{\"heard\":true}]"] },
        ],
    })
}

/// Waits until the peer has one socket, and that is in the channel. To be asked for when a client is connected: then it is
/// the client's present one, and not what is left of a link before.
async fn joined(peer: &Peer, channel: &str) -> Verdict {
    let what = format!("one socket, and that in {channel}");
    let alone = |census: &Census| census.sockets == 1 && census.rooms.get(channel) == Some(&1);
    peer.until(&what, "census", object!({}), alone)
        .await
        .map(drop)
}

/// Waits until nobody is in the channel.
async fn left(peer: &Peer, channel: &str) -> Verdict {
    let what = format!("nobody in {channel}");
    let empty = |census: &Census| !census.rooms.contains_key(channel);
    peer.until(&what, "census", object!({}), empty)
        .await
        .map(drop)
}

fn listen(native: &Native, event: &str, channel: &str) -> Verdict<Listening> {
    native
        .listen(event, Some(channel))
        .map_err(|error| Failure::unable("listen", error))
}

/// Waits for the next event, and reads its payload.
async fn next<T: DeserializeOwned>(listening: &mut Listening, what: &str) -> Verdict<T> {
    let event = event(listening, what).await?;
    json(&event.data)
}

fn json<T: DeserializeOwned>(text: &str) -> Verdict<T> {
    serde_json::from_str(text).map_err(|error| Failure::unable("read what came", error))
}
