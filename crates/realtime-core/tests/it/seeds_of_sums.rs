//! Seeds of records that count: each event counts once, on one channel and on several.

use crate::seeds::{add, connect, export};
use realtime_core::{
    Fit, Patch, QueryKey, QueryOptions, RecordSpec, key,
    testing::{PeerId, World},
};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// A world whose events count one each, and whose fetches bring the sum of them.
fn counting(seed: u64) -> World {
    let mut world = World::new(seed);
    world.on_positioned_fetch(|_, server| {
        let (epoch, seq) = server.position("counts");
        let position = realtime_core::Position {
            epoch: epoch.into(),
            seq,
        };
        Ok(realtime_core::Fetched {
            position: Some(position),
            ..realtime_core::Fetched::new(seq)
        })
    });
    world
}

fn watch_sum(world: &mut World, peer: PeerId) {
    let add = Patch::reduce_as(|more: u64, sum: Option<&u64>| Some(sum? + more));
    let spec = RecordSpec::new()
        .on("add", Some("counts".into()), add)
        .with_seed();
    world
        .act(peer, |client, now| {
            client.observe_record(now, &key!["sum"], spec, &QueryOptions::default())
        })
        .expect("the key is free");
}

fn sum(world: &World, peer: PeerId) -> Option<u64> {
    world
        .client(peer)
        .record::<u64>(&key!["sum"])
        .map(|sum| *sum)
}

#[test]
fn a_record_is_taken_along_and_each_event_counts_once() {
    let mut world = counting(12);
    let peer = world.connect();
    watch_sum(&mut world, peer);
    world.run(10 * SECOND);
    for _ in 0..5 {
        world.server.publish("counts", "add", "1");
    }
    world.run(SECOND);
    let seeds = export(&world, peer);
    for _ in 0..3 {
        world.server.publish("counts", "add", "1");
    }
    let second = add(&mut world);
    world.act(second, |client, now| client.import(now, seeds, Fit::Full));
    watch_sum(&mut world, second);
    assert_eq!(sum(&world, second), Some(5));
    connect(&mut world, second);
    assert_eq!(sum(&world, second), Some(8));
    assert!(world.fetched(second).is_empty());
}

#[test]
fn a_query_of_several_channels_resumes_on_each_of_them() {
    for other_is_ahead in [false, true] {
        let mut world = World::new(13);
        world.on_fetch(|_, server| Ok(server.position("a").1 + server.position("b").1));
        let spec = || {
            let set = || Patch::replace();
            RecordSpec::<u64>::new()
                .on("set", Some("a".into()), set())
                .on("set", Some("b".into()), set())
                .with_seed()
        };
        let observe = |world: &mut World, peer, key: QueryKey| {
            world
                .act(peer, |client, now| {
                    client.observe_record(now, &key, spec(), &QueryOptions::default())
                })
                .expect("the key is free");
        };
        let peer = world.connect();
        observe(&mut world, peer, key!["sum"]);
        world.run(10 * SECOND);
        world.server.publish("a", "set", "3");
        world.server.publish("b", "set", "4");
        world.run(SECOND);
        let seeds = export(&world, peer);
        world.server.publish("a", "set", "5");
        world.server.publish("b", "set", "6");

        let second = add(&mut world);
        if other_is_ahead {
            // Somebody else uses one of the channels, from now on.
            world
                .act(second, |client, now| client.subscribe(now, &"a".into()))
                .expect("there is room");
            connect(&mut world, second);
        }
        world.act(second, |client, now| client.import(now, seeds, Fit::Full));
        observe(&mut world, second, key!["sum"]);
        let shown = |world: &World| world.client(second).record::<u64>(&key!["sum"]);
        assert_eq!(shown(&world).as_deref(), Some(&4));
        connect(&mut world, second);
        assert_eq!(world.fetched(second).len(), usize::from(other_is_ahead));
        assert!(other_is_ahead || shown(&world).as_deref() == Some(&6));
    }
}

#[test]
fn what_a_fetch_had_before_its_event_came_is_not_added_again_after_a_reload() {
    let mut world = counting(19);
    let peer = world.connect();
    watch_sum(&mut world, peer);
    world.run(10 * SECOND);
    world.link_mut(peer).latency = 2_000..=2_000;
    world.server.publish("counts", "add", "1");
    world.act(peer, |client, now| client.refetch(now, &key!["sum"]));
    world.run(SECOND);
    assert_eq!(sum(&world, peer), Some(1));
    let seeds = export(&world, peer);
    let second = add(&mut world);
    world.act(second, |client, now| client.import(now, seeds, Fit::Full));
    watch_sum(&mut world, second);
    connect(&mut world, second);
    assert_eq!(sum(&world, second), Some(1));
    assert!(world.fetched(second).is_empty());
}
