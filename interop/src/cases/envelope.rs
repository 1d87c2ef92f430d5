//! The same as against the others, against the demo server by the JSON envelope.

use crate::{
    cases::handshake::never_opened,
    client::Setup,
    demo::{self, Demo},
    failure::{Failure, Verdict, ensure, same, shown},
    native::{Listening, Native},
    stage::Stage,
    task::{Task, shows_tasks, tasks_key, watch_tasks},
    wait::{answer, connected, holds, parted, within},
};
use realtime_core::{
    ConnectionError, Continuity, Delivery, GapReason, Message, SendError,
    connection::HeartbeatOptions, outbox::ReliableOptions,
};
use serde_json::{Value, json};
use std::time::Duration;

cases! {
    "auth-good" on Envelope => good;
    "auth-bad" on Envelope => bad;
    "auth-expired-refreshed" on Envelope => refreshed;
    "http-error" on Envelope => http_error;
    "events-unicode" on Envelope => unicode;
    "events-in-order" on Envelope => in_order;
    "acks-from-server" on Envelope => answers;
    "acks-from-server-timeout" on Envelope => no_answer;
    "ping-timeout" on Envelope => ping_timeout;
    "server-restart" on Envelope => restart;
    "link-cut" on Envelope => cut;
    "fifty-reconnects" on Envelope => fifty_reconnects;
    "recovery-with-missed-events" on Envelope => |stage| missed(stage, &[], 5, Continuity::Recovered { missed: 5 });
    "recovery-without-missed-events" on Envelope => |stage| missed(stage, &[], 0, Continuity::Recovered { missed: 0 });
    "recovery-too-late" on Envelope => |stage| missed(stage, &["--history", "2"], 5, Continuity::Gap(GapReason::NotRecovered));
}

impl Stage {
    /// A server, and a client that is connected to it.
    async fn demo_and_client(&self, flags: &[&str]) -> Verdict<(Demo, Native)> {
        let server = self.demo(flags).await?;
        let native = self.envelope(&server).connect().await?;
        Ok((server, native))
    }
}

async fn good(stage: Stage) -> Verdict {
    let server = stage.demo(&[]).await?;
    let good = server.token("ada").await?;
    let native = stage
        .envelope(&server)
        .with_tokens(&[&good])
        .connect()
        .await?;
    same(
        "the attempts",
        &native.client().stats().connection.attempts,
        &1,
    )
}

async fn refused(setup: Setup) -> Verdict<Native> {
    let native = setup.open();
    holds(&native, "the client has learnt why it was refused", |native| {
        let info = native.client().connection().clone();
        matches!(info.last_error, Some(ConnectionError::Refused(error)) if &*error.code == "unauthorized")
    })
    .await?;
    Ok(native)
}

async fn bad(stage: Stage) -> Verdict {
    let server = stage.demo(&[]).await?;
    let native = refused(stage.envelope(&server).with_tokens(&["stolen"])).await?;
    // The app lives on, and may try as often as it likes.
    let attempts = native.client().stats().connection.attempts;
    native.run(|client, now| client.reconnect(now));
    holds(&native, "another attempt", |native| {
        native.client().stats().connection.attempts > attempts
    })
    .await
}

async fn refreshed(stage: Stage) -> Verdict {
    let server = stage.demo(&[]).await?;
    let good = server.token("ada").await?;
    let native = refused(stage.envelope(&server).with_tokens(&["expired", &good])).await?;
    connected(&native).await
}

async fn http_error(stage: Stage) -> Verdict {
    let server = stage.demo(&[]).await?;
    let nowhere = stage
        .envelope(&server)
        .at(format!("{}/nowhere", server.url()));
    never_opened(&nowhere.open()).await
}

/// Creates a task, and gives it as the server's answer has it.
async fn create(native: &Native, title: &str) -> Verdict<Task> {
    let data = json!({ "title": title }).to_string();
    let sent = native.send(Message::new("task:create", data).on("tasks"));
    super::json(&answer(sent, "the task is created").await?)
}

async fn unicode(stage: Stage) -> Verdict {
    let (_server, native) = stage.demo_and_client(&[]).await?;
    let mut edits = super::listen(&native, "list:update", "tasks")?;
    for title in [
        "ä ß ∑ 漢字 🎉👩‍👩‍👧‍👦",
        "\"quoted\" \\ back/slash\r\n\t",
        "\u{10ffff}\u{d7ff}\u{e000}",
    ] {
        let task = create(&native, title).await?;
        same("the title in the answer", &task.title.as_str(), &title)?;
        let edit: Value = super::next(&mut edits, "the edit comes back").await?;
        same(
            "the title in the event",
            &edit["item"]["title"].as_str(),
            &Some(title),
        )?;
    }
    Ok(())
}

/// A thousand prices, none lost, none doubled, each after the one before it.
async fn in_order(stage: Stage) -> Verdict {
    let (server, native) = stage.demo_and_client(&[]).await?;
    let mut prices = super::listen(&native, "stock:update", "stocks:ACME")?;
    let address = server.http("/api/stocks/ACME/burst");
    // The server takes what comes in order: with this answered, the subscription is there.
    create(&native, "after the subscription").await?;
    let burst = json!({ "perSecond": 1_000, "seconds": 1 });
    let started: Value = demo::post(address, burst).await?;
    let numbers = |name: &str| started[name].as_u64().unwrap_or_default();
    for seq in numbers("firstSeq")..=numbers("lastSeq") {
        let price = within("the next price", prices.next()).await?;
        let position = price.position.as_ref().map(|position| position.seq);
        same("its number", &position, &Some(seq))?;
    }
    same("the number of prices", &numbers("count"), &1_000)?;
    same("prices lost", &prices.lost(), &0)
}

async fn answers(stage: Stage) -> Verdict {
    let (_server, native) = stage.demo_and_client(&[]).await?;
    let task = create(&native, "Read").await?;
    same("the title", &task.title.as_str(), &"Read")?;
    let sent = native.send(Message::new("task:create", r#"{"title":" "}"#).on("tasks"));
    match within("the answer", sent).await? {
        Err(SendError::Server(error)) => same("the code", &&*error.code, &"invalid_data"),
        other => Err(Failure::new(format!(
            "it should be refused, but ended as {}",
            shown(&other)
        ))),
    }
}

/// A server that does not answer: the send ends all the same, once.
async fn no_answer(stage: Stage) -> Verdict {
    let (server, native) = stage.demo_and_client(&[]).await?;
    let patience = ReliableOptions {
        timeout: Duration::from_millis(200),
        ..ReliableOptions::default()
    };
    server.freeze()?;
    let message = Message::new("task:create", r#"{"title":"late"}"#).on("tasks");
    let sent = native.send(message.with(Delivery::Reliable(patience)));
    let outcome = within("the send times out", sent).await;
    server.thaw()?;
    same("the outcome", &outcome?, &Err(SendError::Timeout))
}

async fn ping_timeout(stage: Stage) -> Verdict {
    let server = stage.demo(&[]).await?;
    let setup = stage.envelope(&server).with_connection(|connection| {
        connection.heartbeat = HeartbeatOptions {
            ping_every: Duration::from_millis(200),
            pong_within: Duration::from_millis(300),
            assume_pong: true,
            ..HeartbeatOptions::default()
        };
    });
    let native = setup.connect().await?;
    server.freeze()?;
    let noticed = parted(&native).await;
    let error = native.client().connection().last_error.clone();
    server.thaw()?;
    noticed?;
    same("the error", &error, &Some(ConnectionError::Unresponsive))?;
    connected(&native).await?;
    create(&native, "after it").await.map(drop)
}

/// What a server has, sorted.
async fn tasks(server: &Demo) -> Verdict<Vec<Task>> {
    let mut tasks: Vec<Task> = demo::get(server.http("/api/tasks")).await?;
    tasks.sort();
    Ok(tasks)
}

/// The server forgets all; the client notices, and shows what the new one has.
async fn restart(stage: Stage) -> Verdict {
    let (server, native) = stage.demo_and_client(&[]).await?;
    watch_tasks(&native)?;
    create(&native, "of the old server").await?;
    shows_tasks(&native, &tasks(&server).await?).await?;
    let server = server.restart().await?;
    connected(&native).await?;
    create(&native, "of the new server").await?;
    let now = tasks(&server).await?;
    ensure(
        now.iter().all(|task| task.title != "of the old server"),
        || "the new server should know nothing of the old one".to_owned(),
    )?;
    shows_tasks(&native, &now).await
}

/// Dropped by the server without a close frame, again and again.
async fn cut(stage: Stage) -> Verdict {
    let (server, native) = stage.demo_and_client(&[]).await?;
    watch_tasks(&native)?;
    for round in 1..=10 {
        // Volatile, as a reliable one would be sent again on each new link, and cut that too.
        drop(native.send(Message::new("demo:cut", "{}").with(Delivery::Volatile)));
        holds(&native, "another link", |native| {
            native.client().stats().connection.links > round
        })
        .await?;
        create(&native, &format!("after cut {round}")).await?;
    }
    shows_tasks(&native, &tasks(&server).await?).await
}

async fn fifty_reconnects(stage: Stage) -> Verdict {
    let (server, native) = stage.demo_and_client(&[]).await?;
    let mut edits = super::listen(&native, "list:update", "tasks")?;
    for _ in 0..50 {
        native.run(|client, now| client.reconnect(now));
        connected(&native).await?;
    }
    same("the links", &native.client().stats().connection.links, &51)?;
    let task = create(&native, "once").await?;
    let edit: Value = super::next(&mut edits, "the edit").await?;
    same(
        "the task",
        &edit["item"]["id"].as_str(),
        &Some(task.id.as_str()),
    )?;
    // Had a second subscription been left, a second event would be on its way before this answer.
    create(&native, "twice").await?;
    super::next::<Value>(&mut edits, "the second edit").await?;
    none_waits(&edits)?;
    let began = tokio::time::Instant::now();
    while server.connections().await? != 1 {
        ensure(began.elapsed() < crate::wait::PATIENCE, || {
            "old sockets stay open".to_owned()
        })?;
    }
    Ok(())
}

fn none_waits(listening: &Listening) -> Verdict {
    same("further events", &listening.take().is_none(), &true)
}

/// Edits while a client is away: the server sends them, or says that it cannot.
async fn missed(stage: Stage, flags: &[&str], count: usize, wanted: Continuity) -> Verdict {
    let (server, away) = stage.demo_and_client(flags).await?;
    let here = stage.envelope(&server).connect().await?;
    watch_tasks(&away)?;
    let task = create(&here, "before").await?;
    let before = tasks(&server).await?;
    ensure(before.contains(&task), || {
        "the server should have the task".to_owned()
    })?;
    shows_tasks(&away, &before).await?;
    away.run(|client, now| client.disconnect(now));
    for n in 0..count {
        create(&here, &format!("missed {n}")).await?;
    }
    away.run(|client, now| client.connect(now));
    holds(&away, "the subscription has come back", |native| {
        native.client().recovery(&tasks_key()) == Some(wanted)
    })
    .await?;
    shows_tasks(&away, &tasks(&server).await?).await
}
