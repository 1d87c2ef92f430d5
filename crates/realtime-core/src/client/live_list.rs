//! A keyed list as something the query cache can fill and keep fresh.

use crate::{
    error::DecodeError,
    id::History,
    list::{ErasedList, ItemType, ListItem, Options, json_of, seeding, write_json},
    notify::{Dirty, ItemHash},
    overlay::Overlay,
    query::{BindingIndex, Effect, EntryId, EventView, Resource, RowsTaken},
    seed::{Body, Seeding},
    time::Instant,
};
use std::any::{Any, TypeId};

/// The [`Resource`] behind a list query.
pub(super) struct LiveList {
    pub(super) list: ErasedList,
    of: &'static ItemType,
    options: Options,
    /// Whether a fetch or a snapshot has said what the list holds; rows that events bring before
    /// that are kept, but an unfetched list is not an empty one.
    is_filled: bool,
}

impl LiveList {
    pub(super) fn new(of: &'static ItemType, options: Options) -> Self {
        let mut list = ErasedList::new(of, options.clone());
        list.expire_when_told();
        Self {
            list,
            of,
            options,
            is_filled: false,
        }
    }

    /// How lists of `T`s go into seeds and back.
    pub(super) const fn seeding<T: ListItem>() -> &'static Seeding {
        const {
            &Seeding {
                write: |live| {
                    let live = live.downcast_ref::<Self>()?;
                    seeding::seed_data(&live.list, write_json::<T>)
                },
                read: Self::fill_from,
                edits: None,
            }
        }
    }

    /// The same, for lists whose edits are kept while the page is away.
    pub(super) const fn storing<T: ListItem>() -> &'static Seeding {
        const {
            &Seeding {
                edits: Some(const { &json_of::<T>() }),
                ..*Self::seeding::<T>()
            }
        }
    }

    fn fill_from(live: &mut dyn Any, now: Instant, data: &str) -> Result<Body, DecodeError> {
        let live = live
            .downcast_mut::<Self>()
            .ok_or_else(|| DecodeError::new("a seed", "its query is no list any more"))?;
        let body = seeding::fill(&mut live.list, live.of, now, data)?;
        live.is_filled = body == Body::Filled;
        Ok(body)
    }

    /// Reads off which rows changed since the last call.
    pub(super) fn take_rows(live: &mut dyn Any, id: EntryId, dirty: &mut Dirty) -> RowsTaken {
        let Some(live) = live.downcast_mut::<Self>() else {
            return RowsTaken::Order;
        };
        let changes = live.list.take_changes();
        let rows_only = !changes.order && !changes.reset && !changes.items.is_empty();
        if changes.reset {
            dirty.mark_items(id);
        }
        for item in changes.items {
            dirty.mark_item(id, ItemHash::of(item));
        }
        if rows_only {
            RowsTaken::RowsOnly
        } else {
            RowsTaken::Order
        }
    }
}

impl Resource for LiveList {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn data_type(&self) -> TypeId {
        self.of.id()
    }

    fn has_data(&self) -> bool {
        self.is_filled
    }

    fn land(&mut self, now: Instant, data: Box<dyn Any>) -> Result<bool, DecodeError> {
        let items = (self.of.take)(data).ok_or_else(|| {
            DecodeError::new(
                "the fetcher's result",
                format_args!("expected a Vec<{}>", (self.of.name)()),
            )
        })?;
        let first = !std::mem::replace(&mut self.is_filled, true);
        Ok(self.list.replace(now, items).changed || first)
    }

    fn confirm(&mut self) {
        self.is_filled = true;
    }

    fn clear(&mut self) {
        *self = Self::new(self.of, self.options.clone());
    }

    fn begin_history(&mut self, history: History) {
        self.list.begin_history(history);
    }

    fn apply(
        &mut self,
        now: Instant,
        _: BindingIndex,
        event: &EventView<'_>,
    ) -> Result<Effect, DecodeError> {
        let applied = self.list.apply(now, event.data)?;
        let first = applied.replaced && !std::mem::replace(&mut self.is_filled, true);
        Ok(match applied.error {
            Some(error) => Effect::Partly(error),
            None if applied.doubted > 0 => Effect::Refetch,
            None if applied.changed || first => Effect::Changed,
            None => Effect::Unchanged,
        })
    }

    /// Creates, updates and deletes say what is, not what to add: a second time changes nothing.
    fn is_idempotent(&self, _: BindingIndex) -> bool {
        true
    }

    fn overlay(&self) -> Option<&dyn Overlay> {
        self.list.layers()
    }

    fn overlay_mut(&mut self) -> Option<&mut dyn Overlay> {
        self.list.layers_mut()
    }

    fn layered(&mut self) -> Option<&mut dyn Any> {
        Some(&mut self.list)
    }

    fn next_deadline(&self) -> Option<Instant> {
        self.list.next_deadline()
    }

    fn expire(&mut self, now: Instant) -> bool {
        self.list.expire(now);
        false
    }
}
