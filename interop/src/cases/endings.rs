//! Endings: how a link ends, and what comes after it.

use crate::{
    failure::{Verdict, ensure, same, shown},
    stage::Stage,
    wait::{answer, connected, event, holds, parted, until},
};
use realtime_core::{CloseReason, ConnectionError, ConnectionStatus, Message};
use realtime_testkit::{FaultProxy, Which, loopback};
use serde_json::{Value, json};

cases! {
    "server-disconnect" on Node, Oxide => dismissed;
    "ping-timeout" on Node, Oxide => ping_timeout;
    "pings-keep-alive" on Node, Oxide => pings_keep_alive;
    "server-restart" on Node, Oxide => restart;
    "fifty-reconnects" on Node, Oxide => fifty_reconnects;
    "link-cut" on Node, Oxide => cut;
}

/// "io server disconnect": the client stays away until the app says otherwise.
async fn dismissed(stage: Stage) -> Verdict {
    let peer = stage.peer(json!({})).await?;
    let native = stage.client(&peer).connect().await?;
    let mut ticks = super::listen(&native, "tick", "desk")?;
    super::joined(&peer, "desk").await?;
    let _: Value = peer.call("dismiss", json!({})).await?;
    holds(&native, "the client is disconnected for good", |native| {
        let info = native.client().connection().clone();
        info.status == ConnectionStatus::Disconnected
            && matches!(info.close_reason, Some(CloseReason::Dismissed { .. }))
    })
    .await?;
    let deadline = native.client().connection().retry_at;
    same("the next attempt", &deadline, &None)?;
    super::left(&peer, "desk").await?;
    native.run(|client, now| client.connect(now));
    connected(&native).await?;
    super::joined(&peer, "desk").await?;
    tick(&peer).await?;
    event(&mut ticks, "events come again").await.map(drop)
}

async fn tick(peer: &crate::peer::Peer) -> Verdict {
    let tick = json!({ "channel": "desk", "event": "tick", "payload": {} });
    peer.call::<Value>("emit", tick).await.map(drop)
}

/// A server that is stopped in its tracks: its sockets stay open, and nothing comes.
async fn ping_timeout(stage: Stage) -> Verdict {
    let quick = json!({ "pingInterval": 200, "pingTimeout": 300 });
    let peer = stage.peer(quick).await?;
    let native = stage.client(&peer).connect().await?;
    let mut ticks = super::listen(&native, "tick", "desk")?;
    super::joined(&peer, "desk").await?;
    peer.freeze()?;
    let noticed = parted(&native).await;
    let error = native.client().connection().last_error.clone();
    peer.thaw()?;
    noticed?;
    same("the error", &error, &Some(ConnectionError::Unresponsive))?;
    connected(&native).await?;
    super::joined(&peer, "desk").await?;
    tick(&peer).await?;
    event(&mut ticks, "events come again").await.map(drop)
}

/// The server gives up whoever does not answer its pings; we do.
async fn pings_keep_alive(stage: Stage) -> Verdict {
    let quick = json!({ "pingInterval": 50, "pingTimeout": 2_000 });
    let peer = stage.peer(quick).await?;
    let native = stage.client(&peer).connect().await?;
    // Each ping is a frame, and the opening is two: so many have been answered in time.
    until(&native, "twenty pings", |native| {
        (native.client().stats().frames_received >= 22).then_some(())
    })
    .await?;
    same("the links", &native.client().stats().connection.links, &1)?;
    same(
        "the status",
        &native.client().connection().status,
        &ConnectionStatus::Connected,
    )
}

/// A server that is killed while messages are under way, and comes back.
async fn restart(stage: Stage) -> Verdict {
    let peer = stage.peer(json!({})).await?;
    let native = stage.client(&peer).connect().await?;
    let mut relayed = super::listen(&native, "relay", "desk")?;
    super::joined(&peer, "desk").await?;
    let message = |at: usize| Message::new("relay", json!({ "at": at }).to_string()).on("desk");
    answer(native.send(message(0)), "the first message").await?;
    event(&mut relayed, "the first message").await?;
    // Frozen first, so that it dies with messages unanswered.
    peer.freeze()?;
    let sent: Vec<_> = (1..=20).map(|at| native.send(message(at))).collect();
    let peer = peer.restart().await?;
    for sent in sent {
        answer(sent, "each message is answered by the new server").await?;
    }
    for at in 1..=20 {
        let came: Value = super::next(&mut relayed, "the next message").await?;
        same("the message", &came["at"], &json!(at))?;
    }
    let seen: Value = peer.call("seen", json!({})).await?;
    let ids = seen["messages"].as_array().cloned().unwrap_or_default();
    let distinct: std::collections::BTreeSet<_> = ids.iter().map(ToString::to_string).collect();
    ensure(ids.len() == 20 && distinct.len() == 20, || {
        format!(
            "the new server should see twenty messages, but saw {}",
            shown(&ids)
        )
    })
}

/// The network breaks without a word, again and again; the server holds one subscription at the end.
async fn fifty_reconnects(stage: Stage) -> Verdict {
    let peer = stage.peer(json!({})).await?;
    let native = stage.client(&peer).connect().await?;
    let mut ticks = super::listen(&native, "tick", "desk")?;
    let _other = super::listen(&native, "tick", "hall")?;
    for round in 1..=50 {
        native.run(|client, now| client.reconnect(now));
        connected(&native).await?;
        let links = native.client().stats().connection.links;
        ensure(links > round, || {
            format!("in round {round} there were {links} links")
        })?;
    }
    for channel in ["desk", "hall"] {
        super::joined(&peer, channel).await?;
    }
    let one = |census: &super::Census| census.sockets == 1;
    peer.until("one socket is left", "census", json!({}), one)
        .await?;
    tick(&peer).await?;
    event(&mut ticks, "the event").await?;
    // Had a second subscription been left, a second one would be on its way before this answer.
    answer(native.send(Message::new("echo", "{}")), "the echo").await?;
    same("further events", &ticks.take().is_none(), &true)?;
    drop(ticks);
    super::left(&peer, "desk").await?;
    super::joined(&peer, "hall").await
}

/// The link breaks without a word, again and again.
async fn cut(stage: Stage) -> Verdict {
    let peer = stage.peer(json!({})).await?;
    let network = FaultProxy::start(loopback(peer.port()), 0)?;
    let native = stage.client_at(network.address().port()).connect().await?;
    let mut ticks = super::listen(&native, "tick", "desk")?;
    for round in 1..=10 {
        super::joined(&peer, "desk").await?;
        same(
            "the connections that were cut",
            &network.cut(Which::All),
            &1,
        )?;
        holds(&native, "there is another link", |native| {
            native.client().stats().connection.links > round
        })
        .await?;
    }
    super::joined(&peer, "desk").await?;
    tick(&peer).await?;
    event(&mut ticks, "events come again").await.map(drop)
}
