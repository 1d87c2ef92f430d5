//! User: who someone is.

use crate::{
    UserId,
    object::{self, ObjectWriter},
    text::{Field, display_name},
};
use serde::{
    Deserialize, Serialize,
    de::{Deserializer, Error},
};
use std::rc::Rc;

/// The longest avatar address kept, in bytes.
const MAX_URL_BYTES: usize = 2_048;

/// The longest inline (`data:`) avatar kept, in bytes.
const MAX_INLINE_BYTES: usize = 16 * 1_024;

/// A user, as they announce themselves.
///
/// Names and avatars are other people's text. Those read with serde or built with [`new`](Self::new)
/// and [`with_avatar`](Self::with_avatar) are cleaned. A name is one line of at most 256 characters,
/// without what nobody sees (controls, format characters, tags; joiners stay in scripts and emoji
/// that are written with them) and with at most four marks on a letter (eight in Tibetan and
/// Myanmar); a blank one becomes the id. An avatar is an `http:`, `https:` or `data:image/` address or
/// a relative one, or is dropped. Show both as text and as an image source all the same, never as
/// HTML. Ids and names that are whole numbers in JSON are read as their digits.
///
/// ```
/// use realtime_core::User;
///
/// let ada = User::new("u1", "Ada").with_avatar("/ada.png");
/// assert_eq!(ada.avatar.as_deref(), Some("/ada.png"));
/// let eve = User::new("u2", "Eve\u{202e}").with_avatar("javascript:alert(1)");
/// assert_eq!((&*eve.name, eve.avatar), ("Eve", None));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct User {
    /// The user's id; the server's word for who this is.
    pub id: UserId,
    /// The name to show.
    pub name: Rc<str>,
    /// Where their picture is, if they have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar: Option<Rc<str>>,
}

/// A user as JSON has them, before anything is checked.
#[derive(Deserialize)]
pub(super) struct UserFields<'a> {
    #[serde(borrow, default)]
    pub(super) id: Field<'a>,
    #[serde(borrow, default)]
    pub(super) name: Field<'a>,
    #[serde(borrow, default)]
    pub(super) avatar: Field<'a>,
}

impl<'a> UserFields<'a> {
    /// As an object has them.
    pub(super) fn of(json: &'a str) -> Result<Self, serde_json::Error> {
        let [id, name, avatar] = object::fields(json, ["id", "name", "avatar"])?;
        Ok(Self {
            id: Field::of(id),
            name: Field::of(name),
            avatar: Field::of(avatar),
        })
    }
}

impl User {
    /// A user without an avatar.
    #[must_use]
    pub fn new(id: impl Into<UserId>, name: impl AsRef<str>) -> Self {
        let id = id.into();
        let name = display_name(name.as_ref(), &id);
        Self {
            id,
            name,
            avatar: None,
        }
    }

    /// This user with that avatar, or without one if the address is not safe to show.
    #[must_use]
    pub fn with_avatar(mut self, avatar: impl AsRef<str>) -> Self {
        self.avatar = safe_avatar(avatar.as_ref());
        self
    }

    /// As JSON.
    pub(super) fn to_json(&self) -> String {
        let mut json = ObjectWriter::default();
        json.text("id", Some(&self.id));
        json.text("name", Some(&self.name));
        json.text("avatar", self.avatar.as_deref());
        json.end()
    }

    /// How many bytes of text it holds.
    pub(super) fn bytes(&self) -> usize {
        let avatar = self.avatar.as_ref().map_or(0, |avatar| avatar.len());
        self.id.len() + self.name.len() + avatar
    }

    /// This user, cleaned again: the fields are public, so anything may be in them.
    pub(super) fn cleaned(self) -> Self {
        let cleaned = Self::new(self.id, self.name);
        match self.avatar {
            Some(avatar) => cleaned.with_avatar(avatar),
            None => cleaned,
        }
    }
}

impl<'de> Deserialize<'de> for User {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = UserFields::deserialize(deserializer)?;
        let (Field::Text(id), Field::Absent | Field::Text(_), Field::Absent | Field::Text(_)) =
            (&fields.id, &fields.name, &fields.avatar)
        else {
            return Err(D::Error::custom(
                "a user has an `id`, a `name` and an `avatar` that are text",
            ));
        };
        let user = Self::new(id.as_ref(), fields.name.text().unwrap_or_default());
        Ok(match fields.avatar.text() {
            Some(avatar) => user.with_avatar(avatar),
            None => user,
        })
    }
}

/// Browsers skip control characters inside an address (`java\nscript:`), so one that has any is
/// refused rather than read as it looks.
fn safe_avatar(address: &str) -> Option<Rc<str>> {
    let address = address.trim();
    if address.is_empty() || address.chars().any(char::is_control) {
        return None;
    }
    let limit = match scheme(address) {
        None => MAX_URL_BYTES,
        Some(scheme) if is(scheme, "http") || is(scheme, "https") => MAX_URL_BYTES,
        Some(scheme) if is(scheme, "data") => {
            let media_type = address.get("data:".len().."data:image/".len())?;
            if !is(media_type, "image/") {
                return None;
            }
            MAX_INLINE_BYTES
        }
        Some(_) => return None,
    };
    (address.len() <= limit).then(|| address.into())
}

/// What stands before the first colon, unless a path, query or fragment began before it.
fn scheme(address: &str) -> Option<&str> {
    let end = address.find([':', '/', '\\', '?', '#'])?;
    address[end..].starts_with(':').then(|| &address[..end])
}

fn is(text: &str, lower: &str) -> bool {
    text.eq_ignore_ascii_case(lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_avatar_addresses_are_kept() {
        for address in [
            "https://cdn.example/a.png?x=1:2",
            "HTTP://cdn.example/a.png",
            "/avatars/ada.png",
            "avatars/a:b.png",
            "//cdn.example/a.png",
            "data:image/png;base64,iVBORw0KGgo=",
        ] {
            assert_eq!(safe_avatar(address).as_deref(), Some(address), "{address}");
        }
    }

    #[test]
    fn addresses_that_could_run_or_flood_are_dropped() {
        let long = format!("https://cdn.example/{}", "a".repeat(MAX_URL_BYTES));
        let huge = format!("data:image/png,{}", "a".repeat(MAX_INLINE_BYTES));
        for address in [
            "",
            "javascript:alert(1)",
            " JavaScript:alert(1)",
            "java\nscript:alert(1)",
            "data:text/html,<script>",
            "data:",
            "data:im",
            "vbscript:x",
            "blob:https://x/1",
            &long,
            &huge,
        ] {
            assert_eq!(safe_avatar(address), None, "{address}");
        }
    }

    #[test]
    fn numbers_are_ids_and_names_and_other_things_are_not() {
        let user: User = serde_json::from_str(r#"{"id":7,"name":42}"#).unwrap();
        assert_eq!(user, User::new("7", "42"));
        for odd in [
            r#"{"id":7.5}"#,
            r#"{"name":"Ada"}"#,
            r#"{"id":"u1","name":{}}"#,
            r#"{"id":"u1","avatar":[]}"#,
            "7",
        ] {
            assert!(serde_json::from_str::<User>(odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn a_user_read_from_json_is_cleaned_and_written_without_an_empty_avatar() {
        let user: User =
            serde_json::from_str(r#"{"id":"u1","name":"A\u0000da","avatar":"javascript:x"}"#)
                .unwrap();
        assert_eq!(user, User::new("u1", "Ada"));
        assert_eq!(
            serde_json::to_string(&user).unwrap(),
            r#"{"id":"u1","name":"Ada"}"#
        );
    }
}
