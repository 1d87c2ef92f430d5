//! The layers over one row or record.

use super::{
    LayerId, LayerState, Outgoing,
    conflict::{ConflictPolicy, FieldConflict, difference, without_lost},
    fold::{Change, JsonOf},
    inheritance::{Became, Inheritance},
};
use crate::{
    error::DecodeError,
    id::MutationId,
    rule::{Rule, off},
};
use serde_json::{Map, Value};
use std::rc::Rc;

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
pub(crate) struct Layer<T, P> {
    pub(crate) id: LayerId,
    pub(crate) change: Change<T, P>,
    pub(crate) phase: Phase,
    failed: bool,
    base: Option<Rc<T>>,
    /// Fields whose conflict has been reported.
    reported: Vec<Vec<String>>,
}

/// Layers in the order they were made.
#[derive(Debug)]
pub(crate) struct Stack<T, P>(Vec<Layer<T, P>>);

/// How a stack is folded.
#[derive(Debug)]
pub(crate) struct Rules<'a, T> {
    pub(crate) policy: &'a ConflictPolicy<T>,
    pub(crate) json: JsonOf<T>,
}

/// What a stack makes of the state under it.
#[derive(Debug)]
pub(crate) struct Folded<T> {
    pub(crate) item: Option<Rc<T>>,
    pub(super) conflicts: Vec<(MutationId, FieldConflict)>,
}

impl<T> Folded<T> {
    /// The conflicts that have not been reported, told with where they are.
    pub(crate) fn conflicts_at(
        self,
        key: &crate::key::QueryKey,
        id: Option<&Rc<str>>,
    ) -> impl Iterator<Item = (MutationId, super::Conflict)> {
        let at = move |(mutation, found): (_, FieldConflict)| {
            (mutation, found.at(key.clone(), id.cloned()))
        };
        self.conflicts.into_iter().map(at)
    }
}

impl<T, P> Layer<T, P> {
    /// Whether it failed, and is kept.
    pub(crate) const fn is_failed(&self) -> bool {
        self.failed
    }
}

impl<T, P> Stack<T, P> {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Layer<T, P>> {
        self.0.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Layer<T, P>> {
        self.0.iter_mut()
    }

    pub(crate) fn of(&self, mutation: MutationId) -> impl Iterator<Item = &Layer<T, P>> {
        self.iter()
            .filter(move |layer| layer.id.mutation == mutation)
    }

    /// Takes another stack's layers in, in the order they were made.
    pub(crate) fn absorb(&mut self, other: Self) {
        for layer in other.0 {
            let at = self.0.partition_point(|own| own.id <= layer.id);
            self.0.insert(at, layer);
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

impl<T: PartialEq, P> Stack<T, P> {
    /// Lays an edit over the state that the layers make of `under`.
    ///
    /// # Errors
    /// When the edit cannot be made on that state.
    pub(crate) fn push(
        &mut self,
        id: LayerId,
        change: Change<T, P>,
        under: Option<&Rc<T>>,
        rules: &Rules<'_, T>,
    ) -> Result<(), DecodeError> {
        let base = self.below(id, under, rules);
        if let Some(base) = &base {
            change.made_on(base, rules.json)?;
        }
        let layer = Layer {
            id,
            change,
            phase: Phase::Pending,
            failed: false,
            base,
            reported: Vec::new(),
        };
        let at = self.0.partition_point(|other| other.id < id);
        self.0.insert(at, layer);
        Ok(())
    }

    /// Takes the layers off of which `became` says what became of them; returns them. The bases of
    /// those above are told.
    pub(crate) fn remove<'a>(
        &mut self,
        rules: &Rules<'_, T>,
        became: impl Fn(&Layer<T, P>) -> Option<Became<'a, T>>,
    ) -> Vec<Layer<T, P>>
    where
        T: 'a,
    {
        let ends: Vec<_> = self.0.iter().map(became).collect();
        if rules.policy.merges() && !off(Rule::BaseHandOver) {
            for (at, end) in ends.iter().enumerate() {
                if let Some(end) = end {
                    self.hand_on(at, end, rules);
                }
            }
        }
        let mut removed = Vec::new();
        let mut kept = Vec::with_capacity(self.0.len());
        for (layer, end) in self.0.drain(..).zip(ends) {
            match end {
                Some(_) => removed.push(layer),
                None => kept.push(layer),
            }
        }
        self.0 = kept;
        removed
    }

    /// Lets the bases above the layer at `at` have what became of it.
    fn hand_on(&mut self, at: usize, became: &Became<'_, T>, rules: &Rules<'_, T>) {
        let (gone, above) = self.0.split_at_mut(at + 1);
        let Some(gone) = gone.last() else { return };
        if matches!(became, Became::Nothing) {
            // Above a row that was not there, or was there no more, is what there was before.
            let unmade = |layer: &&mut Layer<T, P>| gone.base.is_none() || layer.base.is_none();
            for layer in above.iter_mut().filter(unmade) {
                layer.base.clone_from(&gone.base);
            }
        }
        let mut inheritance = gone.leaves(became, rules);
        for layer in above {
            let Some(left) = inheritance.take().filter(|left| !left.is_empty()) else {
                return;
            };
            inheritance = layer.inherit(left, rules);
        }
    }

    /// What the layers make of `under`. Conflicts are told if it `counts`, and is not known to be
    /// old.
    pub(crate) fn fold(
        &mut self,
        under: Option<&Rc<T>>,
        rules: &Rules<'_, T>,
        counts: bool,
    ) -> Folded<T> {
        let mut item = under.cloned();
        let mut conflicts = Vec::new();
        for layer in &mut self.0 {
            let base = layer.base.as_ref();
            let mut found = Vec::new();
            let over =
                (layer.change).over(item.as_ref(), base, rules.policy, rules.json, &mut found);
            item = over;
            if layer.phase == Phase::Pending && counts {
                found.retain(|conflict| !layer.reported.contains(&conflict.path));
                let paths = found.iter().map(|conflict| conflict.path.clone());
                layer.reported.extend(paths);
                conflicts.extend(found.into_iter().map(|it| (layer.id.mutation, it)));
            }
        }
        Folded { item, conflicts }
    }

    /// What the edit `id` amounts to over `under`.
    pub(crate) fn outgoing(
        &self,
        id: LayerId,
        under: Option<&Rc<T>>,
        base_version: Option<u64>,
        rules: &Rules<'_, T>,
    ) -> Option<Outgoing> {
        let layer = self.iter().find(|layer| layer.id == id)?;
        let below = self.below(id, under, rules);
        let (patch, is_overruled) = match layer.patch(under, below.as_ref(), rules) {
            Some((patch, is_overruled)) => (Some(patch.to_string().into()), is_overruled),
            None => (None, false),
        };
        Some(Outgoing {
            patch,
            base_version,
            is_overruled,
        })
    }

    /// What the layers before `id` make of `under`.
    fn below(&self, id: LayerId, under: Option<&Rc<T>>, rules: &Rules<'_, T>) -> Option<Rc<T>> {
        let mut unheard = Vec::new();
        let mut item = under.cloned();
        for layer in self.0.iter().take_while(|layer| layer.id < id) {
            let base = layer.base.as_ref();
            item = (layer.change).over(item.as_ref(), base, rules.policy, rules.json, &mut unheard);
        }
        item
    }
}

impl<T: PartialEq, P> Layer<T, P> {
    /// The value that the edit was to make of its base, as JSON.
    fn meant(&self, rules: &Rules<'_, T>) -> Option<Value> {
        let made = match (&self.base, &self.change) {
            (Some(base), change) => change.made_on(base, rules.json).ok()?,
            (None, Change::Insert(item) | Change::Set(item)) => Rc::clone(item),
            (None, _) => return None,
        };
        (rules.json.write)(&made).ok()
    }

    /// What it leaves to the next one above it.
    fn leaves(&self, became: &Became<'_, T>, rules: &Rules<'_, T>) -> Option<Inheritance> {
        let value = |item: &T| (rules.json.write)(item).ok();
        let meant = self.meant(rules)?;
        let (source, is_whole) = match became {
            Became::AsMeant => return None,
            Became::Nothing => {
                let base = value(self.base.as_ref()?)?;
                return Inheritance::of_nothing(base, meant);
            }
            Became::Item(item) => (value(item)?, true),
            Became::Said(text) => (serde_json::from_str(text).ok()?, false),
        };
        let base = match &self.base {
            Some(base) => value(base)?,
            None => Value::Object(Map::new()),
        };
        let lost: &[_] = match rules.policy.yields() {
            true => &self.reported,
            false => &[],
        };
        Inheritance::of_done(&base, meant, (&source, is_whole), lost)
    }

    /// Takes its part of what the one below leaves, and gives what there is to tell the next one.
    fn inherit(&mut self, left: Inheritance, rules: &Rules<'_, T>) -> Option<Inheritance> {
        let Some(base) = &self.base else {
            // What makes a row makes it whatever was there; over no row there is nothing to hide.
            let makes = matches!(self.change, Change::Insert(_) | Change::Set(_));
            return (!makes).then_some(left);
        };
        let meant = self.meant(rules)?;
        let mut value = (rules.json.write)(base).ok()?;
        left.give(&mut value);
        self.base = Some(Rc::new((rules.json.read)(value).ok()?));
        Some(left.next(meant, self.meant(rules)?))
    }

    /// The edit as a merge patch, and whether it lost all its fields. `synced` is what the server
    /// has, `below` that with the layers before this one.
    ///
    /// What the layers below say already is in the patch all the same, if the edit says it too:
    /// they may fail.
    fn patch(
        &self,
        synced: Option<&Rc<T>>,
        below: Option<&Rc<T>>,
        rules: &Rules<'_, T>,
    ) -> Option<(Value, bool)> {
        let value = |item: &Rc<T>| (rules.json.write)(item).ok();
        let change = |old: Option<&Rc<T>>, new: &Rc<T>| {
            let patch = difference(&value(old?)?, &value(new)?);
            Some(patch.unwrap_or_else(|| Value::Object(Map::new())))
        };
        let base = self.base.as_ref();
        let mut found = Vec::new();
        let policy = rules.policy;
        let mut over = || (self.change).over(below, base, policy, rules.json, &mut found);
        let made_on_base = || self.change.made_on(base.or(below)?, rules.json).ok();
        let mut patch = match (&self.change, policy) {
            (Change::Insert(_) | Change::Delete | Change::Place(_), _) => return None,
            (_, ConflictPolicy::Custom(_)) => change(below, &over()?)?,
            (Change::Patch(patch), _) => {
                over();
                serde_json::from_str(patch).ok()?
            }
            (Change::Set(item), ConflictPolicy::LastWriterWins) => change(synced, item)?,
            (Change::Apply(_), ConflictPolicy::LastWriterWins) => change(below, &over()?)?,
            (Change::Set(_) | Change::Apply(_), ConflictPolicy::MergeFields { .. }) => {
                over();
                change(base.or(below), &made_on_base()?)?
            }
        };
        without_lost(&mut patch, &found);
        let is_empty = patch.as_object().is_some_and(Map::is_empty);
        Some((patch, is_empty && !found.is_empty()))
    }
}
