//! An edit is seen at once, and exactly once, whatever the server says and in whatever order.

use crate::mutation_board::{
    Answers, Card, SECOND, cards, create, delete, edit, member, mutate, outcomes, put, serve,
    shown, state, title, titles, watch,
};
use realtime_core::{ConflictPolicy, ItemState, RowId, Topic, testing::World};
use serde_json::json;
use std::{rc::Rc, time::Duration};

const POLICY: ConflictPolicy<Card> = ConflictPolicy::LastWriterWins;

/// Every way in which a server may tell of an edit: what its answer says, whether its events
/// carry the message's id, whether it sends events at all.
fn servers() -> impl Iterator<Item = (Answers, bool, bool)> {
    let answers = [Answers::Whole, Answers::Version, Answers::Nothing];
    answers.into_iter().flat_map(|answers| {
        [(true, true), (false, true), (false, false)]
            .into_iter()
            .map(move |(echoes, events)| (answers, echoes, events))
    })
}

#[test]
fn an_update_shows_at_once_and_never_flickers_back() {
    for (answers, echoes, events) in servers() {
        let mut world = World::new(1);
        let board = serve(&mut world);
        put(&mut world, &board, "c0", |card| card.title = "old".into());
        let peer = member(&mut world, POLICY);
        (board.borrow_mut().answers, board.borrow_mut().echoes) = (answers, echoes);
        board.borrow_mut().events = events;
        let mutation = mutate(&mut world, peer, title("c0", "new"));
        assert_eq!(titles(&world, peer), ["new"]);
        assert_eq!(state(&world, peer, "c0"), ItemState::Pending);
        watch(&mut world, peer, 12 * SECOND, |client| {
            let list = client.list::<Card>(&cards()).unwrap();
            let titles: Vec<_> = list.iter().map(|card| card.title.clone()).collect();
            assert_eq!(titles, ["new"], "{answers:?} {echoes} {events}");
        });
        assert_eq!(outcomes(&mut world, peer), [(mutation, "confirmed")]);
        assert_eq!(state(&world, peer, "c0"), ItemState::Synced);
        assert_eq!(world.client(peer).overlay_len(&cards()), 0);
        assert_eq!(shown(&world, peer), [board.borrow().cards["c0"].clone()]);
    }
}

#[test]
fn a_row_with_a_temporary_id_is_shown_once_and_keeps_its_key_when_the_server_names_it() {
    for (answers, echoes, events) in servers() {
        // A server that says nothing at all of the row can only be asked.
        let named = answers != Answers::Nothing || echoes;
        let mut world = World::new(2);
        let board = serve(&mut world);
        put(&mut world, &board, "c0", |card| card.title = "b".into());
        let peer = member(&mut world, POLICY);
        (board.borrow_mut().answers, board.borrow_mut().echoes) = (answers, echoes);
        board.borrow_mut().events = events;
        mutate(&mut world, peer, create("temp-1", "a"));
        // Their event may come before our answer, and be taken for another row until it does.
        let doubled = std::cell::Cell::new(0);
        watch(&mut world, peer, 12 * SECOND, |client| {
            let list = client.list::<Card>(&cards()).unwrap();
            let titles: Vec<_> = list.iter().map(|card| card.title.clone()).collect();
            if titles == ["a", "a", "b"] && !echoes {
                doubled.set(doubled.get() + 1);
            } else {
                assert_eq!(titles, ["a", "b"], "{answers:?} {echoes} {events}");
                let first = list.keys().next().unwrap();
                assert!(!named || first == "temp-1", "{answers:?} {echoes} {events}");
            }
        });
        assert!(doubled.get() == 0 || answers == Answers::Nothing || doubled.get() < 30);
        assert_eq!(world.client(peer).overlay_len(&cards()), 0);
        let ids: Vec<_> = shown(&world, peer)
            .into_iter()
            .map(|card| card.id)
            .collect();
        assert_eq!(ids, ["c1", "c0"]);
        if named {
            let client = world.client(peer);
            let row = client.item::<Card>(&cards(), "temp-1");
            assert_eq!(row.unwrap().id, "c1");
        }
    }
}

#[test]
fn a_delete_hides_the_row_at_once_and_for_good() {
    for (answers, echoes, events) in servers() {
        let mut world = World::new(3);
        let board = serve(&mut world);
        put(&mut world, &board, "c0", |card| card.title = "a".into());
        put(&mut world, &board, "c1", |card| card.title = "b".into());
        let peer = member(&mut world, POLICY);
        (board.borrow_mut().answers, board.borrow_mut().echoes) = (answers, echoes);
        board.borrow_mut().events = events;
        mutate(&mut world, peer, delete("c0"));
        assert_eq!(titles(&world, peer), ["b"]);
        watch(&mut world, peer, 12 * SECOND, |client| {
            assert_eq!(client.list::<Card>(&cards()).unwrap().len(), 1);
        });
        assert_eq!(world.client(peer).overlay_len(&cards()), 0);
    }
}

#[test]
fn other_peoples_changes_show_at_once_on_other_rows_and_on_other_fields_of_the_same() {
    let mut world = World::new(4);
    let board = serve(&mut world);
    put(&mut world, &board, "c0", |card| card.title = "a".into());
    put(&mut world, &board, "c1", |card| card.title = "b".into());
    let peer = member(&mut world, POLICY);
    world.link_mut(peer).latency = 5..=5;
    world.take_down(peer);
    mutate(&mut world, peer, title("c0", "mine"));
    world.heal(peer);
    // Theirs come while ours is still waiting for the connection.
    put(&mut world, &board, "c0", |card| card.note = "theirs".into());
    put(&mut world, &board, "c1", |card| {
        card.title = "theirs".into()
    });
    world.run(10 * SECOND);
    let both: Vec<_> = shown(&world, peer)
        .into_iter()
        .map(|it| (it.title, it.note))
        .collect();
    assert_eq!(
        both,
        [
            ("mine".into(), "theirs".into()),
            ("theirs".into(), String::new())
        ]
    );
}

#[test]
fn a_fetch_that_lands_on_a_pending_edit_goes_beneath_it() {
    let mut world = World::new(5);
    let board = serve(&mut world);
    put(&mut world, &board, "c0", |card| card.title = "old".into());
    let peer = member(&mut world, POLICY);
    world.take_down(peer);
    mutate(&mut world, peer, title("c0", "new"));
    mutate(&mut world, peer, create("temp-1", "more"));
    world.act(peer, |client, now| client.refetch(now, &cards()));
    watch(&mut world, peer, SECOND, |client| {
        assert_eq!(client.list::<Card>(&cards()).unwrap().len(), 2);
    });
    assert_eq!(titles(&world, peer), ["more", "new"]);
    world.heal(peer);
    world.run(30 * SECOND);
    assert_eq!(titles(&world, peer), ["more", "new"]);
    assert_eq!(world.client(peer).overlay_len(&cards()), 0);
}

#[test]
fn an_echo_that_a_fetch_already_contained_still_settles_the_edit() {
    let mut world = World::new(6);
    let board = serve(&mut world);
    put(&mut world, &board, "c0", |card| card.title = "old".into());
    let read = Rc::clone(&board);
    world.on_positioned_fetch(move |_, server| {
        let (epoch, seq) = server.position("cards");
        let epoch = epoch.as_str().into();
        let rows: Vec<_> = read.borrow().cards.values().cloned().collect();
        let position = realtime_core::Position { epoch, seq };
        Ok(realtime_core::Fetched::new(rows).with_position(position))
    });
    let peer = member(&mut world, POLICY);
    world.link_mut(peer).latency = 300..=300;
    world.fetch_latency = 1..=1;
    mutate(&mut world, peer, title("c0", "new"));
    world.run(Duration::from_millis(400));
    world.act(peer, |client, now| client.refetch(now, &cards()));
    watch(&mut world, peer, SECOND, |client| {
        let row = client.item::<Card>(&cards(), "c0");
        assert_eq!(row.unwrap().title, "new");
    });
    assert!(world.client(peer).stats().queries.covered_events > 0);
    assert_eq!(world.client(peer).overlay_len(&cards()), 0);
    assert_eq!(world.fetched(peer).len(), 2);
}

#[test]
fn an_answer_that_a_server_remembers_longer_than_its_rows_binds_none_of_them() {
    for answers in [Answers::Whole, Answers::Version] {
        let mut world = World::new(61);
        let board = serve(&mut world);
        board.borrow_mut().answers = answers;
        for version in 1..=3 {
            put(&mut world, &board, "a", |card| {
                card.title = version.to_string();
            });
        }
        let peer = member(&mut world, ConflictPolicy::LastWriterWins);
        world.link_mut(peer).latency = 10..=10;
        mutate(&mut world, peer, title("a", "ours"));
        world.run(Duration::from_millis(15));
        assert_eq!(board.borrow().written, ["ours"]);
        // Of what was done, only the answer is left.
        world.take_down(peer);
        world.server.restart(false);
        board.borrow_mut().cards.clear();
        put(&mut world, &board, "a", |card| card.title = "first".into());
        world.heal(peer);
        world.run(20 * SECOND);
        assert_eq!(titles(&world, peer), ["first"], "{answers:?}");
        put(&mut world, &board, "a", |card| card.title = "second".into());
        world.run(SECOND);
        assert_eq!(titles(&world, peer), ["second"], "{answers:?}");
        assert_eq!(board.borrow().written, ["ours"], "carried out once");
    }
}

#[test]
fn an_unedited_row_keeps_its_pointer_and_only_the_edited_one_is_told() {
    let mut world = World::new(7);
    let board = serve(&mut world);
    for n in 0..5 {
        put(&mut world, &board, &format!("c{n}"), |card| {
            card.title = n.to_string()
        });
    }
    let peer = member(&mut world, POLICY);
    world.take_changes(peer);
    let before = world.client(peer).list::<Card>(&cards()).unwrap();
    mutate(&mut world, peer, edit("c2", json!({ "note": "mine" })));
    assert!(world.client(peer).is_urgent());
    let after = world.client(peer).list::<Card>(&cards()).unwrap();
    let kept: Vec<bool> = before
        .iter()
        .zip(&after)
        .map(|(a, b)| Rc::ptr_eq(&a, &b))
        .collect();
    assert_eq!(kept, [true, true, false, true, true]);
    let changes = world.take_changes(peer);
    let entry = world.client(peer).entry(&cards()).unwrap();
    assert!(!changes.contains(&Topic::Order(entry)), "{changes:?}");
    assert!(changes.contains(&Topic::Mutations), "{changes:?}");
    assert_eq!(changes.len(), 3, "{changes:?}");

    world.run(SECOND);
    let settled = world.client(peer).list::<Card>(&cards()).unwrap();
    let kept: Vec<bool> = before
        .iter()
        .zip(&settled)
        .map(|(a, b)| Rc::ptr_eq(&a, &b))
        .collect();
    assert_eq!(kept, [true, true, false, true, true]);
}

#[test]
fn a_query_that_is_opened_after_the_edit_shows_it_too() {
    let mut world = World::new(8);
    let board = serve(&mut world);
    put(&mut world, &board, "c0", |card| card.title = "old".into());
    let peer = world.connect();
    world.run(SECOND);
    world.stall(peer);
    mutate(&mut world, peer, title("c0", "new"));
    world
        .act(peer, |client, now| {
            let spec = realtime_core::ListSpec::<Card>::new(Some("cards".into()));
            client.observe_list(now, &cards(), spec, &realtime_core::QueryOptions::default())
        })
        .unwrap();
    world.run(5 * SECOND);
    assert_eq!(titles(&world, peer), ["new"]);
    assert_eq!(state(&world, peer, "c0"), ItemState::Pending);
    world.heal(peer);
    world.run(30 * SECOND);
    assert_eq!(titles(&world, peer), ["new"]);
    assert_eq!(world.client(peer).overlay_len(&cards()), 0);
}

#[test]
fn the_rows_that_wait_are_told_together_and_one_that_failed_and_is_kept_will_end_yet() {
    let mut world = World::new(9);
    let board = serve(&mut world);
    for id in ["c0", "c1", "c2"] {
        put(&mut world, &board, id, |card| card.title = "old".into());
    }
    let peer = member(&mut world, POLICY);
    let good = mutate(&mut world, peer, title("c1", "new"));
    let bad = mutate(
        &mut world,
        peer,
        title("c2", "refused").with_keep_failed(true),
    );
    let states = |world: &World| world.client(peer).item_states(&cards());
    let pending = |id: &str| (RowId::from(id), ItemState::Pending);
    assert_eq!(states(&world), [pending("c1"), pending("c2")]);
    assert!(world.client(peer).is_mutation_open(good));

    world.run(SECOND);
    assert_eq!(states(&world), [("c2".into(), state(&world, peer, "c2"))]);
    assert!(!world.client(peer).is_mutation_open(good));
    assert!(world.client(peer).is_mutation_open(bad));
    world.act(peer, |client, now| client.dismiss_mutation(now, bad));
    assert_eq!(states(&world), []);
    assert!(!world.client(peer).is_mutation_open(bad));
}
