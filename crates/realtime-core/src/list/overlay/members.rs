//! Mutations: which of them have edits of a list, of which rows, and what the server has said of these.

use crate::{
    id::{MessageId, MutationId, RowId},
    list::synced::Moment,
    ordered::{OrderedMap, OrderedSet},
    overlay::LayerId,
};

/// The mutations with edits of one list. Bounded by the mutations there may be.
#[derive(Default)]
pub(super) struct Members {
    mutations: OrderedMap<MutationId, Member>,
    by_message: OrderedMap<MessageId, MutationId>,
    /// The row that each layer is on.
    layers: OrderedMap<LayerId, RowId>,
}

struct Member {
    message: Option<MessageId>,
    rows: OrderedSet<RowId>,
    /// Those that the server has said the id of.
    named: OrderedSet<RowId>,
    /// The layers that insert a row of which it has not.
    unnamed: OrderedSet<LayerId>,
    made_at: Moment,
}

impl Members {
    /// A layer is on a row now, of a mutation that is `made_at` this moment if it is new. Whether the row that
    /// the layer makes, if it `inserts` one, has no id of the server's yet.
    pub(super) fn add(
        &mut self,
        layer: LayerId,
        row: &RowId,
        inserts: bool,
        made_at: Moment,
    ) -> bool {
        let new = || Member {
            message: None,
            rows: OrderedSet::new(),
            named: OrderedSet::new(),
            unnamed: OrderedSet::new(),
            made_at,
        };
        let member = self.mutations.get_or_insert_with(layer.mutation, new);
        member.rows.insert(row.clone());
        self.layers.insert(layer, row.clone());
        let is_unnamed = inserts && !member.named.contains(row);
        if is_unnamed {
            member.unnamed.insert(layer);
        }
        is_unnamed
    }

    /// A layer is gone.
    pub(super) fn remove(&mut self, layer: LayerId) {
        self.layers.remove(&layer);
        self.settle(layer);
    }

    /// The server has said the id of the row that a layer makes.
    pub(super) fn settle(&mut self, layer: LayerId) {
        if let Some(member) = self.mutations.get_mut(&layer.mutation) {
            member.unnamed.remove(&layer);
        }
    }

    /// A layer on one row is on another.
    pub(super) fn rename(&mut self, layer: LayerId, from: &RowId, to: &RowId) {
        self.layers.insert(layer, to.clone());
        if let Some(member) = self.mutations.get_mut(&layer.mutation) {
            member.rows.remove(from);
            member.rows.insert(to.clone());
        }
    }

    /// A mutation has no layer on a row any more.
    pub(super) fn leave(&mut self, mutation: MutationId, row: &RowId) {
        let Some(member) = self.mutations.get_mut(&mutation) else {
            return;
        };
        member.rows.remove(row);
        if member.rows.is_empty()
            && let Some(member) = self.mutations.remove(&mutation)
            && let Some(message) = member.message
        {
            self.by_message.remove(&message);
        }
    }

    pub(super) fn has(&self, mutation: MutationId) -> bool {
        self.mutations.contains_key(&mutation)
    }

    /// The mutation is sent as that message from now on.
    pub(super) fn expect(&mut self, mutation: MutationId, message: &MessageId) {
        if let Some(member) = self.mutations.get_mut(&mutation) {
            if let Some(old) = member.message.replace(message.clone()) {
                self.by_message.remove(&old);
            }
            self.by_message.insert(message.clone(), mutation);
        }
    }

    /// The mutation that is sent as this message.
    pub(super) fn sent_as(&self, message: &MessageId) -> Option<MutationId> {
        self.by_message.get(message).copied()
    }

    /// The row that a layer is on.
    pub(super) fn row_of(&self, layer: LayerId) -> Option<&RowId> {
        self.layers.get(&layer)
    }

    pub(super) fn rows_of(&self, mutation: MutationId) -> Vec<RowId> {
        let member = self.mutations.get(&mutation);
        member.map_or_else(Vec::new, |member| member.rows.iter().cloned().collect())
    }

    /// The row of a mutation that has one row only.
    pub(super) fn only_row_of(&self, mutation: MutationId) -> Option<&RowId> {
        let rows = &self.mutations.get(&mutation)?.rows;
        rows.first().filter(|_| rows.len() == 1)
    }

    /// Whether a mutation has a layer on a row.
    pub(super) fn is_on(&self, mutation: MutationId, row: &RowId) -> bool {
        let member = self.mutations.get(&mutation);
        member.is_some_and(|member| member.rows.contains(row))
    }

    /// The server has said the id of a row of a mutation. Whether that is news.
    pub(super) fn name(&mut self, mutation: MutationId, row: &RowId) -> bool {
        let member = self.mutations.get_mut(&mutation);
        member.is_some_and(|member| member.named.insert(row.clone()))
    }

    /// Whether the server has said the id of a row of a mutation.
    pub(super) fn is_named(&self, mutation: MutationId, row: &RowId) -> bool {
        let member = self.mutations.get(&mutation);
        member.is_some_and(|member| member.named.contains(row))
    }

    /// The first row that a mutation inserts and that the server has not named yet.
    pub(super) fn next_insert(&self, mutation: MutationId) -> Option<&RowId> {
        let member = self.mutations.get(&mutation)?;
        self.layers.get(member.unnamed.first()?)
    }

    /// When a mutation was made.
    pub(super) fn made_at(&self, mutation: MutationId) -> Option<Moment> {
        Some(self.mutations.get(&mutation)?.made_at)
    }
}

#[cfg(test)]
impl Members {
    pub(super) fn is_empty(&self) -> bool {
        self.mutations.is_empty() && self.by_message.is_empty()
    }
}
