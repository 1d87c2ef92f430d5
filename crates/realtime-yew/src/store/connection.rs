//! Connection to a database: opening it, and what ends it.

use super::failure::Failure;
use idb::{Database, DatabaseEvent as _, Event as _, Factory, ObjectStoreParams, Request as _};
use realtime_core::{StoreError, StoreTable};
use std::rc::Rc;
use web_sys::IdbDatabase;

/// The form of the database. Another build that needs another form counts up.
const VERSION: u32 = 1;

/// All tables.
pub(super) const TABLES: [StoreTable; 2] = [StoreTable::Seeds, StoreTable::Outbox];

/// What a table is called.
pub(super) const fn name_of(table: StoreTable) -> &'static str {
    match table {
        StoreTable::Seeds => "seeds",
        StoreTable::Outbox => "outbox",
    }
}

/// What comes of the attempt to get a connection.
pub(super) enum Told {
    /// It is open.
    Open(Connection),
    /// It cannot be opened.
    Failed(Failure),
    /// It cannot be opened yet, as another tab has an older form of it open.
    Blocked,
}

/// An open connection. Dropping it closes it.
pub(super) struct Connection {
    /// With what hears of its end.
    database: Database,
    raw: IdbDatabase,
}

/// An attempt to get one, to be kept until something but [`Told::Blocked`] is told of it.
pub(super) struct Opening {
    _request: idb::request::OpenDatabaseRequest,
}

impl Connection {
    /// Begins to open the database; `tell` hears what comes of it, and `ended` later that it is over: others
    /// want the database for themselves, or the browser has closed it.
    pub(super) fn open(
        name: &str,
        tell: Rc<dyn Fn(Told)>,
        ended: Rc<dyn Fn()>,
    ) -> Result<Opening, Failure> {
        let factory = factory()?;
        let mut request = factory
            .open(name, Some(VERSION))
            .map_err(|error| Failure::of(&error))?;
        request.on_upgrade_needed(|event| {
            // Whatever cannot be made here, opening fails for.
            let Ok(database) = event.database() else {
                return;
            };
            for table in TABLES {
                let _ = database.create_object_store(name_of(table), ObjectStoreParams::new());
            }
        });
        request.on_success({
            let tell = Rc::clone(&tell);
            move |event| {
                let opened = event.database().map(IdbDatabase::from);
                tell(match opened {
                    Ok(raw) => Told::Open(Self::new(raw, &ended)),
                    Err(error) => Told::Failed(Failure::of(&error)),
                });
            }
        });
        request.on_blocked({
            let tell = Rc::clone(&tell);
            move |_| tell(Told::Blocked)
        });
        request.on_error(move |event| {
            // Else the browser throws what it has told here once more, at everybody.
            let error = event.target().and_then(|request| request.error());
            web_sys::Event::from(event).prevent_default();
            tell(Told::Failed(Failure::at_opening(error.ok().flatten())));
        });
        Ok(Opening { _request: request })
    }

    fn new(raw: IdbDatabase, ended: &Rc<dyn Fn()>) -> Self {
        let mut database = Database::from(raw.clone());
        let ended = || {
            let ended = Rc::clone(ended);
            move |_| ended()
        };
        // A page that the browser keeps for the back button must not hold up those that follow it.
        database.on_version_change(ended());
        database.on_close(ended());
        Self { database, raw }
    }

    pub(super) const fn raw(&self) -> &IdbDatabase {
        &self.raw
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.raw.set_onversionchange(None);
        self.raw.set_onclose(None);
        self.database.close();
    }
}

/// Deletes a database, once nobody has it open any more.
pub(super) fn delete(name: &str) {
    // Where there is no store there is nothing to delete, and nobody waits for the rest.
    let _ = factory().map(|factory| factory.delete(name));
}

fn factory() -> Result<Factory, Failure> {
    Factory::new().map_err(|_| Failure::last(StoreError::Missing("no IndexedDB".into())))
}
