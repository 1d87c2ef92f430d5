//! Versioned events lead to the server's state in any order, with any repetition.

use crate::list_fixture::*;
use proptest::{prelude::*, sample::Index};
use realtime_core::{History, list::KeyedList};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A server with a few items, and all events it has sent.
#[derive(Clone, Debug, Default)]
struct Server {
    tasks: BTreeMap<String, Task>,
    versions: BTreeMap<String, u64>,
    events: Vec<Value>,
    /// The rows as they were after each event.
    history: Vec<Vec<Task>>,
}

#[derive(Clone, Debug)]
enum Command {
    /// Creates the item, or changes it if it is there.
    Write {
        whole: bool,
        fields: Fields,
    },
    Delete,
}

impl Server {
    fn run(&mut self, id: &str, step: u64, command: &Command) {
        let version = self.versions.entry(id.into()).or_default();
        *version += step;
        let version = *version;
        let known = self.tasks.contains_key(id);
        match command {
            Command::Delete if !known => return,
            Command::Delete => {
                self.tasks.remove(id);
                self.events
                    .push(delete(json!({ "id": id, "version": version })));
            }
            Command::Write { whole, fields } => {
                let task = self
                    .tasks
                    .entry(id.into())
                    .or_insert_with(|| Task::new(id, 0, 0));
                fields.change(task);
                task.version = Some(version);
                self.events.push(match (known, whole) {
                    (false, _) => create(task),
                    (true, true) => json!({ "action": "upsert", "item": task }),
                    (true, false) => update(fields.json(id, Some(version))),
                });
            }
        }
        self.history.push(self.rows());
    }

    fn rows(&self) -> Vec<Task> {
        let mut rows: Vec<_> = self.tasks.values().cloned().collect();
        rows.sort_by_key(|task| (task.rank, task.id.clone()));
        rows
    }
}

fn servers() -> impl Strategy<Value = Server> {
    let command = prop_oneof![
        5 => (prop::bool::weighted(0.2), fields())
            .prop_map(|(whole, fields)| Command::Write { whole, fields }),
        1 => Just(Command::Delete),
    ];
    prop::collection::vec(("[a-c]", 1_u64..3, command), 1..25).prop_map(|commands| {
        let mut server = Server::default();
        for (id, step, command) in commands {
            server.run(&id, step, &command);
        }
        server
    })
}

/// Each of the events from `from` on at least once, in any order.
fn shuffled(server: &Server, from: usize) -> impl Strategy<Value = Vec<Value>> + use<> {
    let events = server.events.get(from..).unwrap_or_default().to_vec();
    let repeats = prop::collection::vec(any::<Index>(), 0..10);
    repeats.prop_flat_map(move |repeats| {
        let mut all = events.clone();
        if !events.is_empty() {
            all.extend(repeats.iter().map(|index| index.get(&events).clone()));
        }
        Just(all).prop_shuffle()
    })
}

/// A server, some of its events in any order, a moment, and all events after it in any order.
fn interrupted() -> impl Strategy<Value = (Server, Vec<Value>, usize, Vec<Value>)> {
    servers()
        .prop_filter("no event", |server| !server.events.is_empty())
        .prop_flat_map(|server| {
            let moment = 0..server.events.len();
            (Just(server), moment)
        })
        .prop_flat_map(|(server, moment)| {
            let before = shuffled(&server, 0);
            let some = (before, any::<Index>())
                .prop_map(|(events, end)| events[..end.index(events.len())].to_vec());
            let after = shuffled(&server, moment + 1);
            (Just(server), some, Just(moment), after)
        })
}

/// A list of a server that has lost its memory since.
fn of_the_past(past: &[Value], history: History) -> KeyedList<Task> {
    let mut list = sorted();
    for event in past {
        apply(&mut list, event.clone());
    }
    let shown = list.snapshot();
    list.begin_history(history);
    assert!(list.snapshot().ptr_eq(&shown));
    list
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_new_history_is_not_bound_by_the_old_one(
        past in servers().prop_flat_map(|server| shuffled(&server, 0)),
        (server, before, moment, after) in interrupted(),
    ) {
        let mut list = of_the_past(&past, History::New);
        for event in before {
            apply(&mut list, event);
            check(&list);
        }
        list.replace(NOW, server.history[moment].clone());
        check(&list);
        for event in after {
            apply(&mut list, event);
        }
        check(&list);
        prop_assert_eq!(tasks(&list), server.rows());
    }

    #[test]
    fn in_doubt_the_snapshot_tells_whether_the_server_counts_anew(
        past in servers().prop_flat_map(|server| shuffled(&server, 0)),
        (server, before, moment, after) in interrupted(),
    ) {
        let mut list = of_the_past(&past, History::Doubted);
        for event in before {
            apply(&mut list, event);
            check(&list);
        }
        list.replace(NOW, server.history[moment].clone());
        check(&list);
        for event in after {
            apply(&mut list, event);
        }
        check(&list);
        // Of a row that was deleted before, and was not there yet, only the next fetch can tell.
        list.replace(NOW, server.rows());
        prop_assert!(tasks(&list).iter().all(|task| server.rows().contains(task)));
        let deleted = |id: &str| past.iter().any(|event| {
            event["action"] == "delete" && event["item"]["id"] == id
        });
        for task in server.rows() {
            prop_assert!(tasks(&list).contains(&task) || deleted(&task.id));
        }
    }

    #[test]
    fn any_order_and_repetition_of_all_events_gives_the_servers_rows(
        (server, events) in servers().prop_flat_map(|server| {
            let events = shuffled(&server, 0);
            (Just(server), events)
        }),
    ) {
        let mut list = sorted();
        for event in events {
            apply(&mut list, event);
            check(&list);
        }
        prop_assert_eq!(tasks(&list), server.rows());
        prop_assert_eq!(list.stats().malformed, 0);
    }

    #[test]
    fn a_snapshot_amid_disorder_and_the_events_after_it_give_the_servers_rows(
        (server, before, moment, after) in interrupted(),
    ) {
        let mut list = sorted();
        for event in before {
            apply(&mut list, event);
        }
        list.replace(NOW, server.history[moment].clone());
        check(&list);
        for event in after {
            apply(&mut list, event);
        }
        check(&list);
        prop_assert_eq!(tasks(&list), server.rows());
    }
}

fn with(events: impl IntoIterator<Item = Value>) -> KeyedList<Task> {
    let mut list = KeyedList::default();
    for event in events {
        apply(&mut list, event);
    }
    list
}

#[test]
fn a_late_patch_is_slotted_in_under_the_newer_one() {
    let list = with([
        create(&Task::new("a", 1, 0)),
        update(json!({ "id": "a", "version": 3, "rank": 3 })),
        update(json!({ "id": "a", "version": 2, "rank": 2, "title": "two" })),
    ]);
    let task = list.get("a").unwrap();
    assert_eq!((task.rank, task.title.as_deref()), (3, Some("two")));
    assert_eq!(task.version, Some(3));
    assert_eq!(
        list.stats().recent_now,
        0,
        "no gap is left, so nothing is kept"
    );
}

#[test]
fn patches_without_a_gap_are_not_kept() {
    let list = with([
        create(&Task::new("a", 1, 0)),
        update(json!({ "id": "a", "version": 2, "rank": 2 })),
        update(json!({ "id": "a", "version": 3, "rank": 3 })),
    ]);
    assert_eq!(list.stats().recent_now, 0);
    assert_eq!(list.next_deadline(), None);
}

#[test]
fn a_patch_that_fits_only_once_the_one_before_it_came_is_merged_then() {
    let mut list = with([create(&Task::new("a", 1, 0))]);
    let early = update(json!({ "id": "a", "version": 4, "rank": "four" }));
    assert!(list.apply(NOW, &early.to_string()).is_err());
    let good = update(json!({ "id": "a", "version": 5, "rank": 5 }));
    apply(&mut list, good);
    apply(
        &mut list,
        update(json!({ "id": "a", "version": 3, "title": "three" })),
    );
    let task = list.get("a").unwrap();
    assert_eq!((task.rank, task.title.as_deref()), (5, Some("three")));
    assert_eq!(list.stats().malformed, 1);
}

#[test]
fn an_update_before_its_create_waits_and_is_merged() {
    let mut list = KeyedList::default();
    let patch = update(json!({ "id": "a", "version": 2, "title": "two" }));
    assert_eq!(apply(&mut list, patch.clone()).parked, 1);
    assert_eq!(apply(&mut list, patch).ignored, 1, "a repeat");
    assert!(list.is_empty());
    apply(&mut list, create(&Task::new("a", 1, 0)));
    assert_eq!(list.get("a").unwrap().title.as_deref(), Some("two"));
    assert_eq!(list.stats().parked_now, 0);
}

#[test]
fn a_late_create_or_update_does_not_bring_a_deleted_row_back() {
    let mut list = with([
        create(&Task::new("a", 1, 0)),
        delete(json!({ "id": "a", "version": 3 })),
    ]);
    assert_eq!(apply(&mut list, create(&Task::new("a", 1, 0))).ignored, 1);
    let late = update(json!({ "id": "a", "version": 2, "rank": 9 }));
    assert_eq!(apply(&mut list, late).ignored, 1);
    assert!(list.is_empty());
    assert_eq!(list.stats().parked_now, 0);
    apply(&mut list, create(&Task::new("a", 4, 4)));
    assert_eq!(list.get("a").unwrap().rank, 4, "a newer create does");
}

#[test]
fn a_delete_with_the_version_of_the_last_change_deletes_in_either_order() {
    let change = create(&Task::new("a", 3, 0));
    let gone = delete(json!({ "id": "a", "version": 3 }));
    assert!(with([change.clone(), gone.clone()]).is_empty());
    assert!(with([gone, change]).is_empty());
}

#[test]
fn a_delete_without_a_version_covers_what_the_row_had_seen() {
    let mut list = with([create(&Task::new("a", 5, 0)), delete(json!({ "id": "a" }))]);
    assert_eq!(apply(&mut list, create(&Task::new("a", 4, 0))).ignored, 1);
    assert_eq!(apply(&mut list, create(&Task::new("a", 5, 0))).ignored, 1);
    apply(&mut list, create(&Task::new("a", 6, 0)));
    assert_eq!(list.len(), 1);
}

#[test]
fn a_row_created_again_without_a_version_still_ignores_what_lay_before_its_delete() {
    let mut list = with([
        create(&Task::new("a", 5, 0)),
        delete(json!({ "id": "a" })),
        create(&Task::new("a", None, 1)),
    ]);
    let late = update(json!({ "id": "a", "version": 4, "rank": 9 }));
    assert_eq!(apply(&mut list, late).ignored, 1);
    assert_eq!(list.get("a").unwrap().rank, 1);
}

#[test]
fn versions_use_all_64_bits() {
    let mut list = with([create(&Task::new("a", u64::MAX - 1, 0))]);
    let change = update(json!({ "id": "a", "version": u64::MAX, "rank": 1 }));
    assert!(apply(&mut list, change.clone()).changed);
    assert_eq!(apply(&mut list, change).ignored, 1);
    assert_eq!(list.get("a").unwrap().version, Some(u64::MAX));
}
