//! The ways in: events as JSON, and the same changes as calls.

use super::{
    Applied, ErasedList,
    event::{Event, Head, Unreadable, Why},
    item::{Item, ItemType, Versioned},
    sequence::Spot,
    sorting::Sorting,
    synced::Incoming,
};
use crate::{error::DecodeError, id::RowId, time::Instant};

impl ErasedList {
    /// See [`KeyedList::apply`](super::KeyedList::apply).
    ///
    /// # Errors
    /// When `data` is not such an event, names another action, or holds an item or a patch that
    /// does not fit the type. Nothing is changed then.
    pub(crate) fn apply(&mut self, now: Instant, data: &str) -> Result<Applied, DecodeError> {
        self.synced_mut().expire_unless_told(now);
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
        self.synced_mut().expire_unless_told(now);
        let version = item.version();
        let taken = self.take(now, Incoming::Item(item, version));
        taken.unwrap_or_default()
    }

    /// Merges `patch`, a JSON object of changed fields, into the row `id`.
    ///
    /// # Errors
    /// When `patch` is not a JSON object, or the row does not fit the type after it.
    pub(crate) fn update(
        &mut self,
        now: Instant,
        id: &RowId,
        patch: &str,
    ) -> Result<Applied, DecodeError> {
        self.synced_mut().expire_unless_told(now);
        let applied = Head::read(self.synced().of, patch)
            .map_err(|error| error.told(""))
            .and_then(|head| self.take(now, Incoming::Patch(id, head.version, patch)));
        self.count_malformed(applied)
    }

    /// Deletes the row `id`, unless it is newer than `version`.
    pub(crate) fn remove(&mut self, now: Instant, id: &RowId, version: Option<u64>) -> Applied {
        self.synced_mut().expire_unless_told(now);
        let taken = self.take(now, Incoming::Delete(id, version));
        taken.unwrap_or_default()
    }

    /// Puts the row `id` at a spot: see [`KeyedList::move_before`](super::KeyedList::move_before).
    pub(super) fn move_to(&mut self, now: Instant, id: &RowId, spot: &Spot) -> Applied {
        self.synced_mut().expire_unless_told(now);
        let moved = self.take(now, Incoming::Move(id, None, spot));
        moved.unwrap_or_default()
    }

    /// Sorts otherwise from now on: see [`KeyedList::set_sort`](super::KeyedList::set_sort).
    pub(super) fn set_sort(&mut self, sorting: Option<Sorting>) {
        let _ = self.take(Instant::ZERO, Incoming::Sorting(sorting));
    }

    /// Takes a fetched snapshot: see [`KeyedList::replace`](super::KeyedList::replace).
    pub(crate) fn replace(&mut self, now: Instant, items: Vec<Versioned>) -> Applied {
        self.synced_mut().expire_unless_told(now);
        let taken = self.take(now, Incoming::Fetched(items));
        taken.unwrap_or_default()
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
            self.synced_mut().stats.malformed += others as u64;
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
                let (item, version) = read_item(self.synced().of, event.item()?)?;
                Ok(self.take(now, Incoming::Item(item, version))?)
            }
            "update" => {
                let json = event.item()?;
                let head = Head::read(self.synced().of, json)?;
                let id = head.id(self.synced().of)?;
                Ok(self.take(now, Incoming::Patch(&id, head.version, json))?)
            }
            "delete" => {
                let head = Head::read(self.synced().of, event.item()?)?;
                let id = head.id(self.synced().of)?;
                Ok(self.take(now, Incoming::Delete(&id, head.version))?)
            }
            "move" => self.apply_move(now, event),
            "snapshot" => {
                let (items, rejected) = self.read_items(event)?;
                self.synced_mut().stats.rejected += rejected as u64;
                let mut applied = self.take(now, Incoming::Snapshot(items))?;
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
        let limit = self.synced().max_items.saturating_mul(2);
        let (mut items, mut rejected, mut error) = (Vec::new(), 0, None);
        event.each_item(|item| {
            if items.len() >= limit {
                rejected += 1;
                return true;
            }
            match read_item(self.synced().of, item) {
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
        let head = Head::read(self.synced().of, json)?;
        let id = head.id(self.synced().of)?;
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
            self.take(now, Incoming::Patch(&id, head.version, json))?
        } else {
            Applied::default()
        };
        applied.add(self.take(now, Incoming::Move(&id, head.version, &spot))?);
        Ok(applied)
    }

    fn count_malformed<E>(&mut self, applied: Result<Applied, E>) -> Result<Applied, E> {
        self.synced_mut().stats.malformed += u64::from(applied.is_err());
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
