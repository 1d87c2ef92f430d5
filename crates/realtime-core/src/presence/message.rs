//! What the server says about a room, read with as much patience as makes sense.

use super::{Metadata, PresenceStats, PresenceStatus, User};
use crate::{ConnectionId, DecodeError, Instant, UserId, text::is_usable_id};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// One change of a room.
#[derive(Clone, Debug)]
pub(super) enum Diff {
    Update(Update),
    Leave(Leave),
}

/// A connection as it is now: an announcement is the whole state, so what it leaves out is gone.
#[derive(Clone, Debug)]
pub(super) struct Update {
    pub(super) user_id: UserId,
    pub(super) connection: Option<ConnectionId>,
    /// `None` if the server did not say who this is.
    pub(super) user: Option<User>,
    pub(super) status: PresenceStatus,
    pub(super) metadata: Option<Metadata>,
    pub(super) heard: Instant,
}

/// One connection of a user is gone, or without a connection all of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Leave {
    pub(super) user_id: UserId,
    #[serde(rename = "connectionId")]
    pub(super) connection: Option<ConnectionId>,
}

/// `status` and `user` are read apart from the rest: an odd one must not hide the member.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UpdateData<'a> {
    user_id: Option<UserId>,
    #[serde(borrow)]
    user: Option<&'a RawValue>,
    #[serde(borrow)]
    status: Option<&'a RawValue>,
    #[serde(borrow)]
    metadata: Option<&'a RawValue>,
    connection_id: Option<ConnectionId>,
}

#[derive(Deserialize)]
struct UserData<'a> {
    id: Option<UserId>,
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    avatar: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct SyncData<'a> {
    #[serde(borrow)]
    members: Vec<&'a RawValue>,
}

/// Reads `presence:update`, and a row of `presence:sync`.
pub(super) fn read_update(
    now: Instant,
    data: &str,
    stats: &mut PresenceStats,
) -> Result<Update, DecodeError> {
    let raw: UpdateData<'_> = parse("presence:update", data)?;
    let user: Option<UserData<'_>> = raw
        .user
        .and_then(|user| serde_json::from_str(user.get()).ok());
    let inner_id = user.as_ref().and_then(|user| user.id.clone());
    if let (Some(outer), Some(inner)) = (&raw.user_id, &inner_id) {
        stats.mismatched_ids += u64::from(outer != inner);
    }
    let user_id = raw.user_id.or(inner_id).ok_or_else(|| {
        DecodeError::new("presence:update", "neither userId nor user.id is there")
    })?;
    check_ids("presence:update", &user_id, raw.connection_id.as_ref())?;
    stats.missing_users += u64::from(user.is_none());
    Ok(Update {
        user: user.map(|user| read_user(&user_id, user, stats)),
        status: raw
            .status
            .map_or(PresenceStatus::Online, |status| read_status(status, stats)),
        metadata: raw.metadata.and_then(|raw| {
            let metadata = Metadata::from_raw(raw).ok();
            stats.oversized_metadata += u64::from(metadata.is_none());
            metadata
        }),
        user_id,
        connection: raw.connection_id,
        heard: now,
    })
}

/// Reads `presence:leave`.
pub(super) fn read_leave(data: &str) -> Result<Leave, DecodeError> {
    let leave: Leave = parse("presence:leave", data)?;
    check_ids("presence:leave", &leave.user_id, leave.connection.as_ref())?;
    Ok(leave)
}

/// Reads `presence:sync`. A row that cannot be read is counted and left out: one bad row must not
/// cost the whole room.
pub(super) fn read_sync(
    now: Instant,
    data: &str,
    stats: &mut PresenceStats,
) -> Result<Vec<Update>, DecodeError> {
    let sync: SyncData<'_> = parse("presence:sync", data)?;
    let mut rows = Vec::with_capacity(sync.members.len());
    for row in sync.members {
        match read_update(now, row.get(), stats) {
            Ok(update) => rows.push(update),
            Err(_) => stats.malformed += 1,
        }
    }
    Ok(rows)
}

fn parse<'a, T: Deserialize<'a>>(what: &'static str, data: &'a str) -> Result<T, DecodeError> {
    serde_json::from_str(data).map_err(|error| DecodeError::new(what, error))
}

fn check_ids(
    what: &'static str,
    user: &UserId,
    connection: Option<&ConnectionId>,
) -> Result<(), DecodeError> {
    if is_usable_id(user) && connection.is_none_or(|id| is_usable_id(id)) {
        Ok(())
    } else {
        Err(DecodeError::new(what, "an id is empty or too long"))
    }
}

fn read_user(id: &UserId, data: UserData<'_>, stats: &mut PresenceStats) -> User {
    let user = User::new(id, data.name.as_deref().unwrap_or_default());
    match data.avatar {
        None => user,
        Some(avatar) => {
            let user = user.with_avatar(avatar);
            stats.rejected_avatars += u64::from(user.avatar.is_none());
            user
        }
    }
}

fn read_status(raw: &RawValue, stats: &mut PresenceStats) -> PresenceStatus {
    serde_json::from_str::<Cow<'_, str>>(raw.get())
        .ok()
        .and_then(|word| PresenceStatus::from_word(&word))
        .unwrap_or_else(|| {
            stats.unknown_statuses += 1;
            PresenceStatus::Online
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(data: &str) -> (Result<Update, DecodeError>, PresenceStats) {
        let mut stats = PresenceStats::default();
        (read_update(Instant::ZERO, data, &mut stats), stats)
    }

    #[test]
    fn the_user_id_may_stand_outside_or_inside() {
        for data in [r#"{"userId":"u1"}"#, r#"{"user":{"id":"u1"}}"#] {
            assert_eq!(read(data).0.unwrap().user_id.as_str(), "u1");
        }
        assert!(read("{}").0.is_err());
    }

    #[test]
    fn the_outer_id_counts_when_the_two_differ() {
        let (update, stats) = read(r#"{"userId":"u1","user":{"id":"u2","name":"Lin"}}"#);
        let update = update.unwrap();
        assert_eq!(update.user, Some(User::new("u1", "Lin")));
        assert_eq!(stats.mismatched_ids, 1);
    }

    #[test]
    fn odd_statuses_users_and_avatars_are_counted_and_do_not_hide_the_member() {
        let (update, stats) = read(r#"{"userId":"u1","user":7,"status":"dnd"}"#);
        let update = update.unwrap();
        assert_eq!(update.status, PresenceStatus::Online);
        assert_eq!(update.user, None);
        assert_eq!((stats.unknown_statuses, stats.missing_users), (1, 1));
        let (update, stats) = read(r#"{"user":{"id":"u1","avatar":"javascript:x"},"status":5}"#);
        assert_eq!(update.unwrap().user, Some(User::new("u1", "u1")));
        assert_eq!((stats.unknown_statuses, stats.rejected_avatars), (1, 1));
    }

    #[test]
    fn metadata_that_is_null_missing_or_too_long_is_none() {
        let long = format!(
            r#"{{"userId":"u1","metadata":"{}"}}"#,
            "a".repeat(Metadata::MAX_BYTES)
        );
        for (data, oversized) in [
            (r#"{"userId":"u1","metadata":null}"#, 0),
            (r#"{"userId":"u1"}"#, 0),
            (long.as_str(), 1),
        ] {
            let (update, stats) = read(data);
            assert_eq!(update.unwrap().metadata, None);
            assert_eq!(stats.oversized_metadata, oversized);
        }
    }

    #[test]
    fn one_bad_row_does_not_cost_the_room() {
        let mut stats = PresenceStats::default();
        let data = r#"{"members":[{"userId":"u1"},{"status":"away"},7,{"userId":"u2"}]}"#;
        let rows = read_sync(Instant::ZERO, data, &mut stats).unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(stats.malformed, 2);
    }

    #[test]
    fn ids_that_are_empty_or_huge_are_refused() {
        let huge = format!(r#"{{"userId":"{}"}}"#, "x".repeat(1_000));
        assert!(read(&huge).0.is_err());
        assert!(read_leave(&huge).is_err());
        assert!(read_leave(r#"{"userId":"u1","connectionId":""}"#).is_err());
    }
}
