//! One's own edits, between the key press and the server's word.

use crate::kit::{Board, SECOND, member, millis, tasks, titles, watching};
use realtime_core::{
    Edit, FetchStatus, ListEdit, Message, Mutation, MutationEvent,
    testing::{PeerId, World},
};
use realtime_simulation::Task;
use serde_json::{Value, json};
use std::{cell::RefCell, rc::Rc};

/// A server that makes and renames tasks, and echoes.
fn serve(world: &mut World, board: &Board) -> Rc<RefCell<Vec<String>>> {
    let written = Rc::new(RefCell::new(Vec::new()));
    for event in ["create", "rename"] {
        let (board, written) = (board.clone(), Rc::clone(&written));
        world.server.on(event, move |server, request| {
            let data = &request.envelope["data"];
            let text = |name: &str| data[name].as_str().unwrap_or_default();
            let id = match text("id") {
                id if id.starts_with("temp") => id.replace("temp", "server"),
                id => id.to_owned(),
            };
            written.borrow_mut().push(text("title").to_owned());
            let task = board.set(&id, text("title"));
            let event = json!({"action": "upsert", "item": task}).to_string();
            server.publish_as("tasks", "list:update", &event, Some(request.text("id")));
            Ok(json!({"id": id, "version": task.version}))
        });
    }
    written
}

fn create(world: &mut World, peer: PeerId, id: &str, title: &str) {
    let task = Task {
        version: None,
        ..crate::kit::row(id, 1, title)
    };
    let data = json!({"id": id, "title": title}).to_string();
    let mutation = Mutation::new(Message::new("create", data))
        .with_edit(Edit::list(tasks(), ListEdit::Insert(task)));
    world.act(peer, |client, now| client.mutate(now, mutation));
}

fn rename(world: &mut World, peer: PeerId, id: &str, title: &str, scope: bool) {
    let patch = json!({"title": title}).to_string().into();
    let update = ListEdit::<Task>::Update {
        id: id.into(),
        patch,
    };
    let (row, title) = (id.to_owned(), title.to_owned());
    let mut mutation = Mutation::new(Message::new("rename", "null"))
        .with_edit(Edit::list(tasks(), update))
        .with_data(move |sending| json!({"id": sending.id(&row), "title": title}).to_string());
    if scope {
        mutation = mutation.with_scope(id);
    }
    world.act(peer, |client, now| client.mutate(now, mutation));
}

/// TanStack/db #1442, #1440, #1464
#[test]
fn a_row_of_our_own_never_shows_beside_the_servers_even_if_the_link_breaks_in_between() {
    for cut_after in [0, 15, 30, 45, 60, 80, 120] {
        let mut world = World::new(cut_after);
        let board = Board::serve(&mut world);
        serve(&mut world, &board);
        let peer = member(&mut world);
        world.link_mut(peer).latency = 20..=40;
        create(&mut world, peer, "temp-1", "mine");
        world.run(millis(cut_after));
        world.cut(peer);
        watching(&mut world, 5 * SECOND, |world| {
            assert_eq!(titles(world, peer), ["mine"], "cut after {cut_after} ms");
        });
        assert_eq!(board.titles(), ["mine"]);
    }
}

/// TanStack/db #1374
#[test]
fn rapid_edits_never_flicker_back_to_an_older_value() {
    let mut world = World::new(2);
    let board = Board::serve(&mut world);
    serve(&mut world, &board);
    let peer = member(&mut world);
    board.put(&mut world, "t1", "0");
    world.run(SECOND);
    world.link_mut(peer).latency = 50..=250;
    let mut shown = 0;
    for step in 1..=20 {
        rename(&mut world, peer, "t1", &step.to_string(), false);
        watching(&mut world, millis(40), |world| {
            let now: u32 = titles(world, peer)[0].parse().unwrap();
            assert!(now >= shown, "{now} after {shown}");
            shown = now;
        });
    }
    watching(&mut world, 5 * SECOND, |world| {
        assert_eq!(titles(world, peer), ["20"]);
    });
    assert_eq!(board.titles(), ["20"]);
}

/// TanStack/db #1469, #1017
#[test]
fn an_item_does_not_vanish_on_its_way_from_ours_to_the_servers() {
    let mut world = World::new(3);
    let board = Board::serve(&mut world);
    serve(&mut world, &board);
    let peer = member(&mut world);
    world.link_mut(peer).latency = 100..=100;
    create(&mut world, peer, "temp-1", "here");
    rename(&mut world, peer, "temp-1", "still here", false);
    watching(&mut world, 3 * SECOND, |world| {
        assert_eq!(titles(world, peer), ["still here"]);
    });
    assert_eq!(board.titles(), ["still here"]);
}

/// TanStack/query #4902
#[test]
fn edits_of_one_task_are_carried_out_in_their_order_over_a_link_that_breaks() {
    let mut world = World::new(4);
    let board = Board::serve(&mut world);
    let written = serve(&mut world, &board);
    let peer = member(&mut world);
    board.put(&mut world, "t1", "0");
    world.run(SECOND);
    for step in 1..=6 {
        rename(&mut world, peer, "t1", &step.to_string(), true);
        world.run(millis(30));
        world.cut(peer);
    }
    world.run(60 * SECOND);
    assert_eq!(*written.borrow(), ["1", "2", "3", "4", "5", "6"]);
    assert_eq!(titles(&world, peer), ["6"]);
}

/// TanStack/query #5968
#[test]
fn cancelling_an_edit_during_a_fetch_leaves_nothing_fetching_for_ever() {
    let mut world = World::new(5);
    let board = Board::serve(&mut world);
    serve(&mut world, &board);
    let peer = member(&mut world);
    board.put(&mut world, "t1", "before");
    world.run(SECOND);
    world.fetch_latency = 800..=800;
    world.link_mut(peer).latency = 300..=300;
    world.act(peer, |client, now| client.refetch(now, &tasks()));
    let patch = json!({"title": "mine"}).to_string().into();
    let update = ListEdit::<Task>::Update {
        id: "t1".into(),
        patch,
    };
    let mutation = Mutation::new(Message::new("unheard", Value::Null.to_string()))
        .with_edit(Edit::list(tasks(), update));
    let id = world.act(peer, |client, now| client.mutate(now, mutation));
    world.run(millis(100));
    world.act(peer, |client, now| client.cancel_mutation(now, id));
    world.run(5 * SECOND);
    let meta = world.client(peer).query_meta(&tasks()).unwrap();
    assert_eq!(meta.fetch_status, FetchStatus::Idle);
    assert_eq!(titles(&world, peer), ["before"]);
    let ends = world.take_mutations(peer);
    assert!(
        matches!(ends[..], [(_, MutationEvent::Failed { .. })]),
        "{ends:?}"
    );
}

/// liveblocks #3535
#[test]
fn an_edit_made_before_the_first_fetch_is_neither_lost_nor_overwritten_by_it() {
    let mut world = World::new(6);
    let board = Board::serve(&mut world);
    serve(&mut world, &board);
    board.put(&mut world, "t1", "old");
    world.fetch_reads_early = true;
    world.fetch_latency = 2_000..=2_000;
    let peer = member(&mut world);
    rename(&mut world, peer, "t1", "new", false);
    world.run(10 * SECOND);
    assert_eq!(board.titles(), ["new"]);
    assert_eq!(titles(&world, peer), ["new"]);
}
