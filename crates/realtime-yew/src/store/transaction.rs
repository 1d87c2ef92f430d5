//! Transaction for one command: all of its requests are made at once, and only its end is waited for.
//!
//! Between two requests nothing is awaited, as a transaction without a request ends by itself: in some
//! browsers as soon as any other code has run.

use super::{
    connection::{TABLES, name_of},
    failure::Failure,
    label::{self, Labelled},
};
use idb::{ObjectStore, Request as _, request::GetAllStoreRequest};
use realtime_core::{Durability, StoreCommand, StoreTable, StoredValue};
use std::{cell::RefCell, collections::BTreeSet, rc::Rc};
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
    /// What was claimed so far, and the request that finds it.
    claims: Rc<RefCell<Vec<StoredValue>>>,
    _finds: Option<GetAllStoreRequest>,
}

/// What [`StoreCommand::Load`] has read.
#[derive(Default)]
pub(super) struct Found {
    pub(super) seeds: Vec<StoredValue>,
    pub(super) outbox: Vec<StoredValue>,
    /// Whose the outbox is.
    pub(super) owners: BTreeSet<String>,
}

impl Transaction {
    /// Asks for all that the command wants done. What it writes into the outbox is `owner`'s.
    pub(super) fn begin(
        database: &IdbDatabase,
        command: &StoreCommand,
        owner: Option<&str>,
    ) -> Result<Self, Failure> {
        let (mode, durability) = match command {
            StoreCommand::Load => ("readonly", Durability::Relaxed),
            StoreCommand::Write { durability, .. } => ("readwrite", *durability),
            StoreCommand::Wipe => ("readwrite", Durability::Strict),
        };
        let mut transaction = Self::open(database, mode, durability)?;
        let requested = transaction.request(command, owner);
        let transaction = transaction.unless_failed(requested)?;
        transaction.commit();
        Ok(transaction)
    }

    /// Makes `owner`'s what the dead owned of the outbox: only what is still theirs, as another page may have
    /// claimed it meanwhile.
    pub(super) fn claim(
        database: &IdbDatabase,
        owner: Rc<str>,
        dead: BTreeSet<String>,
    ) -> Result<Self, Failure> {
        let mut transaction = Self::open(database, "readwrite", Durability::Strict)?;
        let requested = transaction.request_claim(owner, dead);
        transaction.unless_failed(requested)
    }

    fn open(database: &IdbDatabase, mode: &str, durability: Durability) -> Result<Self, Failure> {
        let raw = open(database, mode, durability).map_err(|thrown| Failure::thrown(&thrown))?;
        Ok(Self {
            inner: raw.clone().into(),
            raw,
            reads: Vec::new(),
            claims: Rc::default(),
            _finds: None,
        })
    }

    fn unless_failed(self, requested: Result<(), idb::Error>) -> Result<Self, Failure> {
        match requested {
            Ok(()) => Ok(self),
            Err(error) => {
                // Half of it must not be written. It only fails if it is over anyway.
                let _ = self.raw.abort();
                Err(Failure::of(&error))
            }
        }
    }

    fn request_claim(&mut self, owner: Rc<str>, dead: BTreeSet<String>) -> Result<(), idb::Error> {
        let outbox = self.inner.object_store(name_of(StoreTable::Outbox))?;
        let keys = IdbRequest::from(outbox.get_all_keys(None, Some(MOST_VALUES))?);
        let mut values = outbox.get_all(None, Some(MOST_VALUES))?;
        let (claims, raw) = (Rc::clone(&self.claims), self.raw.clone());
        values.on_success(move |event| {
            let values = web_sys::Event::from(event).target();
            let values = values.and_then(|request| request.dyn_into::<IdbRequest>().ok());
            let claimed = values.map(|values| claim(&outbox, &keys, &values, &owner, &dead));
            match claimed {
                Some(Ok(claimed)) => *claims.borrow_mut() = claimed,
                // All of it or nothing. It only fails if it is over anyway.
                Some(Err(_)) | None => drop(raw.abort()),
            }
        });
        self._finds = Some(values);
        Ok(())
    }

    fn request(&mut self, command: &StoreCommand, owner: Option<&str>) -> Result<(), idb::Error> {
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
                            // Of two seeds the newer stays, whoever wrote it.
                            let owner = owner.filter(|_| write.table == StoreTable::Outbox);
                            table.put(&label::write(now, owner, value).into(), Some(&key))?;
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
    fn commit(&self) {
        // Where it is missing, the transaction ends a little later by itself.
        let _ = self.raw.commit();
    }

    /// What was read, once it has ended.
    pub(super) fn found(&self) -> Result<Found, Failure> {
        let now = js_sys::Date::now();
        let mut found = Found::default();
        for (table, (keys, values)) in TABLES.into_iter().zip(&self.reads) {
            let values = result(values)?;
            for (key, value) in result(keys)?.iter().zip(values.iter()) {
                let Some((key, value)) = texts(&key, &value) else {
                    continue;
                };
                let labelled = Labelled::read(&value);
                let stored = stored_value(now, key, labelled);
                match table {
                    StoreTable::Seeds => found.seeds.push(stored),
                    StoreTable::Outbox => {
                        found.owners.insert(labelled.owner.to_owned());
                        found.outbox.push(stored);
                    }
                }
            }
        }
        Ok(found)
    }

    /// What was claimed, once it has ended.
    pub(super) fn claimed(&self) -> Vec<StoredValue> {
        self.claims.take()
    }
}

/// Writes that `owner` owns what the dead did, and says what that is.
fn claim(
    outbox: &ObjectStore,
    keys: &IdbRequest,
    values: &IdbRequest,
    owner: &str,
    dead: &BTreeSet<String>,
) -> Result<Vec<StoredValue>, Failure> {
    let now = js_sys::Date::now();
    let (keys, values) = (result(keys)?, result(values)?);
    let mut claimed = Vec::new();
    for (key, value) in keys.iter().zip(values.iter()) {
        let Some((name, text)) = texts(&key, &value) else {
            continue;
        };
        let labelled = Labelled::read(&text);
        if dead.contains(labelled.owner) {
            let text = labelled.owned_by(owner);
            let put = outbox.put(&text.into(), Some(&key));
            put.map_err(|error| Failure::of(&error))?;
            claimed.push(stored_value(now, name, labelled));
        }
    }
    Ok(claimed)
}

fn result(request: &IdbRequest) -> Result<js_sys::Array, Failure> {
    let result = request
        .result()
        .map_err(|thrown| Failure::thrown(&thrown))?;
    Ok(result.dyn_into().unwrap_or_default())
}

/// A key and a value, as they were stored. What is no text is somebody else's.
fn texts(key: &JsValue, value: &JsValue) -> Option<(String, String)> {
    Some((key.as_string()?, value.as_string()?))
}

fn stored_value(now: f64, key: String, labelled: Labelled<'_>) -> StoredValue {
    StoredValue {
        key,
        value: labelled.value.into(),
        age: labelled.age(now),
    }
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
