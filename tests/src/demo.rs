//! The demo as a visitor sees it. What can be found where is agreed with `examples/demo`, by `data-testid`.

mod edits;
mod header;
pub mod ledger;
mod notes;
mod notifications;
pub mod prices;
mod room;
mod stress;
mod tasks;

pub use edits::{Edit, Outcome};
pub use room::Room;
pub use stress::{Quote, ShownQuote, differing};
pub use tasks::TaskRow;

use crate::{KitError, Tab, eventually};
use std::{ops::Deref, time::Duration};

/// How long the page may take to load, connect and show its data.
const LOADS: Duration = Duration::from_secs(30);

/// A page of the demo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// Live prices.
    Prices,
    /// The task board.
    Tasks,
    /// The lobby.
    Room,
    /// A room of the given name.
    RoomNamed(&'static str),
    /// A text that all write.
    Notes,
    /// Notifications.
    Notifications,
    /// A long and restless list.
    Stress,
}

impl Page {
    /// Every page of the navigation.
    pub const ALL: [Self; 6] = [
        Self::Prices,
        Self::Tasks,
        Self::Room,
        Self::Notes,
        Self::Notifications,
        Self::Stress,
    ];

    /// The word for it in addresses, in `data-testid` and in file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prices => "prices",
            Self::Tasks => "tasks",
            Self::Room | Self::RoomNamed(_) => "room",
            Self::Notes => "notes",
            Self::Notifications => "notifications",
            Self::Stress => "stress",
        }
    }

    fn hash(self) -> String {
        match self {
            Self::RoomNamed(room) => format!("#/room/{room}"),
            _ => format!("#/{}", self.name()),
        }
    }
}

/// The selector of what has this `data-testid`.
pub fn by_id(id: &str) -> String {
    format!("[data-testid=\"{id}\"]")
}

/// A person with a tab of the demo.
#[derive(Debug)]
pub struct Visitor {
    name: String,
    tab: Tab,
    query: String,
    claims: bool,
}

impl Deref for Visitor {
    type Target = Tab;

    fn deref(&self) -> &Tab {
        &self.tab
    }
}

impl Visitor {
    /// A person who is yet to open the demo in `tab`. `query` goes into its address, such as `protocol=socketio`.
    pub fn new(name: &str, tab: Tab, query: &str) -> Self {
        Self {
            name: name.into(),
            tab,
            query: query.into(),
            claims: true,
        }
    }

    /// The same, but they do not say who they are: the server does.
    #[must_use]
    pub fn without_claim(self) -> Self {
        Self {
            claims: false,
            ..self
        }
    }

    /// Their name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Their id as a user, if they choose it.
    pub fn user_id(&self) -> String {
        format!("u-{}", self.name.to_lowercase())
    }

    /// Opens a page of the demo at `base`, and waits until the page is there; not for its data.
    pub fn open(&self, base: &str, page: Page) -> Result<(), KitError> {
        // An address that differs from the present one only behind the `#` would not load the page anew.
        self.goto("about:blank")?;
        let (name, query, hash) = (&self.name, &self.query, page.hash());
        // What has no value counts as not there, and an `&` at the end names nothing.
        let user = if self.claims {
            self.user_id()
        } else {
            String::new()
        };
        self.goto(&format!("{base}/?name={name}&user={user}&{query}{hash}"))?;
        self.watch_connection()?;
        self.await_page(page)
    }

    /// Goes to another page of the demo through its address, without loading the demo again.
    pub fn turn_to_page(&self, page: Page) -> Result<(), KitError> {
        self.eval::<()>(
            "location.hash = arguments[0]",
            serde_json::json!([page.hash()]),
        )?;
        self.await_page(page)
    }

    /// Waits until the page is connected and shows its data.
    pub fn await_data(&self) -> Result<(), KitError> {
        self.await_status("connected", LOADS)?;
        let waiting = || Ok((self.count(&by_id("loading"))?, self.count(&by_id("error"))?));
        let what = format!("{} sees data", self.name);
        eventually(&what, LOADS, waiting, |seen| *seen == (0, 0)).map(drop)
    }

    fn await_page(&self, page: Page) -> Result<(), KitError> {
        let selector = by_id(&format!("page-{}", page.name()));
        let what = format!("{} sees the page {}", self.name, page.name());
        eventually(&what, LOADS, || self.count(&selector), |count| *count == 1).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_has_its_name_in_the_address() {
        assert_eq!(Page::RoomNamed("quiet").hash(), "#/room/quiet");
        assert_eq!(Page::Tasks.hash(), "#/tasks");
    }
}
