//! Optimistic edits over a record.

use super::Record;
use crate::{
    error::DecodeError,
    id::{MessageId, MutationId},
    key::QueryKey,
    ordered::OrderedMap,
    overlay::{
        Became, Change, ConflictPolicy, Echo, JsonOf, Layer, LayerId, LayerState, Outgoing,
        Overlay, OverlayNews, Phase, Rules, Stack,
    },
    time::Instant,
};
use std::{any::Any, convert::Infallible, rc::Rc};

/// The layers over one record. Bounded by the mutations there may be.
pub(super) struct RecordOverlay<T> {
    stack: Stack<T, Infallible>,
    messages: OrderedMap<MutationId, MessageId>,
    /// Whose echo the event is that is applied next.
    coming: Option<MutationId>,
    /// Whether a fetch is landing.
    is_landing: bool,
    policy: ConflictPolicy<T>,
    /// Known once there was an edit.
    home: Option<Home<T>>,
    news: OverlayNews,
}

struct Home<T> {
    key: QueryKey,
    json: JsonOf<T>,
    calls: Calls<T>,
}

/// What is done about layers. The way leads through pointers that the first edit sets: the linker
/// drops all code of layers from an app that edits no record of this type.
struct Calls<T> {
    fold: fn(&mut Record<T>) -> Option<Rc<T>>,
    fetch_landed: fn(&mut Record<T>, &T) -> bool,
    echo_came: fn(&mut Record<T>, Option<&T>) -> bool,
    view: fn(&Record<T>) -> &dyn Overlay,
    view_mut: fn(&mut Record<T>) -> &mut dyn Overlay,
}

impl<T> Clone for Calls<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Calls<T> {}

impl<T> RecordOverlay<T> {
    pub(super) const fn new(policy: ConflictPolicy<T>) -> Self {
        Self {
            stack: Stack::new(),
            messages: OrderedMap::new(),
            coming: None,
            is_landing: false,
            policy,
            home: None,
            news: OverlayNews {
                conflicts: Vec::new(),
                ids: Vec::new(),
                outranked: Vec::new(),
                echoed: Vec::new(),
                fetched: Vec::new(),
            },
        }
    }

    /// Takes all layers off.
    pub(super) fn clear(&mut self) {
        self.stack = Stack::new();
        self.messages = OrderedMap::new();
        self.coming = None;
        self.news = OverlayNews::default();
    }
}

impl<T: PartialEq + 'static> Record<T> {
    const CALLS: Calls<T> = Calls {
        fold: Self::fold,
        fetch_landed: Self::drop_fetched,
        echo_came: Self::drop_echoed,
        view: |record| record,
        view_mut: |record| record,
    };

    /// The layers, if there has been an edit.
    pub(super) fn layers(&self) -> Option<&dyn Overlay> {
        let home = self.overlay.home.as_ref();
        home.map(|home| (home.calls.view)(self))
    }

    /// As [`layers`](Self::layers), to change them.
    pub(super) fn layers_mut(&mut self) -> Option<&mut dyn Overlay> {
        let calls = self.overlay.home.as_ref()?.calls;
        Some((calls.view_mut)(self))
    }

    /// Lays an edit over the record. `key` is the record's own, for reports.
    pub(crate) fn push_layer(
        &mut self,
        key: &QueryKey,
        layer: LayerId,
        change: Change<T, Infallible>,
        json: JsonOf<T>,
    ) -> Result<bool, DecodeError> {
        let overlay = &mut self.overlay;
        let home = overlay.home.get_or_insert(Home {
            key: key.clone(),
            json,
            calls: Self::CALLS,
        });
        let rules = Rules {
            policy: &overlay.policy,
            json: home.json,
        };
        overlay
            .stack
            .push(layer, change, self.synced.as_ref(), &rules)?;
        Ok(self.show())
    }

    /// How the record stands; `None` if nothing of it waits for the server.
    pub(crate) fn layer_state(&self) -> Option<LayerState> {
        self.overlay.stack.state()
    }

    /// A fetch has landed with `new`: what was confirmed before it began is in it. Whether layers
    /// went; nothing is shown yet.
    pub(super) fn fetch_landed(&mut self, new: &T) -> bool {
        let calls = self.calls();
        calls.is_some_and(|calls| (calls.fetch_landed)(self, new))
    }

    fn drop_fetched(&mut self, new: &T) -> bool {
        let is_fetched =
            |layer: &Layer<T, _>| matches!(layer.phase, Phase::Confirmed { fetched: true, .. });
        self.take_layers(|layer| is_fetched(layer).then_some(Became::Item(new)))
    }

    /// The event that was announced as an echo makes the value `now`, if anything. Whether layers
    /// went; nothing is shown yet.
    pub(super) fn echo_came(&mut self, now: Option<&T>) -> bool {
        let calls = self.calls();
        calls.is_some_and(|calls| (calls.echo_came)(self, now))
    }

    fn drop_echoed(&mut self, now: Option<&T>) -> bool {
        let coming = self.overlay.coming.take();
        coming.is_some_and(|mutation| {
            let is_its = |layer: &Layer<T, _>| layer.id.mutation == mutation;
            let became = || now.map_or(Became::AsMeant, Became::Item);
            self.take_layers(|layer| is_its(layer).then(became))
        })
    }

    /// Shows the synced value with the layers over it; whether that is another value than before.
    pub(super) fn show(&mut self) -> bool {
        let calls = self.calls();
        let new = match calls.filter(|_| !self.overlay.stack.is_empty()) {
            Some(calls) => (calls.fold)(self),
            None => self.synced.clone(),
        };
        if self.shown == new {
            if self.overlay.stack.is_empty() && new.is_some() {
                // What is shown is the synced value again, under the pointer people hold.
                self.synced.clone_from(&self.shown);
            }
            return false;
        }
        self.shown = new;
        true
    }

    fn calls(&self) -> Option<Calls<T>> {
        self.overlay.home.as_ref().map(|home| home.calls)
    }

    /// The synced value with the layers over it.
    fn fold(&mut self) -> Option<Rc<T>> {
        let overlay = &mut self.overlay;
        let home = overlay.home.as_ref()?;
        let rules = Rules {
            policy: &overlay.policy,
            json: home.json,
        };
        let counts = !overlay.is_landing;
        let folded = overlay.stack.fold(self.synced.as_ref(), &rules, counts);
        let item = folded.item.clone();
        (overlay.news.conflicts).extend(folded.conflicts_at(&home.key, None));
        item
    }

    /// Takes the layers off of which `became` says what became of them; whether there are any.
    fn take_layers<'a>(
        &mut self,
        became: impl Fn(&Layer<T, Infallible>) -> Option<Became<'a, T>>,
    ) -> bool
    where
        T: 'a,
    {
        let overlay = &mut self.overlay;
        let Some(home) = &overlay.home else {
            return false;
        };
        let rules = Rules {
            policy: &overlay.policy,
            json: home.json,
        };
        if overlay.stack.remove(&rules, became).is_empty() {
            return false;
        }
        let stack = &overlay.stack;
        (overlay.messages).retain(|mutation, _| stack.of(*mutation).next().is_some());
        true
    }
}

impl<T: PartialEq + 'static> Overlay for Record<T> {
    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn len(&self) -> usize {
        self.overlay.stack.len()
    }

    fn has(&self, mutation: MutationId) -> bool {
        self.overlay.stack.of(mutation).next().is_some()
    }

    fn expect(&mut self, mutation: MutationId, message: &MessageId) {
        if self.has(mutation) {
            self.overlay.messages.insert(mutation, message.clone());
        }
    }

    fn echo(&mut self, _: Instant, message: &MessageId, event: Echo<'_>) -> bool {
        let mut messages = self.overlay.messages.iter();
        let Some((&mutation, _)) = messages.find(|(_, expected)| *expected == message) else {
            return false;
        };
        self.overlay.news.echoed.push((mutation, true));
        match event {
            // What it makes of the value is known when it is applied.
            Echo::Coming(_) => {
                self.overlay.coming = Some(mutation);
                false
            }
            Echo::Known(_) => {
                self.overlay.coming = Some(mutation);
                let synced = self.synced.clone();
                self.echo_came(synced.as_deref()) && self.show()
            }
            Echo::Signal => {
                self.overlay.stack.confirm(mutation, None);
                true
            }
        }
    }

    fn confirm(&mut self, _: Instant, mutation: MutationId, _: &str) -> bool {
        let had = self.has(mutation);
        self.overlay.stack.confirm(mutation, None);
        had
    }

    fn revoke(&mut self, _: Instant, mutation: MutationId) -> bool {
        let ours = |layer: &Layer<T, _>| layer.id.mutation == mutation;
        self.take_layers(|layer| ours(layer).then_some(Became::Nothing)) && self.show()
    }

    fn set_failed(&mut self, mutation: MutationId, failed: bool) -> bool {
        self.overlay.stack.set_failed(mutation, failed)
    }

    fn fetch_began(&mut self) {
        self.overlay.stack.fetch_began();
    }

    fn begin_landing(&mut self) {
        self.overlay.is_landing = self.merges();
    }

    fn end_landing(&mut self, is_last: bool) -> bool {
        std::mem::take(&mut self.overlay.is_landing) && is_last && self.show()
    }

    fn merges(&self) -> bool {
        self.overlay.policy.merges()
    }

    fn outgoing(&self, layer: LayerId) -> Option<Outgoing> {
        let rules = Rules {
            policy: &self.overlay.policy,
            json: self.overlay.home.as_ref()?.json,
        };
        (self.overlay.stack).outgoing(layer, self.synced.as_ref(), None, &rules)
    }

    fn take_news(&mut self) -> OverlayNews {
        std::mem::take(&mut self.overlay.news)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        key,
        overlay::Side,
        query::{BindingIndex, EventView, Patch, RecordSpec, Resource},
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
        record.expect(mutation, &format!("m{}", mutation.as_u64()).as_str().into());
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
        record.echo(Instant::ZERO, &message.into(), Echo::Coming("{}"));
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
        assert!(record.is_empty() && record.layer_state().is_none());
    }

    #[test]
    fn a_whole_value_merged_by_fields_leaves_the_fields_it_did_not_change_to_others() {
        let same_field = Side::Theirs;
        let mut record = record(ConflictPolicy::MergeFields { same_field });
        push(&mut record, 1, Change::Set(Rc::new(doc("mine", "b"))));
        event(&mut record, &doc("a", "theirs"));
        assert_eq!(record.get(), Some(&doc("mine", "theirs")));
        assert!(record.take_news().conflicts.is_empty());
        let layer = LayerId {
            mutation: MutationId(1),
            edit: 0,
        };
        let patch = record.outgoing(layer).unwrap().patch.unwrap();
        assert_eq!(&*patch, r#"{"title":"mine"}"#);

        event(&mut record, &doc("theirs too", "theirs"));
        assert_eq!(record.get(), Some(&doc("theirs too", "theirs")));
        let conflicts = record.take_news().conflicts;
        assert_eq!(conflicts.len(), 1);
        let (_, conflict) = &conflicts[0];
        assert_eq!((&*conflict.field, &*conflict.ours), ("title", r#""mine""#));
        assert_eq!(&*record.outgoing(layer).unwrap().patch.unwrap(), "{}");
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
        assert_eq!(record.take_news().conflicts.len(), 1);
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
        record.echo(Instant::ZERO, &"m1".into(), Echo::Known("{}"));
        assert_eq!(record.get(), Some(&fetched));
        assert_eq!(record.len(), 1);
    }

    #[test]
    fn an_echo_that_cannot_be_read_takes_its_edit_off_all_the_same() {
        let mut record = record(ConflictPolicy::LastWriterWins);
        push(&mut record, 1, Change::Patch(r#"{"title":"mine"}"#.into()));
        record.echo(Instant::ZERO, &"m1".into(), Echo::Coming("[]"));
        let view = EventView {
            event: "doc",
            channel: None,
            data: "[]",
            position: None,
            id: None,
        };
        let applied = record.apply(Instant::ZERO, BindingIndex::new(0), &view);
        assert!(applied.is_err() && record.is_empty());
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
        record.fetch_began();
        record.confirm(Instant::ZERO, MutationId(1), "null");
        record
            .land(Instant::ZERO, Box::new(doc("old", "b")))
            .unwrap();
        assert_eq!(record.get(), Some(&doc("mine", "b")));
        assert_eq!(record.layer_state(), None);
        record.fetch_began();
        record
            .land(Instant::ZERO, Box::new(doc("Mine", "b")))
            .unwrap();
        assert_eq!(record.get(), Some(&doc("Mine", "b")));
        assert!(record.is_empty());
    }
}
