//! Events in both directions.

use crate::{
    failure::{Verdict, ensure, same},
    native::{Listening, Native},
    stage::Stage,
    wait::answer,
};
use realtime_core::{Delivery, Message};
use serde_json::{Value, json};

cases! {
    "events-unicode" on Node, Oxide => unicode;
    "events-large" on Node, Oxide => large;
    "events-in-order" on Node, Oxide => in_order;
    "volatile" on Node, Oxide => volatile;
}

/// A client in the channel `desk`.
async fn at_the_desk(stage: &Stage, peer: &crate::peer::Peer) -> Verdict<(Native, Listening)> {
    let native = stage.client(peer).connect().await?;
    let relayed = super::listen(&native, "relay", "desk")?;
    super::joined(peer, "desk").await?;
    Ok((native, relayed))
}

async fn relay(native: &Native, relayed: &mut Listening, text: &str) -> Verdict {
    let data = json!({ "text": text });
    let sent = native.send(Message::new("relay", data.to_string()).on("desk"));
    let answered: Value = super::json(&answer(sent, "relay").await?)?;
    same("the answer", &answered["relayed"], &json!(true))?;
    let came: Value = super::next(relayed, "what was sent comes back").await?;
    ensure(came["text"] == text, || {
        format!(
            "the text of {} bytes should come back as it was",
            text.len()
        )
    })
}

async fn unicode(stage: Stage) -> Verdict {
    let peer = stage.peer(json!({})).await?;
    let (native, mut relayed) = at_the_desk(&stage, &peer).await?;
    for text in [
        "",
        "ä ß ∑ 漢字 🎉👩‍👩‍👧‍👦",
        "\u{0}\u{1}\u{1f}\u{7f}\u{80}",
        "\"quoted\" \\ back/slash\r\n\t",
        "\u{2028}\u{2029}\u{feff}\u{fffd}",
        "e\u{301} \u{202e}right to left",
        "\u{10ffff}\u{d7ff}\u{e000}",
        "42[\"looks like a packet\"]",
        "{\"_placeholder\":true,\"num\":0}",
    ] {
        relay(&native, &mut relayed, text).await?;
    }
    Ok(())
}

async fn large(stage: Stage) -> Verdict {
    let peer = stage.peer(json!({ "maxPayload": 8_000_000 })).await?;
    let (native, mut relayed) = at_the_desk(&stage, &peer).await?;
    // Beyond what fits into one, two and four bytes of a frame's length, and into a socket's buffer.
    for length in [125, 126, 65_535, 65_536, 1_000_000] {
        relay(&native, &mut relayed, &"ä".repeat(length / 2)).await?;
    }
    Ok(())
}

/// A thousand events, none lost, none doubled, each after the one before it.
async fn in_order(stage: Stage) -> Verdict {
    const COUNT: u64 = 1_000;
    let peer = stage.peer(json!({})).await?;
    let (native, mut relayed) = at_the_desk(&stage, &peer).await?;
    let mut ticks = super::listen(&native, "tick", "desk")?;
    let many = json!({ "channel": "desk", "event": "tick", "payload": {}, "times": COUNT });
    let _: Value = peer.call("emit", many).await?;
    for at in 0..COUNT {
        let tick: Value = super::next(&mut ticks, "the next tick").await?;
        same("the tick", &tick["at"], &json!(at))?;
    }
    let sends: Vec<_> = (0..COUNT)
        .map(|at| native.send(Message::new("relay", json!({ "at": at }).to_string()).on("desk")))
        .collect();
    for at in 0..COUNT {
        let came: Value = super::next(&mut relayed, "the next message").await?;
        same("the message", &came["at"], &json!(at))?;
    }
    for sent in sends {
        answer(sent, "each is answered").await?;
    }
    same("events lost", &(ticks.lost() + relayed.lost()), &0)
}

/// Sent when there is a link, and else not at all.
async fn volatile(stage: Stage) -> Verdict {
    let peer = stage.peer(json!({})).await?;
    let (native, mut relayed) = at_the_desk(&stage, &peer).await?;
    let message = |text: &str| {
        let data = json!({ "text": text }).to_string();
        Message::new("relay", data)
            .on("desk")
            .with(Delivery::Volatile)
    };
    drop(native.send(message("first")));
    let came: Value = super::next(&mut relayed, "a volatile message").await?;
    same("the text", &came["text"], &json!("first"))?;
    native.run(|client, now| client.disconnect(now));
    let lost = native.send(message("lost")).await;
    same(
        "the outcome",
        &lost,
        &Err(realtime_core::SendError::Disconnected),
    )?;
    native.run(|client, now| client.connect(now));
    crate::wait::connected(&native).await?;
    super::joined(&peer, "desk").await?;
    drop(native.send(message("last")));
    let came: Value = super::next(&mut relayed, "the next message").await?;
    same("the text", &came["text"], &json!("last"))
}
