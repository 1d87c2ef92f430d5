//! Byte strings, as attachments: in events and answers, both ways.

use crate::{
    failure::{Failure, Verdict, ensure, same, shown},
    stage::Stage,
    wait::{answer, until, within},
};
use realtime_core::{Bytes, Message, SendError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

cases! {
    "binary-to-server" on Node, Oxide => to_server;
    "binary-from-server" on Node, Oxide => from_server;
    "binary-attachments-missing" on Raw => missing;
}

/// None, one byte, some, and what does not fit into a socket's buffer.
const SIZES: [usize; 5] = [0, 1, 300, 65_536, 600_000];

#[derive(Debug, Serialize, Deserialize)]
struct Parts {
    parts: Vec<Bytes>,
}

#[derive(Debug, Deserialize)]
struct Digests {
    parts: Vec<Digest>,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Digest {
    bytes: usize,
    sha256: String,
    is_binary: bool,
}

/// What the server finds is what was sent, bit for bit, and is a `Buffer` there.
async fn to_server(stage: Stage) -> Verdict {
    let peer = stage.peer(json!({})).await?;
    let native = stage.client(&peer).connect().await?;
    let contents = |size: usize| -> Vec<u8> {
        (0..size)
            .map(|at| u8::try_from(at * 7 % 256).unwrap_or_default())
            .collect()
    };
    let parts: Vec<Vec<u8>> = SIZES.into_iter().map(contents).collect();
    let wanted: Vec<Digest> = parts
        .iter()
        .map(|part| Digest {
            bytes: part.len(),
            sha256: Sha256::digest(part)
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
            is_binary: true,
        })
        .collect();
    let payload = Parts {
        parts: parts.into_iter().map(Bytes::from).collect(),
    };
    let data = serde_json::to_string(&payload)
        .map_err(|error| Failure::unable("write the payload", error))?;
    let digests = answer(native.send(Message::new("digest", data)), "the digests").await?;
    let digests: Digests = super::json(&digests)?;
    same("the digests", &digests.parts, &wanted)?;

    // The official parser takes ten attachments: more are not sent.
    let many = json!({ "parts": vec![json!({ "$bytes": "AA==" }); 11] });
    let sent = within(
        "the send ends",
        native.send(Message::new("digest", many.to_string())),
    )
    .await?;
    ensure(matches!(sent, Err(SendError::Unsendable(_))), || {
        format!(
            "eleven attachments should not be sent, but that ended as {}",
            shown(&sent)
        )
    })
}

/// In an answer, and in an event.
async fn from_server(stage: Stage) -> Verdict {
    let peer = stage.peer(json!({})).await?;
    let native = stage.client(&peer).connect().await?;
    let wanted: Vec<Vec<u8>> = SIZES
        .into_iter()
        .map(|size| vec![u8::try_from(size % 251).unwrap_or_default(); size])
        .collect();
    let check = |parts: Parts| {
        let parts: Vec<Vec<u8>> = parts.parts.into_iter().map(Bytes::into_vec).collect();
        ensure(parts == wanted, || {
            let sizes: Vec<_> = parts.iter().map(Vec::len).collect();
            format!("the parts should have {SIZES:?} bytes, but have {sizes:?} or others")
        })
    };
    let message = Message::new("bytes", json!({ "sizes": SIZES }).to_string());
    check(super::json(
        &answer(native.send(message), "the bytes").await?,
    )?)?;

    let mut events = super::listen(&native, "bytes", "desk")?;
    super::joined(&peer, "desk").await?;
    let _: Value = peer
        .call("bytes", json!({ "channel": "desk", "sizes": SIZES }))
        .await?;
    check(super::next(&mut events, "the event with bytes").await?)
}

/// Attachments that never come, too many, or for nothing: each an error with a name, and the client lives on.
async fn missing(stage: Stage) -> Verdict {
    let peer = stage.peer(json!({ "script": super::welcome() })).await?;
    let native = stage.client(&peer).connect().await?;
    let announced = "451-[\"x\",{\"_placeholder\":true,\"num\":0}]";
    let bytes = json!({ "bytes": "AAECAw==" });
    for (round, (frames, words)) in [
        (json!([announced, "42[\"y\"]"]), "only 0 had come"),
        (json!([announced, "2", "2"]), "only 0 had come"),
        (json!(["4511-[\"x\"]"]), "10 is the most"),
        (json!(["4599999999999-[\"x\"]"]), "10 is the most"),
        (
            json!(["451-[\"x\",{\"_placeholder\":true,\"num\":1}]", bytes]),
            "does not have",
        ),
        (json!([bytes]), "no packet had announced"),
    ]
    .into_iter()
    .enumerate()
    {
        let _: Value = peer.call("say", json!({ "frames": frames })).await?;
        let links = u64::try_from(round).unwrap_or_default() + 2;
        until(&native, "another link", |native| {
            (native.client().stats().connection.links == links).then_some(())
        })
        .await
        .map_err(|failure| Failure::new(format!("after {frames}: {failure}")))?;
        let fault = native.journal().faults().last().map(ToString::to_string);
        ensure(
            fault.as_ref().is_some_and(|fault| fault.contains(words)),
            || {
                format!(
                    "of {frames} it should be said that {words:?}, but it was {}",
                    shown(&fault)
                )
            },
        )?;
    }
    answer(native.send(Message::new("echo", "{}")), "the echo")
        .await
        .map(drop)
}
