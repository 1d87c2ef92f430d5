//! User: who this visitor is.

use crate::{
    browser::{local_storage, query_param},
    session::Session,
};
use realtime_yew::prelude::*;
use yew::{html::ImplicitClone, prelude::*};

const NAME_KEY: &str = "name";

/// This tab's user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Me {
    pub(crate) id: AttrValue,
    pub(crate) name: AttrValue,
}

impl ImplicitClone for Me {}

/// The name of this visitor: from the address (`?name=…`), from an earlier visit, or made up.
pub(crate) fn first_name() -> String {
    query_param(NAME_KEY).unwrap_or_else(kept_name)
}

/// This tab's user, who begins with `name`, and a callback that renames them. The name is part of the token, so a new one
/// takes a new connection.
#[hook]
pub(crate) fn use_me(session: &Session, name: &AttrValue) -> (Me, Callback<AttrValue>) {
    let connection = use_connection();
    let name = use_state_eq(|| name.clone());
    let me = Me {
        id: session.user_id().into(),
        name: (*name).clone(),
    };
    let reconnect = connection.reconnect_callback();
    let rename = use_callback(
        (session.clone(), reconnect),
        move |new: AttrValue, (session, reconnect)| {
            if let Some(storage) = local_storage() {
                // Without storage the name lasts as long as the page.
                let _ = storage.set_item(NAME_KEY, &new);
            }
            session.rename(&new);
            name.set(new);
            reconnect.emit(());
        },
    );
    (me, rename)
}

fn kept_name() -> String {
    local_storage()
        .and_then(|storage| storage.get_item(NAME_KEY).ok()?)
        .unwrap_or_else(made_up_name)
}

fn made_up_name() -> String {
    const FIRST: [&str; 8] = [
        "Amber", "Brisk", "Calm", "Daring", "Gentle", "Jolly", "Quiet", "Sunny",
    ];
    const LAST: [&str; 8] = [
        "Badger", "Finch", "Heron", "Lynx", "Otter", "Puffin", "Robin", "Wren",
    ];
    let pick = |words: [&'static str; 8]| words[random(8) as usize];
    format!("{} {}", pick(FIRST), pick(LAST))
}

/// A whole number below `end`.
fn random(end: u32) -> u32 {
    (js_sys::Math::random() * f64::from(end)) as u32
}
