//! Sessions: after signing out nothing of one user is left for the next.

use crate::mutation_board::{
    Card, SECOND, cards, create, mutate, outcomes, put, serve, titles, watch_board,
};
use realtime_core::{
    ChannelName, CloseReason, ConflictPolicy, FetchStatus, Message, Mutation, MutationError,
    MutationEvent, PresenceOptions, QueryStatus, SendError, TypingOptions, User, UserId,
    testing::{PeerId, World},
};
use serde_json::json;

fn room() -> ChannelName {
    "room:lobby".into()
}

fn join(world: &mut World, peer: PeerId, id: &str) {
    world.act(peer, |client, now| {
        let typing = TypingOptions::default();
        let _ = client.open_typing(now, &room(), id.into(), id, typing);
        let presence = PresenceOptions::default();
        let _ = client.join(now, &room(), User::new(id, id), presence);
    });
}

pub(crate) fn sign_out(world: &mut World, peer: PeerId) {
    world.act(peer, |client, now| client.sign_out(now));
}

fn present(world: &World, peer: PeerId) -> Vec<String> {
    let snapshot = world.client(peer).presence(&room()).expect("joined");
    let ids = snapshot.members.iter().map(|it| it.user.id.to_string());
    ids.collect()
}

#[test]
fn everything_that_was_sent_ends_once_and_nothing_is_sent_afterwards() {
    let mut world = World::new(1);
    let board = serve(&mut world);
    let peer = world.connect();
    watch_board(&mut world, peer, ConflictPolicy::LastWriterWins);
    put(&mut world, &board, "c9", |card| card.title = "A".into());
    world.run(SECOND);
    world.swallow(peer);
    let sent = world.act(peer, |client, now| {
        client.send(now, Message::new("say", "1"))
    });
    let saved = mutate(&mut world, peer, create("own-1", "B"));
    let app = mutate(&mut world, peer, Mutation::external("null"));
    let waits = mutate(&mut world, peer, create("own-2", "C").with_scope("s"));
    let behind = mutate(&mut world, peer, create("own-3", "D").with_scope("s"));
    world.run(SECOND);
    assert_eq!(titles(&world, peer), ["A", "B", "C", "D"]);
    sign_out(&mut world, peer);

    assert_eq!(
        world.take_settled(peer),
        [(sent, Err(SendError::SignedOut))]
    );
    let error = MutationError::Send(SendError::SignedOut);
    let ended = world.take_mutations(peer);
    let all_signed_out = ended
        .iter()
        .all(|(_, event)| matches!(event, MutationEvent::Failed { error: it, .. } if *it == error));
    assert!(all_signed_out, "{ended:?}");
    let ids: Vec<_> = ended.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, [saved, app, waits, behind]);

    let before = world.server.requests.len();
    world.heal(peer);
    world.act(peer, |client, now| client.reconnect(now));
    world.run(30 * SECOND);
    let repeated = world.server.requests[before..]
        .iter()
        .filter(|it| it.text("event").starts_with("card:") || it.text("event") == "say");
    assert_eq!(repeated.count(), 0);
    assert_eq!(outcomes(&mut world, peer), []);
    assert_eq!(world.take_settled(peer), []);
    assert_eq!(world.client(peer).pending_mutations(), 0);
}

#[test]
fn one_that_failed_and_was_kept_goes_too() {
    let mut world = World::new(2);
    serve(&mut world);
    let peer = world.connect();
    watch_board(&mut world, peer, ConflictPolicy::LastWriterWins);
    let kept = mutate(
        &mut world,
        peer,
        create("own-1", "refused").with_keep_failed(true),
    );
    world.run(SECOND);
    assert_eq!(titles(&world, peer), ["refused"]);
    assert_eq!(outcomes(&mut world, peer), [(kept, "failed")]);
    sign_out(&mut world, peer);
    assert!(!world.client(peer).is_mutation_open(kept));
    world.act(peer, |client, now| {
        client.retry_mutation(now, kept);
        client.reconnect(now);
    });
    world.run(10 * SECOND);
    assert_eq!(titles(&world, peer), [""; 0]);
    assert_eq!(outcomes(&mut world, peer), []);
}

#[test]
fn the_cache_is_empty_and_nothing_is_fetched_before_the_next_session() {
    let mut world = World::new(3);
    let board = serve(&mut world);
    let peer = world.connect();
    watch_board(&mut world, peer, ConflictPolicy::LastWriterWins);
    put(&mut world, &board, "c9", |card| card.title = "Ada's".into());
    world.run(SECOND);
    assert_eq!(titles(&world, peer), ["Ada's"]);
    world.fetch_latency = 500..=500;
    world.act(peer, |client, now| client.refetch(now, &cards()));
    let before = world.fetched(peer).len();
    sign_out(&mut world, peer);
    let is_empty = |world: &World| world.client(peer).list::<Card>(&cards()).is_none();
    assert!(is_empty(&world));
    let meta = world.client(peer).query_meta(&cards()).cloned();
    let meta = meta.expect("it is observed");
    assert_eq!(meta.status, QueryStatus::Pending);
    assert_eq!(meta.fetch_status, FetchStatus::Paused);
    world.act(peer, |client, now| {
        client.refetch(now, &cards());
        client.invalidate(now, &cards());
    });
    world.run(60 * SECOND);
    assert!(is_empty(&world), "a fetch of the last session has landed");
    assert_eq!(world.fetched(peer).len(), before);
    let info = world.client(peer).connection();
    assert_eq!(info.close_reason, Some(CloseReason::Requested));

    board.borrow_mut().cards.clear();
    world.act(peer, |client, now| client.reconnect(now));
    world.run(5 * SECOND);
    put(&mut world, &board, "c1", |card| card.title = "Bob's".into());
    world.run(SECOND);
    // Lower versions than Ada's bind as any do: nothing is known of what she saw.
    assert_eq!(titles(&world, peer), ["Bob's"]);
    let subscribed = world.server.requests.iter().rev();
    let last = subscribed
        .filter(|it| it.text("event") == "subscribe")
        .map(|it| it.envelope["data"].clone())
        .next();
    assert_eq!(last, Some(json!(null)), "the next session resumes nothing");
}

#[test]
fn nobody_is_here_and_nobody_types_for_whoever_comes_next() {
    let mut world = World::new(4);
    let (shared, lin) = (world.connect(), world.connect());
    join(&mut world, shared, "ada");
    join(&mut world, lin, "lin");
    world.run(SECOND);
    world.act(lin, |client, now| {
        client.start_typing(now, &room(), &"lin".into());
    });
    world.run(SECOND);
    assert_eq!(present(&world, shared), ["ada", "lin"]);
    let typists = |world: &World, me: &str| {
        let typing = world.client(shared).typing(&room(), &UserId::from(me));
        typing.map_or(0, |typing| typing.len())
    };
    assert_eq!(typists(&world, "ada"), 1);
    sign_out(&mut world, shared);
    assert_eq!(present(&world, shared), ["ada"]);
    assert_eq!(typists(&world, "ada"), 0);
    world.run(2 * SECOND);
    assert_eq!(present(&world, lin), ["lin"], "she has left");

    world.act(shared, |client, now| client.reconnect(now));
    join(&mut world, shared, "bob");
    world.run(2 * SECOND);
    assert_eq!(present(&world, shared), ["bob", "lin"]);
    assert_eq!(present(&world, lin), ["lin", "bob"]);
}

#[test]
fn signing_out_twice_or_before_the_first_connection_is_harmless() {
    let mut world = World::new(5);
    let peer = world.add(realtime_core::ClientOptions::new("wss://test/ws"));
    for _ in 0..2 {
        sign_out(&mut world, peer);
        world.run(SECOND);
    }
    let send = world.act(peer, |client, now| {
        client.send(now, Message::new("say", "1"))
    });
    world.run(SECOND);
    assert_eq!(
        world.take_settled(peer),
        [(send, Err(SendError::Disconnected))]
    );
}
