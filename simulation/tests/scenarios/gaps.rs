//! Gaps between the fetch and the subscription, and between one link and the next.

use crate::kit::{
    Board, SECOND, heard, listen, member, millis, row, tasks, titles, watch, watcher,
};
use realtime_core::{Client, FetchStatus, testing::World};
use serde_json::json;

/// supabase/realtime #303
#[test]
fn a_row_written_while_the_client_is_still_joining_is_there() {
    let mut world = World::new(1);
    let board = Board::serve(&mut world);
    board.put(&mut world, "t1", "before");
    world.fetch_reads_early = true;
    world.fetch_latency = 900..=900;
    let (peer, _) = watcher(&mut world, 1);
    world.link_mut(peer).latency = 300..=300;
    world.act(peer, Client::connect);
    for step in 0..12 {
        board.put(
            &mut world,
            &format!("t{}", step + 2),
            &format!("step {step}"),
        );
        world.run(millis(150));
    }
    world.run(10 * SECOND);
    assert_eq!(titles(&world, peer), board.titles());
}

/// supabase/supabase-js #1599
#[test]
fn a_list_is_live_only_when_its_subscription_stands() {
    let mut world = World::new(2);
    let board = Board::serve(&mut world);
    board.put(&mut world, "t1", "one");
    let (peer, _) = watcher(&mut world, 2);
    world.link_mut(peer).latency = 400..=400;
    world.act(peer, Client::connect);
    let mut was_live = false;
    crate::kit::watching(&mut world, 4 * SECOND, |world| {
        let meta = world.client(peer).query_meta(&tasks());
        let is_live = meta.is_some_and(|meta| meta.is_live);
        assert!(!is_live || world.server.subscribers("tasks") == 1);
        was_live |= is_live;
    });
    assert!(was_live);
}

/// TanStack/db #924, #1217
#[test]
fn a_list_without_rows_is_told_from_one_that_is_still_loading() {
    let mut world = World::new(3);
    Board::serve(&mut world);
    world.fetch_latency = 500..=500;
    let (peer, _) = watcher(&mut world, 3);
    world.act(peer, Client::connect);
    world.run(millis(200));
    let meta = world.client(peer).query_meta(&tasks()).unwrap();
    assert!(meta.is_loading() && !meta.is_live);
    assert!(
        world
            .client(peer)
            .list::<realtime_simulation::Task>(&tasks())
            .is_none()
    );
    world.run(2 * SECOND);
    let meta = world.client(peer).query_meta(&tasks()).unwrap();
    assert!(meta.is_live && meta.fetch_status == FetchStatus::Idle);
    let list = world
        .client(peer)
        .list::<realtime_simulation::Task>(&tasks());
    assert!(list.is_some_and(|list| list.is_empty()));
}

/// mattermost/mattermost-mobile #7290
#[test]
fn a_delete_that_overtakes_its_create_leaves_no_row_and_an_edit_is_not_lost() {
    let mut world = World::new(4);
    Board::serve(&mut world);
    let peer = world.connect();
    watch(&mut world, peer, None);
    for channel in ["shard:a", "shard:b"] {
        let channel = channel.into();
        world
            .act(peer, |client, now| client.subscribe(now, &channel))
            .unwrap();
    }
    world.run(2 * SECOND);
    let publish = |world: &mut World, channel: &str, data: serde_json::Value| {
        world
            .server
            .publish(channel, "list:update", &data.to_string());
    };
    let delete = json!({"action": "delete", "item": {"id": "t1", "version": 2}});
    let patch = json!({"action": "update", "item": {"id": "t2", "version": 2, "note": "kept"}});
    publish(&mut world, "shard:b", delete);
    publish(&mut world, "shard:b", patch);
    world.run(SECOND);
    for id in ["t1", "t2"] {
        let create = json!({"action": "create", "item": row(id, 1, id)});
        publish(&mut world, "shard:a", create);
    }
    world.run(SECOND);
    assert_eq!(titles(&world, peer), ["t2"]);
    let item = world
        .client(peer)
        .item::<realtime_simulation::Task>(&tasks(), &"t2".to_owned());
    assert_eq!(item.unwrap().note.as_deref(), Some("kept"));
}

/// open-chat-labs/open-chat #2524
#[test]
fn an_older_event_does_not_overwrite_a_newer_row() {
    let mut world = World::new(5);
    let board = Board::serve(&mut world);
    let peer = member(&mut world);
    board.put(&mut world, "t1", "first");
    board.put(&mut world, "t1", "second");
    let late = json!({"action": "update", "item": row("t1", 1, "first")}).to_string();
    world.server.publish("tasks", "list:update", &late);
    world.run(SECOND);
    assert_eq!(titles(&world, peer), ["second"]);
}

/// socketio/socket.io #4880
#[test]
fn recovery_works_as_often_as_the_link_breaks() {
    let mut world = World::new(6);
    let board = Board::serve(&mut world);
    let peer = member(&mut world);
    let fetches = world.fetched(peer).len();
    for outage in 0..10 {
        world.cut(peer);
        board.put(&mut world, "t1", &format!("outage {outage}"));
        world.run(30 * SECOND);
        assert_eq!(titles(&world, peer), [format!("outage {outage}")]);
    }
    assert_eq!(world.fetched(peer).len(), fetches);
}

/// centrifugal/centrifugo #165, #230 and centrifuge-js #325
#[test]
fn the_app_can_tell_what_was_recovered_from_what_was_lost() {
    let mut world = World::new(7);
    world.server.abilities.history = 2;
    let board = Board::serve(&mut world);
    let peer = member(&mut world);
    let counts = |world: &World| {
        let stats = world.client(peer).stats().channels;
        (stats.recovered, stats.gaps)
    };
    assert_eq!(counts(&world), (0, 0));
    world.cut(peer);
    board.put(&mut world, "t1", "one");
    world.run(10 * SECOND);
    assert_eq!(counts(&world), (1, 0));
    world.cut(peer);
    for step in 0..5 {
        board.put(&mut world, "t1", &format!("step {step}"));
    }
    world.run(10 * SECOND);
    assert_eq!(counts(&world), (1, 1));
    assert_eq!(titles(&world, peer), ["step 4"]);
}

/// supabase/supabase-js #1721
#[test]
fn each_listener_hears_its_own_event_on_its_own_channel_and_no_other() {
    let mut world = World::new(8);
    let peer = world.connect();
    let names = [
        ("insert", "a"),
        ("update", "a"),
        ("insert", "b"),
        ("update", "b"),
    ];
    let listeners = names.map(|(event, channel)| listen(&mut world, peer, event, channel));
    world.run(2 * SECOND);
    for (event, channel) in names {
        let data = json!(format!("{event} on {channel}")).to_string();
        world.server.publish(channel, event, &data);
    }
    world.run(SECOND);
    let mut heard = heard(&mut world, peer);
    heard.sort();
    let expected: Vec<_> = listeners
        .into_iter()
        .zip(names)
        .map(|(id, (event, channel))| (id, json!(format!("{event} on {channel}")).to_string()))
        .collect();
    assert_eq!(heard, expected);
}

/// BabylonSocial #149 and Budibase #19150
#[test]
fn a_live_insert_that_the_fetch_contains_as_well_is_one_row() {
    let mut world = World::new(9);
    let board = Board::serve(&mut world);
    let peer = member(&mut world);
    world.fetch_latency = 300..=300;
    for id in ["t1", "t2", "t3"] {
        world.act(peer, |client, now| client.refetch(now, &tasks()));
        board.put(&mut world, id, id);
        world.run(millis(200));
    }
    world.run(2 * SECOND);
    assert_eq!(titles(&world, peer), ["t1", "t2", "t3"]);
}

/// TanStack/db #1025, #1043
#[test]
fn a_server_that_starts_anew_is_no_flash_of_an_empty_list() {
    let mut world = World::new(10);
    let board = Board::serve(&mut world);
    let peer = member(&mut world);
    board.put(&mut world, "t1", "stays");
    world.run(SECOND);
    world.server.restart(false);
    crate::kit::watching(&mut world, 8 * SECOND, |world| {
        assert_eq!(titles(world, peer), ["stays"]);
    });
    board.put(&mut world, "t1", "goes on");
    world.run(SECOND);
    assert_eq!(titles(&world, peer), ["goes on"]);
}
