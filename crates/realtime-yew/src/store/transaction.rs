//! Transaction for one command: all of its requests are made at once, and only its end is waited for.
//!
//! Between two requests nothing is awaited, as a transaction without a request ends by itself: in some
//! browsers as soon as any other code has run.

use super::{
    aged,
    connection::{TABLES, name_of},
    failure::Failure,
};
use idb::ObjectStore;
use realtime_core::{Durability, StoreCommand, Stored, StoredValue};
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{IdbDatabase, IdbRequest, IdbTransaction};

/// How many values of one table are read at most.
const MOST_VALUES: u32 = 20_000;

/// One command under way.
pub(super) struct Transaction {
    /// With what hears of its end.
    inner: idb::Transaction,
    raw: IdbTransaction,
    /// What [`StoreCommand::Load`] reads: keys and values of each table.
    reads: Vec<(IdbRequest, IdbRequest)>,
}

impl Transaction {
    /// Asks for all that the command wants done.
    pub(super) fn begin(database: &IdbDatabase, command: &StoreCommand) -> Result<Self, Failure> {
        let (mode, durability) = match command {
            StoreCommand::Load => ("readonly", Durability::Relaxed),
            StoreCommand::Write { durability, .. } => ("readwrite", *durability),
            StoreCommand::Wipe => ("readwrite", Durability::Strict),
        };
        let raw = open(database, mode, durability).map_err(|thrown| Failure::thrown(&thrown))?;
        let mut transaction = Self {
            inner: raw.clone().into(),
            raw,
            reads: Vec::new(),
        };
        match transaction.request(command) {
            Ok(()) => Ok(transaction),
            Err(error) => {
                // Half of it must not be written. It only fails if it is over anyway.
                let _ = transaction.raw.abort();
                Err(Failure::of(&error))
            }
        }
    }

    fn request(&mut self, command: &StoreCommand) -> Result<(), idb::Error> {
        let reads = &mut self.reads;
        let table = |table| self.inner.object_store(name_of(table));
        match command {
            StoreCommand::Load => {
                for it in TABLES {
                    let table = table(it)?;
                    let keys = table.get_all_keys(None, Some(MOST_VALUES))?;
                    let values = table.get_all(None, Some(MOST_VALUES))?;
                    reads.push((keys.into(), values.into()));
                }
            }
            StoreCommand::Write { writes, .. } => {
                let tables: Vec<ObjectStore> =
                    TABLES.into_iter().map(table).collect::<Result<_, _>>()?;
                let now = js_sys::Date::now();
                for write in writes {
                    let found = TABLES
                        .iter()
                        .zip(&tables)
                        .find(|(it, _)| **it == write.table);
                    let Some((_, table)) = found else { continue };
                    let key = JsValue::from(&write.key);
                    match &write.value {
                        Some(value) => {
                            table.put(&aged::write(now, value).into(), Some(&key))?;
                        }
                        None => {
                            table.delete(key)?;
                        }
                    }
                }
            }
            StoreCommand::Wipe => {
                for it in TABLES {
                    table(it)?.clear()?;
                }
            }
        }
        Ok(())
    }

    /// Calls `ended` when it is written, or nothing of it is; once.
    pub(super) fn on_end(&mut self, ended: impl Fn(Result<(), Failure>) + 'static) {
        let ended = Rc::new(ended);
        self.inner.on_complete({
            let ended = Rc::clone(&ended);
            move |_| ended(Ok(()))
        });
        let raw = self.raw.clone();
        self.inner
            .on_abort(move |_| ended(Err(Failure::told_or_lost(raw.error()))));
    }

    /// Lets the browser write it now, and not when this page next has its turn: there may be none.
    #[expect(
        deprecated,
        reason = "it was taken out of the standard, and put in again"
    )]
    pub(super) fn commit(&self) {
        // Where it is missing, the transaction ends a little later by itself.
        let _ = self.raw.commit();
    }

    /// What was read, once it has ended.
    pub(super) fn stored(&self) -> Result<Stored, Failure> {
        let mut tables = self.reads.iter().map(|(keys, values)| {
            let result = |request: &IdbRequest| {
                let result = request
                    .result()
                    .map_err(|thrown| Failure::thrown(&thrown))?;
                Ok(result.dyn_into::<js_sys::Array>().unwrap_or_default())
            };
            let now = js_sys::Date::now();
            let (keys, values) = (result(keys)?, result(values)?);
            let stored = keys.iter().zip(values.iter());
            let stored = stored.filter_map(|(key, value)| read(now, &key, &value));
            Ok(stored.collect())
        });
        let mut next = || tables.next().unwrap_or_else(|| Ok(Vec::new()));
        Ok(Stored {
            seeds: next()?,
            outbox: next()?,
        })
    }
}

/// A value, as it was stored. What is no text is somebody else's.
fn read(now: f64, key: &JsValue, value: &JsValue) -> Option<StoredValue> {
    let key = key.as_string()?;
    let (value, age) = aged::read(now, &value.as_string()?);
    Some(StoredValue { key, value, age })
}

/// A transaction on all tables. What web-sys has for it says nothing of durability yet.
fn open(
    database: &IdbDatabase,
    mode: &str,
    durability: Durability,
) -> Result<IdbTransaction, JsValue> {
    let options = js_sys::Object::new();
    let durability = match durability {
        Durability::Relaxed => "relaxed",
        Durability::Strict => "strict",
    };
    js_sys::Reflect::set(&options, &"durability".into(), &durability.into())?;
    let tables = TABLES.map(|table| JsValue::from(name_of(table)));
    let tables: js_sys::Array = tables.into_iter().collect();
    let open = js_sys::Reflect::get(database, &"transaction".into())?;
    open.dyn_into::<js_sys::Function>()?
        .call3(database, &tables, &mode.into(), &options)?
        .dyn_into()
}
