//! Links that break, lie and sleep, and what is subscribed over them.

use crate::kit::{Board, SECOND, listen, member, millis, titles, watch, watcher};
use realtime_core::{Client, ClientOptions, Input, testing::World};

/// phoenixframework/phoenix #4045
#[test]
fn a_crowd_does_not_come_back_in_one_stampede() {
    let mut world = World::new(1);
    let crowd: Vec<_> = (0..60).map(|_| world.connect()).collect();
    world.run(10 * SECOND);
    for peer in &crowd {
        world.take_down(*peer);
    }
    world.run(120 * SECOND);
    let back = world.now();
    for peer in &crowd {
        world.heal(*peer);
    }
    world.run(60 * SECOND);
    let attempts = crowd.iter().flat_map(|peer| world.connects(*peer));
    let mut moments: Vec<u64> = attempts
        .filter(|at| **at > back)
        .map(|at| (*at - back).as_millis() as u64)
        .collect();
    moments.sort_unstable();
    assert_eq!(moments.len(), 60, "each needs one attempt");
    let most = (0..25_000).step_by(100).map(|from| {
        let within = moments.iter().filter(|at| (from..from + 500).contains(*at));
        within.count()
    });
    assert!(most.max() < Some(12), "{moments:?}");
}

/// phoenixframework/phoenix #1579, #1740, #2035
#[test]
fn a_new_link_asks_for_each_channel_once_and_not_again() {
    let mut world = World::new(2);
    let peer = world.connect();
    for number in 0..20 {
        listen(&mut world, peer, "news", &format!("feed:{number}"));
    }
    world.run(SECOND);
    world.link_mut(peer).latency = 1_000..=2_000;
    let before = world.server.count("subscribe");
    world.cut(peer);
    world.run(60 * SECOND);
    assert_eq!(world.server.count("subscribe") - before, 20);
}

/// supabase/realtime #1414 and supabase-swift #196
#[test]
fn a_channel_heals_by_itself_when_its_server_has_stopped_answering_for_a_while() {
    let mut world = World::new(3);
    let board = Board::serve(&mut world);
    let peer = member(&mut world);
    world.server.abilities.answers = false;
    world.server.restart(false);
    world.run(60 * SECOND);
    board.put(&mut world, "t1", "unanswered");
    world.run(SECOND);
    assert_eq!(titles(&world, peer), ["unanswered"]);
    world.server.abilities.answers = true;
    world.server.restart(true);
    world.run(60 * SECOND);
    board.put(&mut world, "t1", "answered");
    world.run(SECOND);
    assert_eq!(titles(&world, peer), ["answered"]);
}

/// supabase-community/supabase-py #1337
#[test]
fn leaving_and_joining_again_at_once_does_not_close_the_new_subscription() {
    for pause in [0, 900, 999, 1_000, 1_001, 1_050, 1_400] {
        let mut world = World::new(pause);
        let board = Board::serve(&mut world);
        let (peer, observer) = watcher(&mut world, 4);
        world.act(peer, Client::connect);
        world.run(2 * SECOND);
        world.link_mut(peer).latency = 200..=200;
        world.act(peer, |client, now| client.unobserve(now, observer));
        world.run(millis(pause));
        watch(&mut world, peer, Some("tasks"));
        world.run(5 * SECOND);
        board.put(&mut world, "t1", "heard");
        world.run(SECOND);
        assert_eq!(titles(&world, peer), ["heard"], "after {pause} ms");
    }
}

/// supabase/realtime-js #133
#[test]
fn a_burst_of_events_that_holds_up_the_answer_to_a_ping_is_no_timeout() {
    let mut world = World::new(5);
    let peer = world.connect();
    listen(&mut world, peer, "news", "feed");
    world.run(SECOND);
    world.server.abilities.pongs = false;
    for number in 0..600 {
        world.server.publish("feed", "news", &number.to_string());
        world.run(SECOND);
    }
    assert_eq!(world.connects(peer).len(), 1);
}

/// wireapp #21416, toddgeist/kolu #1235: sockets that say OPEN and are dead
#[test]
fn a_socket_that_is_open_and_dead_is_replaced_within_a_minute() {
    let mut world = World::new(6);
    let board = Board::serve(&mut world);
    let peer = member(&mut world);
    world.swallow(peer);
    board.put(&mut world, "t1", "swallowed");
    world.run(60 * SECOND);
    assert_eq!(titles(&world, peer), ["swallowed"]);
}

/// supabase/realtime-js #121, #246 and supabase-js #1732
#[test]
fn a_tab_that_was_in_the_background_is_up_to_date_seconds_after_it_is_seen() {
    let mut world = World::new(7);
    let board = Board::serve(&mut world);
    let peer = member(&mut world);
    world.input(peer, Input::Visible(false));
    world.freeze(peer);
    board.put(&mut world, "t1", "while hidden");
    world.run(3_000 * SECOND);
    // The socket died meanwhile, and the tab could not hear of it.
    world.cut(peer);
    board.put(&mut world, "t2", "after that");
    world.run(600 * SECOND);
    world.thaw(peer);
    world.input(peer, Input::Visible(true));
    world.run(5 * SECOND);
    assert_eq!(titles(&world, peer), ["while hidden", "after that"]);
}

/// centrifugal/centrifuge-js #203 and novuhq/novu #10925
#[test]
fn a_network_that_comes_back_is_used_at_once() {
    let mut world = World::new(8);
    let board = Board::serve(&mut world);
    let peer = member(&mut world);
    world.take_down(peer);
    world.input(peer, Input::Online(false));
    board.put(&mut world, "t1", "news");
    world.run(600 * SECOND);
    world.heal(peer);
    world.input(peer, Input::Online(true));
    world.run(SECOND);
    assert_eq!(titles(&world, peer), ["news"]);
}

/// supabase/supabase-js #2613
#[test]
fn waking_up_asks_for_a_fresh_token_before_it_connects() {
    let mut world = World::new(9);
    let board = Board::serve(&mut world);
    world.server.token = Some("old".to_owned());
    let mut options = ClientOptions::new("ws://server.test/ws");
    options.connection.has_token = true;
    let peer = world.add(options);
    world.set_token(peer, Ok(Some("old".to_owned())));
    watch(&mut world, peer, Some("tasks"));
    world.act(peer, Client::connect);
    world.run(2 * SECOND);
    world.freeze(peer);
    world.server.token = Some("new".to_owned());
    world.server.close_all(4301);
    world.set_token(peer, Ok(Some("new".to_owned())));
    board.put(&mut world, "t1", "news");
    world.run(3_600 * SECOND);
    let before = world.server.requests.len();
    world.thaw(peer);
    world.run(10 * SECOND);
    let shown: Vec<_> = world.server.requests[before..]
        .iter()
        .filter(|request| request.text("event") == "auth")
        .map(|request| request.envelope["data"]["token"].clone())
        .collect();
    assert_eq!(shown, ["new"]);
    assert_eq!(titles(&world, peer), ["news"]);
}
