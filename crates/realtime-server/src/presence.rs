//! Presence: those who are in a channel, one row per connection.

use crate::{
    Limits, Refusal, Visitor,
    limits::{AVATAR, NAME},
    peer::Peer,
    text,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The data of `presence:announce`: who is there, how, and with what.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Announcement {
    user: User,
    status: Status,
    #[serde(default, skip_serializing_if = "Option::is_none")]
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
    pub(crate) fn check(&self, limits: &Limits) -> Result<(), Refusal> {
        text::check("user.id", &self.user.id, NAME)?;
        text::check("user.name", &self.user.name, NAME)?;
        if self
            .user
            .avatar
            .as_ref()
            .is_some_and(|avatar| avatar.len() > AVATAR)
        {
            let max = AVATAR;
            return Err(Refusal::invalid(format!(
                "user.avatar must have at most {max} bytes"
            )));
        }
        if self
            .metadata
            .as_ref()
            .is_some_and(|data| data.get().len() > limits.metadata_bytes)
        {
            let max = limits.metadata_bytes;
            return Err(Refusal::invalid(format!(
                "metadata must have at most {max} bytes"
            )));
        }
        Ok(())
    }

    /// Refuses an announcement of somebody else, and puts the announcer's own name to it.
    pub(crate) fn sign(&mut self, visitor: &Visitor) -> Result<(), Refusal> {
        visitor.sign(&self.user.id, &mut self.user.name)
    }
}

/// A row of `presence:sync` and the data of `presence:update`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Member {
    user_id: String,
    user: User,
    status: Status,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    metadata: Option<Box<RawValue>>,
    connection_id: Peer,
}

/// A member, and when it was last heard of.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Present {
    member: Member,
    heard: u64,
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
    connection_id: Peer,
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

/// Everyone present, by connection. Times are in milliseconds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Roster {
    members: BTreeMap<Peer, Present>,
}

impl Roster {
    pub(crate) fn announce(
        &mut self,
        peer: &Peer,
        announcement: Announcement,
        now: u64,
        limits: &Limits,
    ) -> Result<Announced, Refusal> {
        let before = self.members.get(peer);
        if before.is_none() && self.members.len() >= limits.members {
            let message = "too many people are here already: try again later";
            return Err(Refusal::limit_reached(message));
        }
        let Announcement {
            user,
            status,
            metadata,
        } = announcement;
        let left = before
            .filter(|before| before.member.user_id != user.id)
            .map(|before| before.member.left());
        let first = before.is_none();
        let user_id = user.id.clone();
        let member = Member {
            user_id,
            user,
            status,
            metadata,
            connection_id: peer.clone(),
        };
        let present = Present {
            member: member.clone(),
            heard: now,
        };
        self.members.insert(peer.clone(), present);
        Ok(Announced {
            first,
            left,
            member,
        })
    }

    pub(crate) fn sync(&self) -> Sync<'_> {
        Sync {
            members: self.members.values().map(|one| &one.member).collect(),
        }
    }

    pub(crate) fn leave(&mut self, peer: &Peer) -> Option<Left> {
        self.members.remove(peer).map(|one| one.member.left())
    }

    /// Takes out those who were not heard of for `life`.
    pub(crate) fn expire(&mut self, now: u64, life: u64) -> Vec<Left> {
        self.members
            .extract_if(.., |_, one| now.saturating_sub(one.heard) >= life)
            .map(|(_, one)| one.member.left())
            .collect()
    }

    /// The sockets that are here.
    pub(crate) fn peers(&self) -> impl Iterator<Item = &Peer> {
        self.members.keys()
    }

    /// What a socket would say to be here as it is.
    pub(crate) fn announcement_of(&self, peer: &Peer) -> Option<Announcement> {
        let member = &self.members.get(peer)?.member;
        Some(Announcement {
            user: member.user.clone(),
            status: member.status,
            metadata: member.metadata.clone(),
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
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
    use crate::ConnectionId;

    fn announcement(user: &str) -> Announcement {
        let text = format!(
            r#"{{"user":{{"id":"{user}","name":"Ada"}},"status":"online","metadata":[1]}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    fn peer(number: u64) -> Peer {
        Peer {
            node: "n".into(),
            connection: ConnectionId(number),
        }
    }

    #[test]
    fn a_member_not_heard_of_is_dropped_and_one_who_repeats_stays() {
        let (start, life) = (1_000, 75_000);
        let mut roster = Roster::default();
        for (n, name) in [(1, "a"), (2, "b")] {
            roster
                .announce(&peer(n), announcement(name), start, &Limits::default())
                .unwrap();
        }
        let half = start + life / 2;
        let again = roster
            .announce(&peer(2), announcement("b"), half, &Limits::default())
            .unwrap();
        assert!(!again.first);
        let gone = roster.expire(start + life, life);
        assert_eq!(
            gone,
            [Left {
                user_id: "a".into(),
                connection_id: peer(1),
            }]
        );
        assert!(roster.expire(start + life, life).is_empty());
    }

    #[test]
    fn a_connection_that_becomes_somebody_else_leaves_first() {
        let mut roster = Roster::default();
        roster
            .announce(&peer(1), announcement("a"), 0, &Limits::default())
            .unwrap();
        let announced = roster
            .announce(&peer(1), announcement("b"), 0, &Limits::default())
            .unwrap();
        assert_eq!(announced.left.unwrap().user_id, "a");
        assert_eq!(roster.sync().members.len(), 1);
    }

    #[test]
    fn a_member_can_be_announced_again_as_it_is() {
        let mut roster = Roster::default();
        roster
            .announce(&peer(1), announcement("a"), 0, &Limits::default())
            .unwrap();
        let said = roster.announcement_of(&peer(1)).unwrap();
        let text = serde_json::to_string(&said).unwrap();
        assert_eq!(text, serde_json::to_string(&announcement("a")).unwrap());
        assert!(roster.announcement_of(&peer(2)).is_none());
    }

    #[test]
    fn metadata_is_bounded() {
        let mut large = announcement("a");
        let text = format!("\"{}\"", "x".repeat(Limits::default().metadata_bytes));
        large.metadata = Some(RawValue::from_string(text).unwrap());
        assert_eq!(
            large.check(&Limits::default()).unwrap_err().code(),
            "invalid_data"
        );
        assert!(announcement("a").check(&Limits::default()).is_ok());
    }
}
