//! Any edits over any changes: what is shown, and what is left when they go.

use super::*;
use crate::list::{
    ErasedList, KeyedList, ListItem,
    item::{json_of, typed},
};
use crate::{key, list::ListOptions};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Row {
    id: u32,
    rank: u32,
    text: u32,
}

impl ListItem for Row {
    fn id(&self) -> RowId {
        self.id.into()
    }
}

#[derive(Clone, Debug)]
enum Step {
    Upsert(Row),
    Text(u32, u32),
    Remove(u32),
    Move(u32, Option<u32>, bool),
    Replace(Vec<Row>),
    Insert(Row),
    Edit(u32, u32),
    Delete(u32),
    Place(u32, Option<u32>, bool),
    Confirm(usize),
    Revoke(usize),
    Adopt(usize, u32),
}

fn step() -> impl Strategy<Value = Step> {
    let id = 0..12_u32;
    let row =
        (id.clone(), 0..6_u32, 0..100_u32).prop_map(|(id, rank, text)| Row { id, rank, text });
    let place = (id.clone(), prop::option::of(id.clone()), any::<bool>());
    prop_oneof![
        3 => row.clone().prop_map(Step::Upsert),
        2 => (id.clone(), 0..100_u32).prop_map(|(id, text)| Step::Text(id, text)),
        1 => id.clone().prop_map(Step::Remove),
        3 => place.clone().prop_map(|(id, to, before)| Step::Move(id, to, before)),
        1 => prop::collection::vec(row.clone(), 0..12).prop_map(Step::Replace),
        1 => row.prop_map(|row| Step::Insert(Row { id: row.id + 100, ..row })),
        2 => (id.clone(), 100..200_u32).prop_map(|(id, text)| Step::Edit(id, text)),
        1 => id.clone().prop_map(Step::Delete),
        3 => place.prop_map(|(id, to, before)| Step::Place(id, to, before)),
        1 => (0..20_usize).prop_map(Step::Confirm),
        2 => (0..20_usize).prop_map(Step::Revoke),
        1 => (0..20_usize, 50..70_u32).prop_map(|(at, id)| Step::Adopt(at, id)),
    ]
}

/// A list with edits over it, and its twin that has none.
struct Pair {
    edited: KeyedList<Row>,
    plain: KeyedList<Row>,
    open: Vec<MutationId>,
    last: u64,
}

impl Pair {
    fn new(sorted: bool) -> Self {
        let options = || {
            let options = ListOptions::default();
            match sorted {
                true => options.with_sort(|a: &Row, b| a.rank.cmp(&b.rank)),
                false => options,
            }
        };
        Self {
            edited: KeyedList::new(options()),
            plain: KeyedList::new(options()),
            open: Vec::new(),
            last: 0,
        }
    }

    fn both(&mut self, change: impl Fn(&mut KeyedList<Row>)) {
        change(&mut self.edited);
        change(&mut self.plain);
    }

    fn push(&mut self, id: u32, change: Change<dyn AnyItem, Spot>) {
        self.last += 1;
        let mutation = MutationId(self.last);
        let layer = LayerId { mutation, edit: 0 };
        self.edited
            .list
            .push_layer(&key!["rows"], layer, &id.into(), change, json_of::<Row>())
            .unwrap();
        self.open.push(mutation);
    }

    fn open(&self, at: usize) -> Option<MutationId> {
        let len = self.open.len();
        (len > 0).then(|| self.open[at % len])
    }

    fn take(&mut self, step: Step) {
        let now = Instant::ZERO;
        match step {
            Step::Upsert(row) => self.both(|list| drop(list.upsert(now, row.clone()))),
            Step::Text(id, text) => {
                let patch = format!(r#"{{"text":{text}}}"#);
                self.both(|list| drop(list.update(now, id, &patch)));
            }
            Step::Remove(id) => self.both(|list| drop(list.remove(now, id, None))),
            Step::Move(id, to, true) => {
                self.both(|list| drop(list.move_before(now, id, to.map(RowId::from).as_ref())));
            }
            Step::Move(id, to, false) => {
                self.both(|list| drop(list.move_after(now, id, to.map(RowId::from).as_ref())));
            }
            Step::Replace(rows) => self.both(|list| drop(list.replace(now, rows.clone()))),
            Step::Insert(row) => {
                // A temporary id is used once.
                let id = row.id + 100 * u32::try_from(self.last).unwrap();
                self.push(id, Change::Insert(Rc::new(Row { id, ..row })));
            }
            Step::Edit(id, text) => {
                let patch = format!(r#"{{"text":{text},"rank":{}}}"#, text % 6);
                self.push(id, Change::Patch(patch.into()));
            }
            Step::Delete(id) => self.push(id, Change::Delete),
            Step::Place(id, to, true) => {
                self.push(id, Change::Place(Spot::Before(to.map(RowId::from))))
            }
            Step::Place(id, to, false) => {
                self.push(id, Change::Place(Spot::After(to.map(RowId::from))))
            }
            Step::Confirm(at) => {
                if let Some(mutation) = self.open(at) {
                    self.edited.list.confirm(now, mutation, "null");
                    self.edited.list.fetch_began();
                }
            }
            Step::Revoke(at) => {
                if let Some(mutation) = self.open(at) {
                    self.edited.list.revoke(now, mutation);
                    self.open.retain(|other| *other != mutation);
                }
            }
            Step::Adopt(at, id) => {
                if let Some(mutation) = self.open(at) {
                    let answer = format!(r#"{{"id":{id}}}"#);
                    self.edited.list.confirm(now, mutation, &answer);
                }
            }
        }
    }

    /// What the layers make of each row of the twin.
    fn expected(&self) -> BTreeMap<u32, Row> {
        let mut rows: BTreeMap<u32, Row> = (self.plain.snapshot().iter())
            .map(|row| (row.id, Row::clone(&row)))
            .collect();
        let number = |id: &RowId| id.to_string().parse::<u32>().unwrap();
        for (id, touched) in self.edited.list.edited_rows() {
            let id = number(id);
            if let Some(layer) = touched.duplicate_of {
                assert!(rows.remove(&id).is_some() && self.is_making(layer));
            }
            for layer in touched.stack.iter() {
                match &layer.change {
                    Change::Insert(row) => {
                        rows.entry(id)
                            .or_insert_with(|| typed::<Row>(&**row).unwrap().clone());
                    }
                    Change::Patch(patch) => {
                        if let Some(row) = rows.get_mut(&id) {
                            *row = ListItem::merged(row, patch).unwrap();
                        }
                    }
                    Change::Delete => {
                        rows.remove(&id);
                    }
                    Change::Set(_) | Change::Apply(_) | Change::Place(_) => {}
                }
            }
        }
        rows
    }

    /// Whether an edit that is there makes a row.
    fn is_making(&self, layer: LayerId) -> bool {
        let rows = self.edited.list.edited_rows().into_values();
        let mut layers = rows.flat_map(|row| row.stack.iter());
        layers.any(|it| it.id == layer && matches!(it.change, Change::Insert(_)))
    }

    /// Rows that only we know, and did not move, stand at the end, in the order they were made.
    fn check_tail(&self) -> Result<(), TestCaseError> {
        let rows = self.edited.list.edited_rows();
        let made_by = |id: RowId| {
            let touched = rows.get(&id)?;
            let moved = touched
                .stack
                .iter()
                .any(|it| matches!(it.change, Change::Place(_)));
            let own = !moved && !self.edited.list.synced().has(&id);
            own.then(|| touched.stack.iter().next().unwrap().id)
        };
        let shown = self.edited.snapshot();
        let made: Vec<Option<LayerId>> = shown.ids().map(made_by).collect();
        prop_assert!(made.iter().flatten().is_sorted());
        let known = |id: &RowId| !rows.contains_key(id);
        let last_known = shown.ids().rposition(|id| known(&id));
        let first_own = made.iter().position(Option::is_some);
        if let (Some(known), Some(own)) = (last_known, first_own) {
            prop_assert!(known < own);
        }
        Ok(())
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let shown = self.edited.snapshot();
        let rows: BTreeMap<u32, Row> = shown.iter().map(|row| (row.id, Row::clone(&row))).collect();
        prop_assert_eq!(&rows, &self.expected());
        prop_assert_eq!(shown.len(), rows.len());
        for (rank, row) in shown.iter().enumerate() {
            prop_assert_eq!(self.edited.rank(&row.id), Some(rank));
            prop_assert_eq!(
                self.edited.get(&row.id).as_ref().map(Rc::as_ptr),
                Some(Rc::as_ptr(&row))
            );
        }
        if self.edited.list.order().is_sorted() {
            prop_assert!(shown.iter().is_sorted_by_key(|row| (row.rank, row.id)));
        }
        if !self.edited.list.order().is_sorted() {
            self.check_tail()?;
        }
        // Rows that nobody edits stand as the server has them.
        let untouched = |list: &KeyedList<Row>| -> Vec<RowId> {
            let ids = list.snapshot();
            let edited = self.edited.list.edited_rows();
            ids.ids().filter(|id| !edited.contains_key(id)).collect()
        };
        prop_assert_eq!(untouched(&self.edited), untouched(&self.plain));
        prop_assert_eq!(self.edited.stats().scans, 0);
        Ok(())
    }
}

proptest! {
    #[test]
    fn edits_lie_over_the_synced_rows_and_leave_them_as_they_are_when_they_go(
        sorted in any::<bool>(),
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut pair = Pair::new(sorted);
        for step in steps {
            let before = pair.edited.snapshot();
            pair.edited.take_changes();
            pair.take(step.clone());
            pair.check()?;
            check_changes(&before, &mut pair.edited)?;
        }
        for mutation in pair.open.clone() {
            pair.edited.list.revoke(Instant::ZERO, mutation);
        }
        prop_assert!(pair.edited.is_empty_overlay() && pair.edited.list.is_at_rest());
        prop_assert_eq!(pair.edited.snapshot(), pair.plain.snapshot());
    }
}

/// Whatever differs has been told.
fn check_changes(
    before: &crate::ListSnapshot<Row>,
    list: &mut KeyedList<Row>,
) -> Result<(), TestCaseError> {
    let after = list.snapshot();
    let changes = list.take_changes();
    if !before.ids().eq(after.ids()) {
        prop_assert!(changes.order);
    }
    let old: BTreeMap<u32, Rc<Row>> = before.iter().map(|row| (row.id, row)).collect();
    for row in &after {
        let same = old.get(&row.id).is_some_and(|old| Rc::ptr_eq(old, &row));
        prop_assert!(
            same || changes.items.contains(&RowId::from(row.id)),
            "{:?} was not told",
            row
        );
    }
    Ok(())
}

impl ErasedList {
    fn edited(&self) -> Option<&Edited> {
        self.edits().map(Edits::edited)
    }

    pub(super) fn edited_rows(&self) -> BTreeMap<&RowId, &EditedRow> {
        let edited = self.edited().into_iter();
        edited.flat_map(|edited| edited.rows.iter()).collect()
    }

    /// Whether the list shows what is synced and keeps nothing else.
    fn is_at_rest(&self) -> bool {
        self.order().tree().ptr_eq(self.synced().order.tree())
            && (self.edited()).is_none_or(|edited| edited.shown.order().tree().len() == 0)
    }

    pub(super) fn expect(&mut self, mutation: MutationId, message: &MessageId) {
        self.layers_mut().unwrap().expect(mutation, message);
    }

    pub(super) fn echo(&mut self, now: Instant, message: &MessageId, event: Echo<'_>) {
        if let Some(layers) = self.layers_mut() {
            layers.echo(now, message, event);
        }
    }

    pub(super) fn confirm(&mut self, now: Instant, mutation: MutationId, answer: &str) {
        if let Some(layers) = self.layers_mut() {
            layers.confirm(now, mutation, answer);
        }
    }

    pub(super) fn revoke(&mut self, now: Instant, mutation: MutationId) {
        if let Some(layers) = self.layers_mut() {
            layers.revoke(now, mutation);
        }
    }

    pub(super) fn fetch_began(&mut self) {
        if let Some(layers) = self.layers_mut() {
            layers.fetch_began();
        }
    }

    pub(super) fn take_news(&mut self) -> OverlayNews {
        self.layers_mut().unwrap().take_news()
    }
}

impl KeyedList<Row> {
    fn is_empty_overlay(&self) -> bool {
        let edited = self.list.edited();
        edited.is_none_or(|edited| edited.rows.is_empty() && edited.members.is_empty())
    }
}

#[test]
fn an_edit_of_one_row_among_100_000_costs_no_more_than_its_path() {
    let mut list = KeyedList::new(ListOptions::default());
    let rows = (0..100_000).map(|id| Row {
        id,
        rank: 0,
        text: 0,
    });
    list.replace(Instant::ZERO, rows.collect());
    let before = list.snapshot();
    let layer = LayerId {
        mutation: MutationId(1),
        edit: 0,
    };
    let change = Change::Place(Spot::After(None));
    list.list
        .push_layer(
            &key!["rows"],
            layer,
            &70_000.into(),
            change,
            json_of::<Row>(),
        )
        .unwrap();
    let after = list.snapshot();
    assert_eq!(after.get(0).map(|row| row.id), Some(70_000));
    assert!(Rc::ptr_eq(&after.get(1).unwrap(), &before.get(0).unwrap()));
    list.list.revoke(Instant::ZERO, MutationId(1));
    assert_eq!(list.snapshot(), before);
    assert!(list.list.is_at_rest());
}
