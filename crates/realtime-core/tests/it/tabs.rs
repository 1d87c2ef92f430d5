//! Many tabs and one socket: two cores or more, one of which leads, under virtual time.

use crate::task::{Table, Task};
use proptest::prelude::*;
use realtime_core::{
    ClientOptions, ConnectionStatus, ListSpec, Message, ObserverId, PresenceOptions,
    PresenceStatus, QueryOptions, SendError, TypingOptions, User, key,
    tabs::TabRole,
    testing::{PeerId, World},
    wire::JsonCodec,
};
use serde_json::json;
use std::time::Duration;

pub(crate) const SECOND: Duration = Duration::from_secs(1);

pub(crate) fn open(world: &mut World) -> PeerId {
    let options = ClientOptions::new("ws://server.test/ws");
    world.open_tab(options, Box::new(JsonCodec::default()))
}

pub(crate) fn watch(world: &mut World, peer: PeerId) {
    watch_with(world, peer, &QueryOptions::default());
}

fn watch_with(world: &mut World, peer: PeerId, options: &QueryOptions) -> ObserverId {
    let spec = ListSpec::<Task>::new(Some("tasks".into())).with_seed();
    world
        .act(peer, |client, now| {
            client.observe_list(now, &key!["tasks"], spec, options)
        })
        .unwrap()
}

pub(crate) fn titles(world: &World, peer: PeerId) -> Vec<String> {
    let list = world.client(peer).list::<Task>(&key!["tasks"]);
    let mut titles: Vec<String> = list.map_or_else(Vec::new, |list| {
        list.iter().map(|task| task.title.clone()).collect()
    });
    titles.sort();
    titles
}

/// Opens tabs that show the tasks, the first of which leads.
pub(crate) fn tabs(world: &mut World, count: usize) -> Vec<PeerId> {
    let mut tabs = Vec::new();
    for _ in 0..count {
        let tab = open(world);
        watch(world, tab);
        world.run(SECOND);
        tabs.push(tab);
    }
    tabs
}

fn is_connected(world: &World, peer: PeerId) -> bool {
    world.client(peer).connection().status == ConnectionStatus::Connected
}

fn sockets(world: &World) -> usize {
    world.server.subscribers("tasks")
}

#[test]
fn ten_tabs_have_one_socket_one_fetch_and_the_same_rows() {
    let mut world = World::new(1);
    let table = Table::serve(&mut world);
    table.put(&mut world, "t1", "write");
    let tabs = tabs(&mut world, 10);
    table.put(&mut world, "t2", "read");
    world.run(SECOND);
    for tab in &tabs {
        assert_eq!(titles(&world, *tab), ["read", "write"]);
        assert_eq!(world.tab_count(*tab), 10);
    }
    assert_eq!(sockets(&world), 1);
    let fetches: usize = tabs.iter().map(|tab| world.fetched(*tab).len()).sum();
    assert_eq!(fetches, 1, "those that came later had its seeds");
    let roles: Vec<_> = tabs.iter().map(|tab| world.tab_role(*tab)).collect();
    assert_eq!(roles[0], TabRole::Leader);
    assert!(roles[1..].iter().all(|role| *role == TabRole::Follower));
}

#[test]
fn a_message_of_a_follower_is_answered_to_it_alone_and_its_echo_known() {
    let mut world = World::new(2);
    Table::serve(&mut world);
    let tabs = tabs(&mut world, 3);
    world.server.on("greet", |server, request| {
        let id = request.text("id").to_owned();
        server.publish_as("tasks", "greeted", "1", Some(&id));
        Ok(json!({"hello": request.envelope["data"]}))
    });
    let message = Message::new("greet", r#""Ada""#).on("tasks");
    let send = world.act(tabs[1], |client, now| client.send(now, message));
    world.run(SECOND);
    let settled = world.take_settled(tabs[1]);
    assert_eq!(settled, [(send, Ok(r#"{"hello":"Ada"}"#.into()))]);
    assert!(world.take_settled(tabs[0]).is_empty());
    assert!(world.take_settled(tabs[2]).is_empty());

    world.server.on("greet", |_, _| {
        Err(realtime_core::ServerError {
            retry_after: Some(7),
            ..realtime_core::ServerError::new("busy", "not now")
        })
    });
    let message = Message::new("greet", "1");
    world.act(tabs[2], |client, now| client.send(now, message));
    world.run(SECOND);
    let settled = world.take_settled(tabs[2]);
    let Some((_, Err(SendError::Server(error)))) = settled.first() else {
        panic!("{settled:?}")
    };
    assert_eq!((&*error.code, error.retry_after), ("busy", Some(7)));
}

#[test]
fn when_the_leader_dies_another_leads_within_a_second_without_a_fetch() {
    let mut world = World::new(3);
    let table = Table::serve(&mut world);
    table.put(&mut world, "t1", "write");
    let tabs = tabs(&mut world, 4);
    world.kill_tab(tabs[0]);
    table.put(&mut world, "t2", "read");
    world.run(Duration::from_millis(500));
    table.put(&mut world, "t3", "sleep");
    world.run(Duration::from_millis(500));
    let alive = &tabs[1..];
    for tab in alive {
        assert_eq!(titles(&world, *tab), ["read", "sleep", "write"]);
        assert!(world.client(*tab).connection().last_error.is_none());
        assert!(world.fetched(*tab).is_empty(), "history is there");
    }
    let roles: Vec<_> = alive.iter().map(|tab| world.tab_role(*tab)).collect();
    let leaders = roles.iter().filter(|role| **role == TabRole::Leader);
    assert_eq!((leaders.count(), sockets(&world)), (1, 1));
    world.run(5 * SECOND);
    assert!(alive.iter().all(|tab| world.tab_count(*tab) == 3));
}

#[test]
fn a_leader_that_is_frozen_loses_the_lead_within_eleven_seconds_and_follows_when_it_wakes() {
    for seed in 0..20 {
        let mut world = World::new(seed);
        let table = Table::serve(&mut world);
        let tabs = tabs(&mut world, 5);
        world.run(Duration::from_millis(1_700));
        world.freeze(tabs[0]);
        table.put(&mut world, "t1", "write");
        world.run(11 * SECOND);
        for tab in &tabs[1..] {
            assert_eq!(titles(&world, *tab), ["write"], "{seed}");
        }
        let led: u64 = tabs.iter().map(|tab| world.tab_stats(*tab).led).sum();
        assert!(
            (2..=3).contains(&led),
            "{led} took the lead, not one by one"
        );
        world.thaw(tabs[0]);
        world.run(2 * SECOND);
        assert_eq!(world.tab_role(tabs[0]), TabRole::Follower);
        assert_eq!(sockets(&world), 1);
        table.put(&mut world, "t2", "read");
        world.run(SECOND);
        for tab in &tabs {
            assert_eq!(titles(&world, *tab), ["read", "write"]);
        }
    }
}

#[test]
fn a_message_under_way_when_the_leader_dies_is_carried_out_once() {
    for seed in 0..50 {
        let mut world = World::new(seed);
        Table::serve(&mut world);
        let tabs = tabs(&mut world, 3);
        world.server.on("count", |server, _| {
            server.publish("tasks", "counted", "1");
            Ok(json!(1))
        });
        let before = world.server.position("tasks").1;
        let send = world.act(tabs[2], |client, now| {
            client.send(now, Message::new("count", "1"))
        });
        // Before it has left, on its way, answered, and all over.
        world.run(Duration::from_millis(seed));
        world.kill_tab(tabs[0]);
        world.run(3 * SECOND);
        assert_eq!(world.take_settled(tabs[2]), [(send, Ok("1".into()))]);
        assert_eq!(world.server.position("tasks").1, before + 1, "{seed}");
    }
}

#[test]
fn a_leader_that_is_hidden_for_long_hands_over_to_a_tab_that_is_seen() {
    let mut world = World::new(5);
    Table::serve(&mut world);
    let tabs = tabs(&mut world, 3);
    for tab in &tabs {
        world.show_tab(*tab, false);
    }
    world.run(400 * SECOND);
    assert_eq!(world.tab_role(tabs[0]), TabRole::Leader, "nobody is seen");
    world.show_tab(tabs[2], true);
    world.run(SECOND);
    assert_eq!(world.tab_role(tabs[2]), TabRole::Leader);
    assert_eq!(world.tab_role(tabs[0]), TabRole::Follower);
    assert_eq!(sockets(&world), 1);
    world.show_tab(tabs[2], false);
    world.show_tab(tabs[1], true);
    world.run(290 * SECOND);
    assert_eq!(world.tab_role(tabs[2]), TabRole::Leader, "not for long yet");
    world.run(15 * SECOND);
    assert_eq!(world.tab_role(tabs[1]), TabRole::Leader);
}

#[test]
fn who_signs_out_in_one_tab_does_in_all() {
    let mut world = World::new(6);
    let table = Table::serve(&mut world);
    table.put(&mut world, "t1", "write");
    let tabs = tabs(&mut world, 3);
    world.act_as_tab(tabs[1], |tab, now| {
        tab.sign_out(now);
        tab.leave(now);
    });
    world.act(tabs[1], realtime_core::Client::sign_out);
    world.run(SECOND);
    for tab in tabs {
        assert!(titles(&world, tab).is_empty());
        assert!(!is_connected(&world, tab));
    }
    assert_eq!(sockets(&world), 0);
}

#[test]
fn the_server_sees_one_person_with_the_best_status_of_all_tabs() {
    let mut world = World::new(7);
    Table::serve(&mut world);
    let tabs = tabs(&mut world, 3);
    let stranger = world.connect();
    let join = |world: &mut World, peer: PeerId, id: &str| {
        let user = User::new(id, id);
        world
            .act(peer, |client, now| {
                client.join(now, &"room".into(), user, PresenceOptions::default())
            })
            .unwrap()
    };
    let _bob = join(&mut world, stranger, "bob");
    let mut leases: Vec<_> = tabs
        .iter()
        .map(|tab| join(&mut world, *tab, "ada"))
        .collect();
    world.run(2 * SECOND);
    let seen = |world: &World, peer: PeerId, id: &str| {
        let snapshot = world.client(peer).presence(&"room".into()).unwrap();
        let member = snapshot.members.iter().find(|it| &*it.user.id == id);
        member.map(|member| member.status)
    };
    assert_eq!(world.server.members("room").len(), 2, "one for each person");
    for tab in &tabs {
        assert_eq!(seen(&world, *tab, "bob"), Some(PresenceStatus::Online));
    }
    for tab in &tabs[..2] {
        world.act(*tab, |client, now| {
            client.set_status(now, &"room".into(), PresenceStatus::Away);
        });
    }
    world.run(SECOND);
    assert_eq!(seen(&world, stranger, "ada"), Some(PresenceStatus::Online));
    world.act(tabs[2], |client, now| {
        client.set_status(now, &"room".into(), PresenceStatus::Busy);
    });
    world.run(SECOND);
    assert_eq!(seen(&world, stranger, "ada"), Some(PresenceStatus::Busy));
    let last = leases.pop().unwrap();
    world.act(tabs[2], |client, now| client.leave(now, last));
    world.run(3 * SECOND);
    assert_eq!(seen(&world, stranger, "ada"), Some(PresenceStatus::Away));
    for (tab, lease) in tabs.iter().zip(leases) {
        world.act(*tab, |client, now| client.leave(now, lease));
    }
    world.run(3 * SECOND);
    assert_eq!(seen(&world, stranger, "ada"), None);
}

#[test]
fn who_types_in_any_tab_is_seen_typing_until_they_do_in_none() {
    let mut world = World::new(8);
    Table::serve(&mut world);
    let tabs = tabs(&mut world, 2);
    let stranger = world.connect();
    for (peer, id) in [(tabs[0], "ada"), (tabs[1], "ada"), (stranger, "bob")] {
        let _lease = world
            .act(peer, |client, now| {
                client.open_typing(now, &"room".into(), id.into(), id, TypingOptions::default())
            })
            .unwrap();
    }
    world.run(SECOND);
    let types = |world: &World| world.client(stranger).typing(&"room".into(), &"bob".into());
    let count = |world: &World| types(world).map_or(0, |all| all.len());
    for tab in &tabs {
        world.act(*tab, |client, now| {
            client.start_typing(now, &"room".into(), &"ada".into())
        });
    }
    world.run(SECOND);
    assert_eq!(count(&world), 1);
    world.act(tabs[0], |client, now| {
        client.stop_typing(now, &"room".into(), &"ada".into())
    });
    world.run(SECOND / 2);
    assert_eq!(count(&world), 1, "in the other tab they do");
    world.act(tabs[1], |client, now| {
        client.stop_typing(now, &"room".into(), &"ada".into())
    });
    world.run(SECOND / 2);
    assert_eq!(count(&world), 0);
}

#[test]
fn when_the_leader_loses_its_link_all_wait_and_go_on_with_it() {
    let mut world = World::new(9);
    let table = Table::serve(&mut world);
    let tabs = tabs(&mut world, 3);
    world.take_down(tabs[0]);
    world.run(SECOND);
    for tab in &tabs {
        assert!(!is_connected(&world, *tab));
    }
    let send = world.act(tabs[1], |client, now| {
        client.send(now, Message::new("x", "1"))
    });
    table.put(&mut world, "t1", "write");
    world.run(20 * SECOND);
    world.heal(tabs[0]);
    world.run(25 * SECOND);
    for tab in &tabs {
        assert_eq!(titles(&world, *tab), ["write"]);
        assert!(is_connected(&world, *tab));
    }
    assert_eq!(world.fetched(tabs[1]).len(), 0);
    assert_eq!(world.take_settled(tabs[1]), [(send, Ok("null".into()))]);
    assert_eq!(world.server.count("x"), 1);
}

#[test]
fn a_follower_that_was_given_up_while_it_was_frozen_goes_on_where_it_was() {
    let mut world = World::new(13);
    let table = Table::serve(&mut world);
    let tabs = tabs(&mut world, 3);
    world.freeze(tabs[1]);
    world.run(90 * SECOND);
    assert_eq!(world.tab_count(tabs[0]), 2);
    table.put(&mut world, "t1", "write");
    // The other one goes as well: what comes now is posted to nobody.
    world.kill_tab(tabs[2]);
    world.run(10 * SECOND);
    world.thaw(tabs[1]);
    world.run(5 * SECOND);
    table.put(&mut world, "t2", "read");
    world.run(SECOND);
    assert_eq!(titles(&world, tabs[1]), ["read", "write"]);
    assert!(world.client(tabs[1]).connection().last_error.is_none());
    assert_eq!(world.tab_role(tabs[1]), TabRole::Follower);
}

#[test]
fn what_a_follower_knows_says_nothing_of_a_query_of_the_leaders_that_was_paused_meanwhile() {
    let mut world = World::new(14);
    let table = Table::serve(&mut world);
    let leader = open(&mut world);
    let next = open(&mut world);
    let frugal = QueryOptions::default().with_stale_time(Duration::MAX);
    let paused = watch_with(&mut world, next, &frugal);
    let other = open(&mut world);
    watch(&mut world, other);
    world.run(SECOND);
    let pause = |world: &mut World, enabled| {
        world.act(next, |client, now| client.set_enabled(now, paused, enabled));
    };
    pause(&mut world, false);
    world.run(5 * SECOND);
    table.put(&mut world, "t1", "write");
    world.run(SECOND);
    assert!(titles(&world, next).is_empty(), "its channel is given up");
    world.kill_tab(leader);
    world.run(2 * SECOND);
    assert_eq!(world.tab_role(next), TabRole::Leader);
    pause(&mut world, true);
    world.run(5 * SECOND);
    for tab in [next, other] {
        assert_eq!(titles(&world, tab), ["write"]);
    }
}

#[test]
fn a_term_that_no_leader_can_have_come_to_is_nobodys() {
    let mut world = World::new(12);
    let table = Table::serve(&mut world);
    let tabs = tabs(&mut world, 3);
    let last = (1_u64 << 53) - 1;
    for kind in ["beacon", "hello"] {
        let line = json!({"v": 1, "kind": kind, "from": "evil", "term": last, "number": 2});
        world.post_to_tabs(&line.to_string());
        world.run(SECOND);
    }
    assert_eq!(world.tab_role(tabs[0]), TabRole::Leader);
    table.put(&mut world, "t1", "write");
    world.run(SECOND);
    for tab in &tabs {
        assert_eq!(titles(&world, *tab), ["write"]);
        assert!(world.tab_stats(*tab).stale >= 2);
        assert_eq!(world.tab_stats(*tab).led, u64::from(*tab == tabs[0]));
    }
}

/// Texts as a tab may post them, with anything in any field.
fn posted() -> impl Strategy<Value = String> {
    let kind = prop::sample::select(vec![
        "hello", "beacon", "bye", "yield", "full", "open", "opened", "frame", "close", "closed",
        "want", "seed", "seeded", "renew", "other",
    ]);
    let id = prop::sample::select(vec!["evil", "0000000000000001", "", "a b"]);
    let number = prop_oneof![Just(0_u64), 1..4_u64, Just((1 << 53) - 1), any::<u64>()];
    let payload = prop_oneof![
        Just(String::new()),
        Just(
            r#"{"event":"subscribe","channel":"tasks","id":"x-1","data":{"since":9,"epoch":"e"}}"#
                .into()
        ),
        Just(r#"{"event":"tick","channel":"tasks","seq":3,"epoch":"e","data":[]}"#.into()),
        Just(r#"{"event":"presence:announce","channel":"room","data":{"user":7}}"#.into()),
        "\\PC{0,40}",
    ];
    (kind, id, number.clone(), number, any::<bool>(), payload).prop_map(
        |(kind, from, term, link, visible, payload)| {
            let line = json!({
                "v": 1, "kind": kind, "from": from, "term": term, "link": link, "number": link,
                "visible": visible, "leader": from,
            });
            format!("{line}\n{payload}")
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_another_script_posts_the_tabs_live_and_one_that_holds_the_lock_leads(
        posts in prop::collection::vec((posted(), 0..400_u64), 0..40),
    ) {
        let mut world = World::new(11);
        let table = Table::serve(&mut world);
        let tabs = tabs(&mut world, 3);
        for (text, pause) in posts {
            world.post_to_tabs(&text);
            world.run(Duration::from_millis(pause));
        }
        world.run(200 * SECOND);
        let is_leader = |tab: &&PeerId| world.tab_role(**tab) == TabRole::Leader;
        prop_assert!(tabs.iter().filter(is_leader).count() <= 1);
        table.put(&mut world, "t1", "write");
        world.run(60 * SECOND);
        for tab in &tabs {
            prop_assert_eq!(titles(&world, *tab), vec!["write".to_owned()]);
        }
    }
}
