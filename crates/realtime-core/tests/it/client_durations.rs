//! Lengths of time that an app may ask for: as long as can be said, or none at all.

use crate::task::Table;
use realtime_core::{
    ClientOptions, ConnectionOptions, ConnectionStatus, Delivery, FetchError, Input, ListOptions,
    ListSpec, Message, Mutation, PresenceOptions, QueryOptions, ReliableOptions, TypingOptions,
    User,
    channel::ChannelOptions,
    connection::{BackoffOptions, HeartbeatOptions},
    key,
    testing::{PeerId, World},
};
use std::time::Duration;

fn options(all: Duration) -> ClientOptions {
    let backoff = BackoffOptions {
        min: all,
        max: all,
        slow_min: all,
        slow_max: all,
    };
    let heartbeat = HeartbeatOptions {
        ping_every: all,
        pong_within: all,
        probe_within: all,
        ..HeartbeatOptions::default()
    };
    let connection = ConnectionOptions {
        backoff,
        heartbeat,
        stable_after: all,
        token_timeout: all,
        connect_timeout: all,
        handshake_timeout: all,
        trouble_after: all,
        ..ConnectionOptions::default()
    };
    let channels = ChannelOptions {
        grace: all,
        answer_wait: all,
        subscribe_timeout: all,
        ..ChannelOptions::default()
    };
    ClientOptions::new("wss://example.test/ws")
        .with_connection(connection)
        .with_channels(channels)
}

/// One client with everything it can do, and every length of time set to `all`.
fn busy(world: &mut World, all: Duration) -> PeerId {
    let peer = world.add(options(all));
    world.act(peer, |client, now| {
        client.connect(now);
        let query = QueryOptions::default()
            .with_stale_time(all)
            .with_gc_time(all)
            .with_retry_delay(all)
            .with_retry_delay_max(all)
            .with_subscribe_wait(all)
            .with_fetch_timeout(Some(all));
        let list = ListOptions::default()
            .with_tombstones(10, all)
            .with_parked(10, all)
            .with_recent(10, all);
        let spec = ListSpec::<crate::task::Task>::new(Some("tasks".into())).with_options(list);
        client
            .observe_list(now, &key!["tasks"], spec, &query)
            .expect("the key is free");
        let presence = PresenceOptions::default()
            .with_heartbeat(all)
            .with_expiry(all)
            .with_idle_after(all)
            .with_hidden_after(all)
            .with_metadata_interval(all);
        let _seat = client.join(now, &"room".into(), User::new("me", "Ada"), presence);
        let typing = TypingOptions::default()
            .with_timeout(all)
            .with_keep_alive(all);
        let _desk = client.open_typing(now, &"room".into(), "me".into(), "Ada", typing);
        let reliable = ReliableOptions {
            timeout: all,
            ttl: all,
            ..ReliableOptions::default()
        };
        client.send(
            now,
            Message::new("say", "1").with(Delivery::Reliable(reliable)),
        );
        let mutation = Mutation::new(Message::new("say", "2"));
        client.mutate(now, mutation.with_timeout(all).with_retries(3));
    });
    peer
}

/// What somebody writes who means "never".
#[test]
fn no_length_of_time_is_too_long_for_any_option() {
    for all in [Duration::MAX, Duration::from_millis(u64::MAX)] {
        let mut world = World::new(1);
        let table = Table::serve(&mut world);
        table.put(&mut world, "t1", "write");
        let peer = busy(&mut world, all);
        let other = world.connect();
        for _ in 0..3 {
            world.run(Duration::from_secs(20));
            world.act(peer, |client, now| {
                client.start_typing(now, &"room".into(), &"me".into());
            });
            world.server.publish(
                "room",
                "presence:update",
                r#"{"userId":"lin","connectionId":"c"}"#,
            );
            let typing = r#"{"id":"lin"}"#;
            world.server.publish("room", "typing:start", typing);
            table.put(&mut world, "t1", "rewrite");
            table.delete(&mut world, "t1");
            world.input(peer, Input::Visible(false));
            world.input(peer, Input::Online(false));
            world.input(peer, Input::Online(true));
            world.input(peer, Input::Visible(true));
            world.cut(peer);
            world.run(Duration::from_secs(20));
            world.act(peer, |client, now| client.reconnect(now));
            world.cut(other);
        }
        let refused = FetchError::new("busy").with_retry_after(all);
        world.on_fetch(move |_, _| Err::<Vec<crate::task::Task>, _>(refused.clone()));
        world.act(peer, |client, now| client.refetch(now, &key!["tasks"]));
        world.run(Duration::from_secs(20));
        let status = world.client(peer).connection().status;
        assert_eq!(status, ConnectionStatus::Connected);
    }
}
