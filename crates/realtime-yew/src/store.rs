//! Store of what is kept over page loads: one for each app and user, behind a seam that apps without it do
//! not carry.

#[cfg(feature = "persist")]
mod connection;
#[cfg(feature = "persist")]
mod failure;
#[cfg(feature = "persist")]
mod indexed_db;
#[cfg(feature = "persist")]
mod label;
#[cfg(feature = "persist")]
mod page;
#[cfg(feature = "persist")]
mod transaction;

use crate::session::Session;
use realtime_core::{Client, Instant, PersistOptions, StoreCommand, StoreEvent};
use std::{fmt, rc::Rc};

/// Who is told what came of a command.
pub(crate) type StoreSink = Rc<dyn Fn(StoreEvent)>;

/// A store of one user's.
pub(crate) trait Store {
    /// Does what the client wants done, and tells its sink what came of it. It is done also if the store is
    /// let go meanwhile.
    fn carry_out(&self, command: StoreCommand);
}

/// What an app brings along that keeps something.
#[derive(Clone)]
pub(crate) struct Persist {
    pub(crate) options: PersistOptions,
    pub(crate) calls: &'static Calls,
}

/// What only those apps need that keep something: the linker drops it from all others.
pub(crate) struct Calls {
    /// What a session's store is called, if it has a name.
    pub(crate) name: fn(&PersistOptions, &Session) -> Option<String>,
    pub(crate) open: fn(String, StoreSink) -> Rc<dyn Store>,
    pub(crate) persist: fn(&mut Client, Instant, PersistOptions),
    pub(crate) close: fn(&mut Client, Instant),
}

impl fmt::Debug for Persist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.options.fmt(f)
    }
}

impl PartialEq for Persist {
    fn eq(&self, other: &Self) -> bool {
        self.options == other.options && std::ptr::eq(self.calls, other.calls)
    }
}

#[cfg(feature = "persist")]
impl Persist {
    /// Keeps queries in the browser's IndexedDB.
    pub(crate) const fn queries(options: PersistOptions) -> Self {
        Self {
            options,
            calls: const {
                &Calls::in_browser(Client::persist, |name, sink| {
                    indexed_db::IndexedDb::open(name, None, sink)
                })
            },
        }
    }

    /// Keeps queries and mutations there.
    pub(crate) const fn queries_and_mutations(options: PersistOptions) -> Self {
        Self {
            options,
            calls: const {
                &Calls::in_browser(Client::persist_mutations, |name, sink| {
                    let owner = page::Page::in_database(&name);
                    indexed_db::IndexedDb::open(name, Some(owner), sink)
                })
            },
        }
    }

    /// Deletes what is kept of a user, whoever is signed in.
    pub(crate) fn forget(&self, user: &str) {
        connection::delete(&database_name(&self.options.app, user));
    }
}

#[cfg(feature = "persist")]
impl Calls {
    const fn in_browser(
        persist: fn(&mut Client, Instant, PersistOptions),
        open: fn(String, StoreSink) -> Rc<dyn Store>,
    ) -> Self {
        Self {
            name: |options, session| Some(database_name(&options.app, &session.name()?)),
            open,
            persist,
            close: Client::close_store,
        }
    }
}

/// The database of an app and a user: no two pairs have the same, whatever is in the names.
#[cfg(feature = "persist")]
fn database_name(app: &str, user: &str) -> String {
    format!("realtime/{}/{app}/{user}", app.len())
}

#[cfg(feature = "persist")]
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_users_share_a_database() {
        assert_ne!(database_name("a", "b/c"), database_name("a/b", "c"));
        assert_ne!(database_name("", "a"), database_name("a", ""));
    }
}
