//! Every hook end to end: the built demo in headless Chromium, with each of its servers. The scenarios are tests of the
//! package `realtime-e2e`; `cargo xtask interop` builds what they need and says where it is.

use crate::{
    case::PeerKind,
    failure::{Failure, Verdict, ensure},
    peer::Versions,
    stage::{Stage, locked},
};
use serde_json::Value;
use std::{env, path::Path, time::Duration};
use tokio::process::Command;

cases! {
    "browser-prices" on Node, Oxide, Envelope => |stage| play(stage, "burst::");
    "browser-tasks" on Node, Oxide, Envelope => |stage| play(stage, "tasks::");
    "browser-room" on Node, Oxide, Envelope => |stage| play(stage, "room::");
    "browser-edits" on Node, Oxide, Envelope => |stage| play(stage, "optimistic::");
    "browser-notifications" on Node, Oxide, Envelope => |stage| play(stage, "notifications::");
    "browser-cut" on Node, Oxide, Envelope => |stage| play(stage, "cut::");
    "browser-restart" on Node, Oxide, Envelope => |stage| play(stage, "restart::");
    "browser-refused" on Node, Oxide, Envelope => |stage| play(stage, "refused::");
    "browser-two-nodes" on Envelope => |stage| play(stage, "cluster::visitors");
    "browser-node-killed" on Envelope => |stage| play(stage, "cluster::when_a_server_is_killed");
}

/// How long the scenarios of one topic may take.
const LIMIT: Duration = Duration::from_secs(600);
/// How much of what they said a failure shows.
const SHOWN: usize = 40;

/// Chromium, and what the server is made of.
async fn versions(kind: PeerKind) -> Verdict<Versions> {
    let mut versions = match kind {
        PeerKind::Oxide => locked(&["socketioxide"])?,
        PeerKind::Node => Versions::from([("socket.io".to_owned(), of_node_server("socket.io")?)]),
        _ => Versions::from([(
            "realtime-demo-server".to_owned(),
            env!("CARGO_PKG_VERSION").to_owned(),
        )]),
    };
    if let Some(chrome) = env::var_os("CHROME") {
        let output = Command::new(chrome).arg("--version").output().await;
        let output =
            output.map_err(|error| Failure::unable("ask Chromium for its version", error))?;
        let said = String::from_utf8_lossy(&output.stdout);
        let version = said
            .split_whitespace()
            .find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
        let version = version.unwrap_or("of an unknown version").to_owned();
        versions.insert("chromium".to_owned(), version);
    }
    Ok(versions)
}

/// The version of a package that the demo's server in JavaScript runs with.
fn of_node_server(package: &str) -> Verdict<String> {
    let path = format!("../examples/node-server/node_modules/{package}/package.json");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let unable = |why: &dyn std::fmt::Display| Failure::unable(&format!("find {package}"), why);
    let manifest = std::fs::read(&path).map_err(|error| unable(&error))?;
    let manifest: Value = serde_json::from_slice(&manifest).map_err(|error| unable(&error))?;
    Ok(manifest["version"].as_str().unwrap_or_default().to_owned())
}

/// Plays the scenarios whose names contain `topic`, with the server that this case is about.
async fn play(stage: Stage, topic: &str) -> Verdict {
    let unable = |why: String| Failure::unable("play the scenarios", why);
    stage.house.note(&versions(stage.kind).await?);
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args([
            "test",
            "--quiet",
            "--package",
            "realtime-e2e",
            "--test",
            "scenarios",
            "--",
        ])
        // One at a time: each starts a server and several tabs.
        .args(["--ignored", "--test-threads=1", topic])
        .kill_on_drop(true);
    let others = PeerKind::ALL
        .into_iter()
        .filter(|other| *other != stage.kind);
    for other in others {
        command.args(["--skip", &format!("::{other}")]);
    }
    let output = tokio::time::timeout(LIMIT, command.output()).await;
    let output = output.map_err(|_| unable(format!("they take longer than {LIMIT:?}")))?;
    let output = output.map_err(|error| unable(error.to_string()))?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure(output.status.success() && some_passed(&said), || {
        let errors = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<_> = said.lines().chain(errors.lines()).collect();
        let last = lines.len().saturating_sub(SHOWN);
        format!(
            "the scenarios {topic} failed: {}\n{}",
            output.status,
            lines[last..].join("\n")
        )
    })
}

/// A runner that finds no tests is content, so a scenario with another name would pass for a success.
fn some_passed(said: &str) -> bool {
    said.lines()
        .any(|line| line.starts_with("test result: ok.") && !line.contains(" 0 passed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_without_tests_is_no_success() {
        assert!(some_passed(
            "\ntest result: ok. 3 passed; 0 failed; 0 ignored\n"
        ));
        assert!(!some_passed(
            "test result: ok. 0 passed; 0 failed; 40 filtered out"
        ));
        assert!(!some_passed("test result: FAILED. 1 passed; 1 failed"));
    }
}
