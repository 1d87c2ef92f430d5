//! Seeds: what a client takes along, and what the next one makes of it.

use crate::task::{Table, Task};
use realtime_core::{
    Continuity, Fault, Fit, ListItem as _, ListSpec, QueryKey, QueryOptions, QueryStatus,
    RecordSpec, Seed, SeedError, key,
    testing::{PeerId, World},
};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn tasks() -> QueryKey {
    key!["tasks"]
}

fn spec() -> ListSpec<Task> {
    ListSpec::new(Some("tasks".into())).with_seed()
}

fn watch(world: &mut World, peer: PeerId) {
    watch_as(world, peer, spec());
}

fn watch_as(world: &mut World, peer: PeerId, spec: ListSpec<Task>) {
    world
        .act(peer, |client, now| {
            client.observe_list(now, &tasks(), spec, &QueryOptions::default())
        })
        .expect("the key is free");
}

/// A client that has shown the list for a while, and what it takes along.
fn first(world: &mut World) -> Vec<Seed> {
    let peer = world.connect();
    watch(world, peer);
    world.run(10 * SECOND);
    export(world, peer)
}

pub(crate) fn export(world: &World, peer: PeerId) -> Vec<Seed> {
    world.client(peer).export(world.now(), &key![])
}

pub(crate) fn add(world: &mut World) -> PeerId {
    world.add(realtime_core::ClientOptions::new("ws://server.test/ws"))
}

/// A client that begins with it, and has not heard of the server yet.
fn reload(world: &mut World, seeds: Vec<Seed>, fit: Fit) -> PeerId {
    let peer = add(world);
    world.act(peer, |client, now| client.import(now, seeds, fit));
    watch(world, peer);
    peer
}

pub(crate) fn connect(world: &mut World, peer: PeerId) {
    world.act(peer, realtime_core::Client::connect);
    world.run(10 * SECOND);
}

fn world(seed: u64) -> (World, Table) {
    let mut world = World::new(seed);
    let table = Table::serve(&mut world);
    table.put(&mut world, "t1", "write");
    table.put(&mut world, "t2", "read");
    (world, table)
}

fn titles(world: &World, peer: PeerId) -> Option<Vec<String>> {
    let list = world.client(peer).list::<Task>(&tasks())?;
    Some(list.iter().map(|task| task.title.clone()).collect())
}

fn recovery(world: &World, peer: PeerId) -> Option<Continuity> {
    world.client(peer).recovery(&tasks())
}

#[track_caller]
fn check(world: &World, peer: PeerId, table: &Table, fetches: usize) {
    let rows: Vec<String> = table.rows().into_iter().map(|task| task.title).collect();
    assert_eq!(titles(world, peer), Some(rows));
    assert_eq!(world.fetched(peer).len(), fetches, "fetches");
    let meta = world.client(peer).query_meta(&tasks()).expect("observed");
    assert!(meta.is_live);
    assert_ne!(recovery(world, peer), Some(Continuity::Restored));
}

#[test]
fn a_reload_shows_the_rows_at_once_and_fetches_nothing() {
    let (mut world, table) = world(1);
    let seeds = first(&mut world);
    assert_eq!(seeds.len(), 1);
    table.put(&mut world, "t3", "sleep");
    table.put(&mut world, "t1", "rewrite");
    table.delete(&mut world, "t2");

    let peer = reload(&mut world, seeds, Fit::Full);
    assert_eq!(titles(&world, peer).unwrap(), ["write", "read"]);
    assert_eq!(recovery(&world, peer), Some(Continuity::Restored));
    let meta = world.client(peer).query_meta(&tasks()).expect("observed");
    assert!(meta.is_stale && !meta.is_live && meta.status == QueryStatus::Success);

    connect(&mut world, peer);
    assert_eq!(
        recovery(&world, peer),
        Some(Continuity::Recovered { missed: 3 })
    );
    check(&world, peer, &table, 0);
    let meta = world.client(peer).query_meta(&tasks()).expect("observed");
    assert!(!meta.is_loading());
    assert_eq!(world.client(peer).stats().seeds.restored, 1);
}

#[test]
fn the_rows_of_another_build_are_shown_and_fetched_anew() {
    let (mut world, table) = world(2);
    let seeds = first(&mut world);
    let peer = reload(&mut world, seeds, Fit::RowsOnly);
    assert_eq!(titles(&world, peer).unwrap(), ["write", "read"]);
    connect(&mut world, peer);
    check(&world, peer, &table, 1);
}

#[test]
fn too_long_an_absence_or_a_server_that_began_anew_costs_one_fetch() {
    for restart in [false, true] {
        let (mut world, table) = world(3);
        world.server.abilities.history = 2;
        let seeds = first(&mut world);
        for title in ["a", "b", "c", "d"] {
            table.put(&mut world, "t1", title);
        }
        if restart {
            world.server.restart(false);
        }
        let peer = reload(&mut world, seeds, Fit::Full);
        connect(&mut world, peer);
        check(&world, peer, &table, 1);
    }
}

#[test]
fn an_empty_list_is_not_shown_as_empty_before_the_server_has_said_so() {
    for grows in [false, true] {
        let mut world = World::new(4);
        let table = Table::serve(&mut world);
        let seeds = first(&mut world);
        assert_eq!(seeds.len(), 1, "an empty list is a list");
        if grows {
            table.put(&mut world, "t1", "write");
        }
        let peer = reload(&mut world, seeds, Fit::Full);
        assert_eq!(titles(&world, peer), None);
        let meta = world.client(peer).query_meta(&tasks()).expect("observed");
        assert_eq!(meta.status, QueryStatus::Pending);
        connect(&mut world, peer);
        check(&world, peer, &table, 0);
    }
}

#[test]
fn without_positions_a_seed_has_none_and_its_rows_are_fetched_anew() {
    let (mut world, table) = world(5);
    world.server.abilities.positions = false;
    let seeds = first(&mut world);
    let peer = reload(&mut world, seeds, Fit::Full);
    assert_eq!(titles(&world, peer).unwrap(), ["write", "read"]);
    connect(&mut world, peer);
    check(&world, peer, &table, 1);
}

#[test]
fn data_that_may_lack_events_takes_no_position_along() {
    let (mut world, table) = world(6);
    let peer = world.connect();
    watch(&mut world, peer);
    world.run(10 * SECOND);
    world
        .server
        .publish("tasks", "list:update", r#"{"action":"nonsense"}"#);
    world.run(SECOND);
    let seeds = export(&world, peer);
    let second = reload(&mut world, seeds, Fit::Full);
    connect(&mut world, second);
    check(&world, second, &table, 1);
}

#[test]
fn a_seed_that_was_not_confirmed_yet_is_taken_along_with_its_position() {
    let (mut world, table) = world(7);
    let seeds = first(&mut world);
    let offline = reload(&mut world, seeds.clone(), Fit::Full);
    let again = export(&world, offline);
    assert_eq!(again.len(), 1);
    table.put(&mut world, "t3", "sleep");
    let peer = reload(&mut world, again, Fit::Full);
    connect(&mut world, peer);
    check(&world, peer, &table, 0);
}

#[test]
fn what_was_taken_along_offline_resumes_from_where_the_link_ended() {
    let (mut world, table) = world(8);
    let peer = world.connect();
    watch(&mut world, peer);
    world.run(10 * SECOND);
    world.take_down(peer);
    table.put(&mut world, "t3", "sleep");
    world.run(SECOND);
    let seeds = export(&world, peer);
    let second = reload(&mut world, seeds, Fit::Full);
    connect(&mut world, second);
    check(&world, second, &table, 0);
}

#[test]
fn a_seed_fills_a_query_that_is_observed_already_and_replaces_nothing() {
    let (mut world, table) = world(9);
    let seeds = first(&mut world);
    table.put(&mut world, "t1", "rewrite");

    let late = add(&mut world);
    world.act(late, |client, now| client.hold(now));
    watch(&mut world, late);
    world.act(late, realtime_core::Client::connect);
    world.run(10 * SECOND);
    assert!(world.fetched(late).is_empty() && world.connects(late).is_empty());
    let meta = world.client(late).query_meta(&tasks()).expect("observed");
    assert!(meta.is_loading());
    let used = world.act(late, |client, now| {
        let used = client.import(now, seeds.clone(), Fit::Full);
        client.release_hold(now);
        used
    });
    assert_eq!((used, titles(&world, late).unwrap().len()), (1, 2));
    world.run(10 * SECOND);
    check(&world, late, &table, 0);

    let used = world.act(late, |client, now| client.import(now, seeds, Fit::Full));
    assert_eq!(used, 0);
    assert_eq!(world.client(late).stats().seeds.outdated, 1);
    check(&world, late, &table, 0);
}

#[test]
fn of_two_seeds_of_one_query_the_younger_counts() {
    for old_last in [false, true] {
        let (mut world, table) = world(10);
        let mut old = first(&mut world);
        for seed in &mut old {
            seed.kept_for = 60 * SECOND;
        }
        table.put(&mut world, "t3", "sleep");
        let young = first(&mut world);
        let (one, two) = if old_last { (young, old) } else { (old, young) };
        let peer = reload(&mut world, [one, two].concat(), Fit::Full);
        assert_eq!(titles(&world, peer).unwrap(), ["write", "read", "sleep"]);
    }
}

#[test]
fn a_deleted_row_stays_deleted_and_a_late_update_finds_its_place() {
    let (mut world, table) = world(11);
    let peer = world.connect();
    watch(&mut world, peer);
    world.run(10 * SECOND);
    table.delete(&mut world, "t2");
    // Version 4 comes before version 3, which leaves a hole between.
    let patch = |version: u64, field: &str| {
        format!(r#"{{"action":"update","item":{{"id":"t1","version":{version},{field}}}}}"#)
    };
    let (first, second) = (
        patch(8, r#""title":"eight""#),
        patch(7, r#""title":"seven""#),
    );
    world.server.publish("tasks", "list:update", &first);
    world.run(SECOND);
    let seeds = export(&world, peer);
    assert!(seeds[0].text.contains("deletes") && seeds[0].text.contains("patches"));

    let second_peer = reload(&mut world, seeds, Fit::Full);
    connect(&mut world, second_peer);
    let late = r#"{"action":"update","item":{"id":"t2","version":2,"title":"ghost"}}"#;
    let ghost = r#"{"action":"create","item":{"id":"t2","version":1,"title":"ghost"}}"#;
    for event in [late, ghost, &second] {
        world.server.publish("tasks", "list:update", event);
    }
    world.run(SECOND);
    for peer in [peer, second_peer] {
        let list = world.client(peer).list::<Task>(&tasks()).expect("filled");
        let rows: Vec<_> = list.iter().map(|task| task.title.clone()).collect();
        assert_eq!(rows, ["eight"]);
    }
    assert!(world.fetched(second_peer).is_empty());
}

#[test]
fn a_seed_of_other_data_is_refused_and_its_query_fetched() {
    let (mut world, table) = world(14);
    let seeds = first(&mut world);
    let text = seeds[0].text.replace("title", "t1tle");
    assert_eq!(Seed::from_text(text), Err(SeedError::Damaged));

    // The same key held a number in an earlier version of the app.
    world.on_fetch(|_, _| Ok::<u64, _>(7));
    let old = world.connect();
    let number = RecordSpec::<u64>::new().with_seed();
    world
        .act(old, |client, now| {
            client.observe_record(now, &tasks(), number, &QueryOptions::default())
        })
        .expect("the key is free");
    world.run(SECOND);
    let seeds = export(&world, old);
    let table = {
        drop(table);
        Table::serve(&mut world)
    };
    let peer = reload(&mut world, seeds, Fit::Full);
    assert_eq!(titles(&world, peer), None);
    assert!(matches!(
        world.take_faults(peer)[..],
        [Fault::Seed(SeedError::Data(_))]
    ));
    connect(&mut world, peer);
    check(&world, peer, &table, 1);
    assert_eq!(world.client(peer).stats().seeds.refused, 1);
}

#[test]
fn nothing_is_taken_along_that_did_not_ask_for_it() {
    let (mut world, _) = world(15);
    let peer = world.connect();
    watch_as(&mut world, peer, ListSpec::new(Some("tasks".into())));
    world.run(10 * SECOND);
    assert_eq!(export(&world, peer), []);
}

#[test]
fn signing_out_forgets_the_seeds_that_wait() {
    let (mut world, _) = world(16);
    let seeds = first(&mut world);
    let peer = add(&mut world);
    world.act(peer, |client, now| client.import(now, seeds, Fit::Full));
    assert_eq!(world.client(peer).stats().seeds.waiting, 1);
    world.act(peer, realtime_core::Client::sign_out);
    assert_eq!(world.client(peer).stats().seeds.waiting, 0);
    watch(&mut world, peer);
    assert_eq!(titles(&world, peer), None);
}

#[test]
fn an_import_tells_no_listener() {
    let (mut world, table) = world(17);
    let seeds = first(&mut world);
    table.put(&mut world, "t3", "sleep");
    let peer = add(&mut world);
    world
        .act(peer, |client, now| {
            client.listen(now, &"list:update".into(), Some(&"tasks".into()))
        })
        .expect("there is room");
    world.act(peer, |client, now| client.import(now, seeds, Fit::Full));
    watch(&mut world, peer);
    assert!(world.take_events(peer).is_empty());
    connect(&mut world, peer);
    // What really happened meanwhile is news.
    assert_eq!(world.take_events(peer).len(), 1);
    assert_eq!(table.rows()[2].id(), "t3");
}

#[test]
fn a_seed_without_a_position_binds_no_version_that_a_new_history_counts_anew() {
    let (mut world, table) = world(18);
    world.server.abilities.positions = false;
    table.put(&mut world, "t1", "rewrite");
    let seeds = first(&mut world);
    world.server.restart(false);
    table.begin_anew(&[("t1", "new")]);
    let peer = reload(&mut world, seeds, Fit::Full);
    // Nothing but a fetch tells what there is now.
    world.run(10 * SECOND);
    assert_eq!(titles(&world, peer).unwrap(), ["new"]);
}
