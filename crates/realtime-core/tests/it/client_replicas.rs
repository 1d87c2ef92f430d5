//! Several servers with one state: a fetch may be answered by one that lags behind what events have told.

use crate::task::Task;
use realtime_core::{Fetched, ListSpec, Position, QueryOptions, key, testing::World};
use serde_json::json;
use std::{cell::RefCell, collections::VecDeque, rc::Rc, time::Duration};

fn task(id: &str, version: u64) -> Task {
    Task {
        id: id.to_owned(),
        version,
        title: format!("{id} {version}"),
    }
}

#[test]
fn a_fetch_from_a_server_that_lags_behind_takes_nothing_back_and_is_made_again() {
    let mut world = World::new(11);
    let rows = Rc::new(RefCell::new(vec![task("kept", 1), task("deleted", 1)]));
    let lagging = Rc::new(RefCell::new(VecDeque::new()));
    let (read, behind) = (Rc::clone(&rows), Rc::clone(&lagging));
    world.on_positioned_fetch(move |_, server| {
        let now = || (server.position("tasks"), read.borrow().clone());
        let ((epoch, seq), rows) = behind.borrow_mut().pop_front().unwrap_or_else(now);
        let epoch = epoch.into();
        Ok(Fetched::new(rows).with_position(Position { epoch, seq }))
    });
    let peer = world.connect();
    let spec = ListSpec::<Task>::new(Some("tasks".into()));
    world
        .act(peer, |client, now| {
            client.observe_list(now, &key!["list"], spec, &QueryOptions::default())
        })
        .expect("the key is free");
    world.run(Duration::from_secs(2));

    let copy = (world.server.position("tasks"), rows.borrow().clone());
    for (action, item) in [
        ("create", json!(task("new", 1))),
        ("update", json!(task("kept", 2))),
        ("delete", json!({"id": "deleted", "version": 2})),
    ] {
        let data = json!({"action": action, "item": item}).to_string();
        world.server.publish("tasks", "list:update", &data);
    }
    *rows.borrow_mut() = vec![task("kept", 2), task("new", 1)];
    world.run(Duration::from_secs(2));
    let shown = |world: &World| -> Vec<String> {
        let list = world.client(peer).list::<Task>(&key!["list"]);
        let list = list.expect("it was fetched");
        list.iter().map(|task| task.title.clone()).collect()
    };
    assert_eq!(shown(&world), ["kept 2", "new 1"]);

    lagging.borrow_mut().extend([copy.clone(), copy]);
    world.act(peer, |client, now| client.refetch(now, &key!["list"]));
    for _ in 0..3_000 {
        world.run(Duration::from_millis(10));
        assert_eq!(shown(&world), ["kept 2", "new 1"]);
    }
    assert!(lagging.borrow().is_empty(), "both late answers came");
    let queries = world.client(peer).stats().queries;
    assert_eq!((queries.outdated_results, queries.fetches), (2, 4));
}
