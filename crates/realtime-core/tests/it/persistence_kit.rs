//! A list on a disk: clients that keep it there, one after the other.

use crate::task::{Table, Task};
use realtime_core::{
    Client, ClientOptions, Continuity, ListSpec, PersistOptions, QueryKey, QueryOptions,
    StoreCommand, StoreTable, key,
    testing::{DiskId, PeerId, World},
};
use std::time::Duration;

pub(crate) const SECOND: Duration = Duration::from_secs(1);

pub(crate) fn tasks() -> QueryKey {
    key!["tasks"]
}

pub(crate) fn options() -> PersistOptions {
    PersistOptions::new("app").with_build("1")
}

/// A server with two rows, and an empty disk.
pub(crate) fn world(seed: u64) -> (World, Table, DiskId) {
    let mut world = World::new(seed);
    let table = Table::serve(&mut world);
    table.put(&mut world, "t1", "write");
    table.put(&mut world, "t2", "read");
    let disk = world.add_disk();
    (world, table, disk)
}

/// A page that keeps the list on the disk.
pub(crate) fn open(world: &mut World, disk: DiskId, options: PersistOptions) -> PeerId {
    let peer = world.add(ClientOptions::new("ws://server.test/ws"));
    world.plug_in(peer, disk);
    world.act(peer, |client, now| client.persist(now, options));
    watch(world, peer, &tasks());
    world.act(peer, Client::connect);
    peer
}

pub(crate) fn watch(world: &mut World, peer: PeerId, key: &QueryKey) {
    let spec = ListSpec::<Task>::new(Some("tasks".into())).with_persist();
    world
        .act(peer, |client, now| {
            client.observe_list(now, key, spec, &QueryOptions::default())
        })
        .expect("the key is free");
}

pub(crate) fn titles(world: &World, peer: PeerId) -> Option<Vec<String>> {
    let list = world.client(peer).list::<Task>(&tasks())?;
    Some(list.iter().map(|task| task.title.clone()).collect())
}

pub(crate) fn recovery(world: &World, peer: PeerId) -> Option<Continuity> {
    world.client(peer).recovery(&tasks())
}

/// Whether the list shows what the server has and is live, after so many fetches.
#[track_caller]
pub(crate) fn check(world: &World, peer: PeerId, table: &Table, fetches: usize) {
    let rows: Vec<String> = table.rows().into_iter().map(|task| task.title).collect();
    assert_eq!(titles(world, peer), Some(rows));
    assert_eq!(world.fetched(peer).len(), fetches, "fetches");
    let meta = world.client(peer).query_meta(&tasks()).expect("observed");
    assert!(meta.is_live);
}

/// How many writes each batch had that the disk was given since the last call.
pub(crate) fn batches(world: &mut World, disk: DiskId) -> Vec<usize> {
    let commands = world.disk_mut(disk).take_commands().into_iter();
    let writes = commands.filter_map(|command| match command {
        StoreCommand::Write { writes, .. } => Some(writes.len()),
        StoreCommand::Load | StoreCommand::Wipe => None,
    });
    writes.collect()
}

pub(crate) fn seeds(world: &World, disk: DiskId) -> usize {
    world.disk(disk).keys(StoreTable::Seeds).len()
}
