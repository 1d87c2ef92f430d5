//! Control: how the runner talks to this program; one JSON object a line, commands in, answers out.

use crate::Failure;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{env, io::Write};
use tokio::io::{AsyncBufReadExt, BufReader};

/// What the runner set this server up with.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Options {
    pub(crate) port: u16,
    pub(crate) path: String,
    pub(crate) ping_interval: u64,
    pub(crate) ping_timeout: u64,
    pub(crate) max_payload: u64,
    pub(crate) auth: bool,
    pub(crate) redis: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            path: "/socket.io".to_owned(),
            ping_interval: 25_000,
            ping_timeout: 20_000,
            max_payload: 1_000_000,
            auth: false,
            redis: None,
        }
    }
}

impl Options {
    pub(crate) fn read() -> Result<Self, Failure> {
        match env::args().nth(1) {
            Some(json) => Ok(serde_json::from_str(&json)?),
            None => Ok(Self::default()),
        }
    }
}

#[derive(Deserialize)]
struct Command {
    id: u64,
    name: String,
    #[serde(default)]
    args: Value,
}

/// Says that the server is up, then carries out commands until standard input ends.
pub(crate) async fn obey(
    port: u16,
    mut carry_out: impl AsyncFnMut(String, Value) -> Result<Value, Failure>,
) -> Result<(), Failure> {
    say(&json!({ "ready": { "port": port } }))?;
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        let Command { id, name, args } = serde_json::from_str(&line)?;
        match carry_out(name, args).await {
            Ok(answer) => say(&json!({ "id": id, "ok": answer }))?,
            Err(Failure(error)) => say(&json!({ "id": id, "error": error }))?,
        }
    }
    Ok(())
}

fn say(message: &impl Serialize) -> Result<(), Failure> {
    let mut output = std::io::stdout().lock();
    serde_json::to_writer(&mut output, message)?;
    writeln!(output)?;
    Ok(output.flush()?)
}
