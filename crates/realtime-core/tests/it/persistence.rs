//! Persistence: when what is kept over page loads is read, when it is written, and when it goes.

use crate::persistence_kit::{
    SECOND, batches, check, open, options, recovery, seeds, tasks, titles, watch, world,
};
use realtime_core::{
    Client, ClientOptions, Continuity, Durability, Input, ListSpec, Patch, PersistOptions,
    QueryOptions, RecordSpec, StoreCommand, StoreTable, key, testing::World,
};
use std::time::Duration;

#[test]
fn a_reload_shows_the_rows_as_soon_as_the_disk_has_answered_and_fetches_nothing() {
    let (mut world, table, disk) = world(1);
    let first = open(&mut world, disk, options());
    world.run(10 * SECOND);
    check(&world, first, &table, 1);
    world.kill(first);
    table.put(&mut world, "t3", "sleep");
    table.delete(&mut world, "t2");

    let peer = open(&mut world, disk, options());
    assert!(world.client(peer).is_loading_store());
    assert_eq!(titles(&world, peer), None);
    world.run(Duration::from_millis(5));
    assert!(!world.client(peer).is_loading_store());
    assert_eq!(titles(&world, peer).unwrap(), ["write", "read"]);
    assert_eq!(recovery(&world, peer), Some(Continuity::Restored));
    world.run(10 * SECOND);
    assert_eq!(
        recovery(&world, peer),
        Some(Continuity::Recovered { missed: 2 })
    );
    check(&world, peer, &table, 0);
    assert_eq!(world.client(peer).stats().store.restored, 1);
}

#[test]
fn nothing_is_fetched_and_no_socket_opened_before_the_disk_has_answered() {
    let (mut world, table, disk) = world(2);
    world.disk_mut(disk).latency = 1_500..=1_500;
    let peer = open(&mut world, disk, options());
    world.run(Duration::from_millis(1_499));
    assert!(world.connects(peer).is_empty() && world.fetched(peer).is_empty());
    world.run(Duration::from_millis(1));
    assert_eq!(world.connects(peer).len(), 1);
    world.run(10 * SECOND);
    check(&world, peer, &table, 1);
}

#[test]
fn what_changes_within_half_a_second_is_one_batch_and_the_newest_state_of_each_query() {
    let (mut world, table, disk) = world(3);
    let peer = open(&mut world, disk, options());
    watch(&mut world, peer, &key!["tasks", "again"]);
    world.run(10 * SECOND);
    batches(&mut world, disk);
    for title in ["a", "b", "c"] {
        table.put(&mut world, "t1", title);
        world.run(Duration::from_millis(100));
    }
    assert!(batches(&mut world, disk).is_empty());
    world.run(Duration::from_millis(300));
    assert_eq!(batches(&mut world, disk), [2]);
    let stored = world.disk(disk).get(StoreTable::Seeds, r#"["tasks"]"#);
    let stored = stored.expect("it was written");
    assert!(stored.contains(r#""title":"c""#) && !stored.contains(r#""title":"b""#));
    world.run(10 * SECOND);
    assert!(batches(&mut world, disk).is_empty(), "nothing has changed");
}

#[test]
fn a_record_that_the_app_has_changed_is_written_also_before_the_server_has_said_anything() {
    let (mut world, _, disk) = world(9);
    let count = key!["count"];
    let open_page = |world: &mut World| {
        let peer = world.add(ClientOptions::new("ws://server.test/ws"));
        world.plug_in(peer, disk);
        world.act(peer, |client, now| client.persist(now, options()));
        let spec = RecordSpec::<u32>::new().with_persist();
        let paused = QueryOptions::default().with_enabled(false);
        let observed = world.act(peer, |client, now| {
            client.observe_record(now, &count, spec, &paused)
        });
        observed.expect("the key is free");
        world.run(SECOND);
        peer
    };
    let mut peer = open_page(&mut world);
    let set = world.act(peer, |client, now| client.set_record(now, &count, 1_u32));
    assert_eq!(set, Ok(true));
    for was in 1..4_u32 {
        world.run(SECOND);
        world.kill(peer);
        peer = open_page(&mut world);
        let record = world.client(peer).record::<u32>(&count);
        assert_eq!(record.as_deref(), Some(&was));
        let adjusted = world.act(peer, |client, now| {
            client.adjust_record(now, &count, |count: &u32| count + 1)
        });
        assert_eq!(adjusted, Ok(true));
        let recovery = world.client(peer).recovery(&count);
        assert_eq!(recovery, Some(Continuity::Restored), "it is no answer");
    }
}

#[test]
fn a_page_that_is_hidden_or_goes_writes_at_once() {
    for input in [|| Input::Visible(false), || Input::PageHide] {
        let (mut world, table, disk) = world(4);
        let peer = open(&mut world, disk, options());
        world.run(10 * SECOND);
        batches(&mut world, disk);
        table.put(&mut world, "t1", "rewrite");
        world.run(Duration::from_millis(200));
        world.input(peer, input());
        world.run(Duration::from_millis(5));
        assert_eq!(batches(&mut world, disk), [1]);
    }
}

#[test]
fn a_page_that_goes_does_not_wait_for_the_batch_before() {
    let (mut world, table, disk) = world(5);
    let peer = open(&mut world, disk, options());
    world.run(10 * SECOND);
    batches(&mut world, disk);
    world.disk_mut(disk).latency = 1_000..=1_000;
    table.put(&mut world, "t1", "a");
    world.run(Duration::from_millis(700));
    table.put(&mut world, "t1", "b");
    world.run(Duration::from_millis(200));
    world.input(peer, Input::Visible(false));
    world.disk_mut(disk).latency = 1..=1;
    world.run(SECOND);
    assert_eq!(batches(&mut world, disk), [1, 1]);
    let stored = world.disk(disk).get(StoreTable::Seeds, r#"["tasks"]"#);
    assert!(stored.expect("it was written").contains(r#""title":"b""#));
}

#[test]
fn states_are_written_without_waiting_for_the_platter() {
    let (mut world, _, disk) = world(6);
    open(&mut world, disk, options());
    world.run(10 * SECOND);
    let commands = world.disk_mut(disk).take_commands();
    assert_eq!(commands.first(), Some(&StoreCommand::Load));
    for command in commands.into_iter().skip(1) {
        let StoreCommand::Write { durability, .. } = command else {
            panic!("{command:?}");
        };
        assert_eq!(durability, Durability::Relaxed);
    }
}

#[test]
fn only_what_asks_for_it_is_kept() {
    let (mut world, _, disk) = world(7);
    let peer = open(&mut world, disk, options());
    let list = ListSpec::<crate::task::Task>::new(Some("tasks".into())).with_seed();
    world
        .act(peer, |client, now| {
            client.observe_list(now, &key!["other"], list, &QueryOptions::default())
        })
        .unwrap();
    world.run(10 * SECOND);
    world.input(peer, Input::Visible(false));
    world.run(SECOND);
    assert_eq!(world.disk(disk).keys(StoreTable::Seeds), [r#"["tasks"]"#]);
}

#[test]
fn a_record_is_kept_as_well() {
    let mut world = World::new(8);
    world.on_fetch(|_, _| Ok(1_u32));
    let disk = world.add_disk();
    let mut fetches = 0;
    for value in [1_u32, 2] {
        let peer = world.add(ClientOptions::new("ws://server.test/ws"));
        world.plug_in(peer, disk);
        world.act(peer, |client, now| client.persist(now, options()));
        let spec = RecordSpec::<u32>::new()
            .on("price", Some("feed".into()), Patch::replace())
            .with_persist();
        world
            .act(peer, |client, now| {
                client.observe_record(now, &key!["price"], spec, &QueryOptions::default())
            })
            .unwrap();
        world.act(peer, Client::connect);
        world.run(10 * SECOND);
        assert_eq!(
            world.client(peer).record(&key!["price"]).as_deref(),
            Some(&value)
        );
        fetches += world.fetched(peer).len();
        world.kill(peer);
        world.server.publish("feed", "price", "2");
    }
    assert_eq!(fetches, 1);
}

#[test]
fn what_is_too_old_is_deleted_and_fetched() {
    let (mut world, table, disk) = world(9);
    let first = open(&mut world, disk, options());
    world.run(10 * SECOND);
    world.kill(first);
    world.disk_mut(disk).clock_ahead = Duration::from_secs(25 * 3_600);
    let peer = open(&mut world, disk, options());
    world.run(Duration::from_millis(5));
    assert_eq!(titles(&world, peer), None);
    assert_eq!(world.client(peer).stats().store.expired, 1);
    world.run(Duration::from_millis(10));
    assert_eq!(seeds(&world, disk), 0);
    world.run(10 * SECOND);
    check(&world, peer, &table, 1);
}

#[test]
fn a_query_that_is_live_does_not_grow_old_however_quiet_it_is() {
    let (mut world, table, disk) = world(10);
    let first = open(&mut world, disk, options());
    world.run(Duration::from_secs(23 * 3_600));
    world.input(first, Input::Visible(false));
    world.run(Duration::from_secs(2 * 3_600));
    world.kill(first);
    let peer = open(&mut world, disk, options());
    world.run(10 * SECOND);
    check(&world, peer, &table, 0);
}

#[test]
fn a_quiet_list_on_a_busy_channel_is_resumed_from_where_the_page_was_left() {
    let (mut world, table, disk) = world(17);
    world.server.abilities.history = 20;
    let first = open(&mut world, disk, options());
    world.run(10 * SECOND);
    for n in 0..100 {
        world.server.publish("tasks", "chatter", &n.to_string());
    }
    world.run(SECOND);
    batches(&mut world, disk);
    world.input(first, Input::Visible(false));
    world.run(SECOND);
    assert_eq!(batches(&mut world, disk), [1]);
    world.input(first, Input::PageHide);
    world.run(SECOND);
    assert!(batches(&mut world, disk).is_empty(), "nothing came since");
    world.kill(first);
    let peer = open(&mut world, disk, options());
    world.run(10 * SECOND);
    check(&world, peer, &table, 0);
}

#[test]
fn the_rows_of_another_build_are_shown_and_fetched_anew() {
    let (mut world, table, disk) = world(11);
    let first = open(&mut world, disk, options());
    world.run(10 * SECOND);
    world.kill(first);
    table.put(&mut world, "t1", "rewrite");
    let peer = open(&mut world, disk, options().with_build("2"));
    world.run(Duration::from_millis(5));
    assert_eq!(titles(&world, peer).unwrap(), ["write", "read"]);
    world.run(10 * SECOND);
    check(&world, peer, &table, 1);
}

#[test]
fn signing_out_empties_the_disk_and_nothing_is_written_after_it() {
    let (mut world, table, disk) = world(12);
    let peer = open(&mut world, disk, options());
    world.run(10 * SECOND);
    table.put(&mut world, "t1", "rewrite");
    world.run(Duration::from_millis(100));
    world.act(peer, Client::sign_out);
    world.run(10 * SECOND);
    assert_eq!(seeds(&world, disk), 0);
    let commands = world.disk_mut(disk).take_commands();
    assert_eq!(commands.last(), Some(&StoreCommand::Wipe));
    world.act(peer, Client::connect);
    world.run(10 * SECOND);
    check(&world, peer, &table, 2);
    assert_eq!(seeds(&world, disk), 0, "the next user has not asked for it");

    world.act(peer, |client, now| client.persist(now, options()));
    world.run(SECOND);
    table.put(&mut world, "t1", "write on");
    world.run(10 * SECOND);
    assert_eq!(seeds(&world, disk), 1);
}

#[test]
fn a_client_that_ends_without_signing_out_leaves_everything_on_the_disk() {
    let (mut world, table, disk) = world(13);
    let first = open(&mut world, disk, options());
    world.run(10 * SECOND);
    table.put(&mut world, "t1", "rewrite");
    world.run(Duration::from_millis(100));
    world.act(first, Client::close_store);
    world.act(first, Client::sign_out);
    world.run(10 * SECOND);
    let peer = open(&mut world, disk, options());
    world.run(Duration::from_millis(5));
    assert_eq!(titles(&world, peer).unwrap(), ["rewrite", "read"]);
}

#[test]
fn what_the_app_forgets_goes_from_the_disk() {
    let (mut world, _, disk) = world(14);
    let peer = open(&mut world, disk, options());
    watch(&mut world, peer, &key!["other"]);
    world.run(10 * SECOND);
    assert_eq!(seeds(&world, disk), 2);
    world.act(peer, |client, now| client.forget(now, &tasks()));
    world.run(SECOND);
    assert_eq!(world.disk(disk).keys(StoreTable::Seeds), [r#"["other"]"#]);
}

#[test]
fn of_more_than_there_is_to_be_the_oldest_goes() {
    let (mut world, _, disk) = world(15);
    let few = PersistOptions {
        max_seeds: 2,
        ..options()
    };
    let peer = open(&mut world, disk, few.clone());
    for n in 0..4 {
        world.run(10 * SECOND);
        watch(&mut world, peer, &key!["more", n]);
    }
    world.run(10 * SECOND);
    assert_eq!(
        world.disk(disk).keys(StoreTable::Seeds),
        [r#"["more",2]"#, r#"["more",3]"#]
    );
    assert_eq!(world.client(peer).stats().store.evicted, 3);
}

#[test]
fn what_is_too_large_for_one_query_is_not_kept() {
    let (mut world, _, disk) = world(16);
    let small = PersistOptions {
        max_seed_bytes: 100,
        ..options()
    };
    let peer = open(&mut world, disk, small);
    world.run(10 * SECOND);
    assert_eq!(seeds(&world, disk), 0);
    assert!(world.client(peer).stats().store.refused > 0);
}
