//! The layers over one row or record.

use super::{
    LayerId, LayerState, Outgoing,
    conflict::{ConflictPolicy, FieldConflict, IsOwn, difference, prune},
    fold::{Change, Rules},
    outcome::{Became, add, agreed, find, outcome},
    text::text,
};
use crate::{
    error::DecodeError,
    id::{MutationId, RowId},
};
use serde_json::{Map, Value};
use std::{cell::OnceCell, iter, rc::Rc};

/// How far the server is with an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It has not said anything.
    Pending,
    /// It has carried the edit out. `version` is the version that the item has since, `fetched`
    /// whether a fetch has begun since.
    Confirmed { version: Option<u64>, fetched: bool },
}

/// One edit over a row or record.
#[derive(Debug)]
pub(crate) struct Layer<T: ?Sized, P> {
    pub(crate) id: LayerId,
    pub(crate) change: Change<T, P>,
    pub(crate) phase: Phase,
    failed: bool,
    /// What the server had when the edit was made, and what it has made since of other edits of ours;
    /// `None` if it had nothing, or nobody asks.
    base: Option<Rc<T>>,
    /// The fields that others changed too.
    disputed: Vec<Vec<String>>,
}

/// Layers in the order they were made.
#[derive(Debug)]
pub(crate) struct Stack<T: ?Sized, P> {
    layers: Vec<Layer<T, P>>,
    /// What the server made of edits that have gone since the last fold: a merge patch of what is no
    /// change by others, if synced state has it. And the newest of these edits.
    landed: Option<(LayerId, Value)>,
}

/// What a stack makes of the state under it.
#[derive(Debug)]
pub(crate) struct Folded<T: ?Sized> {
    pub(crate) item: Option<Rc<T>>,
    pub(super) conflicts: Vec<(MutationId, FieldConflict)>,
}

impl<T: ?Sized> Folded<T> {
    /// The conflicts that have not been reported, told with where they are.
    pub(crate) fn conflicts_at(
        self,
        key: &crate::key::QueryKey,
        id: Option<&RowId>,
    ) -> impl Iterator<Item = (MutationId, super::Conflict)> {
        let at = move |(mutation, found): (_, FieldConflict)| {
            (mutation, found.at(key.clone(), id.cloned()))
        };
        self.conflicts.into_iter().map(at)
    }
}

impl<T: ?Sized, P> Stack<T, P> {
    pub(crate) const fn new() -> Self {
        Self {
            layers: Vec::new(),
            landed: None,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.layers.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.layers.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Layer<T, P>> {
        self.layers.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Layer<T, P>> {
        self.layers.iter_mut()
    }

    pub(crate) fn of(&self, mutation: MutationId) -> impl Iterator<Item = &Layer<T, P>> {
        self.iter()
            .filter(move |layer| layer.id.mutation == mutation)
    }

    /// Takes another stack's layers in, in the order they were made.
    pub(crate) fn absorb(&mut self, other: Self) {
        for layer in other.layers {
            let at = self.layers.partition_point(|own| own.id <= layer.id);
            self.layers.insert(at, layer);
        }
    }

    /// How far the mutations with layers here are; `None` if the server has confirmed them all.
    pub(crate) fn state(&self) -> Option<LayerState> {
        let failed = self.iter().find(|layer| layer.failed);
        let pending = || self.iter().any(|layer| layer.phase == Phase::Pending);
        match failed {
            Some(layer) => Some(LayerState::Failed(layer.id.mutation)),
            None => pending().then_some(LayerState::Pending),
        }
    }

    /// Whether the mark of any layer is another now.
    pub(crate) fn set_failed(&mut self, mutation: MutationId, failed: bool) -> bool {
        let mut changed = false;
        for layer in self
            .iter_mut()
            .filter(|layer| layer.id.mutation == mutation)
        {
            changed |= layer.failed != failed;
            layer.failed = failed;
        }
        changed
    }

    /// The server has carried `mutation` out; `version` is what the item has since, if it said so.
    pub(crate) fn confirm(&mut self, mutation: MutationId, version: Option<u64>) {
        for layer in self
            .iter_mut()
            .filter(|layer| layer.id.mutation == mutation)
        {
            layer.failed = false;
            layer.phase = match layer.phase {
                Phase::Confirmed {
                    version: None,
                    fetched,
                } if version.is_none() => Phase::Confirmed { version, fetched },
                _ => Phase::Confirmed {
                    version,
                    fetched: false,
                },
            };
        }
    }

    /// A fetch that began now contains all that is confirmed.
    pub(crate) fn fetch_began(&mut self) {
        for layer in self.iter_mut() {
            if let Phase::Confirmed { fetched, .. } = &mut layer.phase {
                *fetched = true;
            }
        }
    }
}

impl<T: PartialEq + ?Sized, P> Stack<T, P> {
    /// Lays an edit over the state that the layers make of `synced`.
    ///
    /// # Errors
    /// When the edit cannot be made on that state.
    pub(crate) fn push(
        &mut self,
        id: LayerId,
        change: Change<T, P>,
        synced: Option<&Rc<T>>,
        rules: &Rules<T>,
    ) -> Result<(), DecodeError> {
        let at = self.layers.partition_point(|other| other.id < id);
        let below = self.climb(at, synced, &self.bases(rules), rules, drop);
        if let Some(below) = below {
            change.made_on(&below, rules.json)?;
        }
        let layer = Layer {
            id,
            change,
            phase: Phase::Pending,
            failed: false,
            base: synced.filter(|_| rules.policy.merges()).cloned(),
            disputed: Vec::new(),
        };
        self.layers.insert(at, layer);
        Ok(())
    }

    /// Takes the layers off of which `became` says what became of them; returns them.
    pub(crate) fn remove<'a>(
        &mut self,
        rules: &Rules<T>,
        became: impl Fn(&Layer<T, P>) -> Option<Became<'a, T>>,
    ) -> Vec<Layer<T, P>>
    where
        T: 'a,
    {
        let tells = rules.policy.merges();
        let bases = self.bases(rules);
        let layers = std::mem::take(&mut self.layers);
        let (mut removed, mut row) = (Vec::new(), None);
        for (mut layer, base) in layers.into_iter().zip(each(&bases)) {
            let Some(became) = became(&layer) else {
                layer.adopt(row.as_ref());
                self.layers.push(layer);
                continue;
            };
            if tells {
                row = layer.row(&became, base, rules).or(row);
                if let Some(landed) = layer.outcome(&became, base, rules) {
                    self.landed = Some(match self.landed.take() {
                        None => (layer.id, landed),
                        // Whichever goes first, the newer edit was made over the older one.
                        Some((newest, mut older)) if newest < layer.id => {
                            add(&mut older, landed);
                            (layer.id, older)
                        }
                        Some((newest, newer)) => {
                            let mut older = landed;
                            add(&mut older, newer);
                            (newest, older)
                        }
                    });
                }
            }
            removed.push(layer);
        }
        if self.layers.is_empty() {
            self.landed = None;
        }
        removed
    }

    /// What the layers make of `synced`. Conflicts are told if it `counts`, and is not known to be
    /// old.
    pub(crate) fn fold(
        &mut self,
        synced: Option<&Rc<T>>,
        rules: &Rules<T>,
        counts: bool,
    ) -> Folded<T> {
        if counts {
            self.settle_bases(synced, rules);
        }
        let bases = self.bases(rules);
        let mut met = Vec::new();
        let note = |found| met.push(found);
        let item = self.climb(self.len(), synced, &bases, rules, note);
        let mut conflicts = Vec::new();
        for (layer, mut found) in self.layers.iter_mut().zip(met).filter(|_| counts) {
            found.retain(|conflict| !layer.disputed.contains(&conflict.path));
            let paths = found.iter().map(|conflict| conflict.path.clone());
            layer.disputed.extend(paths);
            if layer.phase == Phase::Pending {
                conflicts.extend(found.into_iter().map(|it| (layer.id.mutation, it)));
            }
        }
        Folded { item, conflicts }
    }

    /// What the edit `id` amounts to over `synced`.
    pub(crate) fn outgoing(
        &self,
        id: LayerId,
        synced: Option<&Rc<T>>,
        base_version: Option<u64>,
        rules: &Rules<T>,
    ) -> Option<Outgoing> {
        let at = self.iter().position(|layer| layer.id == id)?;
        let bases = self.bases(rules);
        let below = self.climb(at, synced, &bases, rules, drop);
        let (layer, base) = self.iter().zip(each(&bases)).nth(at)?;
        let (patch, is_overruled) = match layer.patch(synced, below.as_ref(), base, rules) {
            Some((patch, is_overruled)) => (Some(text(&patch).into()), is_overruled),
            None => (None, false),
        };
        Some(Outgoing {
            patch,
            base_version,
            is_overruled,
        })
    }

    /// What synced state has of the outcomes of edits that have gone is no change by others: it goes
    /// into all bases.
    fn settle_bases(&mut self, synced: Option<&Rc<T>>, rules: &Rules<T>) {
        let (Some((_, landed)), Some(synced)) = (self.landed.take(), synced) else {
            return;
        };
        let Ok(synced) = (rules.json.write)(synced) else {
            return;
        };
        let Some(known) = agreed(&landed, &synced) else {
            return;
        };
        let patch = text(&known);
        // Most were made on the same.
        let mut last: Option<(Rc<T>, Rc<T>)> = None;
        for base in self.layers.iter_mut().filter_map(|it| it.base.as_mut()) {
            let known = last.as_ref().filter(|(old, _)| Rc::ptr_eq(old, base));
            let new = match known {
                Some((_, new)) => Rc::clone(new),
                None => match (rules.json.merge)(base, &patch) {
                    Ok(new) => new,
                    Err(_) => continue,
                },
            };
            last = Some((std::mem::replace(base, Rc::clone(&new)), new));
        }
    }

    /// What each layer was made on: its base, with the layers below over it. Where the server had
    /// nothing, others have changed nothing. Empty if that does not matter.
    fn bases(&self, rules: &Rules<T>) -> Vec<Option<Rc<T>>> {
        let mut bases: Vec<Option<Rc<T>>> = Vec::new();
        if !rules.policy.merges() {
            return bases;
        }
        let mut last: Option<(&Layer<T, P>, &Rc<T>)> = None;
        for (at, layer) in self.iter().enumerate() {
            let synced = layer.base.as_ref();
            let base = synced.and_then(|synced| match (last, bases.last()) {
                (Some((below, same)), Some(base)) if Rc::ptr_eq(same, synced) => {
                    let base = base.as_ref();
                    below.over(base, base, rules, &|_, _| false, &mut Vec::new())
                }
                _ => self.climb(at, Some(synced), &bases, rules, drop),
            });
            bases.push(base);
            last = synced.map(|synced| (layer, synced));
        }
        bases
    }

    /// What the first `count` layers, which were made on `bases`, make of `under`. `note` is told
    /// where each of them meets others.
    fn climb(
        &self,
        count: usize,
        under: Option<&Rc<T>>,
        bases: &[Option<Rc<T>>],
        rules: &Rules<T>,
        mut note: impl FnMut(Vec<FieldConflict>),
    ) -> Option<Rc<T>> {
        let edits = OnceCell::new();
        let edits = || {
            edits.get_or_init(|| {
                let layers = self.iter().zip(each(bases));
                let edits = layers.map(|(layer, base)| layer.edit(base, rules));
                edits.collect::<Vec<_>>()
            })
        };
        let mut item = under.cloned();
        for (layer, base) in self.iter().zip(each(bases)).take(count) {
            let is_own = |path: &[String], value: &Value| {
                let mut others = self.iter().zip(edits()).filter(|(it, _)| it.id != layer.id);
                others.any(|(_, edit)| edit.as_ref().and_then(|it| find(it, path)) == Some(value))
            };
            let mut found = Vec::new();
            item = layer.over(item.as_ref(), base, rules, &is_own, &mut found);
            note(found);
        }
        item
    }
}

/// What each layer was made on, as far as that matters.
fn each<T: ?Sized>(bases: &[Option<Rc<T>>]) -> impl Iterator<Item = Option<&Rc<T>>> {
    bases.iter().map(Option::as_ref).chain(iter::repeat(None))
}

impl<T: PartialEq + ?Sized, P> Layer<T, P> {
    /// What it makes of `under`, as it was made on `base`.
    fn over(
        &self,
        under: Option<&Rc<T>>,
        base: Option<&Rc<T>>,
        rules: &Rules<T>,
        is_own: &IsOwn<'_>,
        found: &mut Vec<FieldConflict>,
    ) -> Option<Rc<T>> {
        let lost = self.lost(rules);
        (self.change).over(under, base, rules, lost, is_own, found)
    }

    /// The fields that others have won.
    fn lost(&self, rules: &Rules<T>) -> &[Vec<String>] {
        match rules.policy.yields() {
            true => &self.disputed,
            false => &[],
        }
    }

    /// The edit as a merge patch of what it was made on, if it changes fields.
    fn edit(&self, base: Option<&Rc<T>>, rules: &Rules<T>) -> Option<Value> {
        let value = |item: &Rc<T>| (rules.json.write)(item).ok();
        match (&self.change, base) {
            (Change::Patch(patch), _) => serde_json::from_str(patch).ok(),
            // It makes the whole row, if it is carried out.
            (Change::Insert(item), _) | (Change::Set(item), None) => value(item),
            (Change::Set(_) | Change::Apply(_), Some(base)) => {
                let made = self.change.made_on(base, rules.json).ok()?;
                difference(&value(base)?, &value(&made)?)
            }
            _ => None,
        }
    }

    /// The fields that it gave other values, and the values that they got.
    fn outcome(
        &self,
        became: &Became<'_, T>,
        base: Option<&Rc<T>>,
        rules: &Rules<T>,
    ) -> Option<Value> {
        let edit = self.edit(base, rules)?;
        let (source, is_whole) = match became {
            Became::Nothing => return None,
            Became::AsMeant => (Value::Null, false),
            Became::Item(item) => ((rules.json.write)(item).ok()?, true),
            Became::Said(text) => (serde_json::from_str(text).ok()?, false),
        };
        outcome(&edit, (&source, is_whole), self.lost(rules))
    }

    /// The row that it made where there was none, or `Some(None)` if it took one away.
    fn row(
        &self,
        became: &Became<'_, T>,
        base: Option<&Rc<T>>,
        rules: &Rules<T>,
    ) -> Option<Option<Rc<T>>> {
        let json = rules.json;
        let item = match (&self.change, became) {
            (_, Became::Nothing) | (Change::Delete, Became::Item(_)) => return None,
            (Change::Delete, _) => return Some(None),
            (Change::Insert(item) | Change::Set(item), _) if base.is_none() => item,
            _ => return None,
        };
        let row = match became {
            Became::Said(text) => (json.merge)(item, text).ok()?,
            Became::Item(item) => (json.read)((json.write)(item).ok()?).ok()?,
            Became::AsMeant | Became::Nothing => Rc::clone(item),
        };
        Some(Some(row))
    }

    /// An edit below it has made a row, or taken it away.
    fn adopt(&mut self, row: Option<&Option<Rc<T>>>) {
        match row {
            Some(None) => self.base = None,
            Some(made) if self.base.is_none() => self.base.clone_from(made),
            _ => {}
        }
    }

    /// The edit as a merge patch, and whether it lost all its fields. `synced` is what the server
    /// has, `below` that with the layers before this one, `base` what it was made on.
    ///
    /// What the layers below say already is in the patch all the same, if the edit says it too:
    /// they may fail.
    fn patch(
        &self,
        synced: Option<&Rc<T>>,
        below: Option<&Rc<T>>,
        base: Option<&Rc<T>>,
        rules: &Rules<T>,
    ) -> Option<(Value, bool)> {
        let value = |item: &Rc<T>| (rules.json.write)(item).ok();
        let change = |old: Option<&Rc<T>>, new: &Rc<T>| {
            let patch = difference(&value(old?)?, &value(new)?);
            Some(patch.unwrap_or_else(|| Value::Object(Map::new())))
        };
        let over = || self.over(below, base, rules, &|_, _| false, &mut Vec::new());
        let mut patch = match (&self.change, &rules.policy) {
            (Change::Insert(_) | Change::Delete | Change::Place(_), _) => return None,
            (_, ConflictPolicy::Custom(_)) | (Change::Apply(_), ConflictPolicy::LastWriterWins) => {
                change(below, &over()?)?
            }
            (Change::Patch(patch), _) => serde_json::from_str(patch).ok()?,
            (Change::Set(item), ConflictPolicy::LastWriterWins) => change(synced, item)?,
            (Change::Set(_) | Change::Apply(_), ConflictPolicy::MergeFields { .. }) => {
                let base = base.or(below)?;
                change(Some(base), &self.change.made_on(base, rules.json).ok()?)?
            }
        };
        let lost = self.lost(rules);
        for path in lost {
            prune(&mut patch, path);
        }
        let is_empty = patch.as_object().is_some_and(Map::is_empty);
        Some((patch, is_empty && !lost.is_empty()))
    }
}
