//! Answers to what we send, and answers to what the server sends.

use crate::{
    failure::{Failure, Verdict, ensure, same, shown},
    native::Native,
    peer::Peer,
    stage::Stage,
    wait::{answer, event, within},
};
use realtime_core::{Delivery, Message, SendError, outbox::ReliableOptions};
use realtime_testkit::{FaultProxy, Flow, Which, loopback};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

cases! {
    "acks-from-server" on Node, Oxide => from_server;
    "acks-from-server-timeout" on Node, Oxide => from_server_timeout;
    "acks-to-server" on Node, Oxide => to_server;
    "acks-to-server-timeout" on Node, Oxide => to_server_timeout;
}

async fn from_server(stage: Stage) -> Verdict {
    let peer = stage.peer(json!({})).await?;
    let native = stage.client(&peer).connect().await?;
    let payload = json!({ "text": "hello", "n": 9_007_199_254_740_991_u64 });
    let echoed = ask(&native, "echo", &payload).await?;
    same("the echo's text", &echoed["text"], &payload["text"])?;
    same("the echo's number", &echoed["n"], &payload["n"])?;

    let succeeded = ask(&native, "succeed:node", &payload).await?;
    same("the second argument", &succeeded["text"], &payload["text"])?;

    let refused = refusal(&native, "refuse").await?;
    same("the code", &refused.0.as_str(), &"invalid_data")?;
    same(
        "the message",
        &refused.1.as_str(),
        &"text must not be empty",
    )?;

    let failed = refusal(&native, "fail:node").await?;
    same(
        "the first argument",
        &failed.1.as_str(),
        &"the disk is full",
    )
}

async fn ask(native: &Native, event: &str, payload: &Value) -> Verdict<Value> {
    let sent = native.send(Message::new(event, payload.to_string()));
    let answer = answer(sent, event).await?;
    serde_json::from_str(&answer).map_err(|error| Failure::unable("read the answer", error))
}

async fn refusal(native: &Native, event: &str) -> Verdict<(String, String)> {
    let sent = native.send(Message::new(event, "{}"));
    match within(event, sent).await? {
        Err(SendError::Server(error)) => Ok((error.code.to_string(), error.message.to_string())),
        other => {
            let failure = format!(
                "`{event}` should be refused, but ended as {}",
                shown(&other)
            );
            Err(Failure::new(failure))
        }
    }
}

/// A server that never answers: each send ends all the same, once.
async fn from_server_timeout(stage: Stage) -> Verdict {
    let peer = stage.peer(json!({})).await?;
    let native = stage.client(&peer).connect().await?;
    let patience = ReliableOptions {
        timeout: Duration::from_millis(200),
        ..ReliableOptions::default()
    };
    let message = Message::new("mute", "{}").with(Delivery::Reliable(patience));
    let sent = within("the send times out", native.send(message)).await?;
    same("the outcome", &sent, &Err(SendError::Timeout))?;
    // The link is as good as before.
    ask(&native, "echo", &json!({})).await.map(drop)
}

#[derive(Debug, Deserialize)]
struct Asked {
    answers: Vec<Value>,
    #[serde(default)]
    failed: Option<String>,
}

async fn ask_the_desk(peer: &Peer, timeout: u32) -> Verdict<Asked> {
    let ask = json!({ "channel": "desk", "event": "news", "payload": {}, "timeout": timeout });
    peer.call("ask", ask).await
}

/// A server that wants to know that its event arrived gets its answer.
async fn to_server(stage: Stage) -> Verdict {
    let peer = stage.peer(json!({})).await?;
    let native = stage.client(&peer).connect().await?;
    let _news = super::listen(&native, "news", "desk")?;
    super::joined(&peer, "desk").await?;
    let asked = ask_the_desk(&peer, 10_000).await?;
    ensure(asked.failed.is_none() && asked.answers.len() == 1, || {
        format!(
            "the server should have one answer, but has {}",
            shown(&asked)
        )
    })
}

/// An answer that is too late is the server's to give up on; the client neither knows nor minds.
async fn to_server_timeout(stage: Stage) -> Verdict {
    let peer = stage.peer(json!({})).await?;
    let network = FaultProxy::start(loopback(peer.port()), 0)?;
    let native = stage.client_at(network.address().port()).connect().await?;
    let mut news = super::listen(&native, "news", "desk")?;
    super::joined(&peer, "desk").await?;
    network.set_flow(Which::All, Flow::Stall);
    let asked = ask_the_desk(&peer, 200).await?;
    ensure(asked.failed.is_some() && asked.answers.is_empty(), || {
        format!(
            "the server should have no answer, but has {}",
            shown(&asked)
        )
    })?;
    network.heal();
    event(&mut news, "the event, late").await?;
    let asked = ask_the_desk(&peer, 10_000).await?;
    ensure(asked.failed.is_none(), || {
        format!("the next one should be answered, but is {}", shown(&asked))
    })?;
    same("the links", &native.client().stats().connection.links, &1)
}
