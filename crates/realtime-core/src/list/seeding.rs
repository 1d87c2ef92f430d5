//! Seeding: a list as the data of a seed, with all that puts late events in their place.
//!
//! The rows are written as their bases, in order; what lies over them, and what is remembered of rows
//! that are not there, is written beside them and taken in again by the same ways as when it came.

use super::{
    AnyItem, ErasedList,
    item::{Item, ItemType},
    patches::Patches,
    synced::Incoming,
    tombstones::Tombstones,
};
use crate::{elements, error::DecodeError, id::RowId, object, seed::Body, time::Instant};
use serde_json::value::RawValue;

/// The row's place in the list, the version of its base, that of its place, and whether it has a hole.
type Mark = (usize, Option<u64>, Option<u64>, bool);

/// A deleted row, what lies before the delete, and whether the delete had a version.
type Deleted = (RowId, Option<u64>, bool);

/// A partial update: its row, its version and its fields.
type Update = (RowId, Option<u64>, Box<RawValue>);

/// What the server has said the list holds; `None` if an item does not turn into JSON.
pub(crate) fn seed_data(
    list: &ErasedList,
    item: fn(&dyn AnyItem, &mut Vec<u8>) -> Option<()>,
) -> Option<String> {
    let synced = list.synced();
    let mut rows = Vec::from(*b"[");
    let mut marks: Vec<Mark> = Vec::new();
    for (place, entry) in synced.order.tree().iter().enumerate() {
        let row = synced.rows.get(&entry.item.id())?;
        if place > 0 {
            rows.push(b',');
        }
        item(&**row.base(), &mut rows)?;
        let own = row.base().version();
        if (row.version(), row.placed(), row.has_hole()) != (own, own, false) {
            marks.push((place, row.version(), row.placed(), row.has_hole()));
        }
    }
    rows.push(b']');
    let rows = String::from_utf8(rows).ok()?;
    let mut data = object::ObjectWriter::default();
    data.raw("rows", &rows);
    part(&mut data, "marks", &marks)?;
    part(&mut data, "patches", &updates(&synced.recent)?)?;
    part(&mut data, "parked", &updates(&synced.parked)?)?;
    part(&mut data, "deletes", &deletes(&synced.tombstones))?;
    part(&mut data, "missed", &deletes(&synced.missed))?;
    Some(data.end())
}

/// Fills a list that is empty.
///
/// # Errors
/// When the data, or any item in it, cannot be read. The list is then as it was.
pub(crate) fn fill(
    list: &mut ErasedList,
    of: &'static ItemType,
    now: Instant,
    data: &str,
) -> Result<Body, DecodeError> {
    let names = ["rows", "marks", "patches", "parked", "deletes", "missed"];
    let [rows, marks, patches, parked, deletes, missed] =
        object::fields(data, names).map_err(malformed)?;
    let rows = rows.ok_or_else(|| malformed("it has no rows"))?;
    let items = decoded(of, rows)?;
    let (marks, deletes, missed): (Vec<Mark>, Vec<Deleted>, Vec<Deleted>) =
        (several(marks)?, several(deletes)?, several(missed)?);
    let (patches, parked): (Vec<Update>, Vec<Update>) = (several(patches)?, several(parked)?);

    let mut ids: Vec<RowId> = Vec::with_capacity(items.len());
    let mut versioned: Vec<(Item, Option<u64>)> = Vec::with_capacity(items.len());
    for item in items {
        ids.push(item.id());
        let version = item.version();
        versioned.push((item, version));
    }
    for (place, version, ..) in &marks {
        if let Some(item) = versioned.get_mut(*place) {
            item.1 = *version;
        }
    }
    let filled = if ids.is_empty() {
        Body::Empty
    } else {
        list.take(now, Incoming::Fetched(versioned))?;
        Body::Filled
    };
    let synced = list.synced_mut();
    for (place, version, placed, has_hole) in marks {
        if let Some(row) = ids.get(place).and_then(|id| synced.rows.get_mut(id)) {
            row.restore(version, placed, has_hole);
        }
    }
    bury(&mut synced.tombstones, now, deletes);
    bury(&mut synced.missed, now, missed);
    for (id, version, fields) in patches.into_iter().chain(parked) {
        // One that does not fit its row has not fitted before either.
        let _ = list.take(now, Incoming::Patch(&id, version, fields.get()));
    }
    Ok(filled)
}

/// Writes a part that is not empty.
fn part<T: serde::Serialize>(
    data: &mut object::ObjectWriter,
    name: &str,
    part: &[T],
) -> Option<()> {
    if !part.is_empty() {
        data.raw(name, &serde_json::to_string(part).ok()?);
    }
    Some(())
}

/// Reads a part that may be missing.
fn several<T: serde::de::DeserializeOwned>(part: Option<&RawValue>) -> Result<Vec<T>, DecodeError> {
    part.map_or_else(
        || Ok(Vec::new()),
        |part| serde_json::from_str(part.get()).map_err(malformed),
    )
}

fn decoded(of: &'static ItemType, rows: &RawValue) -> Result<Vec<Item>, DecodeError> {
    let (mut items, mut error) = (Vec::new(), None);
    elements::for_each(rows, |row| match (of.decode)(row) {
        Ok(item) => {
            items.push(item);
            true
        }
        Err(unreadable) => {
            error = Some(unreadable);
            false
        }
    })
    .map_err(malformed)?;
    error.map_or(Ok(items), Err)
}

fn updates(patches: &Patches) -> Option<Vec<Update>> {
    let updates = patches.iter().map(|(id, patch)| {
        let fields = RawValue::from_string(patch.json.clone().into()).ok()?;
        Some((id.clone(), patch.version, fields))
    });
    updates.collect()
}

fn deletes(tombstones: &Tombstones) -> Vec<Deleted> {
    let deletes = tombstones.iter();
    deletes
        .map(|(id, floor, versioned)| (id.clone(), floor, versioned))
        .collect()
}

fn bury(tombstones: &mut Tombstones, now: Instant, deletes: Vec<Deleted>) {
    for (id, floor, versioned) in deletes {
        tombstones.insert(now, &id, floor, versioned);
    }
}

fn malformed(error: impl std::fmt::Display) -> DecodeError {
    DecodeError::new("a stored list", error)
}
