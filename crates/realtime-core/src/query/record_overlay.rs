//! Optimistic edits over a record.

use crate::{
    error::DecodeError,
    id::{MessageId, MutationId},
    key::QueryKey,
    ordered::OrderedMap,
    overlay::{
        Became, Change, Echo, Layer, LayerId, LayerState, Outgoing, Overlay, OverlayNews, Phase,
        Rules, Stack,
    },
    time::Instant,
};
use std::{convert::Infallible, mem, rc::Rc};

/// What the server says of a value.
pub(super) enum Said<T> {
    /// A fetch has brought this: what was confirmed before it began is in it.
    Fetched(Rc<T>),
    /// An event makes this of it, if anything.
    Event(Option<Rc<T>>),
    /// An event that cannot be read.
    Unreadable,
}

impl<T> Said<T> {
    pub(super) fn value(self) -> Option<Rc<T>> {
        match self {
            Self::Fetched(new) => Some(new),
            Self::Event(new) => new,
            Self::Unreadable => None,
        }
    }
}

/// A value with edits over it, for the record that has one, which must not name it.
pub(super) trait RecordEdits<T>: Overlay {
    /// What fetches and events say.
    fn synced(&self) -> Option<&Rc<T>>;

    /// The same with the edits over it.
    fn shown(&self) -> Option<&Rc<T>>;

    /// Puts an edit over it.
    fn push(&mut self, layer: LayerId, change: Change<T, Infallible>) -> Result<bool, DecodeError>;

    /// Takes what the server says; whether another value shows than before.
    fn take(&mut self, said: Said<T>) -> bool;

    /// How the record stands; `None` if nothing of it waits for the server.
    fn state(&self) -> Option<LayerState>;
}

/// The one kind of [`RecordEdits`]. Bounded by the mutations there may be.
struct Edited<T> {
    synced: Option<Rc<T>>,
    shown: Option<Rc<T>>,
    stack: Stack<T, Infallible>,
    messages: OrderedMap<MutationId, MessageId>,
    /// Whose echo the event is that is applied next.
    coming: Option<MutationId>,
    /// Whether a fetch is landing.
    is_landing: bool,
    rules: Rules<T>,
    /// The record's own, for reports.
    key: QueryKey,
    news: OverlayNews,
}

/// A value that edits may be put over.
pub(super) fn editable<T: PartialEq + 'static>(
    synced: Option<Rc<T>>,
    rules: Rules<T>,
    key: QueryKey,
) -> Box<dyn RecordEdits<T>> {
    Box::new(Edited {
        shown: synced.clone(),
        synced,
        stack: Stack::new(),
        messages: OrderedMap::new(),
        coming: None,
        is_landing: false,
        rules,
        key,
        news: OverlayNews::default(),
    })
}

impl<T: PartialEq + 'static> Edited<T> {
    /// The event that was announced as an echo makes the value `now`, if anything. Whether edits went;
    /// nothing is shown yet.
    fn drop_echoed(&mut self, now: Option<&T>) -> bool {
        let coming = self.coming.take();
        coming.is_some_and(|mutation| {
            let is_its = |layer: &Layer<T, _>| layer.id.mutation == mutation;
            let became = || now.map_or(Became::AsMeant, Became::Item);
            self.take_layers(|layer| is_its(layer).then(became))
        })
    }

    /// Shows the synced value with the edits over it; whether that is another value than before.
    fn show(&mut self) -> bool {
        let is_edited = !self.stack.is_empty();
        let new = match is_edited {
            true => self.fold(),
            false => self.synced.clone(),
        };
        if self.shown == new {
            if !is_edited && new.is_some() {
                // What is shown is the synced value again, under the pointer people hold.
                self.synced.clone_from(&self.shown);
            }
            return false;
        }
        self.shown = new;
        true
    }

    /// The synced value with the edits over it.
    fn fold(&mut self) -> Option<Rc<T>> {
        let counts = !self.is_landing;
        let folded = self.stack.fold(self.synced.as_ref(), &self.rules, counts);
        let item = folded.item.clone();
        (self.news.conflicts).extend(folded.conflicts_at(&self.key, None));
        item
    }

    /// Takes the edits off of which `became` says what became of them; whether there are any.
    fn take_layers<'a>(
        &mut self,
        became: impl Fn(&Layer<T, Infallible>) -> Option<Became<'a, T>>,
    ) -> bool
    where
        T: 'a,
    {
        if self.stack.remove(&self.rules, became).is_empty() {
            return false;
        }
        let stack = &self.stack;
        (self.messages).retain(|mutation, _| stack.of(*mutation).next().is_some());
        true
    }
}

impl<T: PartialEq + 'static> RecordEdits<T> for Edited<T> {
    fn synced(&self) -> Option<&Rc<T>> {
        self.synced.as_ref()
    }

    fn shown(&self) -> Option<&Rc<T>> {
        self.shown.as_ref()
    }

    fn push(&mut self, layer: LayerId, change: Change<T, Infallible>) -> Result<bool, DecodeError> {
        (self.stack).push(layer, change, self.synced.as_ref(), &self.rules)?;
        Ok(self.show())
    }

    fn take(&mut self, said: Said<T>) -> bool {
        let is_fetched =
            |layer: &Layer<T, _>| matches!(layer.phase, Phase::Confirmed { fetched: true, .. });
        let went = match &said {
            Said::Fetched(new) => {
                self.take_layers(|layer| is_fetched(layer).then_some(Became::Item(new)))
            }
            Said::Event(new) => {
                let now = new.clone().or_else(|| self.synced.clone());
                self.drop_echoed(now.as_deref())
            }
            Said::Unreadable => self.drop_echoed(None),
        };
        let new = said.value().filter(|new| self.synced.as_ref() != Some(new));
        let is_new = new.is_some();
        if is_new {
            self.synced = new;
        }
        (went || is_new) && self.show()
    }

    fn state(&self) -> Option<LayerState> {
        self.stack.state()
    }
}

impl<T: PartialEq + 'static> Overlay for Edited<T> {
    fn len(&self) -> usize {
        self.stack.len()
    }

    fn has(&self, mutation: MutationId) -> bool {
        self.stack.of(mutation).next().is_some()
    }

    fn expect(&mut self, mutation: MutationId, message: &MessageId) {
        if self.has(mutation) {
            self.messages.insert(mutation, message.clone());
        }
    }

    fn echo(&mut self, _: Instant, message: &MessageId, event: Echo<'_>) -> bool {
        let mut messages = self.messages.iter();
        let Some((&mutation, _)) = messages.find(|(_, expected)| *expected == message) else {
            return false;
        };
        self.news.echoed.push((mutation, true));
        match event {
            // What it makes of the value is known when it is applied.
            Echo::Coming(_) => {
                self.coming = Some(mutation);
                false
            }
            Echo::Known(_) => {
                self.coming = Some(mutation);
                let synced = self.synced.clone();
                self.drop_echoed(synced.as_deref()) && self.show()
            }
            Echo::Signal => {
                self.stack.confirm(mutation, None);
                true
            }
        }
    }

    fn confirm(&mut self, _: Instant, mutation: MutationId, _: &str) -> bool {
        let had = self.has(mutation);
        self.stack.confirm(mutation, None);
        had
    }

    fn revoke(&mut self, _: Instant, mutation: MutationId) -> bool {
        let ours = |layer: &Layer<T, _>| layer.id.mutation == mutation;
        self.take_layers(|layer| ours(layer).then_some(Became::Nothing)) && self.show()
    }

    fn set_failed(&mut self, mutation: MutationId, failed: bool) -> bool {
        self.stack.set_failed(mutation, failed)
    }

    fn fetch_began(&mut self) {
        self.stack.fetch_began();
    }

    fn begin_landing(&mut self) {
        self.is_landing = self.merges();
    }

    fn end_landing(&mut self, is_last: bool) -> bool {
        mem::take(&mut self.is_landing) && is_last && self.show()
    }

    fn merges(&self) -> bool {
        self.rules.policy.merges()
    }

    fn outgoing(&self, layer: LayerId) -> Option<Outgoing> {
        (self.stack).outgoing(layer, self.synced.as_ref(), None, &self.rules)
    }

    fn take_news(&mut self) -> OverlayNews {
        mem::take(&mut self.news)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        key,
        overlay::{ConflictPolicy, JsonOf, Side},
        query::{BindingIndex, EventView, Patch, Record, RecordSpec, Resource},
    };
    use serde::{Deserialize, Serialize};
    use std::rc::Rc;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Doc {
        title: String,
        body: String,
    }

    fn doc(title: &str, body: &str) -> Doc {
        Doc {
            title: title.into(),
            body: body.into(),
        }
    }

    fn record(policy: ConflictPolicy<Doc>) -> Record<Doc> {
        let spec = RecordSpec::new().on("doc", None, Patch::replace());
        let mut record = spec.with_conflicts(policy).build();
        record.land(Instant::ZERO, Box::new(doc("a", "b"))).unwrap();
        record
    }

    fn push(record: &mut Record<Doc>, mutation: u64, change: Change<Doc, Infallible>) {
        let mutation = MutationId(mutation);
        let layer = LayerId { mutation, edit: 0 };
        record
            .push_layer(&key!["doc"], layer, change, JsonOf::new())
            .unwrap();
        edits(record).expect(mutation, &format!("m{}", mutation.as_u64()).as_str().into());
    }

    fn edits(record: &mut Record<Doc>) -> &mut dyn Overlay {
        record.overlay_mut().unwrap()
    }

    fn event(record: &mut Record<Doc>, new: &Doc) {
        let data = serde_json::to_string(new).unwrap();
        let view = EventView {
            event: "doc",
            channel: None,
            data: &data,
            position: None,
            id: None,
        };
        record
            .apply(Instant::ZERO, BindingIndex::new(0), &view)
            .unwrap();
    }

    fn echo(record: &mut Record<Doc>, message: &str, new: &Doc) {
        edits(record).echo(Instant::ZERO, &message.into(), Echo::Coming("{}"));
        event(record, new);
    }

    #[test]
    fn a_patch_lies_over_whatever_the_server_says_and_goes_with_its_echo() {
        let mut record = record(ConflictPolicy::LastWriterWins);
        push(&mut record, 1, Change::Patch(r#"{"title":"mine"}"#.into()));
        assert_eq!(record.get(), Some(&doc("mine", "b")));
        event(&mut record, &doc("theirs", "c"));
        assert_eq!(record.get(), Some(&doc("mine", "c")));
        echo(&mut record, "m1", &doc("mine", "d"));
        assert_eq!(record.get(), Some(&doc("mine", "d")));
        assert!(edits(&mut record).is_empty() && record.layer_state().is_none());
    }

    #[test]
    fn a_whole_value_merged_by_fields_leaves_the_fields_it_did_not_change_to_others() {
        let same_field = Side::Theirs;
        let mut record = record(ConflictPolicy::MergeFields { same_field });
        push(&mut record, 1, Change::Set(Rc::new(doc("mine", "b"))));
        event(&mut record, &doc("a", "theirs"));
        assert_eq!(record.get(), Some(&doc("mine", "theirs")));
        assert!(edits(&mut record).take_news().conflicts.is_empty());
        let layer = LayerId {
            mutation: MutationId(1),
            edit: 0,
        };
        let patch = edits(&mut record).outgoing(layer).unwrap().patch.unwrap();
        assert_eq!(&*patch, r#"{"title":"mine"}"#);

        event(&mut record, &doc("theirs too", "theirs"));
        assert_eq!(record.get(), Some(&doc("theirs too", "theirs")));
        let conflicts = edits(&mut record).take_news().conflicts;
        assert_eq!(conflicts.len(), 1);
        let (_, conflict) = &conflicts[0];
        assert_eq!((&*conflict.field, &*conflict.ours), ("title", r#""mine""#));
        assert_eq!(
            &*edits(&mut record).outgoing(layer).unwrap().patch.unwrap(),
            "{}"
        );
    }

    #[test]
    fn an_edit_over_one_of_our_own_does_not_conflict_with_its_outcome() {
        let same_field = Side::Theirs;
        let mut record = record(ConflictPolicy::MergeFields { same_field });
        push(&mut record, 1, Change::Patch(r#"{"title":"one"}"#.into()));
        push(&mut record, 2, Change::Patch(r#"{"title":"two"}"#.into()));
        echo(&mut record, "m1", &doc("ONE", "b"));
        assert_eq!(record.get(), Some(&doc("two", "b")));
        event(&mut record, &doc("theirs", "b"));
        assert_eq!(record.get(), Some(&doc("theirs", "b")));
        assert_eq!(edits(&mut record).take_news().conflicts.len(), 1);
    }

    #[test]
    fn what_others_did_before_an_echo_that_is_known_already_stays_a_conflict() {
        let same_field = Side::Theirs;
        let mut record = record(ConflictPolicy::MergeFields { same_field });
        push(&mut record, 1, Change::Patch(r#"{"body":"mine"}"#.into()));
        push(&mut record, 2, Change::Patch(r#"{"title":"mine"}"#.into()));
        let fetched = doc("theirs", "mine");
        record
            .land(Instant::ZERO, Box::new(fetched.clone()))
            .unwrap();
        assert_eq!(record.get(), Some(&fetched));
        edits(&mut record).echo(Instant::ZERO, &"m1".into(), Echo::Known("{}"));
        assert_eq!(record.get(), Some(&fetched));
        assert_eq!(edits(&mut record).len(), 1);
    }

    #[test]
    fn an_echo_that_cannot_be_read_takes_its_edit_off_all_the_same() {
        let mut record = record(ConflictPolicy::LastWriterWins);
        push(&mut record, 1, Change::Patch(r#"{"title":"mine"}"#.into()));
        edits(&mut record).echo(Instant::ZERO, &"m1".into(), Echo::Coming("[]"));
        let view = EventView {
            event: "doc",
            channel: None,
            data: "[]",
            position: None,
            id: None,
        };
        let applied = record.apply(Instant::ZERO, BindingIndex::new(0), &view);
        assert!(applied.is_err() && edits(&mut record).is_empty());
        assert_eq!(record.get(), Some(&doc("a", "b")));
        event(&mut record, &doc("theirs", "b"));
        assert_eq!(record.get(), Some(&doc("theirs", "b")));
    }

    #[test]
    fn a_custom_policy_sees_base_ours_and_theirs() {
        let join = |base: &Doc, ours: &Doc, theirs: &Doc| {
            doc(
                &format!("{}+{}+{}", base.title, ours.title, theirs.title),
                &theirs.body,
            )
        };
        let mut record = record(ConflictPolicy::custom(join));
        push(
            &mut record,
            1,
            Change::Apply(Rc::new(|it: &Doc| Rc::new(doc("mine", &it.body)))),
        );
        event(&mut record, &doc("theirs", "c"));
        assert_eq!(record.get(), Some(&doc("a+mine+theirs", "c")));
    }

    #[test]
    fn a_confirmed_edit_stays_until_a_fetch_that_began_afterwards_lands() {
        let mut record = record(ConflictPolicy::LastWriterWins);
        push(&mut record, 1, Change::Patch(r#"{"title":"mine"}"#.into()));
        edits(&mut record).fetch_began();
        edits(&mut record).confirm(Instant::ZERO, MutationId(1), "null");
        record
            .land(Instant::ZERO, Box::new(doc("old", "b")))
            .unwrap();
        assert_eq!(record.get(), Some(&doc("mine", "b")));
        assert_eq!(record.layer_state(), None);
        edits(&mut record).fetch_began();
        record
            .land(Instant::ZERO, Box::new(doc("Mine", "b")))
            .unwrap();
        assert_eq!(record.get(), Some(&doc("Mine", "b")));
        assert!(edits(&mut record).is_empty());
    }
}
