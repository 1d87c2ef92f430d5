//! Handshake: let in, and not let in.

use crate::{
    case::PeerKind::Oxide,
    failure::{Failure, Verdict, ensure, same, shown},
    native::Native,
    stage::Stage,
    wait::{holds, until},
};
use realtime_core::{ConnectionError, ConnectionStatus};
use serde::Deserialize;
use serde_json::json;

cases! {
    "auth-good" on Node, Oxide => good;
    "auth-bad" on Node, Oxide => bad;
    "auth-expired-refreshed" on Node, Oxide => refreshed;
    "path-and-query" on Node, Oxide => path_and_query;
    "http-error" on Node, Oxide, Raw => http_error;
    "engine.io-3-server" on Engine3 => engine_io_3;
    "no-socket.io-server" on Raw => no_socket_io;
}

/// What a peer has seen of handshakes.
#[derive(Debug, Deserialize)]
struct Seen {
    tokens: Vec<Option<String>>,
}

impl Seen {
    async fn by(peer: &crate::peer::Peer) -> Verdict<Vec<String>> {
        let seen: Self = peer.call("seen", json!({})).await?;
        Ok(seen.tokens.into_iter().flatten().collect())
    }
}

async fn good(stage: Stage) -> Verdict {
    let peer = stage.peer(json!({ "auth": true })).await?;
    let native = stage.client(&peer).with_tokens(&["good"]).connect().await?;
    same(
        "the tokens",
        &Seen::by(&peer).await?,
        &vec!["good".to_owned()],
    )?;
    same("the attempts", &native.client().connection().attempt, &0)
}

/// The app learns why, and is not let in by insisting.
async fn bad(stage: Stage) -> Verdict {
    let peer = stage.peer(json!({ "auth": true })).await?;
    // Without a token provider there is none to refresh, so the next attempt is far off.
    let native = stage
        .client(&peer)
        .with_options(|options| options.with_auth("token", "stolen"))
        .open();
    let message = "the token is unknown";
    refused(&native, message).await?;
    let info = native.client().connection().clone();
    same("the status", &info.status, &ConnectionStatus::Reconnecting)
        .or_else(|_| same("the status", &info.status, &ConnectionStatus::Connecting))?;
    let wait = info.retry_at.map(|at| at.saturating_since(info.since));
    ensure(wait.is_some_and(|wait| wait.as_millis() >= 1_000), || {
        format!("the next attempt should be far off, but is in {wait:?}")
    })?;
    same(
        "the tokens",
        &Seen::by(&peer).await?,
        &vec!["stolen".to_owned()],
    )?;
    // The app lives on: told to, it tries again.
    native.run(|client, now| client.reconnect(now));
    refused(&native, message).await?;
    same(
        "the attempts that the server saw",
        &Seen::by(&peer).await?.len(),
        &2,
    )
}

async fn refused(native: &Native, message: &str) -> Verdict {
    holds(native, "the client has learnt why it was refused", |native| {
        let info = native.client().connection().clone();
        info.retry_at.is_some()
            && matches!(info.last_error, Some(ConnectionError::Refused(error)) if &*error.message == message)
    })
    .await
}

/// A fresh token is asked for after the refusal of an old one.
async fn refreshed(stage: Stage) -> Verdict {
    let peer = stage.peer(json!({ "auth": true })).await?;
    let setup = stage.client(&peer).with_tokens(&["expired", "good-now"]);
    let _native = setup.connect().await?;
    let wanted = ["expired", "good-now"].map(str::to_owned).to_vec();
    same("the tokens", &Seen::by(&peer).await?, &wanted)
}

async fn path_and_query(stage: Stage) -> Verdict {
    let peer = stage.peer(json!({ "path": "/live/io" })).await?;
    let setup = stage
        .client(&peer)
        .with_options(|options| options.with_path("/live/io").with_query("tenant", "a&b=ä"));
    let _native = setup.connect().await?;
    let seen: serde_json::Value = peer.call("seen", json!({})).await?;
    let query = seen["queries"][0].to_string();
    ensure(
        query.contains("a&b=ä") || query.contains("tenant=a%26b%3D%C3%A4"),
        || format!("the query should reach the server, which saw {query}"),
    )
}

/// A refusal at the door: an HTTP error instead of a WebSocket.
async fn http_error(stage: Stage) -> Verdict {
    let options =
        json!({ "closed": true, "status": "503 Service Unavailable", "body": "try later" });
    let peer = stage.peer(options).await?;
    // Of the servers only one can be told to refuse; what is asked for is in no place at the others.
    let setup = stage.client(&peer);
    let setup = setup.with_options(|options| match stage.kind {
        Oxide => options.with_path("/nowhere/"),
        _ => options,
    });
    never_opened(&setup.open()).await
}

/// The error says what to do.
pub(super) async fn never_opened(native: &Native) -> Verdict {
    let error = first_error(native).await?;
    ensure(matches!(error, ConnectionError::NeverOpened { .. }), || {
        format!(
            "the error should say that the socket did not open, but is {}",
            shown(&error)
        )
    })?;
    ensure(error.to_string().contains("check the url"), || {
        format!("the error should say what to do, but says: {error}")
    })
}

async fn engine_io_3(stage: Stage) -> Verdict {
    let peer = stage.peer(json!({})).await?;
    let native = stage.client(&peer).open();
    protocol_error(&native, "upgrade the server to Socket.IO 3 or 4").await
}

/// A WebSocket server that speaks something else.
async fn no_socket_io(stage: Stage) -> Verdict {
    let greeting = json!({ "greeting": [r#"{"hello":"world"}"#] });
    let peer = stage.peer(json!({ "script": greeting })).await?;
    let native = stage.client(&peer).open();
    protocol_error(&native, "this is no Socket.IO server").await
}

async fn first_error(native: &Native) -> Verdict<ConnectionError> {
    until(native, "the client says what is wrong", |native| {
        native.client().connection().last_error.clone()
    })
    .await
}

/// The error names the cause and the remedy, and the client goes on trying.
async fn protocol_error(native: &Native, words: &str) -> Verdict {
    let error = first_error(native).await?;
    if !matches!(error, ConnectionError::Protocol(_)) || !error.to_string().contains(words) {
        return Err(Failure::new(format!(
            "the error should say {words:?}, but is: {error}"
        )));
    }
    holds(native, "the client tries again", |native| {
        native.client().stats().connection.attempts >= 2
    })
    .await
}
