//! Rosters: who is in each room, as the server has told the leader, for tabs that come later: to them
//! the server, which knows one connection, will not tell it again.

use crate::{
    id::ChannelName,
    object::{self, ObjectWriter},
    ordered::OrderedMap,
    presence,
    wire::Text,
};
use serde_json::value::RawValue;

/// How many bytes of members are kept, of all rooms. A room that has no place is shown without a
/// snapshot, as by servers that send none.
const MOST_BYTES: usize = 1 << 20;

#[derive(Debug)]
struct Member {
    user: String,
    json: String,
}

#[derive(Debug, Default)]
struct Roster {
    /// By connection, or by user where a server names none.
    members: OrderedMap<String, Member>,
    bytes: usize,
}

/// The rooms that the server has given a snapshot of.
#[derive(Debug, Default)]
pub(super) struct Rosters {
    rooms: OrderedMap<ChannelName, Roster>,
    bytes: usize,
}

impl Rosters {
    pub(super) fn clear(&mut self) {
        self.rooms.clear();
        self.bytes = 0;
    }

    /// The link is another, or we are not in this room any more.
    pub(super) fn forget(&mut self, channel: &str) {
        if let Some(roster) = self.rooms.remove(channel) {
            self.bytes -= roster.bytes;
        }
    }

    /// Takes in an event of a room.
    pub(super) fn hear(&mut self, channel: &str, event: &str, data: &str) {
        match event {
            presence::SYNC => self.sync(channel, data),
            presence::UPDATE => self.change(channel, |roster| roster.put(data)),
            presence::LEAVE => self.change(channel, |roster| roster.remove(data)),
            _ => {}
        }
    }

    /// What the server would say to one who comes now.
    pub(super) fn snapshot(&self, channel: &str) -> Option<String> {
        let roster = self.rooms.get(channel)?;
        let mut members = String::from("[");
        for member in roster.members.values() {
            if members.len() > 1 {
                members.push(',');
            }
            members.push_str(&member.json);
        }
        members.push(']');
        let mut data = ObjectWriter::default();
        data.raw("members", &members);
        Some(data.end())
    }

    fn sync(&mut self, channel: &str, data: &str) {
        let members = object::fields(data, ["members"]).ok().and_then(|[it]| it);
        let json = members.map_or("", RawValue::get);
        let Ok(members) = serde_json::from_str::<Vec<&RawValue>>(json) else {
            return;
        };
        self.forget(channel);
        self.rooms.insert(channel.into(), Roster::default());
        self.change(channel, |roster| {
            for member in members {
                roster.put(member.get());
            }
        });
    }

    fn change(&mut self, channel: &str, change: impl FnOnce(&mut Roster)) {
        let Some(roster) = self.rooms.get_mut(channel) else {
            return;
        };
        let before = roster.bytes;
        change(roster);
        self.bytes = self.bytes - before + roster.bytes;
        if self.bytes > MOST_BYTES {
            self.forget(channel);
        }
    }
}

impl Roster {
    fn put(&mut self, json: &str) {
        let Some((key, user)) = known_by(json) else {
            return;
        };
        self.take(&key);
        self.bytes += key.len() + user.len() + json.len();
        let json = json.to_owned();
        self.members.insert(key, Member { user, json });
    }

    fn remove(&mut self, json: &str) {
        let Some((key, user)) = known_by(json) else {
            return;
        };
        if key != user {
            return self.take(&key);
        }
        // No connection is named: all of the user's are meant.
        let of_user = self.members.iter().filter(|(_, it)| it.user == user);
        let keys: Vec<String> = of_user.map(|(key, _)| key.clone()).collect();
        for key in keys {
            self.take(&key);
        }
    }

    fn take(&mut self, key: &str) {
        if let Some(member) = self.members.remove(key) {
            self.bytes -= key.len() + member.user.len() + member.json.len();
        }
    }
}

/// What a member is known by, and whose they are.
fn known_by(json: &str) -> Option<(String, String)> {
    let [user_id, user, connection] =
        object::fields(json, ["userId", "user", "connectionId"]).ok()?;
    let id = match (user_id, user) {
        (Some(id), _) => id,
        (None, Some(user)) => object::fields(user.get(), ["id"])
            .ok()
            .and_then(|[id]| id)?,
        (None, None) => return None,
    };
    let user = Text::of(id.get())?.into_owned();
    let connection = connection.and_then(|it| Text::of(it.get()));
    let key = connection.map_or_else(|| user.clone(), |it| format!("\0{it}"));
    Some((key, user))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(rosters: &Rosters) -> Option<String> {
        rosters.snapshot("r")
    }

    #[test]
    fn who_comes_later_is_told_what_the_server_has_said_so_far() {
        let mut rosters = Rosters::default();
        rosters.hear("r", presence::UPDATE, r#"{"userId":"u1"}"#);
        assert_eq!(snapshot(&rosters), None, "nobody knows who else is there");
        rosters.hear(
            "r",
            presence::SYNC,
            r#"{"members":[{"userId":"u1","connectionId":"a"},{"user":{"id":"u2"}},7]}"#,
        );
        rosters.hear(
            "r",
            presence::UPDATE,
            r#"{"userId":"u1","connectionId":"b"}"#,
        );
        rosters.hear(
            "r",
            presence::LEAVE,
            r#"{"userId":"u1","connectionId":"a"}"#,
        );
        let all = snapshot(&rosters).unwrap();
        assert_eq!(
            all,
            r#"{"members":[{"userId":"u1","connectionId":"b"},{"user":{"id":"u2"}}]}"#
        );
        rosters.hear("r", presence::LEAVE, r#"{"userId":"u1"}"#);
        rosters.hear("r", presence::LEAVE, r#"{"userId":"u2"}"#);
        assert_eq!(snapshot(&rosters).unwrap(), r#"{"members":[]}"#);
        assert_eq!(rosters.bytes, 0);
    }

    #[test]
    fn a_room_that_is_too_large_has_no_snapshot() {
        let mut rosters = Rosters::default();
        rosters.hear("r", presence::SYNC, r#"{"members":[]}"#);
        let name = "x".repeat(MOST_BYTES);
        rosters.hear(
            "r",
            presence::UPDATE,
            &format!(r#"{{"userId":"u","name":"{name}"}}"#),
        );
        assert_eq!(snapshot(&rosters), None);
        assert_eq!(rosters.bytes, 0);
    }
}
