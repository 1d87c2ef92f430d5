//! Watch over a list that another component has mounted.

use crate::{client::RealtimeClient, runtime::Subscription, snapshot::Held};
use realtime_core::{EntryId, QueryKey, Topic};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

/// Watches topics of whatever entry a list has: the effect of a row or a window runs before its
/// list's, so the entry may come later, and after a long pause it may be another.
pub(super) struct Watch {
    client: RealtimeClient,
    key: QueryKey,
    topics: Box<dyn Fn(EntryId) -> Vec<Topic>>,
    changed: Rc<dyn Fn()>,
    entry: Cell<Option<EntryId>>,
    subscription: RefCell<Option<Subscription>>,
}

impl Watch {
    /// Calls `changed` whenever one of the topics changes, for as long as what it gives is held.
    pub(super) fn attach(
        client: &RealtimeClient,
        key: &QueryKey,
        topics: impl Fn(EntryId) -> Vec<Topic> + 'static,
        changed: Rc<dyn Fn()>,
    ) -> Held {
        let watch = Rc::new(Self {
            client: client.clone(),
            key: key.clone(),
            topics: Box::new(topics),
            changed,
            entry: Cell::new(None),
            subscription: RefCell::default(),
        });
        watch.follow_entry();
        let again = Rc::downgrade(&watch);
        let entries = client.on_observed(
            key,
            Rc::new(move || {
                if let Some(watch) = again.upgrade() {
                    watch.follow_entry();
                    (watch.changed)();
                }
            }),
        );
        Box::new((entries, watch))
    }

    fn follow_entry(&self) {
        let entry = self.client.read(|client| client.entry(&self.key)).flatten();
        if self.entry.replace(entry) == entry {
            return;
        }
        let subscription = entry.map(|entry| {
            self.client
                .subscribe((self.topics)(entry), Rc::clone(&self.changed))
        });
        let old = self.subscription.replace(subscription);
        drop(old);
    }
}
