//! Servers that lose their memory and count versions anew: nothing of the old history binds.

use crate::task::{Table, Task};
use realtime_core::{
    FetchError, Fetched, Instant, ListOptions, ListSpec, Position, QueryKey, QueryOptions, key,
    testing::{PeerId, World},
};
use std::{cell::Cell, time::Duration};

const SECOND: Duration = Duration::from_secs(1);

fn tasks() -> QueryKey {
    key!["tasks"]
}

fn watch(world: &mut World, peer: PeerId, channels: &[&str]) {
    let by_id = ListOptions::<Task>::default().with_sort(|a, b| a.id.cmp(&b.id));
    let channel = match channels {
        [only] => Some((*only).into()),
        _ => None,
    };
    let spec = ListSpec::new(channel).with_options(by_id);
    world.act(peer, |client, now| {
        for channel in channels {
            client.subscribe(now, &(*channel).into()).unwrap();
        }
        let options = QueryOptions::default();
        client.observe_list(now, &tasks(), spec, &options).unwrap();
    });
}

fn titles(world: &World, peer: PeerId) -> Vec<String> {
    let list = world.client(peer).list::<Task>(&tasks());
    let list = list.expect("the list has been fetched");
    list.iter().map(|task| task.title.clone()).collect()
}

/// A client that has seen `a` at version 5, and `b` deleted at version 2.
fn seasoned(channels: &[&str], set_up: impl FnOnce(&mut World)) -> (World, Table, PeerId) {
    let mut world = World::new(11);
    let table = Table::serve(&mut world);
    set_up(&mut world);
    let peer = world.connect();
    watch(&mut world, peer, channels);
    world.run(5 * SECOND);
    for title in ["one", "two", "three", "four", "five"] {
        table.put(&mut world, "a", title);
    }
    table.put(&mut world, "b", "gone");
    table.delete(&mut world, "b");
    world.run(SECOND);
    assert_eq!(titles(&world, peer), ["five"]);
    (world, table, peer)
}

/// The server starts again in memory while the client is away.
fn forgets(world: &mut World, table: &Table, peer: PeerId) {
    world.take_down(peer);
    world.run(SECOND);
    world.server.restart(false);
    table.begin_anew(&[("a", "fresh"), ("b", "again")]);
    world.heal(peer);
}

#[test]
fn under_a_new_epoch_old_versions_and_deletes_hide_nothing() {
    let (mut world, table, peer) = seasoned(&["tasks"], |_| {});
    forgets(&mut world, &table, peer);
    world.run(10 * SECOND);
    assert_eq!(titles(&world, peer), ["fresh", "again"]);
    table.put(&mut world, "a", "newer");
    world.run(SECOND);
    assert_eq!(titles(&world, peer), ["newer", "again"]);
    assert_eq!(world.fetched(peer).len(), 2);
}

#[test]
fn events_of_a_new_epoch_show_before_the_snapshot_does() {
    let (mut world, table, peer) = seasoned(&["tasks"], |_| {});
    world.fetch_latency = 4_000..=4_000;
    forgets(&mut world, &table, peer);
    table.begin_anew(&[("a", "fresh")]);
    world.run(3 * SECOND);
    table.put(&mut world, "b", "again");
    table.put(&mut world, "c", "made");
    world.run(SECOND / 2);
    assert_eq!(titles(&world, peer), ["five", "again", "made"]);
    table.delete(&mut world, "c");
    world.run(10 * SECOND);
    assert_eq!(titles(&world, peer), ["fresh", "again"]);
}

#[test]
fn a_patch_of_a_new_epoch_that_overtakes_the_snapshot_lies_over_it() {
    let (mut world, table, peer) = seasoned(&["tasks"], |_| {});
    world.fetch_reads_early = true;
    world.fetch_latency = 2_000..=2_000;
    forgets(&mut world, &table, peer);
    let before = world.fetched(peer).len();
    while world.fetched(peer).len() == before {
        world.run(Duration::from_millis(10));
    }
    let patch = r#"{"action":"update","item":{"id":"a","version":2,"title":"patched"}}"#;
    world.server.publish("tasks", "list:update", patch);
    world.run(SECOND / 2);
    assert_eq!(titles(&world, peer), ["patched"]);
    world.run(5 * SECOND);
    assert_eq!(titles(&world, peer), ["patched", "again"]);
}

#[test]
fn a_fetch_that_was_read_before_the_restart_does_not_bind_the_next_one() {
    for positions in [true, false] {
        let (mut world, table, peer) = seasoned(&["tasks"], |world| {
            world.server.abilities.positions = positions;
        });
        world.fetch_reads_early = true;
        world.fetch_latency = 8_000..=8_000;
        world.act(peer, |client, now| client.refetch(now, &tasks()));
        forgets(&mut world, &table, peer);
        world.run(30 * SECOND);
        assert_eq!(titles(&world, peer), ["fresh", "again"], "{positions}");
        table.put(&mut world, "a", "newer");
        world.run(SECOND);
        assert_eq!(titles(&world, peer), ["newer", "again"], "{positions}");
    }
}

#[test]
fn several_channels_of_one_list_begin_anew_together() {
    for positions in [true, false] {
        let (mut world, table, peer) = seasoned(&["tasks", "more"], |world| {
            world.server.abilities.positions = positions;
        });
        forgets(&mut world, &table, peer);
        world.run(10 * SECOND);
        assert_eq!(titles(&world, peer), ["fresh", "again"], "{positions}");
    }
}

#[test]
fn without_epochs_a_fetch_after_the_link_came_back_outranks_what_is_remembered() {
    for answers in [true, false] {
        let (mut world, table, peer) = seasoned(&["tasks"], |world| {
            world.server.abilities.positions = false;
            world.server.abilities.answers = answers;
        });
        forgets(&mut world, &table, peer);
        world.run(10 * SECOND);
        assert_eq!(titles(&world, peer), ["fresh", "again"], "{answers}");
        table.put(&mut world, "a", "newer");
        world.run(SECOND);
        assert_eq!(titles(&world, peer), ["newer", "again"], "{answers}");
    }
}

#[test]
fn without_epochs_what_an_event_of_this_link_explains_stays() {
    let (mut world, table, peer) = seasoned(&["tasks"], |world| {
        world.server.abilities.positions = false;
    });
    // The first fetch fails, and the next is answered by a copy that lags behind.
    let (old, has_failed) = (table.rows(), Cell::new(false));
    world.on_fetch(move |_, _| match has_failed.replace(true) {
        false => Err(FetchError::new("the server answered 503")),
        true => Ok(old.clone()),
    });
    world.fetch_latency = 10..=10;
    world.cut(peer);
    let failures = |world: &World| world.client(peer).stats().queries.failures;
    while failures(&world) == 0 {
        world.run(Duration::from_millis(10));
    }
    let before = world.fetched(peer).len();
    table.put(&mut world, "a", "six");
    world.run(Duration::from_millis(100));
    assert_eq!(
        world.fetched(peer).len(),
        before,
        "the event comes before the fetch begins"
    );
    world.run(20 * SECOND);
    assert!(world.fetched(peer).len() > before);
    assert_eq!(titles(&world, peer), ["six"]);
}

#[test]
fn without_epochs_a_patch_lies_over_the_row_that_the_fetch_brings() {
    let (mut world, table, peer) = seasoned(&["tasks"], |world| {
        world.server.abilities.positions = false;
    });
    world.fetch_reads_early = true;
    world.fetch_latency = 2_000..=2_000;
    world.take_down(peer);
    world.run(SECOND);
    world.server.restart(false);
    table.begin_anew(&[("a", "fresh")]);
    for title in ["2", "3", "4", "5"] {
        table.put(&mut world, "a", title);
    }
    world.heal(peer);
    let before = world.fetched(peer).len();
    while world.fetched(peer).len() == before {
        world.run(Duration::from_millis(10));
    }
    // The next number after what is on screen, yet of another row.
    let patch = r#"{"action":"update","item":{"id":"a","version":6}}"#;
    world.server.publish("tasks", "list:update", patch);
    world.run(5 * SECOND);
    assert_eq!(titles(&world, peer), ["5"]);
}

#[test]
fn a_fetch_may_be_the_first_to_tell_of_a_new_epoch() {
    let (mut world, table, peer) = seasoned(&["tasks"], |world| {
        world.server.abilities.positions = false;
    });
    let serve = |world: &mut World, table: &Table, epoch: &'static str| {
        let table = table.clone();
        world.on_positioned_fetch(move |_, _| {
            let position = Position {
                epoch: epoch.into(),
                seq: 1,
            };
            Ok(Fetched::new(table.rows()).with_position(position))
        });
    };
    serve(&mut world, &table, "old");
    world.act(peer, |client, now| client.refetch(now, &tasks()));
    world.run(SECOND);
    table.begin_anew(&[("a", "fresh"), ("b", "again")]);
    serve(&mut world, &table, "new");
    world.act(peer, |client: &mut _, now: Instant| {
        client.refetch(now, &tasks())
    });
    world.run(10 * SECOND);
    assert_eq!(titles(&world, peer), ["fresh", "again"]);
}

#[test]
fn without_epochs_a_new_row_under_a_deleted_id_is_asked_for() {
    let (mut world, table, peer) = seasoned(&["tasks"], |world| {
        world.server.abilities.positions = false;
    });
    world.take_down(peer);
    world.run(SECOND);
    world.server.restart(false);
    table.begin_anew(&[]);
    world.heal(peer);
    world.run(10 * SECOND);
    let fetches = world.fetched(peer).len();
    // The server counts its rows from the beginning, so it gives the ids that it gave before.
    table.put(&mut world, "b", "again");
    world.run(5 * SECOND);
    assert_eq!(titles(&world, peer), ["again"]);
    assert_eq!(world.fetched(peer).len(), fetches + 1);
    table.put(&mut world, "b", "and again");
    world.run(5 * SECOND);
    assert_eq!(titles(&world, peer), ["and again"]);
    assert_eq!(world.fetched(peer).len(), fetches + 1);
}
