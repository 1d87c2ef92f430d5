//! Data that was there before anything was fetched, such as what a server put into its page.

use crate::task::{Table, Task};
use realtime_core::{
    Continuity, ListSpec, Patch, Position, QueryKey, QueryOptions, RecordSpec, key,
    testing::{PeerId, World},
};
use std::{rc::Rc, time::Duration};

const SECOND: Duration = Duration::from_secs(1);

fn tasks() -> QueryKey {
    key!["tasks"]
}

/// What a server puts into its page: the rows, and where the channel stands.
struct Page {
    rows: Vec<Task>,
    position: Option<Position>,
}

impl Page {
    fn render(world: &World, table: &Table) -> Self {
        let (epoch, seq) = world.server.position("tasks");
        Self {
            rows: table.rows(),
            position: Some(Position {
                epoch: epoch.into(),
                seq,
            }),
        }
    }

    fn watch(&self, world: &mut World, peer: PeerId, key: &QueryKey) {
        let spec = ListSpec::<Task>::new(Some("tasks".into()))
            .with_initial(self.rows.clone(), self.position.clone());
        world
            .act(peer, |client, now| {
                client.observe_list(now, key, spec, &QueryOptions::default())
            })
            .expect("the key is free");
    }
}

fn world(seed: u64) -> (World, Table) {
    let mut world = World::new(seed);
    let table = Table::serve(&mut world);
    table.put(&mut world, "t1", "write");
    table.put(&mut world, "t2", "read");
    (world, table)
}

fn titles(world: &World, peer: PeerId, key: &QueryKey) -> Vec<String> {
    let list = world.client(peer).list::<Task>(key).expect("it has data");
    list.iter().map(|task| task.title.clone()).collect()
}

/// Whether the list shows what the server has, is live, and how often it was fetched.
#[track_caller]
fn check(world: &World, peer: PeerId, table: &Table, fetches: usize) {
    let rows: Vec<String> = table.rows().into_iter().map(|task| task.title).collect();
    assert_eq!(titles(world, peer, &tasks()), rows);
    assert_eq!(world.fetched(peer).len(), fetches, "fetches");
    let meta = world.client(peer).query_meta(&tasks()).cloned();
    assert!(meta.expect("there is a query").is_live);
}

#[test]
fn initial_data_with_its_position_spares_the_fetch() {
    let (mut world, table) = world(1);
    let page = Page::render(&world, &table);
    let peer = world.connect();
    page.watch(&mut world, peer, &tasks());
    assert_eq!(titles(&world, peer, &tasks()), ["write", "read"]);
    world.run(10 * SECOND);
    check(&world, peer, &table, 0);
    table.put(&mut world, "t3", "sleep");
    world.run(SECOND);
    check(&world, peer, &table, 0);
}

#[test]
fn what_has_changed_since_the_page_was_rendered_comes_as_events() {
    let (mut world, table) = world(2);
    let page = Page::render(&world, &table);
    table.put(&mut world, "t1", "rewrite");
    table.put(&mut world, "t3", "sleep");
    table.delete(&mut world, "t2");
    let peer = world.connect();
    page.watch(&mut world, peer, &tasks());
    world.run(10 * SECOND);
    check(&world, peer, &table, 0);
    let recovery = world.client(peer).recovery(&tasks());
    assert_eq!(recovery, Some(Continuity::Recovered { missed: 3 }));
}

#[test]
fn a_page_that_is_too_old_or_of_another_epoch_is_fetched_once() {
    for restart in [false, true] {
        let (mut world, table) = world(3);
        world.server.abilities.history = 2;
        let page = Page::render(&world, &table);
        for title in ["a", "b", "c", "d"] {
            table.put(&mut world, "t1", title);
        }
        if restart {
            world.server.restart(false);
        }
        let peer = world.connect();
        page.watch(&mut world, peer, &tasks());
        world.run(10 * SECOND);
        check(&world, peer, &table, 1);
    }
}

#[test]
fn without_a_position_or_a_server_that_knows_them_initial_data_is_fetched_as_any() {
    for (positions, answers) in [(true, true), (false, true), (false, false)] {
        let (mut world, table) = world(4);
        let mut page = Page::render(&world, &table);
        if positions {
            page.position = None;
        }
        world.server.abilities.positions = positions;
        world.server.abilities.answers = answers;
        table.put(&mut world, "t1", "rewrite");
        let peer = world.connect();
        page.watch(&mut world, peer, &tasks());
        let other = world.connect();
        world
            .act(other, |client, now| {
                let spec = ListSpec::<Task>::new(Some("tasks".into()));
                let options = QueryOptions::default();
                client.observe_list(now, &tasks(), spec, &options)
            })
            .expect("the key is free");
        world.run(10 * SECOND);
        // Where nobody answers, an event tells that the channel is live.
        table.put(&mut world, "t2", "reread");
        world.run(10 * SECOND);
        let fetches = world.fetched(other).len();
        assert!(fetches >= 1);
        check(&world, peer, &table, fetches);
    }
}

#[test]
fn a_component_that_comes_when_the_channel_is_live_needs_a_fetch_only_if_it_lags_behind() {
    let (mut world, table) = world(5);
    let early = Page::render(&world, &table);
    let peer = world.connect();
    early.watch(&mut world, peer, &key!["first"]);
    world.run(SECOND);
    table.put(&mut world, "t1", "rewrite");
    let late = Page::render(&world, &table);
    world.run(SECOND);
    late.watch(&mut world, peer, &tasks());
    world.run(SECOND);
    check(&world, peer, &table, 0);
    early.watch(&mut world, peer, &key!["third"]);
    world.run(SECOND);
    assert_eq!(world.fetched(peer), [key!["third"]]);
    assert_eq!(titles(&world, peer, &key!["third"]), ["rewrite", "read"]);
}

#[test]
fn several_lists_of_one_page_resume_from_the_earliest_of_their_positions() {
    for late_first in [false, true] {
        let (mut world, table) = world(6);
        let early = Page::render(&world, &table);
        table.put(&mut world, "t3", "sleep");
        let late = Page::render(&world, &table);
        table.put(&mut world, "t1", "rewrite");
        let peer = world.connect();
        if late_first {
            late.watch(&mut world, peer, &tasks());
            early.watch(&mut world, peer, &key!["other"]);
        } else {
            early.watch(&mut world, peer, &key!["other"]);
            late.watch(&mut world, peer, &tasks());
        }
        world.run(10 * SECOND);
        check(&world, peer, &table, 0);
        let (one, two) = (tasks(), key!["other"]);
        assert_eq!(titles(&world, peer, &one), titles(&world, peer, &two));
    }
}

#[test]
fn what_the_user_asks_for_is_fetched_all_the_same() {
    let (mut world, table) = world(7);
    let page = Page::render(&world, &table);
    let peer = world.connect();
    page.watch(&mut world, peer, &tasks());
    world.act(peer, |client, now| client.refetch(now, &tasks()));
    world.run(10 * SECOND);
    check(&world, peer, &table, 1);
}

#[test]
fn a_link_that_takes_its_time_is_not_waited_for_longer_than_ever() {
    let (mut world, table) = world(8);
    let page = Page::render(&world, &table);
    let peer = world.connect();
    world.take_down(peer);
    page.watch(&mut world, peer, &tasks());
    world.run(10 * SECOND);
    assert_eq!(world.fetched(peer).len(), 1);
    table.put(&mut world, "t1", "rewrite");
    world.heal(peer);
    world.run(30 * SECOND);
    let rows: Vec<String> = table.rows().into_iter().map(|task| task.title).collect();
    assert_eq!(titles(&world, peer, &tasks()), rows);
}

#[test]
fn a_sum_that_a_page_brings_counts_each_event_once() {
    for behind in [0, 3] {
        let mut world = World::new(9);
        world.on_fetch(|_, _| Ok::<u64, realtime_core::FetchError>(1_000));
        for _ in 0..5 {
            world.server.publish("counts", "add", "1");
        }
        let (epoch, seq) = world.server.position("counts");
        let position = Position {
            epoch: epoch.into(),
            seq: seq - behind,
        };
        let add = Patch::reduce_as(|more: u64, sum: Option<&u64>| Some(sum? + more));
        let spec = RecordSpec::new()
            .on("add", Some("counts".into()), add)
            .with_initial(Rc::new(5 - behind), Some(position));
        let peer = world.connect();
        world
            .act(peer, |client, now| {
                client.observe_record(now, &key!["sum"], spec, &QueryOptions::default())
            })
            .expect("the key is free");
        world.run(10 * SECOND);
        world.server.publish("counts", "add", "1");
        world.run(SECOND);
        let sum = world.client(peer).record::<u64>(&key!["sum"]);
        assert_eq!(sum.as_deref(), Some(&6), "{behind} behind");
        assert!(world.fetched(peer).is_empty());
    }
}
