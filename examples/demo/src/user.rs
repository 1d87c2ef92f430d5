//! Who this visitor is.

use crate::browser::{local_storage, query_param, session_storage};
use yew::{html::ImplicitClone, prelude::*};

const NAME_KEY: &str = "name";
const USER_KEY: &str = "user";

/// This tab's user. Every tab is another one, so that one browser can play several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Me {
    pub(crate) id: AttrValue,
    pub(crate) name: AttrValue,
}

impl ImplicitClone for Me {}

impl Me {
    /// From the address (`?user=…&name=…`), from an earlier visit, or made up.
    fn load() -> Self {
        Self {
            id: query_param(USER_KEY).unwrap_or_else(tab_id).into(),
            name: query_param(NAME_KEY).unwrap_or_else(kept_name).into(),
        }
    }
}

/// This tab's user, and a callback that renames them.
#[hook]
pub(crate) fn use_me() -> (Me, Callback<AttrValue>) {
    let me = use_state(Me::load);
    let rename = use_callback((*me).clone(), {
        let setter = me.setter();
        move |name: AttrValue, me: &Me| {
            if let Some(storage) = local_storage() {
                // Without storage the name lasts as long as the page.
                let _ = storage.set_item(NAME_KEY, &name);
            }
            setter.set(Me {
                id: me.id.clone(),
                name,
            });
        }
    });
    ((*me).clone(), rename)
}

fn tab_id() -> String {
    let storage = session_storage();
    let kept = storage
        .as_ref()
        .and_then(|storage| storage.get_item(USER_KEY).ok()?);
    kept.unwrap_or_else(|| {
        let id = format!("u-{:08x}", random(u32::MAX));
        if let Some(storage) = &storage {
            let _ = storage.set_item(USER_KEY, &id);
        }
        id
    })
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
