//! Connection state recovery: the server keeps a session for a while, and sends what was missed.

use crate::{
    failure::{Verdict, same},
    native::Native,
    peer::Peer,
    stage::Stage,
    wait::{answer, event, holds},
};
use realtime_core::{Continuity, Message, Patch, QueryOptions, RecordSpec, key};
use serde_json::{Value, json};

cases! {
    "recovery-with-missed-events" on Node => missed;
    "recovery-without-missed-events" on Node => nothing_missed;
    "recovery-too-late" on Node => too_late;
}

/// A client whose subscription's fate can be asked for, and whose link is cut on command.
struct Patient {
    native: Native,
    ticks: crate::native::Listening,
}

impl Patient {
    async fn of(stage: &Stage, peer: &Peer) -> Verdict<Self> {
        let native = stage.client(peer).connect().await?;
        let ticks = super::listen(&native, "tick", "desk")?;
        let spec = RecordSpec::<Value>::new().on("tick", Some("desk".into()), Patch::replace());
        native
            .run(|client, now| {
                client.observe_record(now, &key!["tick"], spec, &QueryOptions::default())
            })
            .map_err(|error| crate::failure::Failure::unable("observe", error))?;
        super::joined(peer, "desk").await?;
        let mut patient = Self { native, ticks };
        // Without one event there is no offset, and the server could not say where to go on.
        let tick = json!({ "channel": "desk", "event": "tick", "payload": { "before": true } });
        let _: Value = peer.call("emit", tick).await?;
        patient.next().await?;
        Ok(patient)
    }

    async fn next(&mut self) -> Verdict<Value> {
        super::next(&mut self.ticks, "the next tick").await
    }

    /// Breaks the link, has the server say `missed` ticks meanwhile, and waits for the next link.
    async fn cut(&self, peer: &Peer, missed: usize) -> Verdict {
        let links = self.native.client().stats().connection.links;
        let arguments = json!({ "channel": "desk", "event": "tick", "times": missed });
        let cut: usize = peer.call("cutAndEmit", arguments).await?;
        same("the connections that were cut", &cut, &1)?;
        holds(&self.native, "another link", |native| {
            native.client().stats().connection.links > links
        })
        .await
    }

    /// Waits until the subscription has come back with nothing lost.
    async fn recovered(&self) -> Verdict {
        holds(&self.native, "the subscription has come back", |native| {
            let continuity = native.client().recovery(&key!["tick"]);
            matches!(continuity, Some(Continuity::Recovered { .. }))
        })
        .await
    }
}

#[derive(Debug, serde::Deserialize)]
struct Seen {
    recovered: Vec<bool>,
}

async fn recovered(peer: &Peer, wanted: &[bool]) -> Verdict {
    let seen: Seen = peer.call("seen", json!({})).await?;
    same(
        "what the server says of each connection",
        &seen.recovered,
        &wanted.to_vec(),
    )
}

/// What was said while we were away comes, in order and once, before anything new.
async fn missed(stage: Stage) -> Verdict {
    let peer = stage.peer(json!({ "recovery": 60_000 })).await?;
    let mut patient = Patient::of(&stage, &peer).await?;
    // Twice: recovery must work again after it has worked.
    for _ in 0..2 {
        patient.cut(&peer, 5).await?;
        patient.recovered().await?;
        for at in 0..5 {
            same("the tick", &patient.next().await?["at"], &json!(at))?;
        }
        let tick = json!({ "channel": "desk", "event": "tick", "payload": { "new": true } });
        let _: Value = peer.call("emit", tick).await?;
        same("the new tick", &patient.next().await?["new"], &json!(true))?;
    }
    recovered(&peer, &[false, true, true]).await?;
    // Still in the channel, once.
    super::joined(&peer, "desk").await
}

async fn nothing_missed(stage: Stage) -> Verdict {
    let peer = stage.peer(json!({ "recovery": 60_000 })).await?;
    let patient = Patient::of(&stage, &peer).await?;
    patient.cut(&peer, 0).await?;
    patient.recovered().await?;
    answer(patient.native.send(Message::new("echo", "{}")), "the echo").await?;
    same("further ticks", &patient.ticks.take().is_none(), &true)?;
    recovered(&peer, &[false, true]).await?;
    super::joined(&peer, "desk").await
}

/// A session that the server has let go: the channel is joined anew, and the app knows that something may be missing.
async fn too_late(stage: Stage) -> Verdict {
    // One millisecond is over before a client can be back.
    let peer = stage.peer(json!({ "recovery": 1 })).await?;
    let mut patient = Patient::of(&stage, &peer).await?;
    patient.cut(&peer, 5).await?;
    holds(
        &patient.native,
        "the app hears that something may be missing",
        |native| {
            let continuity = native.client().recovery(&key!["tick"]);
            matches!(continuity, Some(Continuity::Gap(_) | Continuity::Unknown))
        },
    )
    .await?;
    recovered(&peer, &[false, false]).await?;
    super::joined(&peer, "desk").await?;
    let tick = json!({ "channel": "desk", "event": "tick", "payload": { "new": true } });
    let _: Value = peer.call("emit", tick).await?;
    let tick = event(&mut patient.ticks, "events come again").await?;
    let tick: Value = super::json(&tick.data)?;
    same("the tick", &tick["new"], &json!(true))
}
