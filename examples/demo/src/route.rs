//! Route: which page is shown, by what the address says after `#`.

use crate::{browser::hash, listener::Listener};
use yew::prelude::*;

/// The rooms that the page offers; an address can name any other.
pub(crate) const ROOMS: [&str; 2] = ["lobby", "studio"];

/// A page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Prices,
    Tasks,
    Room(AttrValue),
    Notes,
    Notifications,
    Stress,
}

impl Route {
    /// The page of an address such as `#/room/lobby`; the first page for one that is none.
    fn parse(hash: &str) -> Self {
        let path = hash.trim_start_matches('#').trim_matches('/');
        match path.split_once('/').unwrap_or((path, "")) {
            ("tasks", "") => Self::Tasks,
            ("room", "") => Self::lobby(),
            ("room", room) => Self::Room(room.to_owned().into()),
            ("notes", "") => Self::Notes,
            ("notifications", "") => Self::Notifications,
            ("stress", "") => Self::Stress,
            _ => Self::Prices,
        }
    }

    /// The room one comes into without naming one.
    pub(crate) fn lobby() -> Self {
        Self::Room(ROOMS[0].into())
    }

    /// The address of the page.
    pub(crate) fn href(&self) -> String {
        match self {
            Self::Prices => "#/prices".into(),
            Self::Tasks => "#/tasks".into(),
            Self::Room(room) => format!("#/room/{room}"),
            Self::Notes => "#/notes".into(),
            Self::Notifications => "#/notifications".into(),
            Self::Stress => "#/stress".into(),
        }
    }

    /// What the page is called.
    pub(crate) const fn title(&self) -> &'static str {
        match self {
            Self::Prices => "Prices",
            Self::Tasks => "Tasks",
            Self::Room(_) => "Room",
            Self::Notes => "Notes",
            Self::Notifications => "Notifications",
            Self::Stress => "Stress",
        }
    }

    /// Whether the two stand under one entry of the navigation.
    pub(crate) fn is_same_page(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

/// The page the address names, now and whenever it changes.
#[hook]
pub(crate) fn use_route() -> Route {
    let route = use_state_eq(|| Route::parse(&hash()));
    let setter = route.setter();
    use_effect_with((), move |()| {
        let listener = Listener::on_window("hashchange", move || setter.set(Route::parse(&hash())));
        move || drop(listener)
    });
    (*route).clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_found_again_by_its_address() {
        let room = Route::Room("studio".into());
        for route in [
            Route::Prices,
            Route::Tasks,
            Route::lobby(),
            room,
            Route::Notes,
            Route::Notifications,
            Route::Stress,
        ] {
            assert_eq!(Route::parse(&route.href()), route);
        }
    }

    #[test]
    fn an_address_that_names_no_page_leads_to_the_first() {
        for hash in ["", "#", "#/", "#/nowhere", "#/tasks/7"] {
            assert_eq!(Route::parse(hash), Route::Prices, "{hash}");
        }
        assert_eq!(Route::parse("#/room"), Route::lobby());
        assert_eq!(Route::parse("#/room/"), Route::lobby());
    }
}
