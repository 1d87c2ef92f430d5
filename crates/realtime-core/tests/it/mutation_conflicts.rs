//! Two people edit one thing at once.

use crate::mutation_board::{
    Answers, Card, SECOND, edit, member, mutate, outcomes, put, serve, shown, title,
};
use realtime_core::{ConflictPolicy, MutationEvent, Side, testing::World};
use serde_json::json;

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
        assert_eq!(conflict.id.as_deref(), Some(r#""c0""#));
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
    world.act(peer, |client, now| {
        client.refetch(now, &crate::mutation_board::cards())
    });
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
    world.act(peer, |client, now| {
        client.refetch(now, &crate::mutation_board::cards())
    });
    world.run(3 * SECOND);
    assert_eq!(shown(&world, peer)[0].title, "theirs & mine");
    world.heal(peer);
    world.run(20 * SECOND);
    assert_eq!(board.borrow().cards["c0"].title, "theirs & mine");
    assert_eq!(shown(&world, peer)[0].title, "theirs & mine");
}
