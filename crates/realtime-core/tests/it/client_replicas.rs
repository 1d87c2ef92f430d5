//! Several servers with one state: a fetch may be answered by one that lags behind what events have told,
//! and what the events of one channel lack those of another bring.

use crate::task::Task;
use realtime_core::{
    Fetched, ListSpec, Position, QueryOptions, key,
    testing::{PeerId, World},
};
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

/// A list that two channels feed and whose rows the test sets.
fn fed_by_two(world: &mut World) -> (Rc<RefCell<Vec<Task>>>, PeerId) {
    let rows = Rc::new(RefCell::new(Vec::new()));
    let read = Rc::clone(&rows);
    world.on_fetch(move |_, _| Ok(read.borrow().clone()));
    let peer = world.connect();
    let spec = ListSpec::<Task>::new(None);
    world.act(peer, |client, now| {
        for channel in ["a", "b"] {
            client
                .subscribe(now, &channel.into())
                .expect("there is room for a channel");
        }
        client
            .observe_list(now, &key!["list"], spec, &QueryOptions::default())
            .expect("the key is free");
    });
    world.run(Duration::from_secs(2));
    (rows, peer)
}

fn update(version: u64) -> String {
    let item = json!({"id": "t", "version": version, "title": format!("t {version}")});
    json!({"action": "update", "item": item}).to_string()
}

#[test]
fn the_tail_of_a_channel_that_comes_a_minute_late_is_put_right_by_a_fetch() {
    let late = |create_is_late: bool| {
        let mut world = World::new(12);
        let (rows, peer) = fed_by_two(&mut world);
        let create = json!({"action": "create", "item": task("t", 1)}).to_string();
        if !create_is_late {
            world.server.publish("a", "list:update", &create);
        }
        // The last event of one channel is lost, which nothing tells, and a newer one of the other comes.
        world.server.lose_next("a", 1);
        if create_is_late {
            world.server.publish("a", "list:update", &create);
            world.server.publish("b", "list:update", &update(2));
        } else {
            world.server.publish("a", "list:update", &update(2));
            let note = json!({"action": "update", "item": {"id": "t", "version": 3}});
            world.server.publish("b", "list:update", &note.to_string());
        }
        let version = if create_is_late { 2 } else { 3 };
        let title = "t 2".to_owned();
        let id = "t".to_owned();
        *rows.borrow_mut() = vec![Task { id, version, title }];
        world.run(Duration::from_secs(90));
        let before = world.fetched(peer).len();
        world.server.repeat("a", 1);
        world.run(Duration::from_secs(10));
        let list = world.client(peer).list::<Task>(&key!["list"]);
        let titles = list.map(|list| list.iter().map(|task| task.title.clone()).collect());
        (titles, world.fetched(peer).len() - before)
    };
    for create_is_late in [true, false] {
        let put_right = (Some(vec!["t 2".to_owned()]), 1);
        assert_eq!(late(create_is_late), put_right, "{create_is_late}");
    }
}

#[test]
fn an_answer_to_a_subscription_that_comes_late_makes_no_older_fetch_newer() {
    let mut world = World::new(13);
    let rows = Rc::new(RefCell::new(Vec::new()));
    let lagging = Rc::new(RefCell::new(None));
    let (read, behind) = (Rc::clone(&rows), Rc::clone(&lagging));
    world.on_positioned_fetch(move |_, server| {
        let now = || (server.position("tasks"), read.borrow().clone());
        let ((epoch, seq), rows) = behind.borrow_mut().take().unwrap_or_else(now);
        let epoch = epoch.into();
        Ok(Fetched::new(rows).with_position(Position { epoch, seq }))
    });
    let copy = (world.server.position("tasks"), Vec::<Task>::new());
    let peer = world.connect();
    world.run(Duration::from_secs(2));
    world.link_mut(peer).latency = 2_500..=2_500;
    let spec = ListSpec::<Task>::new(Some("tasks".into()));
    world
        .act(peer, |client, now| {
            let options = QueryOptions::default().with_gap_jitter(Duration::ZERO);
            client.observe_list(now, &key!["list"], spec, &options)
        })
        .expect("the key is free");
    world.run(Duration::from_millis(2_600));
    // The answer, as of now, is under way when the first event is made and fetched.
    let create = json!({"action": "create", "item": task("t", 1)}).to_string();
    world.server.publish("tasks", "list:update", &create);
    *rows.borrow_mut() = vec![task("t", 1)];
    world.act(peer, |client, now| client.refetch(now, &key!["list"]));
    world.run(Duration::from_millis(2_350));
    *lagging.borrow_mut() = Some(copy);
    for _ in 0..1_000 {
        world.run(Duration::from_millis(10));
        let list = world.client(peer).list::<Task>(&key!["list"]);
        assert_eq!(list.expect("it was fetched").len(), 1);
    }
    assert!(lagging.borrow().is_none(), "the old copy was fetched");
}
