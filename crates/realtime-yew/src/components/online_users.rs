//! Online users, in small pictures.

use realtime_core::Member;
use std::rc::Rc;
use yew::prelude::*;

/// What an [`OnlineUsers`] is told.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct OnlineUsersProps {
    /// Whom to show: a presence handle's `online_users()`, or `presence()` for all.
    pub users: Rc<[Rc<Member>]>,
    /// How many pictures to show; the rest is a number. Default 5.
    #[prop_or(5)]
    pub max: usize,
    /// What a screen reader calls the list. Default: `Online users`.
    #[prop_or(AttrValue::Static("Online users"))]
    pub label: AttrValue,
    /// More class names for the outer element.
    #[prop_or_default]
    pub class: Classes,
}

/// The first few users as pictures or initials, their names on hover or keyboard focus, and the
/// number of the others.
///
/// ```
/// use realtime_yew::prelude::*;
/// use yew::prelude::*;
///
/// #[component]
/// fn Who() -> Html {
///     let room = use_presence("room:lobby", User::new("u1", "Ada"), UsePresenceOptions::default());
///     html! { <OnlineUsers users={room.online_users()} /> }
/// }
/// ```
#[component]
pub fn OnlineUsers(props: &OnlineUsersProps) -> Html {
    let more = props.users.len().saturating_sub(props.max);
    let class = classes!("rt-online", props.class.clone());
    html! {
        <ul {class} aria-label={props.label.clone()}>
            for member in props.users.iter().take(props.max) {
                <li
                    key={format!("user {}", member.user.id)}
                    class="rt-online__user"
                    data-testid="online-user"
                    data-user={AttrValue::from(member.user.id.as_str().to_owned())}
                    data-status={member.status.as_str()}
                >
                    { avatar(member) }
                </li>
            }
            if more > 0 {
                // Ids are any text of strangers: the words before them keep this key apart.
                <li key="more" class="rt-online__more">{ format!("+{more}") }</li>
            }
        </ul>
    }
}

/// The name is the picture's text, so a screen reader says it once; sighted people see it as a
/// tooltip, which the stylesheet shows on hover and focus.
fn avatar(member: &Member) -> Html {
    let name = AttrValue::from(Rc::clone(&member.user.name));
    let picture = match &member.user.avatar {
        Some(avatar) => html! {
            // Its address is a stranger's: it learns neither of the page nor, before it is seen, of
            // the visitor. `src` is the last: browsers begin to load where it is set, and Yew sets
            // attributes in this order.
            <img
                class="rt-avatar__image"
                alt=""
                loading="lazy"
                referrerpolicy="no-referrer"
                src={AttrValue::from(Rc::clone(avatar))}
            />
        },
        None => html! {
            <span class="rt-avatar__initials" aria-hidden="true">{ initials(&name) }</span>
        },
    };
    html! {
        <span class="rt-avatar" tabindex="0">
            { picture }
            <span class="rt-avatar__name">{ name }</span>
        </span>
    }
}

/// Two letters for a name: of its first and last word, or the first two of its only one.
fn initials(name: &str) -> String {
    let mut words = name.split_whitespace();
    let first = words.next().unwrap_or("?");
    let letters: String = match words.next_back() {
        Some(last) => first.chars().take(1).chain(last.chars().take(1)).collect(),
        None => first.chars().take(2).collect(),
    };
    letters.to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_are_of_the_first_and_the_last_word() {
        assert_eq!(initials("Ada Lovelace"), "AL");
        assert_eq!(initials("Ada King Lovelace"), "AL");
        assert_eq!(initials("lin"), "LI");
        assert_eq!(initials("É"), "É");
        assert_eq!(initials("  "), "?");
        assert_eq!(initials("李 小龙"), "李小");
    }
}
