//! Messages about a room, read with as much patience as makes sense.

use super::{Metadata, PresenceStats, PresenceStatus, User, budget::OVERHEAD, user::UserFields};
use crate::{
    ConnectionId, DecodeError, Instant, UserId, elements, object,
    text::{Field, is_usable_id},
};
use serde_json::value::RawValue;

/// One change of a room.
#[derive(Clone, Debug)]
pub(super) enum Diff {
    Update(Update),
    Leave(Leave),
}

impl Diff {
    /// How many bytes it takes to keep.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Update(update) => {
                let user = update.user.as_ref().map_or(0, User::bytes);
                let metadata = update.metadata.as_ref().map_or(0, Metadata::bytes);
                OVERHEAD + name_bytes(&update.user_id, update.connection.as_ref()) + user + metadata
            }
            Self::Leave(leave) => OVERHEAD + name_bytes(&leave.user_id, leave.connection.as_ref()),
        }
    }
}

fn name_bytes(user: &UserId, connection: Option<&ConnectionId>) -> usize {
    user.len() + connection.map_or(0, |id| id.len())
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
#[derive(Clone, Debug)]
pub(super) struct Leave {
    pub(super) user_id: UserId,
    pub(super) connection: Option<ConnectionId>,
}

/// Why something cannot be read. Its text is only made for a whole frame, as there may be millions
/// of rows.
enum Unreadable {
    Json(serde_json::Error),
    Because(&'static str),
}

impl From<serde_json::Error> for Unreadable {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

impl Unreadable {
    fn of(self, what: &'static str) -> DecodeError {
        match self {
            Self::Json(error) => DecodeError::new(what, error),
            Self::Because(reason) => DecodeError::new(what, reason),
        }
    }
}

/// Reads `presence:update`.
pub(super) fn read_update(
    now: Instant,
    data: &str,
    stats: &mut PresenceStats,
) -> Result<Update, DecodeError> {
    read_row(now, data, stats).map_err(|error| error.of(super::UPDATE))
}

/// Reads `presence:update`, and a row of `presence:sync`.
fn read_row(now: Instant, data: &str, stats: &mut PresenceStats) -> Result<Update, Unreadable> {
    const NAMES: [&str; 5] = ["userId", "user", "status", "metadata", "connectionId"];
    // `status` and `user` are read apart from the rest: an odd one must not hide the member.
    let [user_id, user, status, metadata, connection] = parse(data, NAMES)?;
    let user_id = Field::of(user_id);
    let user = user.and_then(|user| UserFields::of(user.get()).ok());
    let inner = user.as_ref().map_or(&Field::Absent, |user| &user.id);
    let id = match (&user_id, inner) {
        (Field::Text(outer), inner) => {
            stats.mismatched_ids += u64::from(inner.text().is_some_and(|inner| inner != outer));
            outer
        }
        (Field::Absent, Field::Text(inner)) => inner,
        (Field::Odd, _) | (Field::Absent, Field::Odd) => return Err(ODD_ID),
        (Field::Absent, Field::Absent) => {
            return Err(Unreadable::Because("neither userId nor user.id is there"));
        }
    };
    let user_id = usable_id(id)?;
    let connection = connection_id(&Field::of(connection))?;
    let odd_name = user.as_ref().is_none_or(|user| user.name == Field::Odd);
    stats.missing_users += u64::from(odd_name);
    Ok(Update {
        user: user.map(|user| read_user(&user_id, &user, stats)),
        status: status.map_or(PresenceStatus::Online, |status| read_status(status, stats)),
        metadata: metadata.and_then(|raw| {
            let metadata = Metadata::from_raw(raw);
            stats.oversized_metadata += u64::from(metadata.is_none());
            metadata
        }),
        user_id,
        connection,
        heard: now,
    })
}

/// Reads `presence:leave`.
pub(super) fn read_leave(data: &str) -> Result<Leave, DecodeError> {
    let read = || {
        let [user_id, connection] = parse(data, ["userId", "connectionId"])?;
        let Field::Text(user_id) = Field::of(user_id) else {
            return Err(ODD_ID);
        };
        Ok(Leave {
            user_id: usable_id(&user_id)?,
            connection: connection_id(&Field::of(connection))?,
        })
    };
    read().map_err(|error| error.of(super::LEAVE))
}

/// Reads `presence:sync`, and gives each row to `take` as it comes, so that what is not kept takes no
/// memory. A row that cannot be read is counted and left out: one bad row must not cost the whole room.
pub(super) fn read_sync(
    now: Instant,
    data: &str,
    stats: &mut PresenceStats,
    take: &mut dyn FnMut(Update, &mut PresenceStats),
) -> Result<(), DecodeError> {
    let mut read = || {
        let [members] = parse(data, ["members"])?;
        let members = members.ok_or(Unreadable::Because("the members are not there"))?;
        elements::for_each(members, |row| {
            match read_row(now, row, stats) {
                Ok(update) => take(update, stats),
                Err(_) => stats.malformed += 1,
            }
            true
        })?;
        Ok(())
    };
    read().map_err(|error: Unreadable| error.of(super::SYNC))
}

const ODD_ID: Unreadable =
    Unreadable::Because("the userId is neither text nor a whole number; give it as text");

fn parse<'a, const N: usize>(
    data: &'a str,
    names: [&str; N],
) -> Result<[Option<&'a RawValue>; N], Unreadable> {
    // An error of the parser has a text.
    if !data.trim_start().starts_with('{') {
        return Err(Unreadable::Because("it is no JSON object"));
    }
    Ok(object::fields(data, names)?)
}

fn usable_id(id: &str) -> Result<UserId, Unreadable> {
    if is_usable_id(id) {
        Ok(UserId::from(id))
    } else {
        Err(UNUSABLE)
    }
}

fn connection_id(field: &Field<'_>) -> Result<Option<ConnectionId>, Unreadable> {
    match field {
        Field::Absent => Ok(None),
        Field::Text(id) if is_usable_id(id) => Ok(Some(ConnectionId::from(id.as_ref()))),
        Field::Text(_) => Err(UNUSABLE),
        Field::Odd => Err(Unreadable::Because(
            "the connectionId is neither text nor a whole number; give it as text",
        )),
    }
}

const UNUSABLE: Unreadable = Unreadable::Because("an id is empty or longer than 256 bytes");

fn read_user(id: &UserId, fields: &UserFields<'_>, stats: &mut PresenceStats) -> User {
    let user = User::new(id, fields.name.text().unwrap_or_default());
    let user = match fields.avatar.text() {
        Some(avatar) => user.with_avatar(avatar),
        None => user,
    };
    let rejected = fields.avatar != Field::Absent && user.avatar.is_none();
    stats.rejected_avatars += u64::from(rejected);
    user
}

fn read_status(raw: &RawValue, stats: &mut PresenceStats) -> PresenceStatus {
    let word = Field::of(Some(raw));
    word.text()
        .and_then(PresenceStatus::from_word)
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
    fn ids_and_names_may_be_whole_numbers_and_nothing_else_that_is_no_text() {
        let (update, stats) = read(r#"{"userId":7,"user":{"id":7,"name":8},"connectionId":-9}"#);
        let update = update.unwrap();
        assert_eq!(update.user_id, UserId::from("7"));
        assert_eq!(update.user, Some(User::new("7", "8")));
        assert_eq!(update.connection, Some(ConnectionId::from("-9")));
        assert_eq!(stats, PresenceStats::default());
        let leave = read_leave(r#"{"userId":7,"connectionId":9}"#).unwrap();
        assert_eq!(leave.user_id.as_str(), "7");
        assert_eq!(leave.connection, Some(ConnectionId::from("9")));
        for odd in [
            "7.0",
            "1e3",
            "true",
            "[7]",
            "{}",
            "null",
            "99999999999999999999",
        ] {
            for data in [
                format!(r#"{{"userId":{odd}}}"#),
                format!(r#"{{"user":{{"id":{odd}}}}}"#),
            ] {
                assert!(read(&data).0.is_err(), "{data}");
            }
            assert!(read_leave(&format!(r#"{{"userId":{odd}}}"#)).is_err());
        }
        assert!(read(r#"{"userId":"u1","connectionId":7.0}"#).0.is_err());
    }

    #[test]
    fn a_list_is_not_read_as_the_fields_of_a_member() {
        assert!(read(r#"["u1"]"#).0.is_err());
        assert!(read_leave(r#"["u1"]"#).is_err());
        let (update, stats) = read(r#"{"userId":"u1","user":["u1","Eve"]}"#);
        assert_eq!((update.unwrap().user, stats.missing_users), (None, 1));
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
        let (update, stats) = read(r#"{"user":{"id":"u1","name":{},"avatar":[]}}"#);
        assert_eq!(update.unwrap().user, Some(User::new("u1", "u1")));
        assert_eq!((stats.missing_users, stats.rejected_avatars), (1, 1));
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
        let mut rows = 0;
        read_sync(Instant::ZERO, data, &mut stats, &mut |_, _| rows += 1).unwrap();
        assert_eq!((rows, stats.malformed), (2, 2));
    }

    #[test]
    fn ids_that_are_empty_or_huge_are_refused() {
        let huge = format!(r#"{{"userId":"{}"}}"#, "x".repeat(1_000));
        assert!(read(&huge).0.is_err());
        assert!(read_leave(&huge).is_err());
        assert!(read_leave(r#"{"userId":"u1","connectionId":""}"#).is_err());
    }
}
