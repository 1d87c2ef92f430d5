//! Mutations that a page leaves behind, and another takes over that lives.

use crate::{
    mutation_board::{SECOND, create, mutate, put, serve, state, title},
    mutation_kept::{durable, kept, open, options, titles},
};
use realtime_core::{
    Client, Input, ItemState, StoreEvent, StoreTable, StoredValue,
    testing::{DiskId, World},
};

/// What a page that is gone has left, as a page that lives is told of it.
fn left(world: &World, disk: DiskId) -> StoreEvent {
    let disk = world.disk(disk);
    let values = disk
        .keys(StoreTable::Outbox)
        .into_iter()
        .map(|key| StoredValue {
            key: key.to_owned(),
            value: disk.get(StoreTable::Outbox, key).unwrap().into(),
            age: SECOND,
        });
    StoreEvent::Left(values.collect())
}

#[test]
fn what_a_page_leaves_behind_a_page_that_lives_shows_and_carries_out_once() {
    for is_offline in [false, true] {
        let mut world = World::new(15);
        let board = serve(&mut world);
        put(&mut world, &board, "c-a", |card| card.title = "a".into());
        let disk = world.add_disk();
        let heir = open(&mut world, disk, options());
        let gone = open(&mut world, disk, options());
        world.run(10 * SECOND);
        world.take_down(gone);
        mutate(&mut world, gone, durable(title("c-a", "b")));
        mutate(&mut world, gone, durable(create("tmp-1", "new")));
        mutate(&mut world, gone, durable(title("tmp-1", "newer")));
        world.run(SECOND);
        world.kill(gone);
        if is_offline {
            world.take_down(heir);
        }
        let left = left(&world, disk);
        world.input(heir, Input::Store(left));
        assert_eq!(titles(&world, heir), ["b", "newer"]);
        assert_eq!(state(&world, heir, "c-a"), ItemState::Pending);
        world.heal(heir);
        world.run(60 * SECOND);
        let mut written = board.borrow().written.clone();
        written.sort();
        assert_eq!(written, ["b", "new", "newer"]);
        assert_eq!(
            (kept(&world, disk), titles(&world, heir)),
            (0, vec!["b".to_owned(), "newer".into()])
        );
    }
}

#[test]
fn what_is_left_to_a_page_that_has_not_read_its_store_or_has_signed_out_is_not_its_own() {
    let mut world = World::new(16);
    let board = serve(&mut world);
    let disk = world.add_disk();
    let gone = open(&mut world, disk, options());
    world.run(10 * SECOND);
    world.take_down(gone);
    mutate(&mut world, gone, durable(create("own-1", "new")));
    world.run(SECOND);
    world.kill(gone);
    let (left, none) = (left(&world, disk), world.add_disk());
    let peer = open(&mut world, none, options());
    world.input(peer, Input::Store(left.clone()));
    assert_eq!(world.client(peer).pending_mutations(), 0);
    world.run(10 * SECOND);
    world.act(peer, Client::sign_out);
    world.input(peer, Input::Store(left));
    assert_eq!(world.client(peer).pending_mutations(), 0);
    assert!(board.borrow().written.is_empty());
}
