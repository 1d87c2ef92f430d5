//! The ways in: events as JSON, and the same changes as calls.

use super::{
    Applied, KeyedList,
    event::{Event, Head},
    item::ListItem,
    sequence::Spot,
};
use crate::{error::DecodeError, time::Instant};

impl<T: ListItem> KeyedList<T> {
    /// Takes the data of one list event, such as `{"action":"delete","item":{"id":"t1"}}`.
    ///
    /// The actions are `create`, `update`, `delete`, `upsert`, `move`, `batch` and `snapshot`, as
    /// docs/PROTOCOL.md shows them. The elements of a batch are taken one by one: one that cannot
    /// be read does not keep the others out, and is reported in the answer's `error`. A snapshot
    /// is taken whole or, if one of its items cannot be read, not at all.
    ///
    /// # Errors
    /// When `data` is not such an event, names another action, or holds an item or a patch that
    /// does not fit `T`. Nothing is changed then.
    pub fn apply(&mut self, now: Instant, data: &str) -> Result<Applied, DecodeError> {
        self.expire(now);
        let applied = Event::read(data).and_then(|event| match &*event.action {
            "batch" => self.apply_batch(now, &event),
            _ => self.apply_single(now, &event),
        });
        self.count_malformed(applied)
    }

    /// Takes a whole item, new or known, by its own version.
    pub fn upsert(&mut self, now: Instant, item: T) -> Applied {
        self.expire(now);
        let version = item.version();
        self.install(now, item, version)
    }

    /// Merges `patch`, a JSON object of changed fields, into the row `id`.
    ///
    /// A version in the patch orders it against other changes of the row.
    ///
    /// # Errors
    /// When `patch` is not a JSON object, or the row does not fit `T` after it.
    pub fn update(
        &mut self,
        now: Instant,
        id: &T::Id,
        patch: &str,
    ) -> Result<Applied, DecodeError> {
        self.expire(now);
        let applied =
            Head::<T>::read(patch).and_then(|head| self.patch(now, id, head.version, patch));
        self.count_malformed(applied)
    }

    /// Deletes the row `id`, unless it is newer than `version`.
    pub fn remove(&mut self, now: Instant, id: &T::Id, version: Option<u64>) -> Applied {
        self.expire(now);
        self.delete(now, id, version)
    }

    fn apply_batch(&mut self, now: Instant, batch: &Event<'_>) -> Result<Applied, DecodeError> {
        let mut total = Applied::default();
        for change in batch.changes()? {
            let applied = Event::read(change.get()).and_then(|event| match &*event.action {
                "batch" => Err(event.error("a batch cannot hold another batch")),
                _ => self.apply_single(now, &event),
            });
            total.add(
                self.count_malformed(applied)
                    .unwrap_or_else(Applied::malformed),
            );
        }
        Ok(total)
    }

    fn apply_single(&mut self, now: Instant, event: &Event<'_>) -> Result<Applied, DecodeError> {
        match &*event.action {
            "create" | "upsert" => {
                let (item, version) = read_item(event.item()?)?;
                Ok(self.install(now, item, version))
            }
            "update" => {
                let json = event.item()?;
                let head = Head::<T>::read(json)?;
                self.patch(now, &head.id()?, head.version, json)
            }
            "delete" => {
                let head = Head::<T>::read(event.item()?)?;
                Ok(self.delete(now, &head.id()?, head.version))
            }
            "move" => self.apply_move(now, event),
            "snapshot" => {
                let items = event.items()?.iter().map(|item| read_item(item.get()));
                let items = items.collect::<Result<_, _>>()?;
                Ok(Applied {
                    replaced: true,
                    ..self.replace_all(now, items)
                })
            }
            _ => Err(event.error(
                "unknown action; there are create, update, delete, upsert, move, batch, snapshot",
            )),
        }
    }

    fn apply_move(&mut self, now: Instant, event: &Event<'_>) -> Result<Applied, DecodeError> {
        let json = event.item()?;
        let head = Head::<T>::read(json)?;
        let id = head.id()?;
        let neighbour = |json: &str| {
            serde_json::from_str::<Option<T::Id>>(json).map_err(|error| event.error(error))
        };
        let spot = match (event.before, event.after) {
            (Some(before), None) => Spot::Before(neighbour(before.get())?),
            (None, Some(after)) => Spot::After(neighbour(after.get())?),
            _ => return Err(event.error("say either `before` or `after`")),
        };
        let mut applied = if head.has_fields {
            self.patch(now, &id, head.version, json)?
        } else {
            Applied::default()
        };
        applied.add(self.move_row(&id, head.version, &spot));
        Ok(applied)
    }

    fn count_malformed(
        &mut self,
        applied: Result<Applied, DecodeError>,
    ) -> Result<Applied, DecodeError> {
        self.stats.malformed += u64::from(applied.is_err());
        applied
    }
}

/// A whole item and its version: its own or, if its type does not tell, the one in the JSON.
fn read_item<T: ListItem>(json: &str) -> Result<(T, Option<u64>), DecodeError> {
    let item = T::decode(json)?;
    let version = match item.version() {
        None => Head::<T>::read(json)?.version,
        version => version,
    };
    Ok((item, version))
}
