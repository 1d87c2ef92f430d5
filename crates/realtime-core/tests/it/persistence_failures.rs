//! Disks that are slow, full, broken, foreign or gone.

use crate::persistence_kit::{
    SECOND, batches, check, open, options, seeds, tasks, titles, watch, world,
};
use realtime_core::{
    Client, Fault, Input, PersistOptions, StoreCommand, StoreError, StoreEvent, StoreTable, key,
    testing::{PeerId, World},
};
use std::time::Duration;

fn store_faults(world: &mut World, peer: PeerId) -> Vec<StoreError> {
    let faults = world.take_faults(peer).into_iter();
    let store = faults.filter_map(|fault| match fault {
        Fault::Store(error) => Some(error),
        _ => None,
    });
    store.collect()
}

#[test]
fn a_disk_that_does_not_answer_is_not_waited_for_and_written_to_once_it_does() {
    let (mut world, table, disk) = world(1);
    let first = open(&mut world, disk, options());
    world.run(10 * SECOND);
    world.kill(first);
    table.put(&mut world, "t1", "rewrite");

    world.disk_mut(disk).stalled = true;
    let peer = open(&mut world, disk, options());
    world.run(Duration::from_millis(1_999));
    assert!(world.client(peer).is_loading_store());
    world.run(Duration::from_millis(1));
    assert!(!world.client(peer).is_loading_store());
    let within = 2 * SECOND;
    assert_eq!(
        store_faults(&mut world, peer),
        [StoreError::Slow { within }]
    );
    world.run(10 * SECOND);
    check(&world, peer, &table, 1);

    world.disk_mut(disk).stalled = false;
    world.run(10 * SECOND);
    check(&world, peer, &table, 1);
    world.kill(peer);
    let peer = open(&mut world, disk, options());
    world.run(Duration::from_millis(5));
    assert_eq!(titles(&world, peer).unwrap(), ["rewrite", "read"]);
}

#[test]
fn without_a_store_the_client_is_as_one_that_keeps_nothing() {
    for error in [StoreError::Missing("private".into()), StoreError::Blocked] {
        let (mut world, table, disk) = world(2);
        world.disk_mut(disk).failure = Some(error.clone());
        let peer = open(&mut world, disk, options());
        world.run(10 * SECOND);
        check(&world, peer, &table, 1);
        table.put(&mut world, "t1", "rewrite");
        world.input(peer, Input::Visible(false));
        world.run(10 * SECOND);
        assert_eq!(store_faults(&mut world, peer), [error]);
        assert_eq!(world.client(peer).stats().store.refused, 1);
        assert_eq!(world.disk_mut(disk).take_commands(), [StoreCommand::Load]);
    }
}

#[test]
fn a_batch_that_failed_is_tried_again_ever_later_with_what_changed_since() {
    let (mut world, table, disk) = world(3);
    let peer = open(&mut world, disk, options());
    world.run(10 * SECOND);
    batches(&mut world, disk);
    let error = StoreError::Failed("disk".into());
    world.disk_mut(disk).failure = Some(error.clone());
    for n in 0..600 {
        table.put(&mut world, "t1", &n.to_string());
        world.run(SECOND);
    }
    assert_eq!(store_faults(&mut world, peer), [error], "told once");
    let tried = batches(&mut world, disk).len();
    assert!(
        (10..=20).contains(&tried),
        "{tried} attempts in ten minutes"
    );
    assert_eq!(world.client(peer).stats().store.failures, tried as u64);
    world.disk_mut(disk).failure = None;
    world.run(Duration::from_secs(80));
    let stored = world.disk(disk).get(StoreTable::Seeds, r#"["tasks"]"#);
    assert!(stored.expect("it was written").contains(r#""title":"599""#));
}

#[test]
fn what_was_under_way_when_the_connection_was_lost_is_written_again() {
    let (mut world, table, disk) = world(4);
    let peer = open(&mut world, disk, options());
    world.run(10 * SECOND);
    table.put(&mut world, "t1", "rewrite");
    world.disk_mut(disk).stalled = true;
    world.run(SECOND);
    world.input(peer, Input::Store(StoreEvent::Lost));
    world.disk_mut(disk).stalled = false;
    assert_eq!(store_faults(&mut world, peer), [StoreError::Lost]);
    batches(&mut world, disk);
    world.run(10 * SECOND);
    assert_eq!(batches(&mut world, disk), [1, 1], "the lost one, and again");
}

#[test]
fn a_batch_that_is_never_answered_holds_up_no_other_for_ever() {
    let (mut world, table, disk) = world(5);
    let peer = open(&mut world, disk, options());
    world.run(10 * SECOND);
    world.disk_mut(disk).stalled = true;
    table.put(&mut world, "t1", "a");
    world.run(30 * SECOND);
    let within = 10 * SECOND;
    assert_eq!(
        store_faults(&mut world, peer),
        [StoreError::Slow { within }]
    );
    world.disk_mut(disk).stalled = false;
    table.put(&mut world, "t1", "b");
    world.run(30 * SECOND);
    let stored = world.disk(disk).get(StoreTable::Seeds, r#"["tasks"]"#);
    assert!(stored.expect("it was written").contains(r#""title":"b""#));
}

#[test]
fn a_full_disk_drops_the_oldest_and_keeps_the_newest() {
    let (mut world, table, disk) = world(6);
    let peer = open(&mut world, disk, options());
    for n in 0..8 {
        watch(&mut world, peer, &key!["more", n]);
        world.run(2 * SECOND);
    }
    assert_eq!(seeds(&world, disk), 9);
    let full = world.disk(disk).bytes();
    world.disk_mut(disk).capacity = full;
    world.act(peer, |client, now| client.forget(now, &key!["more"]));
    for n in 0..8 {
        watch(&mut world, peer, &key!["new", n]);
    }
    table.put(&mut world, "t3", "one more row makes each of them larger");
    world.run(60 * SECOND);
    let kept = seeds(&world, disk);
    assert!((4..9).contains(&kept), "{kept} are left");
    assert!(world.disk(disk).bytes() <= full);
    assert!(world.client(peer).stats().store.evicted > 0);
    let faults = store_faults(&mut world, peer);
    assert!(faults.iter().all(|fault| *fault == StoreError::Full));
    assert!((1..=3).contains(&faults.len()), "{faults:?}");
}

#[test]
fn a_disk_without_any_room_is_not_asked_for_ever() {
    let (mut world, table, disk) = world(7);
    world.disk_mut(disk).capacity = 10;
    let peer = open(&mut world, disk, options());
    world.run(60 * SECOND);
    check(&world, peer, &table, 1);
    let tried = batches(&mut world, disk).len();
    assert_eq!(tried, 1, "{tried} attempts, and nothing has changed");
    assert!(world.client(peer).stats().store.refused > 0);
}

#[test]
fn what_a_stranger_put_there_is_deleted_and_the_rest_read() {
    let (mut world, table, disk) = world(8);
    let first = open(&mut world, disk, options());
    world.run(10 * SECOND);
    world.kill(first);
    let good = world.disk(disk).get(StoreTable::Seeds, r#"["tasks"]"#);
    let good = good.expect("it was written").to_owned();
    let now = world.now();
    let strangers = [
        "",
        "\n",
        "null\n{}",
        "\"1\"\n",
        "\"1\"\n{\"format\":1}",
        "[]",
    ];
    for (n, stranger) in strangers.iter().enumerate() {
        let disk = world.disk_mut(disk);
        disk.put(StoreTable::Seeds, &format!("stranger {n}"), now, stranger);
    }
    let elsewhere = world.disk_mut(disk);
    elsewhere.put(StoreTable::Seeds, r#"["another"]"#, now, &good);
    elsewhere.put(StoreTable::Seeds, "", now, &good[..good.len() / 2]);

    let peer = open(&mut world, disk, options());
    world.run(10 * SECOND);
    check(&world, peer, &table, 0);
    assert_eq!(world.disk(disk).keys(StoreTable::Seeds), [r#"["tasks"]"#]);
    let stats = world.client(peer).stats().store;
    assert_eq!((stats.restored, stats.refused), (1, 8));
}

#[test]
fn answers_that_nobody_waits_for_change_nothing() {
    let (mut world, table, disk) = world(9);
    let peer = open(&mut world, disk, options());
    world.run(10 * SECOND);
    for event in [
        StoreEvent::Loaded(Ok(Default::default())),
        StoreEvent::Loaded(Err(StoreError::Blocked)),
        StoreEvent::Written {
            batch: 77,
            result: Ok(()),
        },
        StoreEvent::Written {
            batch: 78,
            result: Err(StoreError::Full),
        },
        StoreEvent::Lost,
        StoreEvent::Left(Vec::new()),
        StoreEvent::Wiped(Ok(())),
    ] {
        world.input(peer, Input::Store(event));
    }
    assert_eq!(store_faults(&mut world, peer), []);
    table.put(&mut world, "t1", "rewrite");
    world.run(10 * SECOND);
    check(&world, peer, &table, 1);
    assert_eq!(seeds(&world, disk), 1);
}

#[test]
fn a_page_that_dies_between_any_two_writes_leaves_rows_that_fit_their_position() {
    for seed in 0..200 {
        let (mut world, table, disk) = world(seed);
        world.disk_mut(disk).latency = 1..=400;
        let mut fetches = 0;
        let mut peer = open(&mut world, disk, options());
        for n in 0..30_u64 {
            let id = format!("t{}", n * 7 % 5);
            match n % 3 {
                0 => table.delete(&mut world, &id),
                _ => table.put(&mut world, &id, &n.to_string()),
            }
            world.run(Duration::from_millis(seed * 37 % 700));
            if (n + seed) % 4 == 0 {
                fetches += world.fetched(peer).len();
                world.kill(peer);
                peer = open(&mut world, disk, options());
            }
        }
        world.run(20 * SECOND);
        fetches += world.fetched(peer).len();
        let fetched = world.fetched(peer).len();
        check(&world, peer, &table, fetched);
        assert!(fetches <= 9, "{fetches} fetches, seed {seed}");
    }
}

#[test]
fn one_who_signs_out_while_the_disk_is_read_is_not_shown_what_was_on_it() {
    let (mut world, table, disk) = world(10);
    let first = open(&mut world, disk, options());
    world.run(10 * SECOND);
    world.kill(first);
    let peer = open(&mut world, disk, options());
    world.act(peer, Client::sign_out);
    world.run(10 * SECOND);
    assert_eq!(titles(&world, peer), None);
    assert_eq!(seeds(&world, disk), 0);
    world.act(peer, Client::connect);
    world.run(10 * SECOND);
    check(&world, peer, &table, 1);
}

#[test]
fn seeds_of_an_age_that_nobody_knows_are_old() {
    let (mut world, table, disk) = world(11);
    let first = open(&mut world, disk, options());
    world.run(10 * SECOND);
    world.kill(first);
    let ever = PersistOptions {
        max_age: Duration::MAX,
        ..options()
    };
    world.disk_mut(disk).clock_ahead = Duration::MAX - Duration::from_secs(1_000);
    let peer = open(&mut world, disk, ever);
    world.run(10 * SECOND);
    let list = world.client(peer).query_meta(&tasks());
    assert!(list.is_some_and(|meta| meta.is_live));
    check(&world, peer, &table, 0);
}
