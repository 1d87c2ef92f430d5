//! A list through the whole client: fetch, events, reconnects.

use crate::task::{Table, Task};
use realtime_core::{
    Client, Continuity, GapReason, Instant, ItemHash, ListOptions, ListSpec, ObserverId, QueryKey,
    QueryOptions, Topic, key,
    testing::{PeerId, World},
};
use std::{rc::Rc, time::Duration};

const SECOND: Duration = Duration::from_secs(1);

fn tasks() -> QueryKey {
    key!["tasks"]
}

fn observe(client: &mut Client, now: Instant, options: QueryOptions) -> ObserverId {
    let by_title = ListOptions::<Task>::default().with_sort(|a, b| a.title.cmp(&b.title));
    let spec = ListSpec::new(Some("tasks".into())).with_options(by_title);
    client
        .observe_list(now, &tasks(), spec, &options)
        .expect("the key is free")
}

fn watch(world: &mut World, peer: PeerId) -> ObserverId {
    world.act(peer, |client, now| {
        observe(client, now, QueryOptions::default())
    })
}

fn titles(world: &World, peer: PeerId) -> Option<Vec<String>> {
    let list = world.client(peer).list::<Task>(&tasks())?;
    Some(list.iter().map(|task| task.title.clone()).collect())
}

#[test]
fn events_between_the_fetch_and_its_answer_are_neither_lost_nor_doubled() {
    for early in [false, true] {
        let mut world = World::new(1);
        world.fetch_reads_early = early;
        world.fetch_latency = 500..=500;
        let table = Table::serve(&mut world);
        table.put(&mut world, "t1", "write");
        let peer = world.connect();
        watch(&mut world, peer);
        world.run(Duration::from_millis(300));
        assert_eq!(titles(&world, peer), None);
        table.put(&mut world, "t1", "rewrite");
        table.put(&mut world, "t2", "read");
        world.run(2 * SECOND);
        assert_eq!(titles(&world, peer).unwrap(), ["read", "rewrite"]);
        assert_eq!(world.fetched(peer).len(), 1, "reads early: {early}");
    }
}

#[test]
fn two_observers_share_one_subscription_and_one_fetch() {
    let mut world = World::new(2);
    Table::serve(&mut world);
    let peer = world.connect();
    watch(&mut world, peer);
    watch(&mut world, peer);
    world.run(SECOND);
    assert_eq!(world.server.count("subscribe"), 1);
    assert_eq!(world.fetched(peer).len(), 1);
}

#[test]
fn a_reconnect_resumes_without_a_fetch() {
    let mut world = World::new(3);
    let table = Table::serve(&mut world);
    let peer = world.connect();
    watch(&mut world, peer);
    world.run(SECOND);
    world.take_down(peer);
    table.put(&mut world, "t1", "missed");
    world.run(SECOND);
    world.heal(peer);
    world.run(10 * SECOND);
    assert_eq!(titles(&world, peer).unwrap(), ["missed"]);
    assert_eq!(world.fetched(peer).len(), 1);
    assert_eq!(world.server.count("subscribe"), 2);
}

#[test]
fn a_reconnect_resumes_even_if_no_event_had_come_before() {
    let mut world = World::new(4);
    Table::serve(&mut world);
    let peer = world.connect();
    watch(&mut world, peer);
    world.run(SECOND);
    world.cut(peer);
    world.run(5 * SECOND);
    assert!(world.client(peer).query_meta(&tasks()).unwrap().is_live);
    assert_eq!(world.fetched(peer).len(), 1);
}

#[test]
fn a_server_that_lost_its_history_is_fetched_from_once_and_nothing_old_stays() {
    let mut world = World::new(5);
    let table = Table::serve(&mut world);
    table.put(&mut world, "old", "old");
    let peer = world.connect();
    watch(&mut world, peer);
    world.run(SECOND);
    world.take_down(peer);
    table.delete(&mut world, "old");
    world.server.restart(false);
    table.put(&mut world, "new", "new");
    world.heal(peer);
    world.run(10 * SECOND);
    assert_eq!(titles(&world, peer).unwrap(), ["new"]);
    assert_eq!(world.fetched(peer).len(), 2);
}

#[test]
fn too_long_an_absence_is_a_gap_and_the_rows_stay_on_screen_meanwhile() {
    let mut world = World::new(6);
    world.server.abilities.history = 2;
    world.fetch_latency = 1_000..=1_000;
    let table = Table::serve(&mut world);
    table.put(&mut world, "t0", "zero");
    let peer = world.connect();
    watch(&mut world, peer);
    world.run(3 * SECOND);
    world.take_down(peer);
    for n in 1..=5 {
        table.put(&mut world, &format!("t{n}"), &n.to_string());
    }
    world.run(SECOND);
    world.heal(peer);
    let mut seen_stale = false;
    for _ in 0..300 {
        world.run(Duration::from_millis(20));
        let rows = titles(&world, peer).expect("rows never vanish");
        assert!(rows.contains(&"zero".to_owned()));
        seen_stale |= world.client(peer).query_meta(&tasks()).unwrap().is_stale;
    }
    assert!(seen_stale);
    assert_eq!(titles(&world, peer).unwrap().len(), 6);
    assert_eq!(world.fetched(peer).len(), 2);
}

#[test]
fn a_server_without_positions_is_fetched_from_after_each_reconnect() {
    let mut world = World::new(7);
    world.server.abilities.positions = false;
    let table = Table::serve(&mut world);
    let peer = world.connect();
    watch(&mut world, peer);
    world.run(SECOND);
    world.take_down(peer);
    table.put(&mut world, "t1", "missed");
    world.heal(peer);
    world.run(10 * SECOND);
    assert_eq!(titles(&world, peer).unwrap(), ["missed"]);
    assert_eq!(world.fetched(peer).len(), 2);
}

#[test]
fn a_server_that_answers_nothing_still_gives_a_live_list() {
    let mut world = World::new(8);
    world.server.abilities.answers = false;
    world.server.abilities.positions = false;
    let table = Table::serve(&mut world);
    table.put(&mut world, "t1", "write");
    let peer = world.connect();
    watch(&mut world, peer);
    world.run(5 * SECOND);
    assert_eq!(titles(&world, peer).unwrap(), ["write"]);
    table.put(&mut world, "t2", "read");
    world.run(SECOND);
    assert_eq!(titles(&world, peer).unwrap(), ["read", "write"]);
}

#[test]
fn data_is_fetched_though_no_socket_opens_and_again_when_one_does() {
    let mut world = World::new(9);
    let table = Table::serve(&mut world);
    table.put(&mut world, "t1", "write");
    let peer = world.connect();
    world.take_down(peer);
    watch(&mut world, peer);
    world.run(5 * SECOND);
    assert_eq!(titles(&world, peer).unwrap(), ["write"]);
    table.put(&mut world, "t1", "rewrite");
    world.heal(peer);
    world.run(60 * SECOND);
    assert_eq!(titles(&world, peer).unwrap(), ["rewrite"]);
}

#[test]
fn repeated_events_are_dropped_by_position_and_counted() {
    let mut world = World::new(10);
    Table::serve(&mut world);
    let peer = world.connect();
    watch(&mut world, peer);
    world.run(SECOND);
    let (epoch, _) = world.server.position("tasks");
    let row = r#"{"id":"t1","version":1,"title":"once"}"#;
    for _ in 0..3 {
        world.server.send_raw(&format!(
            r#"{{"event":"list:update","channel":"tasks","seq":1,"epoch":"{epoch}","data":{{"action":"create","item":{row}}}}}"#
        ));
    }
    world.run(SECOND);
    assert_eq!(world.client(peer).list::<Task>(&tasks()).unwrap().len(), 1);
    assert_eq!(world.client(peer).stats().channels.duplicates, 2);
}

#[test]
fn a_hole_in_the_numbers_is_healed_by_one_fetch() {
    let mut world = World::new(11);
    let table = Table::serve(&mut world);
    let peer = world.connect();
    watch(&mut world, peer);
    world.run(SECOND);
    world.stall(peer);
    table.put(&mut world, "t1", "lost");
    world.run(Duration::from_millis(1));
    world.link_mut(peer).drop_pending();
    world.heal(peer);
    table.put(&mut world, "t2", "seen");
    world.run(5 * SECOND);
    assert_eq!(titles(&world, peer).unwrap(), ["lost", "seen"]);
    assert_eq!(world.fetched(peer).len(), 2);
}

#[test]
fn a_changed_row_marks_itself_and_not_the_order() {
    let mut world = World::new(12);
    let table = Table::serve(&mut world);
    for n in 0..5 {
        table.put(&mut world, &format!("t{n}"), &n.to_string());
    }
    let peer = world.connect();
    watch(&mut world, peer);
    world.run(SECOND);
    world.take_changes(peer);
    let before = world.client(peer).list::<Task>(&tasks()).unwrap();
    let order = world.client(peer).order_version(&tasks());
    table.put(&mut world, "t2", "2 again");
    world.run(SECOND);
    let entry = world.client(peer).entry(&tasks()).unwrap();
    let mut changes = world.take_changes(peer);
    changes.sort_by_key(|topic| format!("{topic:?}"));
    let item = Topic::Item(entry, ItemHash::of("t2".to_owned()));
    assert_eq!(changes, [item, Topic::Query(entry)]);
    assert_eq!(world.client(peer).order_version(&tasks()), order);
    let after = world.client(peer).list::<Task>(&tasks()).unwrap();
    let rows = before.iter().zip(after.iter());
    let kept: Vec<bool> = rows.map(|(a, b)| Rc::ptr_eq(&a, &b)).collect();
    assert_eq!(kept, [true, true, false, true, true]);
}

#[test]
fn the_last_observer_unsubscribes_after_a_grace_and_a_remount_does_not_flap() {
    let mut world = World::new(13);
    Table::serve(&mut world);
    let peer = world.connect();
    let first = watch(&mut world, peer);
    world.run(SECOND);
    world.act(peer, |client, now| client.unobserve(now, first));
    let second = watch(&mut world, peer);
    world.run(5 * SECOND);
    assert_eq!(world.server.count("unsubscribe"), 0);
    assert_eq!(world.server.count("subscribe"), 1);
    world.act(peer, |client, now| client.unobserve(now, second));
    world.run(5 * SECOND);
    assert_eq!(world.server.count("unsubscribe"), 1);
    assert_eq!(world.server.subscribers("tasks"), 0);
}

#[test]
fn coming_back_after_the_grace_fetches_what_was_missed() {
    let mut world = World::new(14);
    let table = Table::serve(&mut world);
    let peer = world.connect();
    let options = QueryOptions::default()
        .with_refetch_on_mount(false)
        .with_stale_time(Duration::MAX);
    let first = world.act(peer, |client, now| observe(client, now, options));
    world.run(SECOND);
    world.act(peer, |client, now| client.unobserve(now, first));
    world.run(5 * SECOND);
    table.put(&mut world, "t1", "missed");
    world.act(peer, |client, now| observe(client, now, options));
    world.run(5 * SECOND);
    assert_eq!(titles(&world, peer).unwrap(), ["missed"]);
}

#[test]
fn a_row_of_the_wrong_shape_is_a_fault_and_the_next_one_is_applied() {
    let mut world = World::new(15);
    let table = Table::serve(&mut world);
    let peer = world.connect();
    watch(&mut world, peer);
    world.run(SECOND);
    for data in [
        r#"{"action":"create","item":{"id":7}}"#,
        r#"{"action":"explode","item":{"id":"t1"}}"#,
        "[]",
        "null",
    ] {
        world.server.publish("tasks", "list:update", data);
    }
    table.put(&mut world, "t1", "fine");
    world.run(SECOND);
    assert_eq!(titles(&world, peer).unwrap(), ["fine"]);
    assert_eq!(world.take_faults(peer).len(), 4);
    let meta = world.client(peer).query_meta(&tasks()).unwrap();
    assert!(meta.is_live && meta.error.is_none(), "{meta:?}");
}

#[test]
fn a_paused_observer_neither_fetches_nor_subscribes() {
    let mut world = World::new(16);
    Table::serve(&mut world);
    let peer = world.connect();
    let paused = QueryOptions::default().with_enabled(false);
    let observer = world.act(peer, |client, now| observe(client, now, paused));
    world.run(5 * SECOND);
    assert_eq!(world.server.count("subscribe"), 0);
    assert!(world.fetched(peer).is_empty());
    world.act(peer, |client, now| client.set_enabled(now, observer, true));
    world.run(SECOND);
    assert!(titles(&world, peer).is_some());
    world.act(peer, |client, now| {
        client.set_enabled(now, observer, false);
    });
    world.run(5 * SECOND);
    assert_eq!(world.server.subscribers("tasks"), 0);
}

#[test]
fn a_snapshot_event_fills_a_list_that_could_not_be_fetched() {
    let mut world = World::new(17);
    let peer = world.connect();
    watch(&mut world, peer);
    world.run(SECOND);
    assert_eq!(titles(&world, peer), None);
    let items = r#"[{"id":"t1","version":1,"title":"write"}]"#;
    let data = format!(r#"{{"action":"snapshot","items":{items}}}"#);
    world.server.publish("tasks", "list:update", &data);
    world.run(SECOND);
    assert_eq!(titles(&world, peer).unwrap(), ["write"]);
}

#[test]
fn a_batch_with_one_bad_row_applies_the_others_and_reports_it() {
    let mut world = World::new(18);
    Table::serve(&mut world);
    let peer = world.connect();
    watch(&mut world, peer);
    world.run(SECOND);
    let data = r#"{"action":"batch","changes":[
        {"action":"create","item":{"id":"t1","version":1,"title":"one"}},
        {"action":"create","item":{"id":"t2","version":"?"}},
        {"action":"create","item":{"id":"t3","version":1,"title":"three"}}]}"#;
    world.server.publish("tasks", "list:update", data);
    world.run(SECOND);
    assert_eq!(titles(&world, peer).unwrap(), ["one", "three"]);
    assert_eq!(world.take_faults(peer).len(), 1);
    let stats = world.client(peer).list_stats(&tasks()).unwrap();
    assert_eq!((stats.applied, stats.malformed), (2, 1));
    let meta = world.client(peer).query_meta(&tasks()).unwrap();
    assert!(meta.is_stale && meta.event_error.is_some(), "{meta:?}");
}

#[test]
fn how_each_subscription_turned_out_can_be_asked() {
    let mut world = World::new(19);
    world.server.abilities.history = 2;
    let table = Table::serve(&mut world);
    let peer = world.connect();
    watch(&mut world, peer);
    let recovery = |world: &World| world.client(peer).recovery(&tasks());
    assert_eq!(recovery(&world), None);
    world.run(SECOND);
    assert_eq!(recovery(&world), Some(Continuity::Fresh));
    world.take_down(peer);
    table.put(&mut world, "t1", "missed");
    world.heal(peer);
    world.run(10 * SECOND);
    assert_eq!(recovery(&world), Some(Continuity::Recovered { missed: 1 }));
    world.take_down(peer);
    for n in 0..5 {
        table.put(&mut world, "t1", &n.to_string());
    }
    world.heal(peer);
    world.run(10 * SECOND);
    let lost = Continuity::Gap(GapReason::NotRecovered);
    assert_eq!(recovery(&world), Some(lost));
}
