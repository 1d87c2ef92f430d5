//! Sends of a mutation: when, how often, and that it ends exactly once.

use crate::mutation_board::{
    Answers, Card, SECOND, cards, create, delete, edit, member, mutate, outcomes, put, serve,
    state, title, titles, watch_board,
};
use realtime_core::{
    Client, ClientOptions, ConflictPolicy, FetchError, Input, ItemState, Message, Mutation,
    MutationError, MutationEvent, MutationLimits, MutationStatus, OfflinePolicy, SendError,
    ServerError,
    testing::{PeerId, World},
};
use serde_json::{Value, json};
use std::{cell::RefCell, rc::Rc, time::Duration};

const POLICY: ConflictPolicy<Card> = ConflictPolicy::LastWriterWins;

/// The data of the messages `event` that the server has received, repeats included.
fn received(world: &World, event: &str) -> Vec<Value> {
    let requests = world.server.requests.iter();
    let wanted = requests.filter(|request| request.text("event") == event);
    wanted
        .map(|request| request.envelope["data"].clone())
        .collect()
}

fn error_of(world: &mut World, peer: PeerId) -> MutationError {
    match world.take_mutations(peer).pop() {
        Some((_, MutationEvent::Failed { error, .. })) => error,
        other => panic!("not a failure: {other:?}"),
    }
}

#[test]
fn mutations_of_one_scope_go_one_by_one_and_others_at_once() {
    let mut world = World::new(1);
    let peer = world.connect();
    world.run(SECOND);
    world.link_mut(peer).latency = 100..=100;
    let say = |text: &str| Mutation::new(Message::new("say", format!("{text:?}")));
    for text in ["a", "b", "c"] {
        mutate(&mut world, peer, say(text).with_scope("one"));
    }
    mutate(&mut world, peer, say("d"));
    mutate(&mut world, peer, say("e").with_scope("other"));
    world.run(Duration::from_millis(150));
    assert_eq!(
        received(&world, "say"),
        [json!("a"), json!("d"), json!("e")]
    );
    world.run(Duration::from_millis(200));
    assert_eq!(received(&world, "say").last(), Some(&json!("b")));
    world.run(SECOND);
    assert_eq!(received(&world, "say").last(), Some(&json!("c")));
    assert_eq!(outcomes(&mut world, peer).len(), 5);
    assert_eq!(world.client(peer).pending_mutations(), 0);
}

#[test]
fn a_scope_goes_on_after_a_failure_and_after_an_echo_without_an_answer() {
    let mut world = World::new(2);
    let board = serve(&mut world);
    put(&mut world, &board, "c0", |card| card.title = "old".into());
    let peer = member(&mut world, POLICY);
    for text in ["refused", "b", "c"] {
        mutate(&mut world, peer, title("c0", text).with_scope("c0"));
    }
    world.run(SECOND);
    let words: Vec<_> = outcomes(&mut world, peer)
        .into_iter()
        .map(|it| it.1)
        .collect();
    assert_eq!(words, ["failed", "confirmed", "confirmed"]);

    world.server.abilities.answers = false;
    for text in ["d", "e"] {
        mutate(&mut world, peer, title("c0", text).with_scope("c0"));
    }
    world.run(SECOND);
    assert_eq!(board.borrow().written, ["b", "c", "d", "e"]);
    world.run(20 * SECOND);
    // Nobody answered, but the echoes prove it.
    let words: Vec<_> = outcomes(&mut world, peer)
        .into_iter()
        .map(|it| it.1)
        .collect();
    assert_eq!(words, ["confirmed", "confirmed"]);
    assert_eq!(titles(&world, peer), ["e"]);
}

#[test]
fn a_message_whose_answer_was_lost_is_sent_again_under_its_id_and_carried_out_once() {
    let mut world = World::new(3);
    let board = serve(&mut world);
    put(&mut world, &board, "c0", |card| card.title = "old".into());
    board.borrow_mut().events = false;
    let peer = member(&mut world, POLICY);
    world.link_mut(peer).latency = 50..=50;
    let mutation = mutate(&mut world, peer, title("c0", "new"));
    while world.server.count("card:edit") == 0 {
        world.run(Duration::from_millis(5));
    }
    world.cut(peer);
    world.run(20 * SECOND);
    assert_eq!(world.server.count("card:edit"), 2);
    assert_eq!(board.borrow().written, ["new"]);
    assert_eq!(outcomes(&mut world, peer), [(mutation, "confirmed")]);
    assert_eq!(titles(&world, peer), ["new"]);
}

#[test]
fn a_message_whose_echo_came_is_not_sent_again_even_to_a_server_that_forgot_its_id() {
    let mut world = World::new(4);
    let board = serve(&mut world);
    put(&mut world, &board, "c0", |card| card.title = "old".into());
    let peer = member(&mut world, POLICY);
    world.server.abilities.answers = false;
    let mutation = mutate(&mut world, peer, title("c0", "new"));
    world.run(SECOND);
    assert_eq!(outcomes(&mut world, peer), []);
    world.server.abilities.answers = true;
    world.server.restart(false);
    world.run(20 * SECOND);
    assert_eq!(board.borrow().written, ["new"]);
    assert_eq!(outcomes(&mut world, peer), [(mutation, "confirmed")]);
}

#[test]
fn no_answer_is_tried_again_as_often_as_allowed_under_one_id() {
    let mut world = World::new(5);
    world.server.abilities.answers = false;
    let peer = world.connect();
    world.run(SECOND);
    let pay = Mutation::new(Message::new("pay", "1")).with_timeout(2 * SECOND);
    let mutation = mutate(&mut world, peer, pay.with_retries(2));
    world.run(60 * SECOND);
    let ids: Vec<String> = (world.server.requests.iter())
        .filter(|request| request.text("event") == "pay")
        .map(|request| request.text("id").to_owned())
        .collect();
    assert_eq!(ids.len(), 3);
    assert!(ids.iter().all(|id| *id == ids[0]));
    let info = world.client(peer).mutation(mutation).unwrap();
    assert_eq!(info.attempts, 3);
    assert_eq!(error_of(&mut world, peer), SendError::Timeout.into());
}

#[test]
fn a_server_that_asks_for_patience_gets_it_and_a_new_id() {
    let mut world = World::new(6);
    let tries = Rc::new(RefCell::new(0));
    let count = Rc::clone(&tries);
    world.server.on("pay", move |_, _| {
        *count.borrow_mut() += 1;
        match *count.borrow() {
            1 => Err(ServerError {
                code: "busy".into(),
                message: "later".into(),
                retry_after: Some(5_000),
            }),
            _ => Ok(json!("paid")),
        }
    });
    let peer = world.connect();
    world.run(SECOND);
    let mutation = mutate(
        &mut world,
        peer,
        Mutation::new(Message::new("pay", "1")).with_retries(1),
    );
    world.run(4 * SECOND);
    assert_eq!(*tries.borrow(), 1);
    world.run(10 * SECOND);
    assert_eq!(*tries.borrow(), 2);
    assert_eq!(outcomes(&mut world, peer), [(mutation, "confirmed")]);
}

#[test]
fn offline_edits_wait_in_order_or_fail_at_once_as_they_choose() {
    let mut world = World::new(7);
    let board = serve(&mut world);
    put(&mut world, &board, "c0", |card| card.title = "old".into());
    let peer = member(&mut world, POLICY);
    world.take_down(peer);
    mutate(&mut world, peer, title("c0", "a"));
    mutate(&mut world, peer, title("c0", "b"));
    mutate(
        &mut world,
        peer,
        title("c0", "c").with_offline(OfflinePolicy::Fail),
    );
    assert_eq!(titles(&world, peer), ["b"]);
    assert_eq!(error_of(&mut world, peer), MutationError::Offline);
    world.run(3_600 * SECOND);
    assert_eq!(world.client(peer).pending_mutations(), 2);
    world.heal(peer);
    world.run(60 * SECOND);
    assert_eq!(board.borrow().written, ["a", "b"]);
    assert_eq!(titles(&world, peer), ["b"]);
}

#[test]
fn leaving_for_good_fails_what_waits_and_shows_what_the_server_has() {
    let mut world = World::new(8);
    let board = serve(&mut world);
    put(&mut world, &board, "c0", |card| card.title = "old".into());
    let peer = member(&mut world, POLICY);
    world.take_down(peer);
    mutate(&mut world, peer, title("c0", "a"));
    world.act(peer, Client::disconnect);
    assert_eq!(titles(&world, peer), ["old"]);
    assert_eq!(error_of(&mut world, peer), SendError::Disconnected.into());
    mutate(&mut world, peer, title("c0", "b"));
    assert_eq!(error_of(&mut world, peer), SendError::Disconnected.into());
    world.heal(peer);
    world.act(peer, Client::reconnect);
    mutate(&mut world, peer, title("c0", "c"));
    world.run(10 * SECOND);
    assert_eq!(board.borrow().written, ["c"]);
}

#[test]
fn a_cancelled_edit_goes_and_is_not_sent_if_it_was_not() {
    let mut world = World::new(9);
    let board = serve(&mut world);
    put(&mut world, &board, "c0", |card| card.title = "old".into());
    let peer = member(&mut world, POLICY);
    world.take_down(peer);
    let unsent = mutate(&mut world, peer, title("c0", "unsent"));
    world.act(peer, |client, now| client.cancel_mutation(now, unsent));
    assert_eq!(titles(&world, peer), ["old"]);
    world.heal(peer);
    world.run(20 * SECOND);
    let sent = mutate(&mut world, peer, title("c0", "sent"));
    world.act(peer, |client, now| client.cancel_mutation(now, sent));
    assert_eq!(titles(&world, peer), ["old"]);
    world.run(20 * SECOND);
    // What was under way could not be called back, and the server's truth shows.
    assert_eq!(board.borrow().written, ["sent"]);
    assert_eq!(titles(&world, peer), ["sent"]);
    assert_eq!(
        outcomes(&mut world, peer),
        [(unsent, "failed"), (sent, "failed")]
    );
    assert_eq!(world.take_settled(peer), []);
    world.act(peer, |client, now| client.cancel_mutation(now, sent));
    assert_eq!(outcomes(&mut world, peer), []);
}

#[test]
fn there_is_a_limit_and_what_is_beyond_it_fails_at_once() {
    let mut world = World::new(10);
    let limits = MutationLimits {
        pending: 3,
        in_flight: 2,
    };
    let peer = world.add(ClientOptions::new("ws://server.test/ws").with_mutations(limits));
    world.act(peer, Client::connect);
    world.run(SECOND);
    world.link_mut(peer).latency = 100..=100;
    let say = || Mutation::new(Message::new("say", "1"));
    for _ in 0..4 {
        mutate(&mut world, peer, say());
    }
    assert_eq!(
        error_of(&mut world, peer),
        MutationError::Overflow { limit: 3 }
    );
    world.run(Duration::from_millis(150));
    assert_eq!(world.server.count("say"), 2);
    world.run(SECOND);
    assert_eq!(world.server.count("say"), 3);
    let stats = world.client(peer).stats().mutations;
    assert_eq!(
        (stats.started, stats.confirmed, stats.overflowed),
        (4, 3, 1)
    );
}

#[test]
fn a_function_of_the_apps_carries_out_a_mutation_under_one_key() {
    let mut world = World::new(11);
    let board = serve(&mut world);
    put(&mut world, &board, "c0", |card| card.title = "old".into());
    let peer = member(&mut world, POLICY);
    let update = realtime_core::ListEdit::<Card>::Update {
        id: "c0".into(),
        patch: r#"{"title":"new"}"#.into(),
    };
    let external = Mutation::external(r#"{"title":"new"}"#)
        .with_edit(realtime_core::Edit::list(cards(), update))
        .with_retries(1)
        .with_timeout(5 * SECOND);
    let mutation = mutate(&mut world, peer, external);
    assert_eq!(titles(&world, peer), ["new"]);
    let first = world.take_started(peer).pop().unwrap();
    assert_eq!(
        (first.mutation, &*first.data),
        (mutation, r#"{"title":"new"}"#)
    );
    world.run(10 * SECOND);
    // It was too slow, and is asked again; what the first run says counts all the same.
    let second = world.take_started(peer).pop().unwrap();
    assert_eq!(second, first);
    let answer = Rc::from(r#"{"item":{"id":"c0","version":2,"title":"New","note":""}}"#);
    let done = |result| Input::MutationFinished { mutation, result };
    world.input(peer, done(Ok(answer)));
    assert_eq!(titles(&world, peer), ["New"]);
    assert_eq!(outcomes(&mut world, peer), [(mutation, "confirmed")]);
    world.input(peer, done(Err(FetchError::new("late"))));
    assert_eq!(outcomes(&mut world, peer), []);
    assert_eq!(world.client(peer).stats().mutations.late_results, 1);
}

#[test]
fn an_edit_that_fits_nothing_fails_before_it_is_sent() {
    let mut world = World::new(12);
    let board = serve(&mut world);
    put(&mut world, &board, "c0", |card| card.title = "old".into());
    let peer = member(&mut world, POLICY);
    mutate(&mut world, peer, edit("c0", json!({ "title": 7 })));
    assert!(matches!(
        error_of(&mut world, peer),
        MutationError::Invalid(_)
    ));
    let record = realtime_core::RecordEdit::Set(7_u32);
    let wrong = Mutation::new(Message::new("card:edit", "null"))
        .with_edit(realtime_core::Edit::record(cards(), record));
    mutate(&mut world, peer, wrong);
    let key = cards();
    assert_eq!(
        error_of(&mut world, peer),
        MutationError::TypeMismatch { key }
    );
    world.run(SECOND);
    assert_eq!(world.server.count("card:edit"), 0);
    assert_eq!(world.client(peer).overlay_len(&cards()), 0);
}

#[test]
fn a_failed_edit_that_is_kept_stays_marked_until_it_is_retried_or_dismissed() {
    let mut world = World::new(13);
    let board = serve(&mut world);
    put(&mut world, &board, "c0", |card| card.title = "old".into());
    let peer = member(&mut world, POLICY);
    let mutation = mutate(
        &mut world,
        peer,
        title("c0", "refused").with_keep_failed(true),
    );
    world.run(SECOND);
    assert_eq!(outcomes(&mut world, peer), [(mutation, "failed")]);
    assert_eq!(titles(&world, peer), ["refused"]);
    let failed = state(&world, peer, "c0");
    assert!(matches!(failed, ItemState::Failed { mutation: by, .. } if by == mutation));
    assert_eq!(world.client(peer).pending_mutations(), 0);

    world.act(peer, |client, now| client.retry_mutation(now, mutation));
    assert_eq!(state(&world, peer, "c0"), ItemState::Pending);
    world.run(SECOND);
    assert_eq!(outcomes(&mut world, peer), [(mutation, "failed")]);
    assert_eq!(world.server.count("card:edit"), 2);

    world.act(peer, |client, now| client.dismiss_mutation(now, mutation));
    assert_eq!(titles(&world, peer), ["old"]);
    assert_eq!(state(&world, peer, "c0"), ItemState::Synced);
    assert_eq!(outcomes(&mut world, peer), []);
    assert_eq!(world.client(peer).overlay_len(&cards()), 0);
}

#[test]
fn edits_of_a_new_row_wait_for_its_id_and_carry_it() {
    let mut world = World::new(14);
    let board = serve(&mut world);
    let peer = member(&mut world, POLICY);
    world.link_mut(peer).latency = 100..=100;
    mutate(&mut world, peer, create("temp-1", "a"));
    mutate(&mut world, peer, title("temp-1", "b"));
    mutate(&mut world, peer, edit("temp-1", json!({ "note": "mine" })));
    assert_eq!(titles(&world, peer), ["b"]);
    world.run(Duration::from_millis(150));
    assert_eq!(world.server.count("card:edit"), 0);
    world.run(SECOND);
    let ids: Vec<_> = received(&world, "card:edit")
        .iter()
        .map(|it| it["id"].clone())
        .collect();
    assert_eq!(ids, ["c1", "c1"]);
    let card = board.borrow().cards["c1"].clone();
    assert_eq!((card.title.as_str(), card.note.as_str()), ("b", "mine"));
    assert_eq!(world.client(peer).overlay_len(&cards()), 0);
    // The temporary id goes on working, for the row and for edits of it.
    let id = world.client(peer).current_id(&cards(), "temp-1");
    assert_eq!(id, "c1");
    mutate(&mut world, peer, title("temp-1", "d"));
    assert_eq!(titles(&world, peer), ["d"]);
    world.run(SECOND);
    assert_eq!(board.borrow().cards["c1"].title, "d");
}

#[test]
fn a_row_that_was_named_before_anybody_watched_its_list_is_known_by_both_ids() {
    let mut world = World::new(31);
    let board = serve(&mut world);
    board.borrow_mut().answers = Answers::Whole;
    let peer = world.connect();
    mutate(&mut world, peer, create("temp-1", "a"));
    world.run(SECOND);
    assert_eq!(board.borrow().cards["c1"].title, "a");
    let current = |world: &World| {
        let client = world.client(peer);
        client.current_id(&cards(), "temp-1")
    };
    assert_eq!(current(&world), "c1");
    watch_board(&mut world, peer, POLICY);
    assert_eq!(current(&world), "c1");
    mutate(&mut world, peer, title("temp-1", "b"));
    assert_eq!(titles(&world, peer), ["b"]);
}

#[test]
fn a_failed_insert_takes_the_edits_of_its_row_along_and_nothing_else() {
    let mut world = World::new(15);
    let board = serve(&mut world);
    put(&mut world, &board, "c0", |card| card.title = "old".into());
    let peer = member(&mut world, POLICY);
    let insert = mutate(&mut world, peer, create("temp-1", "refused"));
    let other = mutate(&mut world, peer, title("c0", "new"));
    let dependent = mutate(&mut world, peer, title("temp-1", "b"));
    assert_eq!(titles(&world, peer), ["b", "new"]);
    world.run(SECOND);
    let events = world.take_mutations(peer);
    let failed = events.iter().find_map(|(id, event)| match event {
        MutationEvent::Failed { dropped, .. } if *id == insert => Some(dropped.clone()),
        _ => None,
    });
    assert_eq!(failed, Some(vec![dependent]));
    let error = MutationError::Dropped { by: insert };
    let dropped = MutationEvent::Failed {
        error: error.clone(),
        dropped: vec![],
    };
    assert!(events.contains(&(dependent, dropped)), "{events:?}");
    let info = world.client(peer).mutation(dependent).unwrap();
    assert_eq!(info.status, MutationStatus::Failed(error));
    let info = world.client(peer).mutation(other).unwrap();
    assert_eq!(info.status, MutationStatus::Settled);
    assert_eq!(titles(&world, peer), ["new"]);
    assert_eq!(world.client(peer).overlay_len(&cards()), 0);
    assert_eq!(world.server.count("card:edit"), 1);
}

#[test]
fn an_insert_and_a_delete_that_meet_unsent_are_never_sent() {
    let mut world = World::new(16);
    let board = serve(&mut world);
    put(&mut world, &board, "c0", |card| card.title = "old".into());
    let peer = member(&mut world, POLICY);
    world.take_down(peer);
    mutate(&mut world, peer, create("temp-1", "a"));
    mutate(&mut world, peer, title("temp-1", "b"));
    let gone = mutate(&mut world, peer, delete("temp-1"));
    let events = world.take_mutations(peer);
    assert_eq!(events.len(), 3);
    assert!(
        events
            .iter()
            .all(|(_, event)| *event == MutationEvent::Annulled { by: gone })
    );
    assert_eq!(titles(&world, peer), ["old"]);
    assert_eq!(world.client(peer).overlay_len(&cards()), 0);
    // An update and a delete of a row that is the server's are both sent.
    mutate(&mut world, peer, title("c0", "new"));
    mutate(&mut world, peer, delete("c0"));
    assert!(titles(&world, peer).is_empty());
    world.heal(peer);
    world.run(20 * SECOND);
    assert_eq!(world.server.count("card:create"), 0);
    assert_eq!(board.borrow().written, ["new"]);
    assert!(board.borrow().cards.is_empty() && titles(&world, peer).is_empty());
}

#[test]
fn a_delete_of_a_row_whose_insert_is_under_way_waits_for_its_id() {
    let mut world = World::new(17);
    let board = serve(&mut world);
    let peer = member(&mut world, POLICY);
    mutate(&mut world, peer, create("temp-1", "a"));
    mutate(&mut world, peer, delete("temp-1"));
    for _ in 0..1_000 {
        world.run(Duration::from_millis(1));
        assert!(titles(&world, peer).is_empty());
    }
    assert_eq!(received(&world, "card:delete")[0]["id"], "c1");
    assert!(board.borrow().cards.is_empty());
    assert_eq!(world.client(peer).overlay_len(&cards()), 0);
}
