//! Commands: what the runner may have this server do.

use crate::{
    Failure,
    binary::{Parts, Sizes},
    seen::Seen,
};
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use socketioxide::{SocketIo, adapter::Adapter, operators::BroadcastOperators};
use std::{fmt::Display, time::Duration};

#[derive(Deserialize)]
#[serde(default)]
struct Arguments {
    namespace: String,
    channel: Option<String>,
    event: String,
    payload: Value,
    times: usize,
    timeout: u64,
    sizes: Vec<usize>,
}

impl Default for Arguments {
    fn default() -> Self {
        Self {
            namespace: "/".to_owned(),
            channel: None,
            event: String::new(),
            payload: json!({}),
            times: 1,
            timeout: 1_000,
            sizes: Vec::new(),
        }
    }
}

/// Does what `name` says, and gives the answer.
pub(crate) async fn carry_out<A: Adapter>(
    io: &SocketIo<A>,
    seen: &Seen,
    name: &str,
    arguments: Value,
) -> Result<Value, Failure> {
    let arguments = serde_json::from_value::<Option<Arguments>>(arguments)?.unwrap_or_default();
    let space = || -> Result<BroadcastOperators<A>, Failure> {
        io.of(&arguments.namespace)
            .ok_or_else(|| Failure(format!("there is no namespace {}", arguments.namespace)))
    };
    match name {
        "seen" => Ok(serde_json::to_value(seen.lists())?),
        "census" => census(space()?),
        "emit" => {
            for at in 0..arguments.times {
                let payload = placed(&arguments, Some(at));
                let space = space()?;
                let to = match &arguments.channel {
                    Some(channel) => space.to(channel.clone()),
                    None => space,
                };
                to.emit(&arguments.event, &payload).await?;
            }
            Ok(Value::Null)
        }
        "bytes" => {
            let sizes = Sizes::new(arguments.sizes.clone());
            let channel = arguments.channel.clone().unwrap_or_default();
            let parts = Parts::of(&sizes).on(&channel);
            space()?.to(channel).emit("bytes", &parts).await?;
            Ok(Value::Null)
        }
        "ask" => {
            let timeout = Duration::from_millis(arguments.timeout);
            let channel = arguments.channel.clone().unwrap_or_default();
            let to = space()?.to(channel).timeout(timeout);
            let payload = placed(&arguments, None);
            // As no arguments: an answer without any says that the event has arrived.
            let asked = to.emit_with_ack::<_, [Value; 0]>(&arguments.event, &payload);
            let answers: Vec<_> = asked.await?.collect().await;
            Ok(answered(answers))
        }
        "dismiss" => {
            for socket in space()?.sockets() {
                socket.disconnect()?;
            }
            Ok(Value::Null)
        }
        other => Err(Failure(format!("there is no command {other}"))),
    }
}

fn census<A: Adapter>(space: BroadcastOperators<A>) -> Result<Value, Failure> {
    let sockets = space.sockets();
    let mut rooms = Map::new();
    for room in sockets.iter().flat_map(|socket| socket.rooms()) {
        let members = rooms.entry(room.as_ref()).or_insert(json!(0));
        *members = json!(members.as_u64().unwrap_or_default() + 1);
    }
    Ok(json!({ "sockets": sockets.len(), "rooms": rooms }))
}

/// The payload, with the channel it is for and its number.
fn placed(arguments: &Arguments, at: Option<usize>) -> Value {
    let mut payload = arguments.payload.clone();
    if let Some(channel) = &arguments.channel {
        payload["channel"] = json!(channel);
    }
    if let Some(at) = at {
        payload["at"] = json!(at);
    }
    payload
}

fn answered<I, T, E>(all: Vec<(I, Result<T, E>)>) -> Value
where
    T: Serialize,
    E: Display,
{
    let mut failed = Value::Null;
    let mut answers = Vec::new();
    for (_, answer) in all {
        match answer {
            Ok(answer) => answers.push(json!(answer)),
            Err(error) => failed = error.to_string().into(),
        }
    }
    json!({ "answers": answers, "failed": failed })
}
