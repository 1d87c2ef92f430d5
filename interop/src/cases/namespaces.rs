//! Namespaces: one that the client lives in, and one for each channel.

use crate::{
    failure::{Verdict, same},
    peer::Peer,
    stage::Stage,
    wait::{answer, connected, event, holds},
};
use realtime_core::{
    ConnectionError, ConnectionStatus, Fault, Message, wire::socketio::ChannelMapping,
};
use serde_json::{Value, json};

cases! {
    "namespace" on Node, Oxide => one;
    "namespaces-as-channels" on Node, Oxide => channels;
    "middleware-rejection" on Node, Oxide => rejected;
}

/// All of a client's life in another namespace than the default one.
async fn one(stage: Stage) -> Verdict {
    let peer = stage.peer(json!({})).await?;
    let setup = stage.client(&peer);
    let native = setup
        .with_options(|options| options.with_namespace("/open-a"))
        .connect()
        .await?;
    let mut relayed = super::listen(&native, "relay", "desk")?;
    let counted = |census: &super::Census| census.rooms.get("desk") == Some(&1);
    let there = json!({ "namespace": "/open-a" });
    peer.until("the client is there", "census", there, counted)
        .await?;
    let message = Message::new("relay", r#"{"text":"hello"}"#).on("desk");
    answer(native.send(message), "the message is answered").await?;
    let came: Value = super::next(&mut relayed, "the message comes back").await?;
    same("the text", &came["text"], &json!("hello"))?;
    let nobody = |census: &super::Census| census.sockets == 0;
    peer.until("nobody is in the default one", "census", json!({}), nobody)
        .await
        .map(drop)
}

async fn tick(peer: &Peer, namespace: &str) -> Verdict {
    let tick = json!({ "namespace": namespace, "event": "tick", "payload": {} });
    peer.call::<Value>("emit", tick).await.map(drop)
}

/// Subscribing is connecting, over one link; leaving is disconnecting, and leaves the others alone.
async fn channels(stage: Stage) -> Verdict {
    let peer = stage.peer(json!({ "auth": true })).await?;
    let setup = stage.client(&peer).with_tokens(&["good"]);
    let native = setup
        .with_options(|options| options.with_mapping(ChannelMapping::Namespace))
        .connect()
        .await?;
    let mut a = super::listen(&native, "tick", "room-a")?;
    let mut b = super::listen(&native, "tick", "room-b")?;
    for namespace in ["/room-a", "/room-b"] {
        inside(&peer, namespace, 1).await?;
        tick(&peer, namespace).await?;
    }
    for (listening, channel) in [(&mut a, "room-a"), (&mut b, "room-b")] {
        let tick = event(listening, "the tick of each namespace").await?;
        same("the channel", &tick.channel.as_deref(), &Some(channel))?;
        same("further events", &listening.take().is_none(), &true)?;
    }
    let echoed = native.send(Message::new("echo", r#"{"n":1}"#).on("room-a"));
    let echoed: Value = super::json(&answer(echoed, "an answer from a namespace").await?)?;
    same("the echo", &echoed["n"], &json!(1))?;

    drop(b);
    inside(&peer, "/room-b", 0).await?;
    inside(&peer, "/room-a", 1).await?;
    // After a new link the one that is wanted is there again, and no other.
    native.run(|client, now| client.reconnect(now));
    connected(&native).await?;
    // Once the old link's socket has left the default namespace, it has left all.
    for (namespace, sockets) in [("/", 1), ("/room-a", 1), ("/room-b", 0)] {
        inside(&peer, namespace, sockets).await?;
    }
    tick(&peer, "/room-a").await?;
    event(&mut a, "events come again").await.map(drop)
}

async fn inside(peer: &Peer, namespace: &str, sockets: usize) -> Verdict {
    let counted = |census: &super::Census| census.sockets == sockets;
    let arguments = json!({ "namespace": namespace });
    let what = format!("{sockets} in {namespace}");
    peer.until(&what, "census", arguments, counted)
        .await
        .map(drop)
}

/// A namespace that lets nobody in: the subscription is refused with the middleware's words, and the link and the
/// other channels are not touched.
async fn rejected(stage: Stage) -> Verdict {
    let peer = stage.peer(json!({})).await?;
    let setup = stage.client(&peer);
    let native = setup
        .with_options(|options| options.with_mapping(ChannelMapping::Namespace))
        .connect()
        .await?;
    let mut open = super::listen(&native, "tick", "room-a")?;
    let _closed = super::listen(&native, "tick", "closed")?;
    holds(&native, "the refusal is told", |native| {
        native.journal().faults().any(|fault| {
            matches!(fault, Fault::Refused { channel, error }
                if &**channel == "closed" && &*error.message == "this namespace is closed")
        })
    })
    .await?;
    inside(&peer, "/room-a", 1).await?;
    tick(&peer, "/room-a").await?;
    event(&mut open, "the event of the other channel").await?;
    same("the links", &native.client().stats().connection.links, &1)?;

    // The same of a client that wants to live there: it is told, and does not hammer at the door.
    let setup = stage.client(&peer);
    let outside = setup
        .with_options(|options| options.with_namespace("/closed"))
        .open();
    holds(
        &outside,
        "the client has learnt why it was refused",
        |native| {
            matches!(&native.client().connection().last_error, Some(ConnectionError::Refused(error))
            if &*error.message == "this namespace is closed")
        },
    )
    .await?;
    // `forbidden` is for good; a refusal without a code may be another one next time.
    let info = outside.client().connection().clone();
    let rests = match info.retry_at {
        Some(at) => at.saturating_since(info.since).as_millis() >= 1_000,
        None => info.status == ConnectionStatus::Disconnected,
    };
    same("the next attempt is far off, or none comes", &rests, &true)
}
