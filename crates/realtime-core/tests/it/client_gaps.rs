//! Fetches after gaps, through the whole client: how many, when, and whether there is a network at all.

use crate::{
    client_liveness::{meta, tasks, titles, watch},
    socketio_kit::SECOND,
    task::{Table, Task},
};
use realtime_core::{
    ClientOptions, FetchStatus, Fetched, Input, NetworkMode, Patch, Position, QueryOptions,
    RecordSpec, key,
    testing::{PeerId, World},
};
use std::{cell::Cell, rc::Rc, time::Duration};

/// A record that fetches read from a counter, and every event of the name `add` adds to.
fn watch_sum(world: &mut World, peer: PeerId) {
    let add = Patch::reduce_as(|term: i64, sum: Option<&i64>| Some(sum? + term));
    let spec = RecordSpec::new().on("add", Some("sums".into()), add);
    world
        .act(peer, |client, now| {
            client.observe_record(now, &key!["sum"], spec, &QueryOptions::default())
        })
        .expect("the key is free");
}

#[test]
fn a_hundred_gaps_a_second_are_a_few_fetches_a_minute() {
    for new_epochs in [false, true] {
        let mut world = World::new(4);
        world.on_fetch(|_, _| Ok(0_i64));
        let peer = world.connect();
        watch_sum(&mut world, peer);
        world.run(5 * SECOND);
        let before = world.fetched(peer).len();
        for number in 1..=6_000_u64 {
            let (epoch, seq) = if new_epochs {
                (format!("e{number}"), 1)
            } else {
                ("e1".to_owned(), 2 * number)
            };
            world.server.send_raw(&format!(
                r#"{{"event":"add","channel":"sums","epoch":"{epoch}","seq":{seq},"data":0}}"#
            ));
            world.run(Duration::from_millis(10));
        }
        let fetches = world.fetched(peer).len() - before;
        assert!((3..=8).contains(&fetches), "{fetches} fetches in a minute");
        // When it is quiet again, one more heals.
        world.run(60 * SECOND);
        let meta = world.client(peer).query_meta(&key!["sum"]).unwrap();
        assert!(meta.is_live);
    }
}

#[test]
fn many_clients_do_not_fetch_at_one_moment_after_a_gap_and_all_at_once_when_they_load() {
    let mut world = World::new(5);
    world.server.abilities.history = 0;
    Table::serve(&mut world);
    let peers: Vec<PeerId> = (0..50).map(|_| world.connect()).collect();
    world.run(5 * SECOND);
    for peer in &peers {
        watch(&mut world, *peer);
    }
    // The first load waits for the answer to the subscription, and for nothing else.
    world.run(Duration::from_millis(100));
    assert!(peers.iter().all(|peer| world.fetched(*peer).len() == 1));
    world.run(5 * SECOND);
    // An event that reaches nobody, and one that does: a hole for all at one moment.
    world.server.lose_next("tasks", 1);
    world.server.publish("tasks", "other", "null");
    world.server.publish("tasks", "other", "null");
    let fetched = |world: &World| {
        let again = peers.iter().filter(|peer| world.fetched(**peer).len() == 2);
        again.count()
    };
    let mut counts = Vec::new();
    for _ in 0..10 {
        world.run(Duration::from_millis(210));
        counts.push(fetched(&world));
    }
    assert_eq!(*counts.last().unwrap(), 50, "{counts:?}");
    let steps: Vec<usize> = counts.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(steps.iter().all(|step| *step <= 20), "{counts:?}");
}

#[test]
fn one_event_far_ahead_does_not_deafen_a_channel() {
    for far in [1_000_000, u64::MAX - 1, u64::MAX] {
        let mut world = World::new(6);
        let table = Table::serve(&mut world);
        let peer = world.connect();
        watch(&mut world, peer);
        world.run(5 * SECOND);
        table.put(&mut world, "t1", "one");
        world.run(SECOND);
        let epoch = world.server.position("tasks").0;
        world.server.send_raw(&format!(
            r#"{{"event":"other","channel":"tasks","epoch":"{epoch}","seq":{far},"data":null}}"#
        ));
        world.run(SECOND);
        for number in 2..=9 {
            table.put(&mut world, &format!("t{number}"), "more");
            world.run(SECOND);
        }
        world.run(10 * SECOND);
        assert_eq!(titles(&world, peer).len(), 9, "after {far}");
        assert!(meta(&world, peer).is_live);
        let fetches = world.fetched(peer).len();
        table.put(&mut world, "t10", "last");
        world.run(SECOND);
        assert_eq!(titles(&world, peer).len(), 10);
        assert_eq!(
            world.fetched(peer).len(),
            fetches,
            "events are enough again"
        );
    }
}

#[test]
fn numbers_that_begin_anew_on_a_live_channel_are_another_history_when_they_last() {
    let mut world = World::new(7);
    let truth = Rc::new(Cell::new(57_i64));
    let read = Rc::clone(&truth);
    world.on_positioned_fetch(move |_, _| {
        let epoch = "e".into();
        let seq = read.get().unsigned_abs();
        Ok(Fetched::new(read.get()).with_position(Position { epoch, seq }))
    });
    let peer = world.connect();
    watch_sum(&mut world, peer);
    world.run(5 * SECOND);
    let send = |world: &mut World, seq: u64| {
        let event = r#"{"event":"add","channel":"sums","epoch":"e","#;
        world
            .server
            .send_raw(&format!(r#"{event}"seq":{seq},"data":1}}"#));
        world.run(2 * SECOND);
    };
    truth.set(58);
    send(&mut world, 58);
    // The server's counter of the channel has begun anew, and so has what it counts.
    for seq in 1..=40 {
        truth.set(i64::try_from(seq).unwrap());
        send(&mut world, seq);
    }
    let sum = world.client(peer).record::<i64>(&key!["sum"]);
    assert_eq!(sum.as_deref(), Some(&40));
    assert!(world.client(peer).query_meta(&key!["sum"]).unwrap().is_live);
    assert_eq!(world.client(peer).stats().channels.duplicates, 15);
}

#[test]
fn an_open_link_is_online_whatever_the_browser_says() {
    let mut world = World::new(8);
    let table = Table::serve(&mut world);
    table.put(&mut world, "t1", "write");
    let peer = world.connect();
    world.input(peer, Input::Online(false));
    watch(&mut world, peer);
    world.run(5 * SECOND);
    assert_eq!(titles(&world, peer), ["write"]);
    // Without the link the browser is believed, but who asks by name is obeyed.
    world.take_down(peer);
    world.act(peer, |client, now| client.invalidate(now, &tasks()));
    world.run(5 * SECOND);
    assert_eq!(meta(&world, peer).fetch_status, FetchStatus::Paused);
    assert_eq!(world.fetched(peer).len(), 1);
    world.act(peer, |client, now| client.refetch(now, &tasks()));
    world.run(5 * SECOND);
    assert_eq!(world.fetched(peer).len(), 2);
    // And what was paused goes on when the link is back, though the browser still says offline.
    world.act(peer, |client, now| client.invalidate(now, &tasks()));
    world.run(5 * SECOND);
    assert_eq!(world.fetched(peer).len(), 2);
    world.heal(peer);
    world.run(60 * SECOND);
    assert!(world.fetched(peer).len() > 2);
    assert!(meta(&world, peer).is_live);
}

#[test]
fn what_needs_no_network_is_fetched_without_one() {
    for (mode, fetches) in [(NetworkMode::Online, 0), (NetworkMode::Always, 1)] {
        let mut world = World::new(9);
        Table::serve(&mut world);
        let peer = world.add(ClientOptions::new("ws://server.test/"));
        world.input(peer, Input::Online(false));
        let options = QueryOptions::default().with_network_mode(mode);
        let spec = RecordSpec::<Vec<Task>>::new();
        world
            .act(peer, |client, now| {
                client.observe_record(now, &tasks(), spec, &options)
            })
            .unwrap();
        world.run(5 * SECOND);
        assert_eq!(world.fetched(peer).len(), fetches, "{mode:?}");
    }
}

#[test]
fn one_fetch_that_claims_to_be_far_ahead_does_not_deafen_a_query() {
    for far in [1_000, u64::MAX] {
        let mut world = World::new(10);
        let truth = Rc::new(Cell::new(0_i64));
        let (read, mut is_first) = (Rc::clone(&truth), true);
        world.on_positioned_fetch(move |_, server| {
            let (epoch, seq) = server.position("sums");
            let seq = if std::mem::take(&mut is_first) {
                far
            } else {
                seq
            };
            let epoch = epoch.into();
            Ok(Fetched::new(read.get()).with_position(Position { epoch, seq }))
        });
        let peer = world.connect();
        watch_sum(&mut world, peer);
        world.run(5 * SECOND);
        for _ in 0..60 {
            truth.set(truth.get() + 1);
            world.server.publish("sums", "add", "1");
            world.run(SECOND);
        }
        let sum = world.client(peer).record::<i64>(&key!["sum"]);
        assert_eq!(sum.as_deref(), Some(&60));
        assert_eq!(world.fetched(peer).len(), 2);
        assert!(world.client(peer).query_meta(&key!["sum"]).unwrap().is_live);
    }
}
