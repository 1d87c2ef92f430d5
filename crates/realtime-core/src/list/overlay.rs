//! Optimistic edits over a synced list: what they are told, and what they tell.

mod duplicate;
mod echo;
mod members;
mod rebase;
mod shown;

use super::{
    AnyItem, Applied, ListChanges, ListStats,
    alias::Aliases,
    report::Pending,
    sequence::{Entry, Sequence, Spot},
    synced::{Incoming, Synced},
};
use crate::{
    error::DecodeError,
    id::{MessageId, MutationId, RowId},
    key::QueryKey,
    ordered::OrderedMap,
    overlay::{
        Became, Change, Echo, LayerId, LayerState, Outgoing, Overlay, OverlayNews, Rules, Stack,
    },
    time::Instant,
};
use duplicate::Duplicates;
use members::Members;
use rebase::Base;
use shown::Shown;
use std::{mem, rc::Rc};

/// A synced list with edits over it, for the list that has one, which must not name it.
pub(super) trait Edits: Overlay {
    fn synced(&self) -> &Synced;

    fn synced_mut(&mut self) -> &mut Synced;

    /// Puts an edit of the row `id` over it.
    fn push(
        &mut self,
        layer: LayerId,
        id: &RowId,
        change: Change<dyn AnyItem, Spot>,
    ) -> Result<bool, DecodeError>;

    /// Takes a change of the synced rows.
    fn take(&mut self, now: Instant, change: Incoming<'_>) -> Result<Applied, DecodeError>;

    /// The rows in order as they are shown.
    fn order(&self) -> &Sequence;

    /// The row `id` as the order holds it.
    fn entry(&self, id: &RowId) -> Option<&Entry>;

    fn aliases(&self) -> &Rc<Aliases>;

    /// How the row `id` stands; `None` if nothing of it waits for the server.
    fn state(&self, id: &RowId) -> Option<LayerState>;

    /// The rows of which something waits for the server, by id.
    fn states(&self) -> Vec<(&RowId, LayerState)>;

    fn take_changes(&mut self) -> ListChanges;

    fn stats(&self) -> ListStats;

    #[cfg(test)]
    fn edited(&self) -> &Edited;
}

/// The one kind of [`Edits`].
pub(super) struct Edited {
    synced: Box<Synced>,
    /// The rows with edits. Bounded by the mutations there may be, as is the rest.
    rows: OrderedMap<RowId, EditedRow>,
    /// What is shown, as long as there are such rows; else it is the synced rows.
    shown: Shown,
    /// What changed of what is shown.
    pending: Pending,
    members: Members,
    duplicates: Duplicates,
    aliases: Rc<Aliases>,
    news: OverlayNews,
    /// Whether a fetch is landing.
    is_landing: bool,
    rules: Rules<dyn AnyItem>,
    /// The list's own, for reports.
    key: QueryKey,
    /// Temporary ids forgotten because there were too many.
    aliases_dropped: u64,
}

struct EditedRow {
    stack: Stack<dyn AnyItem, Spot>,
    /// The edit that has put it where it stands.
    placed_by: Option<LayerId>,
    /// The edit that makes a row which looks like this one of the server's, which is hidden for it.
    duplicate_of: Option<LayerId>,
}

/// A synced list that edits may be put over.
pub(super) fn editable(
    synced: Box<Synced>,
    rules: Rules<dyn AnyItem>,
    key: QueryKey,
) -> Box<dyn Edits> {
    Box::new(Edited {
        synced,
        rows: OrderedMap::new(),
        shown: Shown::new(&Sequence::new(None)),
        pending: Pending::new(),
        members: Members::default(),
        duplicates: Duplicates::default(),
        aliases: Rc::default(),
        news: OverlayNews::default(),
        is_landing: false,
        rules,
        key,
        aliases_dropped: 0,
    })
}

impl Edits for Edited {
    fn synced(&self) -> &Synced {
        &self.synced
    }

    fn synced_mut(&mut self) -> &mut Synced {
        &mut self.synced
    }

    fn push(
        &mut self,
        layer: LayerId,
        id: &RowId,
        change: Change<dyn AnyItem, Spot>,
    ) -> Result<bool, DecodeError> {
        let id = self.aliases.resolve(id).clone();
        self.push_on(&id, layer, change)
    }

    fn take(&mut self, now: Instant, change: Incoming<'_>) -> Result<Applied, DecodeError> {
        self.take_change(now, change)
    }

    fn order(&self) -> &Sequence {
        self.shown_order()
    }

    fn entry(&self, id: &RowId) -> Option<&Entry> {
        self.shown_entry(id)
    }

    fn aliases(&self) -> &Rc<Aliases> {
        &self.aliases
    }

    fn state(&self, id: &RowId) -> Option<LayerState> {
        self.rows.get(id)?.stack.state()
    }

    fn states(&self) -> Vec<(&RowId, LayerState)> {
        let rows = self.rows.iter();
        rows.filter_map(|(id, row)| Some((id, row.stack.state()?)))
            .collect()
    }

    fn take_changes(&mut self) -> ListChanges {
        let mut changes = mem::take(&mut self.pending).told();
        let temporary = |id: &RowId| self.aliases.temporary(id).cloned();
        let more: Vec<RowId> = changes.items.iter().filter_map(temporary).collect();
        changes.items.extend(more);
        changes
    }

    fn stats(&self) -> ListStats {
        let synced = self.synced.stats();
        ListStats {
            layers: self.len(),
            aliases_dropped: self.aliases_dropped,
            remembered_bytes: synced.remembered_bytes + self.aliases.bytes(),
            scans: synced.scans + self.shown.order().scans(),
            ..synced
        }
    }

    #[cfg(test)]
    fn edited(&self) -> &Edited {
        self
    }
}

impl Overlay for Edited {
    fn len(&self) -> usize {
        self.rows.values().map(|row| row.stack.len()).sum()
    }

    fn has(&self, mutation: MutationId) -> bool {
        self.members.has(mutation)
    }

    fn awaits_id(&self, mutation: MutationId) -> bool {
        self.members.next_insert(mutation).is_some()
    }

    fn expect(&mut self, mutation: MutationId, message: &MessageId) {
        self.members.expect(mutation, message);
    }

    fn echo(&mut self, _: Instant, message: &MessageId, event: Echo<'_>) -> bool {
        match self.members.sent_as(message) {
            Some(mutation) => self.take_echo(mutation, event),
            None => false,
        }
    }

    fn confirm(&mut self, now: Instant, mutation: MutationId, answer: &str) -> bool {
        self.has(mutation) && self.take_answer(now, mutation, answer)
    }

    fn revoke(&mut self, _: Instant, mutation: MutationId) -> bool {
        let ids = self.members.rows_of(mutation);
        self.remove_edits(&ids, Base::Same, &|_, layer| {
            (layer.id.mutation == mutation).then_some(Became::Nothing)
        })
    }

    fn set_failed(&mut self, mutation: MutationId, failed: bool) -> bool {
        let mut changed = false;
        for id in self.members.rows_of(mutation) {
            if let Some(row) = self.rows.get_mut(&id)
                && row.stack.set_failed(mutation, failed)
            {
                for layer in row.stack.of(mutation).filter(|_| failed) {
                    self.duplicates.settle(layer.id);
                }
                self.pending.item(&id);
                changed = true;
            }
        }
        self.show_revealed() | changed
    }

    fn fetch_began(&mut self) {
        self.rows.visit_mut(|_, row| row.stack.fetch_began());
    }

    fn begin_landing(&mut self) {
        self.is_landing = self.merges();
    }

    fn end_landing(&mut self, is_last: bool) -> bool {
        if !mem::take(&mut self.is_landing) || !is_last {
            return false;
        }
        self.rebase(&self.ids(), Base::Same)
    }

    fn merges(&self) -> bool {
        self.rules.policy.merges()
    }

    fn outgoing(&self, layer: LayerId) -> Option<Outgoing> {
        let id = self.members.row_of(layer)?;
        let under = self.synced.entry(id).map(|entry| &entry.item);
        let version = self.synced.version(id);
        (self.rows.get(id)?.stack).outgoing(layer, under, version, &self.rules)
    }

    fn take_news(&mut self) -> OverlayNews {
        mem::take(&mut self.news)
    }
}

#[cfg(test)]
mod key_tests;
#[cfg(test)]
mod tests;
