//! Two people edit one thing at once.

use crate::mutation_board::{
    Answers, Card, SECOND, Shared, cards, create, edit, member, mutate, outcomes, put, serve,
    shown, title, watch,
};
use realtime_core::{
    ConflictPolicy, MutationEvent, Side,
    testing::{PeerId, World},
};
use serde_json::json;
use std::time::Duration;

fn pair(card: &Card) -> (&str, &str) {
    (&card.title, &card.note)
}

#[test]
fn edits_to_different_fields_both_survive_whoever_comes_first() {
    for first in [0, 1] {
        let mut world = World::new(1);
        let board = serve(&mut world);
        put(&mut world, &board, "c0", |card| card.title = "old".into());
        let same_field = Side::Theirs;
        let merge = || ConflictPolicy::MergeFields { same_field };
        let peers = [member(&mut world, merge()), member(&mut world, merge())];
        world.link_mut(peers[first]).latency = 1..=1;
        world.link_mut(peers[1 - first]).latency = 200..=200;
        mutate(&mut world, peers[0], edit("c0", json!({ "title": "ada" })));
        mutate(&mut world, peers[1], edit("c0", json!({ "note": "lin" })));
        world.run(5 * SECOND);
        for peer in peers {
            assert_eq!(pair(&shown(&world, peer)[0]), ("ada", "lin"));
            let words: Vec<_> = outcomes(&mut world, peer)
                .into_iter()
                .map(|it| it.1)
                .collect();
            assert_eq!(words, ["confirmed"]);
        }
        assert_eq!(pair(&board.borrow().cards["c0"]), ("ada", "lin"));
    }
}

#[test]
fn the_same_field_goes_to_the_chosen_side_everywhere_and_the_loser_is_told() {
    for (side, winner) in [(Side::Ours, "mine"), (Side::Theirs, "theirs")] {
        let mut world = World::new(2);
        let board = serve(&mut world);
        put(&mut world, &board, "c0", |card| card.title = "old".into());
        let peer = member(&mut world, ConflictPolicy::MergeFields { same_field: side });
        world.take_down(peer);
        let ours = json!({ "title": "mine", "note": "mine" });
        mutate(&mut world, peer, edit("c0", ours));
        put(&mut world, &board, "c0", |card| {
            card.title = "theirs".into()
        });
        world.heal(peer);
        world.run(20 * SECOND);
        let card = board.borrow().cards["c0"].clone();
        assert_eq!(pair(&card), (winner, "mine"));
        assert_eq!(shown(&world, peer), [card]);
        let events = world.take_mutations(peer);
        let MutationEvent::Conflict(conflict) = &events[0].1 else {
            panic!("{events:?}");
        };
        assert_eq!(conflict.id, Some("c0".into()));
        assert_eq!((&*conflict.field, conflict.kept), ("title", side));
        assert_eq!(&*conflict.base, r#""old""#);
        assert_eq!(
            (&*conflict.ours, &*conflict.theirs),
            (r#""mine""#, r#""theirs""#)
        );
        assert!(
            matches!(events[1..], [(_, MutationEvent::Confirmed { .. })]),
            "{events:?}"
        );
    }
}

#[test]
fn an_edit_of_which_nothing_is_left_is_not_sent() {
    let mut world = World::new(3);
    let board = serve(&mut world);
    put(&mut world, &board, "c0", |card| card.title = "old".into());
    let same_field = Side::Theirs;
    let peer = member(&mut world, ConflictPolicy::MergeFields { same_field });
    world.take_down(peer);
    mutate(&mut world, peer, title("c0", "mine"));
    put(&mut world, &board, "c0", |card| {
        card.title = "theirs".into()
    });
    // The rows come before the connection does: by a fetch.
    world.act(peer, |client, now| client.refetch(now, &cards()));
    world.run(3 * SECOND);
    assert_eq!(shown(&world, peer)[0].title, "theirs");
    world.heal(peer);
    world.run(20 * SECOND);
    assert_eq!(world.server.count("card:edit"), 0);
    let words: Vec<_> = outcomes(&mut world, peer)
        .into_iter()
        .map(|it| it.1)
        .collect();
    assert_eq!(words, ["conflict", "confirmed"]);
}

#[test]
fn a_server_that_checks_versions_gets_the_edit_again_over_the_newer_item() {
    for answers in [Answers::Whole, Answers::Nothing] {
        let mut world = World::new(4);
        let board = serve(&mut world);
        board.borrow_mut().checks_versions = true;
        board.borrow_mut().answers = answers;
        put(&mut world, &board, "c0", |card| card.title = "old".into());
        let same_field = Side::Ours;
        let merge = || ConflictPolicy::MergeFields { same_field };
        let peers = [member(&mut world, merge()), member(&mut world, merge())];
        for peer in peers {
            world.link_mut(peer).latency = 50..=50;
        }
        mutate(&mut world, peers[0], edit("c0", json!({ "title": "ada" })));
        mutate(&mut world, peers[1], edit("c0", json!({ "note": "lin" })));
        world.run(5 * SECOND);
        assert_eq!(world.server.count("card:edit"), 3);
        for peer in peers {
            assert_eq!(pair(&shown(&world, peer)[0]), ("ada", "lin"));
            let words: Vec<_> = outcomes(&mut world, peer)
                .into_iter()
                .map(|it| it.1)
                .collect();
            assert_eq!(words, ["confirmed"]);
        }
    }
}

#[test]
fn without_a_policy_the_last_writer_wins_and_all_agree() {
    let mut world = World::new(5);
    let board = serve(&mut world);
    put(&mut world, &board, "c0", |card| card.title = "old".into());
    let policy = || ConflictPolicy::LastWriterWins;
    let peers = [member(&mut world, policy()), member(&mut world, policy())];
    mutate(&mut world, peers[0], title("c0", "ada"));
    mutate(&mut world, peers[1], title("c0", "lin"));
    world.run(5 * SECOND);
    let truth = board.borrow().cards["c0"].clone();
    for peer in peers {
        assert_eq!(shown(&world, peer), std::slice::from_ref(&truth));
        let words: Vec<_> = outcomes(&mut world, peer)
            .into_iter()
            .map(|it| it.1)
            .collect();
        assert_eq!(words, ["confirmed"]);
    }
}

#[test]
fn a_custom_policy_decides_what_is_shown_and_what_is_sent() {
    let mut world = World::new(6);
    let board = serve(&mut world);
    put(&mut world, &board, "c0", |card| card.title = "old".into());
    let join = |_: &Card, ours: &Card, theirs: &Card| Card {
        title: format!("{} & {}", theirs.title, ours.title),
        ..theirs.clone()
    };
    let peer = member(&mut world, ConflictPolicy::custom(join));
    world.take_down(peer);
    mutate(&mut world, peer, title("c0", "mine"));
    put(&mut world, &board, "c0", |card| {
        card.title = "theirs".into()
    });
    world.act(peer, |client, now| client.refetch(now, &cards()));
    world.run(3 * SECOND);
    assert_eq!(shown(&world, peer)[0].title, "theirs & mine");
    world.heal(peer);
    world.run(20 * SECOND);
    assert_eq!(board.borrow().cards["c0"].title, "theirs & mine");
    assert_eq!(shown(&world, peer)[0].title, "theirs & mine");
}

/// A client for which others' changes of a field count, whose edits go out one by one.
fn yielding(world: &mut World, answers: Answers) -> (Shared, PeerId) {
    let board = serve(world);
    board.borrow_mut().answers = answers;
    put(world, &board, "c0", |card| card.title = "old".into());
    let same_field = Side::Theirs;
    let peer = member(world, ConflictPolicy::MergeFields { same_field });
    world.link_mut(peer).latency = 50..=50;
    (board, peer)
}

/// Once the other's title shows, it goes on showing, and it is the server's.
fn check_theirs_stays(world: &mut World, board: &Shared, peer: PeerId) {
    let mut has_lost = false;
    watch(world, peer, 20 * SECOND, |client| {
        let rows = client.list::<Card>(&cards()).unwrap();
        let title = &rows.get(0).unwrap().title;
        let state = client.item_state(&cards(), "c0");
        has_lost |= title == "theirs";
        assert!(
            !has_lost || title == "theirs",
            "{title} shows again, {state:?}"
        );
    });
    assert_eq!(pair(&board.borrow().cards["c0"]), ("theirs", "mine"));
    assert_eq!(pair(&shown(world, peer)[0]), ("theirs", "mine"));
    let never: [&str; 0] = [];
    assert_eq!(board.borrow().written, never);
    assert_eq!(world.client(peer).overlay_len(&cards()), 0);
    let mut words: Vec<_> = outcomes(world, peer).into_iter().map(|it| it.1).collect();
    words.sort_unstable();
    assert_eq!(words, ["confirmed", "confirmed", "conflict"]);
}

const ANSWERS: [Answers; 3] = [Answers::Whole, Answers::Version, Answers::Nothing];

#[test]
fn an_edit_that_lost_while_cut_off_does_not_show_again_when_one_below_it_is_done() {
    for answers in ANSWERS {
        let mut world = World::new(7);
        let (board, peer) = yielding(&mut world, answers);
        world.take_down(peer);
        mutate(&mut world, peer, edit("c0", json!({ "note": "mine" })));
        mutate(&mut world, peer, title("c0", "mine"));
        put(&mut world, &board, "c0", |card| {
            card.title = "theirs".into()
        });
        world.heal(peer);
        check_theirs_stays(&mut world, &board, peer);
    }
}

#[test]
fn an_edit_that_lost_while_it_waited_for_its_turn_is_not_sent_after_it() {
    for (echoes, answers) in [
        (true, Answers::Whole),
        (true, Answers::Nothing),
        (false, Answers::Whole),
        (false, Answers::Version),
        (false, Answers::Nothing),
    ] {
        let mut world = World::new(8);
        let (board, peer) = yielding(&mut world, answers);
        board.borrow_mut().echoes = echoes;
        let note = edit("c0", json!({ "note": "mine" }));
        mutate(&mut world, peer, note.with_scope("c0"));
        mutate(&mut world, peer, title("c0", "mine").with_scope("c0"));
        put(&mut world, &board, "c0", |card| {
            card.title = "theirs".into()
        });
        check_theirs_stays(&mut world, &board, peer);
    }
}

#[test]
fn what_a_fetch_brings_with_the_outcome_of_an_edit_is_not_taken_for_it() {
    for answers in ANSWERS {
        let mut world = World::new(9);
        let (board, peer) = yielding(&mut world, answers);
        let note = edit("c0", json!({ "note": "mine" }));
        mutate(&mut world, peer, note.with_scope("c0"));
        mutate(&mut world, peer, title("c0", "mine").with_scope("c0"));
        world.run(Duration::from_millis(60));
        // The server has the note, and nobody has heard of it yet.
        world.take_down(peer);
        world.server.restart(false);
        put(&mut world, &board, "c0", |card| {
            card.title = "theirs".into()
        });
        world.heal(peer);
        check_theirs_stays(&mut world, &board, peer);
    }
}

#[test]
fn what_the_server_made_of_an_edit_is_no_conflict_with_the_next_one() {
    for (events, answers) in [
        (true, Answers::Nothing),
        (false, Answers::Whole),
        (false, Answers::Version),
        (false, Answers::Nothing),
    ] {
        let mut world = World::new(10);
        let (board, peer) = yielding(&mut world, answers);
        board.borrow_mut().events = events;
        board.borrow_mut().shouts = true;
        for text in ["one", "two"] {
            mutate(&mut world, peer, title("c0", text).with_scope("c0"));
        }
        world.run(20 * SECOND);
        assert_eq!(board.borrow().cards["c0"].title, "TWO");
        let words: Vec<_> = outcomes(&mut world, peer)
            .into_iter()
            .map(|it| it.1)
            .collect();
        assert_eq!(words, ["confirmed"; 2], "{events} {answers:?}");
    }
}

#[test]
fn an_edit_whose_event_overtakes_that_of_the_one_below_is_no_conflict_with_the_next_one() {
    let mut world = World::new(17);
    let _board = serve(&mut world);
    // The event of the new card is late, and those of its edits bring it as a whole.
    world.server.on("card:create", |_, _| {
        Ok(json!({ "id": "c1", "version": 1 }))
    });
    let mut version = 1;
    world.server.on("card:edit", move |server, request| {
        version += 1;
        let title = &request.envelope["data"]["patch"]["title"];
        let card = json!({ "id": "c1", "version": version, "title": title, "note": "" });
        let event = json!({ "action": "upsert", "item": card }).to_string();
        server.publish_as("cards", "list:update", &event, Some(request.text("id")));
        Ok(json!({ "id": "c1", "version": version }))
    });
    let same_field = Side::Ours;
    let peer = member(&mut world, ConflictPolicy::MergeFields { same_field });
    world.link_mut(peer).latency = 10..=10;
    mutate(&mut world, peer, create("temp-1", "one"));
    world.run(SECOND);
    assert_eq!(outcomes(&mut world, peer)[0].1, "confirmed");
    for text in ["two", "three"] {
        mutate(&mut world, peer, title("temp-1", text));
    }
    world.run(5 * SECOND);
    let words: Vec<_> = outcomes(&mut world, peer)
        .into_iter()
        .map(|it| it.1)
        .collect();
    assert_eq!(words, ["confirmed", "confirmed"]);
    assert_eq!(shown(&world, peer)[0].title, "three");
}
