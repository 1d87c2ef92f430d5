//! Who is present in a channel: one row per connection.

use crate::{
    errors::Refusal,
    hub::ConnectionId,
    limits::{self, check_text},
};
use realtime_demo_types::limits::NAME;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// The data of `presence:announce`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Announcement {
    user: User,
    status: Status,
    #[serde(default)]
    metadata: Option<Box<RawValue>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    id: String,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    avatar: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Status {
    Online,
    Away,
    Busy,
}

impl Announcement {
    /// Refuses names and metadata beyond their limits.
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        check_text("user.id", &self.user.id, NAME)?;
        check_text("user.name", &self.user.name, NAME)?;
        if self
            .user
            .avatar
            .as_ref()
            .is_some_and(|avatar| avatar.len() > limits::AVATAR)
        {
            let max = limits::AVATAR;
            return Err(Refusal::invalid(format!(
                "user.avatar must have at most {max} bytes"
            )));
        }
        if self
            .metadata
            .as_ref()
            .is_some_and(|data| data.get().len() > limits::METADATA)
        {
            let max = limits::METADATA;
            return Err(Refusal::invalid(format!(
                "metadata must have at most {max} bytes"
            )));
        }
        Ok(())
    }
}

/// A row of `presence:sync` and the data of `presence:update`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Member {
    user_id: String,
    user: User,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Box<RawValue>>,
    connection_id: String,
    #[serde(skip)]
    heard: Instant,
}

/// The data of `presence:sync`.
#[derive(Debug, Serialize)]
pub(crate) struct Sync<'a> {
    members: Vec<&'a Member>,
}

/// The data of the server's `presence:leave`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Left {
    user_id: String,
    connection_id: String,
}

/// What an announcement changed.
#[derive(Debug)]
pub(crate) struct Announced {
    /// It was the first one of this connection here, who is to get the full room.
    pub(crate) first: bool,
    /// The same connection was here as somebody else.
    pub(crate) left: Option<Left>,
    /// The row as it is now.
    pub(crate) member: Member,
}

/// Everyone present, by connection.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    members: BTreeMap<ConnectionId, Member>,
}

impl Roster {
    pub(crate) fn announce(
        &mut self,
        connection: ConnectionId,
        connection_id: String,
        announcement: Announcement,
        now: Instant,
    ) -> Result<Announced, Refusal> {
        let before = self.members.get(&connection);
        if before.is_none() && self.members.len() >= limits::ROSTER {
            let message = "too many people are here already: try again later";
            return Err(Refusal::LimitReached(message.to_owned()));
        }
        let Announcement {
            user,
            status,
            metadata,
        } = announcement;
        let left = before
            .filter(|before| before.user_id != user.id)
            .map(Member::left);
        let first = before.is_none();
        let user_id = user.id.clone();
        let member = Member {
            user_id,
            user,
            status,
            metadata,
            connection_id,
            heard: now,
        };
        self.members.insert(connection, member.clone());
        Ok(Announced {
            first,
            left,
            member,
        })
    }

    pub(crate) fn sync(&self) -> Sync<'_> {
        Sync {
            members: self.members.values().collect(),
        }
    }

    pub(crate) fn leave(&mut self, connection: ConnectionId) -> Option<Left> {
        self.members.remove(&connection).map(|member| member.left())
    }

    /// Takes out those who were not heard of for `life`.
    pub(crate) fn expire(&mut self, now: Instant, life: Duration) -> Vec<Left> {
        self.members
            .extract_if(.., |_, member| {
                now.saturating_duration_since(member.heard) >= life
            })
            .map(|(_, member)| member.left())
            .collect()
    }
}

impl Member {
    fn left(&self) -> Left {
        Left {
            user_id: self.user_id.clone(),
            connection_id: self.connection_id.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn announcement(user: &str) -> Announcement {
        let text = format!(
            r#"{{"user":{{"id":"{user}","name":"Ada"}},"status":"online","metadata":[1]}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn a_member_not_heard_of_is_dropped_and_one_who_repeats_stays() {
        let start = Instant::now();
        let life = Duration::from_secs(75);
        let mut roster = Roster::default();
        for (n, name) in [(1, "a"), (2, "b")] {
            roster
                .announce(ConnectionId(n), format!("c{n}"), announcement(name), start)
                .unwrap();
        }
        let half = start + life / 2;
        let again = roster
            .announce(ConnectionId(2), "c2".into(), announcement("b"), half)
            .unwrap();
        assert!(!again.first);
        let gone = roster.expire(start + life, life);
        assert_eq!(
            gone,
            [Left {
                user_id: "a".into(),
                connection_id: "c1".into()
            }]
        );
        assert!(roster.expire(start + life, life).is_empty());
    }

    #[test]
    fn a_connection_that_becomes_somebody_else_leaves_first() {
        let now = Instant::now();
        let mut roster = Roster::default();
        roster
            .announce(ConnectionId(1), "c1".into(), announcement("a"), now)
            .unwrap();
        let announced = roster
            .announce(ConnectionId(1), "c1".into(), announcement("b"), now)
            .unwrap();
        assert_eq!(announced.left.unwrap().user_id, "a");
        assert_eq!(roster.sync().members.len(), 1);
    }

    #[test]
    fn metadata_is_bounded() {
        let mut large = announcement("a");
        let text = format!("\"{}\"", "x".repeat(limits::METADATA));
        large.metadata = Some(RawValue::from_string(text).unwrap());
        assert_eq!(large.check().unwrap_err().code(), "invalid_data");
        assert!(announcement("a").check().is_ok());
    }
}
