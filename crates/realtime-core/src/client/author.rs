//! Author: who a message is from, found under the names that servers commonly give to that.

use crate::{id::UserId, object, text::Field};
use serde_json::value::RawValue;

/// Who a message is from: it says so itself, or the item that it creates does.
pub(super) fn of_message(data: &str) -> Option<UserId> {
    match change(data) {
        Some((action, item)) => creator(&action, item),
        None => signed(data),
    }
}

/// Who made the item that a list's event creates.
pub(super) fn of_created(data: &str) -> Option<UserId> {
    let (action, item) = change(data)?;
    creator(&action, item)
}

/// The action and the item of a list's event.
fn change(data: &str) -> Option<(Field<'_>, &RawValue)> {
    let [action, item] = object::fields(data, ["action", "item"]).ok()?;
    let action = Field::of(action);
    action.text()?;
    Some((action, item?))
}

fn creator(action: &Field<'_>, item: &RawValue) -> Option<UserId> {
    let creates = action.text() == Some("create");
    creates.then(|| signed(item.get())).flatten()
}

fn signed(data: &str) -> Option<UserId> {
    const IDS: [&str; 6] = ["userId", "senderId", "authorId", "user", "sender", "author"];
    let [ids @ .., user, sender, author] = object::fields(data, IDS).ok()?;
    let person = |person: Option<&RawValue>| {
        let [id] = object::fields(person?.get(), ["id"]).ok()?;
        user_id(id)
    };
    let people = || [user, sender, author].into_iter().find_map(person);
    ids.into_iter().find_map(user_id).or_else(people)
}

fn user_id(field: Option<&RawValue>) -> Option<UserId> {
    Field::of(field).text().map(UserId::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_author_is_found_under_the_usual_names() {
        for data in [
            r#"{"userId":"u1","text":"hello"}"#,
            r#"{"senderId":"u1"}"#,
            r#"{"authorId":"u1"}"#,
            r#"{"user":{"id":"u1","name":"Ada"}}"#,
            r#"{"user":"Ada","sender":{"id":"u1"}}"#,
            r#"{"userId":{},"author":{"id":"u1"}}"#,
            r#"{"action":"create","item":{"id":"m1","userId":"u1"}}"#,
        ] {
            assert_eq!(of_message(data), Some(UserId::from("u1")), "{data}");
        }
    }

    #[test]
    fn an_author_may_be_a_number() {
        assert_eq!(of_message(r#"{"userId":7}"#), Some(UserId::from("7")));
        assert_eq!(of_message(r#"{"user":{"id":7}}"#), Some(UserId::from("7")));
        assert_eq!(of_message(r#"{"userId":7.0}"#), None);
        let created = r#"{"action":"create","item":{"senderId":7}}"#;
        assert_eq!(of_message(created), Some(UserId::from("7")));
    }

    #[test]
    fn only_an_item_that_is_created_tells_by_itself_that_somebody_wrote_it() {
        for data in [
            r#"{"userId":"u1","x":3,"y":4}"#,
            r#"{"action":"create","userId":"u1"}"#,
            r#"{"action":"move","item":{"userId":"u1"}}"#,
            r#"{"action":"create","item":["u1"]}"#,
        ] {
            assert_eq!(of_created(data), None, "{data}");
        }
    }

    #[test]
    fn an_edit_or_a_payload_of_another_shape_has_no_author() {
        for data in [
            r#"{"action":"update","item":{"id":"m1","userId":"u1"}}"#,
            r#"{"text":"hello"}"#,
            "[1]",
            r#"["u1",null,null,null]"#,
            "null",
            r#"{"user":"u1"}"#,
        ] {
            assert_eq!(of_message(data), None, "{data}");
        }
    }
}
