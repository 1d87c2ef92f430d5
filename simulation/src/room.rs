//! Room: whether everyone sees who is there, and nobody else.

use crate::{
    app::{App, ROOM},
    breach::{Breach, BreachKind},
    stage::Stage,
};
use realtime_core::{UserId, testing::World};
use serde_json::Value;
use std::collections::BTreeMap;

impl Stage {
    pub(crate) fn check_typing(&mut self) {
        let mut found = Vec::new();
        for app in self.present() {
            let client = self.world.client(app.peer);
            let typists = client.typing(&ROOM.into(), &app.user()).unwrap_or_default();
            if !typists.is_empty() {
                let what = format!("client {}: {typists:?} type for ever", app.number);
                found.push(Breach::new(BreachKind::Stuck, what));
            }
        }
        self.breaches.extend(found);
    }

    /// Whoever has joined is in the server's room, once for each socket, and nobody else is.
    pub(crate) fn check_everyone_is_there(&mut self) {
        let mut expected: BTreeMap<String, usize> = BTreeMap::new();
        for app in self.present().filter(|app| app.roster.is_some()) {
            let connections = expected.entry(app.user().to_string()).or_default();
            // Tabs that share a socket are one.
            *connections = if app.tab.is_some() {
                1
            } else {
                *connections + 1
            };
        }
        let there: BTreeMap<String, usize> = members(&self.world)
            .into_iter()
            .map(|(user, rows)| (user, rows.len()))
            .collect();
        if expected != there {
            let what = format!("joined are {expected:?}, but the server has {there:?}");
            self.breaches.push(Breach::new(BreachKind::Ghost, what));
        }
    }

    /// Whoever is in the room sees the others as the server has them.
    pub(crate) fn check_presence(&mut self) {
        let there = members(&self.world);
        let mut found = Vec::new();
        for app in self.present().filter(|app| app.roster.is_some()) {
            // Without snapshots, the others are only known by their heartbeats.
            let connected = self.world.client(app.peer).connection().since;
            let since = connected.max(app.joined).max(app.woken);
            let known = (self.world.now() - since).as_secs() >= 100;
            if self.world.server.abilities.syncs_presence || known {
                found.extend(ghosts(&self.world, app, &there));
            }
        }
        self.breaches.extend(found);
    }
}

/// The server's room: each user's connections.
fn members(world: &World) -> BTreeMap<String, Vec<Value>> {
    let mut members: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for row in world.server.members(ROOM) {
        let user = row["userId"].as_str().unwrap_or_default().to_owned();
        members.entry(user).or_default().push(row);
    }
    members
}

/// How a client's room differs from the server's.
fn ghosts(world: &World, app: &App, there: &BTreeMap<String, Vec<Value>>) -> Vec<Breach> {
    let Some(room) = world.client(app.peer).presence(&ROOM.into()) else {
        return Vec::new();
    };
    let me: UserId = app.user();
    let mut found = Vec::new();
    let mut ghost = |what: String| {
        let what = format!("client {}: {what}", app.number);
        found.push(Breach::new(BreachKind::Ghost, what));
    };
    for (user, rows) in there.iter().filter(|(user, _)| **user != *me) {
        let Some(member) = room.members.iter().find(|it| *it.user.id == **user) else {
            ghost(format!("{user} is missing"));
            continue;
        };
        if member.connections != rows.len() || member.stale {
            ghost(format!("{member:?}, but the server has {rows:?}"));
        }
        let metadata: serde_json::Value = (member.metadata.as_ref())
            .and_then(|it| serde_json::from_str(it.as_json()).ok())
            .unwrap_or_default();
        if let [row] = rows.as_slice()
            && (row["metadata"] != metadata || row["status"] != serde_json::json!(member.status))
        {
            ghost(format!("{member:?}, but the server has {row}"));
        }
    }
    for member in room.members.iter().filter(|member| !member.is_me) {
        if !there.contains_key(&*member.user.id) {
            ghost(format!("{member:?} is not there"));
        }
    }
    found
}
