//! Claims: whether what a client says of its optimistic edits is true, at any time.

use crate::{
    action::{Listing, Query},
    app::App,
    breach::{Breach, BreachKind},
    model::Model,
    task::Task,
    tries::Try,
};
use realtime_core::{Conflict, ItemState, MutationId, Side, testing::World};
use std::{cell::Cell, rc::Rc};

/// The text that an edit writes.
pub(crate) fn text_of(uid: u32) -> String {
    format!("by {uid}")
}

/// What is known of a title that an optimistic edit gives.
#[derive(Clone, Debug, Default)]
pub(crate) struct Title {
    /// The client has said that somebody else's is kept.
    is_lost: Rc<Cell<bool>>,
    /// It was sent nevertheless.
    is_sent_all_the_same: Rc<Cell<bool>>,
}

impl Title {
    /// The edit is sent. What the server has carried out before may be sent again.
    pub(crate) fn sent(&self, model: &Model, uid: u32) {
        if self.is_lost.get() && times(model, uid) == 0 {
            self.is_sent_all_the_same.set(true);
        }
    }
}

pub(crate) fn times(model: &Model, uid: u32) -> u32 {
    model.with(|database| database.applied.get(&uid).copied().unwrap_or(0))
}

impl App {
    /// Hears of a conflict, which must be one with somebody else.
    pub(crate) fn hear_conflict(
        &self,
        id: MutationId,
        conflict: &Conflict,
        breaches: &mut Vec<Breach>,
    ) {
        let Some(tried) = self.tries.by_id.get(&id) else {
            return;
        };
        let Some((_, _, Some(patch))) = &tried.row else {
            return;
        };
        let only = patch.as_object().is_some_and(|fields| fields.len() == 1);
        if &*conflict.field == "title" && conflict.kept == Side::Theirs && only {
            // Else an own edit that is under way may win all the same, and with it those over it.
            tried.title.is_lost.set(self.server.checks_versions);
        }
        if self.server.echoes && self.server.answers && self.is_older(id, &conflict.theirs) {
            let what = format!(
                "client {}: edit {} is in conflict with one of its own: {conflict:?}",
                self.number, tried.uid
            );
            breaches.push(Breach::new(BreachKind::Diverged, what));
        }
    }

    /// Whether a value is what an older edit of our own gave to the row. A newer one may overtake, if
    /// nothing keeps them in order; and of two ids nobody knows that they are of one row before the
    /// server says so.
    fn is_older(&self, id: MutationId, value: &str) -> bool {
        let row_of = |tried: &Try| {
            tried
                .row
                .as_ref()
                .map(|(list, row, _)| (*list, row.clone()))
        };
        let row = self.tries.by_id.get(&id).and_then(row_of);
        let mut older = self.tries.by_id.range(..id);
        older.any(|(_, tried)| {
            let is_given = value == format!("{:?}", text_of(tried.uid)) && row_of(tried) == row;
            is_given && !tried.by_app && !tried.has_failed()
        })
    }

    /// What shows as the server's was carried out by the server, and what is said to be lost is.
    pub(crate) fn check_claims(&self, world: &World, model: &Model, breaches: &mut Vec<Breach>) {
        for tried in self.tries.by_id.values() {
            if tried.title.is_sent_all_the_same.take() {
                let what = self.say(tried, "was said to have lost, and was sent after that");
                breaches.push(Breach::new(BreachKind::Doubled, what));
            }
        }
        for query in [Query::Tasks, Query::Board] {
            let client = world.client(self.peer);
            let key = query.key();
            let Some(list) = client.list::<Task>(&key) else {
                continue;
            };
            for row in &list {
                for tried in self.tries.shown_in(&row) {
                    if times(model, tried.uid) > 0 {
                        continue;
                    }
                    let state = client.item_state(&key, &row.id);
                    if state == ItemState::Synced {
                        let what = self.say(tried, "shows as done, and is not");
                        breaches.push(Breach::new(BreachKind::Lost, what));
                    }
                    if tried.title.is_lost.get() && row.title == text_of(tried.uid) {
                        let what = self.say(tried, "was said to have lost, and shows");
                        breaches.push(Breach::new(BreachKind::Diverged, what));
                    }
                }
            }
        }
    }

    /// What has an outcome and was never carried out lies over nothing, unless it failed and is kept.
    pub(crate) fn check_layers(
        &mut self,
        world: &World,
        model: &Model,
        breaches: &mut Vec<Breach>,
    ) {
        let lists = [
            (Query::Tasks, Listing::Tasks),
            (Query::Board, Listing::Board),
        ];
        for (query, list) in lists {
            let layers = world.client(self.peer).overlay_len(&query.key());
            let of_list = |tried: &&mut Try| tried.row.as_ref().is_some_and(|it| it.0 == list);
            let mut may_lie = self.past.open();
            for tried in self.tries.by_id.values_mut().filter(of_list) {
                tried.is_gone = tried.has_ended() && (tried.is_gone || layers == 0);
                // What failed may be kept, and lies over a list that comes into the cache later, too.
                let is_open = !tried.has_ended() || tried.has_failed();
                let waits = !tried.is_gone && times(model, tried.uid) > 0;
                may_lie += usize::from(is_open || waits);
            }
            if layers > may_lie {
                let what = format!(
                    "client {}: {layers} edits lie over {query:?}, and {may_lie} may",
                    self.number
                );
                breaches.push(Breach::new(BreachKind::Stuck, what));
            }
        }
    }

    fn say(&self, tried: &Try, what: &str) -> String {
        format!("client {}: edit {} {what}", self.number, tried.uid)
    }
}
