//! Limits: what is too large, and what is no Socket.IO at all.

use crate::{
    failure::{Failure, Verdict, ensure, same, shown},
    stage::Stage,
    wait::{answer, connected, holds, until, within},
};
use realtime_core::{ConnectionStatus, Message, SendError};
use serde_json::{Value, json};

cases! {
    "max-payload" on Node, Oxide => max_payload;
    "garbage-packets" on Raw => garbage;
    "silent-server" on Raw => silence;
}

/// A message that the server would hang up on is not sent, and the app learns why.
async fn max_payload(stage: Stage) -> Verdict {
    let peer = stage.peer(json!({ "maxPayload": 10_000 })).await?;
    let native = stage.client(&peer).connect().await?;
    let text =
        |bytes: usize| Message::new("echo", json!({ "text": "x".repeat(bytes) }).to_string());
    let sent = within("the send ends", native.send(text(20_000))).await?;
    let Err(SendError::Unsendable(error)) = sent else {
        return Err(Failure::new(format!(
            "the send should fail, but ended as {}",
            shown(&sent)
        )));
    };
    let words = error.to_string();
    ensure(
        words.contains("10000") && words.contains("maxHttpBufferSize"),
        || format!("the error should name the limit and what to do, but says: {words}"),
    )?;
    // What fits goes over the same link.
    answer(native.send(text(9_000)), "the echo").await?;
    same("the links", &native.client().stats().connection.links, &1)
}

/// What a server may say that is no packet, and words of the error that each is told by.
pub const GARBAGE: [(&str, &str); 17] = [
    ("", "no Engine.IO packet"),
    ("9", "no Engine.IO packet"),
    ("hello", "no Engine.IO packet"),
    ("4", "there are only 0 to 6"),
    ("47", "there are only 0 to 6"),
    ("4x", "there are only 0 to 6"),
    ("42", "EVENT packet could not be read"),
    ("42{}", "EVENT packet could not be read"),
    ("42[", "EVENT packet could not be read"),
    ("42[]", "EVENT packet could not be read"),
    ("42[\"connect\"]", "EVENT packet could not be read"),
    ("42[\"x\"]]", "EVENT packet could not be read"),
    ("43[]", "ACK packet could not be read"),
    ("43999999999999999999[]", "2^53 - 1 is the largest"),
    ("44", "packet could not be read"),
    ("45[\"x\"]", "number of attachments is missing"),
    ("0{}", "open packet could not be read"),
];

/// Each broken packet closes the link with an error that names it; the client opens another and works.
async fn garbage(stage: Stage) -> Verdict {
    let peer = stage.peer(json!({ "script": super::welcome() })).await?;
    let native = stage.client(&peer).connect().await?;
    let mut frames: Vec<(Value, &str)> = GARBAGE
        .iter()
        .map(|(frame, words)| (json!(frame), *words))
        .collect();
    frames.push((json!({ "bytes": "AAECAw==" }), "no packet had announced"));
    for (round, (frame, words)) in frames.iter().enumerate() {
        let _: Value = peer.call("say", json!({ "frames": [frame] })).await?;
        let links = u64::try_from(round).unwrap_or_default() + 2;
        until(&native, "another link", |native| {
            (native.client().stats().connection.links == links).then_some(())
        })
        .await
        .map_err(|failure| Failure::new(format!("after {}: {failure}", shown(frame))))?;
        let fault = native.journal().faults().last().map(ToString::to_string);
        ensure(
            fault.as_ref().is_some_and(|fault| fault.contains(words)),
            || {
                format!(
                    "of {} it should be said that {words:?}, but it was {}",
                    shown(frame),
                    shown(&fault)
                )
            },
        )?;
        connected(&native).await?;
    }
    // Depth alone breaks nothing, be there a listener or not.
    let deep = format!(
        "42[\"deep\",{}{}]",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let links = native.client().stats().connection.links;
    let _: Value = peer.call("say", json!({ "frames": [deep] })).await?;
    answer(native.send(Message::new("echo", "{}")), "the echo").await?;
    same(
        "the links",
        &native.client().stats().connection.links,
        &links,
    )
}

/// A server that opens and then says nothing is not waited for without end.
async fn silence(stage: Stage) -> Verdict {
    let peer = stage.peer(json!({})).await?;
    let setup = stage.client(&peer).with_connection(|connection| {
        connection.handshake_timeout = std::time::Duration::from_millis(300);
    });
    let native = setup.open();
    holds(&native, "the client tries again", |native| {
        native.client().stats().connection.attempts >= 2
    })
    .await?;
    let info = native.client().connection().clone();
    let error = info
        .last_error
        .map(|error| error.to_string())
        .unwrap_or_default();
    ensure(error.contains("did not finish the handshake"), || {
        format!("the error should say that the handshake did not end, but says: {error}")
    })?;
    ensure(info.status != ConnectionStatus::Disconnected, || {
        "the client should go on trying".to_owned()
    })
}
