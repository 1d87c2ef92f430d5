//! Reckoning: whether every optimistic edit has ended, once, and holds nothing back.

use crate::{
    action::{Listing, Query},
    app::App,
    breach::{Breach, BreachKind},
    finale::is_doubtful,
    stage::Stage,
    task::Task,
    tries::Try,
};
use realtime_core::{ItemState, MutationEvent};
use serde_json::{Map, Value};

impl Stage {
    /// What failed and is kept lies over what others have made of the row since.
    pub(crate) fn check_kept(&mut self) {
        // Before a hole is noticed, nobody can know better.
        if !self.holes.is_empty() {
            return;
        }
        let mut found = Vec::new();
        for app in self.present() {
            for (query, list) in [
                (Query::Tasks, Listing::Tasks),
                (Query::Board, Listing::Board),
            ] {
                let meta = self.world.client(app.peer).query_meta(&query.key());
                let mounted = app.mounted.contains_key(&query);
                if mounted && meta.is_some_and(|meta| meta.is_live && !is_doubtful(app, meta)) {
                    found.extend(self.held_back(app, query, list));
                }
            }
        }
        self.breaches.extend(found);
    }

    fn held_back(&self, app: &App, query: Query, list: Listing) -> Vec<Breach> {
        let client = self.world.client(app.peer);
        let key = query.key();
        let mut found = Vec::new();
        for row in self.model.with(|database| database.rows(list)) {
            let state = client.item_state(&key, &row.id);
            let shown = client.item::<Task>(&key, &row.id);
            let (ItemState::Failed { .. }, Some(shown)) = (state, shown) else {
                continue;
            };
            let tries = app.tries.by_id.values();
            let rows = tries.filter_map(|tried| tried.row.as_ref());
            let rows = rows.chain(app.past.rows());
            let is_it = |id: &String| client.current_id(&key, id) == row.id;
            let of_row = rows
                .filter_map(|(of, id, patch)| (*of == list && is_it(id)).then_some(patch.as_ref()));
            // What makes the row anew, or takes it away, may hide all of it.
            let Some(patches) = of_row.collect::<Option<Vec<_>>>() else {
                continue;
            };
            let edited = |field: &String| patches.iter().any(|patch| patch.get(field).is_some());
            let (theirs, ours) = (fields(&row), fields(&shown));
            for (field, value) in theirs.iter().filter(|(field, _)| *field != "version") {
                if !edited(field) && ours.get(field) != Some(value) {
                    let what = format!(
                        "client {}: an edit that failed holds {field} of {key} back: \
                         it shows {shown:?}, but the server has {row:?}",
                        app.number
                    );
                    found.push(Breach::new(BreachKind::Diverged, what));
                }
            }
        }
        found
    }

    /// Every optimistic edit has ended as often as it was begun, and was carried out at most once.
    pub(crate) fn check_tries(&mut self) {
        let mut found = Vec::new();
        for app in self.present() {
            for tried in app.tries.by_id.values() {
                let times = self
                    .model
                    .with(|database| database.applied.get(&tried.uid).copied().unwrap_or(0));
                if let Some((kind, what)) = wrong_with(app, tried, times) {
                    let what = format!("client {}: edit {} {what}", app.number, tried.uid);
                    found.push(Breach::new(kind, what));
                }
            }
            let client = self.world.client(app.peer);
            let left: usize = Query::ALL
                .iter()
                .map(|query| client.overlay_len(&query.key()))
                .sum();
            if left > 0 {
                let what = format!("client {}: {left} layers lie there for ever", app.number);
                found.push(Breach::new(BreachKind::Stuck, what));
            }
        }
        for id in self.model.with(|it| std::mem::take(&mut it.temporary_ids)) {
            let what = format!("the server was asked for {id}, which only a client knows");
            found.push(Breach::new(BreachKind::Lost, what));
        }
        self.breaches.extend(found);
    }
}

fn wrong_with(app: &App, tried: &Try, times: u32) -> Option<(BreachKind, String)> {
    let confirmed = matches!(tried.ends.last(), Some(MutationEvent::Confirmed { .. }));
    let annulled = matches!(tried.ends.last(), Some(MutationEvent::Annulled { .. }));
    if times > 1 {
        Some((
            BreachKind::Doubled,
            format!("was carried out {times} times"),
        ))
    } else if tried.ends.len() < tried.due_ends {
        Some((BreachKind::Unsettled, "has no outcome".to_owned()))
    } else if tried.ends.len() > tried.due_ends {
        Some((
            BreachKind::Doubled,
            format!("ended more than once: {:?}", tried.ends),
        ))
    } else if confirmed && times == 0 && !app.yields() {
        Some((BreachKind::Lost, "was confirmed".to_owned()))
    } else if annulled && times > 0 {
        Some((
            BreachKind::Doubled,
            "was annulled, and carried out".to_owned(),
        ))
    } else {
        None
    }
}

fn fields(task: &Task) -> Map<String, Value> {
    match serde_json::to_value(task) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}
