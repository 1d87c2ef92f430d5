//! The ways in: events as JSON, and the same changes as calls.

use super::{
    Applied, ErasedList,
    event::{Event, Head, Unreadable, Why},
    item::{Item, ItemType, Versioned},
    sequence::Spot,
};
use crate::{error::DecodeError, id::RowId, time::Instant};

impl ErasedList {
    /// Takes the data of one list event, such as `{"action":"delete","item":{"id":"t1"}}`.
    ///
    /// The actions are `create`, `update`, `delete`, `upsert`, `move`, `batch` and `snapshot`, as
    /// docs/PROTOCOL.md shows them. The elements of a batch are taken one by one: one that cannot
    /// be read does not keep the others out, and is reported in the answer's `error`. A snapshot
    /// is taken whole or, if one of its items cannot be read, not at all.
    ///
    /// # Errors
    /// When `data` is not such an event, names another action, or holds an item or a patch that
    /// does not fit the type. Nothing is changed then.
    pub(crate) fn apply(&mut self, now: Instant, data: &str) -> Result<Applied, DecodeError> {
        self.expire_unless_told(now);
        let applied = Event::read(data)
            .map_err(|error| error.told(""))
            .and_then(|event| {
                let applied = match &*event.action {
                    "batch" => self.apply_batch(now, &event),
                    _ => self.apply_single(now, &event),
                };
                applied.map_err(|error| error.told(&event.action))
            });
        self.count_malformed(applied)
    }

    /// Takes a whole item, new or known, by its own version.
    pub(crate) fn upsert(&mut self, now: Instant, item: Item) -> Applied {
        self.expire_unless_told(now);
        let version = item.version();
        self.install(now, item, version)
    }

    /// Merges `patch`, a JSON object of changed fields, into the row `id`.
    ///
    /// A version in the patch orders it against other changes of the row.
    ///
    /// # Errors
    /// When `patch` is not a JSON object, or the row does not fit the type after it.
    pub(crate) fn update(
        &mut self,
        now: Instant,
        id: &RowId,
        patch: &str,
    ) -> Result<Applied, DecodeError> {
        self.expire_unless_told(now);
        let applied = Head::read(self.of, patch)
            .map_err(|error| error.told(""))
            .and_then(|head| self.patch(now, id, head.version, patch));
        self.count_malformed(applied)
    }

    /// Deletes the row `id`, unless it is newer than `version`.
    pub(crate) fn remove(&mut self, now: Instant, id: &RowId, version: Option<u64>) -> Applied {
        self.expire_unless_told(now);
        self.delete(now, id, version)
    }

    fn apply_batch(&mut self, now: Instant, batch: &Event<'_>) -> Result<Applied, Unreadable> {
        let mut total = Applied::default();
        let others = batch.each_change(|change| {
            let (action, applied) = match Event::read(change) {
                Ok(event) if event.action == "batch" => {
                    let error = Why::Because("a batch cannot hold another batch");
                    (event.action, Err(Unreadable::Event(error)))
                }
                Ok(event) => {
                    let applied = self.apply_single(now, &event);
                    (event.action, applied)
                }
                Err(error) => ("".into(), Err(error)),
            };
            match self.count_malformed(applied) {
                Ok(applied) => total.add(applied),
                Err(error) => total.add_malformed(1, || error.told(&action)),
            }
        })?;
        if others > 0 {
            self.stats.malformed += others as u64;
            total.add_malformed(others, || {
                let error = Why::Because("a change is not an object");
                Unreadable::Event(error).told(&batch.action)
            });
        }
        Ok(total)
    }

    fn apply_single(&mut self, now: Instant, event: &Event<'_>) -> Result<Applied, Unreadable> {
        match &*event.action {
            "create" | "upsert" => {
                let (item, version) = read_item(self.of, event.item()?)?;
                Ok(self.install(now, item, version))
            }
            "update" => {
                let json = event.item()?;
                let head = Head::read(self.of, json)?;
                Ok(self.patch(now, &head.id(self.of)?, head.version, json)?)
            }
            "delete" => {
                let head = Head::read(self.of, event.item()?)?;
                Ok(self.delete(now, &head.id(self.of)?, head.version))
            }
            "move" => self.apply_move(now, event),
            "snapshot" => {
                let (items, rejected) = self.read_items(event)?;
                self.stats.rejected += rejected as u64;
                let mut applied = self.replace_all(now, items);
                applied.rejected += rejected;
                applied.replaced = true;
                Ok(applied)
            }
            _ => Err(Unreadable::Event(Why::Because(
                "unknown action; there are create, update, delete, upsert, move, batch, snapshot",
            ))),
        }
    }

    /// The items of a snapshot, and how many more there are than are read. Some may be there twice,
    /// so twice as many are read as the list may hold.
    fn read_items(&self, event: &Event<'_>) -> Result<(Vec<Versioned>, usize), Unreadable> {
        let limit = self.max_items.saturating_mul(2);
        let (mut items, mut rejected, mut error) = (Vec::new(), 0, None);
        event.each_item(|item| {
            if items.len() >= limit {
                rejected += 1;
                return true;
            }
            match read_item(self.of, item) {
                Ok(item) => items.push(item),
                Err(wrong) => error = Some(wrong),
            }
            error.is_none()
        })?;
        match error {
            None => Ok((items, rejected)),
            Some(error) => Err(error),
        }
    }

    fn apply_move(&mut self, now: Instant, event: &Event<'_>) -> Result<Applied, Unreadable> {
        let json = event.item()?;
        let head = Head::read(self.of, json)?;
        let id = head.id(self.of)?;
        let neighbour = |json: &str| match json {
            "null" => Ok(None),
            _ => RowId::from_json(json)
                .map(Some)
                .map_err(|error| Unreadable::Event(Why::Json(error))),
        };
        let spot = match (event.before, event.after) {
            (Some(before), None) => Spot::Before(neighbour(before.get())?),
            (None, Some(after)) => Spot::After(neighbour(after.get())?),
            _ => {
                let error = Why::Because("say either `before` or `after`");
                return Err(Unreadable::Event(error));
            }
        };
        let mut applied = if head.has_fields {
            self.patch(now, &id, head.version, json)?
        } else {
            Applied::default()
        };
        applied.add(self.move_row(&id, head.version, &spot));
        Ok(applied)
    }

    fn count_malformed<E>(&mut self, applied: Result<Applied, E>) -> Result<Applied, E> {
        self.stats.malformed += u64::from(applied.is_err());
        applied
    }
}

/// A whole item and its version: its own or, if its type does not tell, the one in the JSON.
fn read_item(of: &ItemType, json: &str) -> Result<Versioned, Unreadable> {
    let item = (of.decode)(json)?;
    let version = match item.version() {
        None => Head::read(of, json)?.version,
        version => version,
    };
    Ok((item, version))
}
