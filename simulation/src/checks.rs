//! Checks: whether every client shows what the server has, and says so if it may not.

use crate::{
    action::{Listing, Query},
    app::App,
    breach::{Breach, BreachKind},
    doc::{Chat, Doc},
    finale::is_doubtful,
    stage::Stage,
    task::Task,
};
use realtime_core::{Client, FetchStatus, ListItem, QueryError, QueryOptions};
use std::fmt::Debug;

impl Stage {
    /// Who shows wrong data must say that it may be wrong.
    pub(crate) fn check_silent_divergence(&mut self) {
        let mut found = Vec::new();
        for app in self.present() {
            for query in app.mounted.keys() {
                let meta = self.world.client(app.peer).query_meta(&query.key());
                let trusted = meta.is_some_and(|meta| meta.is_live && !is_doubtful(app, meta));
                if trusted && let Some(what) = self.difference(app, *query) {
                    let what = format!("{what} and says nothing of it");
                    found.push(Breach::new(BreachKind::Diverged, what));
                }
            }
        }
        self.breaches.extend(found);
    }

    /// Who gave up fetching has tried often enough.
    pub(crate) fn check_patience(&mut self) {
        let mut found = Vec::new();
        for app in self.present() {
            for query in app.mounted.keys().filter(|it| !app.unwanted.contains(it)) {
                let meta = self.world.client(app.peer).query_meta(&query.key());
                // A fetch that was spread by chance may have begun just now: nobody has given up then.
                if let Some(meta) = meta
                    && meta.fetch_status == FetchStatus::Idle
                    && let Some(QueryError::Fetch(error)) = &meta.error
                    && error.retryable
                    && meta.failure_count <= QueryOptions::default().retry
                {
                    let what = format!("client {}: {query:?} gave up too soon", app.number);
                    found.push(Breach::new(BreachKind::Stuck, what));
                }
            }
        }
        self.breaches.extend(found);
    }

    pub(crate) fn check_data(&mut self) {
        let mut found = Vec::new();
        for app in self.present() {
            for query in app.mounted.keys() {
                if let Some(what) = self.difference(app, *query) {
                    found.push(Breach::new(BreachKind::Diverged, what));
                }
            }
        }
        self.breaches.extend(found);
    }

    /// How what a client shows differs from what the server has.
    fn difference(&self, app: &App, query: Query) -> Option<String> {
        let client = self.world.client(app.peer);
        let key = query.key();
        let (theirs, ours) = self.model.with(|database| {
            let now = &database.now;
            match query {
                Query::Tasks => (
                    text(&database.rows(Listing::Tasks)),
                    rows::<Task>(client, query),
                ),
                Query::Board => (
                    text(&database.rows(Listing::Board)),
                    rows::<Task>(client, query),
                ),
                Query::Chat => (text(&now.chat), rows::<Chat>(client, query)),
                Query::Doc => (format!("{:?}", now.doc), record::<Doc>(client, query)),
                Query::Count => (format!("{:?}", now.count), record::<i64>(client, query)),
                Query::Summary => (
                    format!("{:?}", now.tasks.len()),
                    record::<usize>(client, query),
                ),
            }
        });
        (theirs != ours).then(|| {
            format!(
                "client {}: {key} is\n    {ours}\n  but the server has\n    {theirs}",
                app.number
            )
        })
    }

    /// Every send has settled, and what was acknowledged was carried out, once.
    pub(crate) fn check_sends(&mut self) {
        let mut found = Vec::new();
        for app in self.present() {
            for (uid, outcome) in app.sends.values() {
                let what = |what: &str| format!("client {}: send {uid} {what}", app.number);
                let times = self
                    .model
                    .with(|database| database.applied.get(uid).copied().unwrap_or(0));
                if times > 1 {
                    found.push(Breach::new(
                        BreachKind::Doubled,
                        what("was carried out twice"),
                    ));
                }
                match outcome {
                    None => found.push(Breach::new(BreachKind::Unsettled, what("has no outcome"))),
                    Some(Ok(_)) if times == 0 => {
                        found.push(Breach::new(BreachKind::Lost, what("was acknowledged")));
                    }
                    Some(_) => {}
                }
            }
            let held = self.world.client(app.peer).stats().outbox.held;
            if held > 0 {
                let what = format!("client {}: {held} messages are held for ever", app.number);
                found.push(Breach::new(BreachKind::Unsettled, what));
            }
        }
        self.breaches.extend(found);
    }
}

fn text<T: Debug>(rows: &[T]) -> String {
    let rows: Vec<String> = rows.iter().map(|row| format!("{row:?}")).collect();
    rows.join("\n    ")
}

fn rows<T: ListItem + Debug>(client: &Client, query: Query) -> String {
    client.list::<T>(&query.key()).map_or_else(
        || "nothing".to_owned(),
        |list| text(&list.iter().collect::<Vec<_>>()),
    )
}

fn record<T: PartialEq + Debug + 'static>(client: &Client, query: Query) -> String {
    client
        .record::<T>(&query.key())
        .map_or_else(|| "nothing".to_owned(), |value| format!("{value:?}"))
}
