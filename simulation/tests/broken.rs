//! Broken rules: what a client does without one, and that the simulation notices.

use realtime_core::{
    Delivery, ListItem, ListOptions, ListSpec, Message, QueryOptions, ReliableOptions, RowId,
    SendError, key,
    testing::{PeerId, World},
};
use realtime_sabotage::{Rule, without};
use realtime_simulation::{BreachKind, Wire, Worlds, investigate, sabotage};
use serde::{Deserialize, Serialize};
use std::{cell::RefCell, rc::Rc, time::Duration};

const SECOND: Duration = Duration::from_secs(1);

/// What a test finds with all rules, and without one of them.
fn both<T>(rule: Rule, play: impl Fn() -> T) -> (T, T) {
    (play(), without(rule, &play))
}

/// Those that a few worlds give away; `cargo xtask simulate --sabotage` tries them all.
#[test]
#[ignore = "says something only of a core that can be broken: `cargo xtask test --only sabotage`"]
fn a_client_without_one_of_its_rules_is_found_out() {
    let rules = [
        Rule::Resubscribe,
        Rule::UnknownRefetch,
        Rule::SameIdOnResend,
        Rule::TemporaryIds,
        Rule::PresencePrune,
        Rule::WaitForInsert,
        Rule::LayerRevoke,
        Rule::KeptRowIds,
        Rule::KeptWithInsert,
        Rule::SilentLeader,
        Rule::LastTabLeaves,
    ];
    for caught in sabotage(&rules, 0, 60, 2) {
        assert!(caught.by.is_some(), "{:?} was not missed", caught.rule);
    }
}

#[test]
#[ignore = "says something only of a core that can be broken: `cargo xtask test --only sabotage`"]
fn a_bad_world_is_shrunk_to_the_actions_that_matter() {
    let bad = (0..60).find_map(|seed| {
        let (outcome, shrunk) =
            investigate(seed, Wire::Envelope, Worlds::Plain, Some(Rule::Backoff));
        (!outcome.breaches.is_empty()).then_some((outcome, shrunk))
    });
    let (outcome, shrunk) = bad.expect("one of a few worlds shows it");
    assert_eq!(outcome.breaches[0].kind, BreachKind::Unbounded);
    let (plan, breaches) = shrunk.expect("a bad world has a smaller one");
    assert_eq!(breaches[0].kind, BreachKind::Unbounded);
    let clients = plan.clients.iter().filter(|client| client.present);
    assert!(plan.actions.len() <= 4 && clients.count() <= 1, "{plan}");
}

#[test]
#[ignore = "says something only of a core that can be broken: `cargo xtask test --only sabotage`"]
fn who_reads_first_after_sleep_finds_the_answer_that_waited() {
    let (outcome, hasty) = both(Rule::ReadFirst, || {
        let mut world = World::new(1);
        let peer = world.connect();
        world.run(SECOND);
        world.link_mut(peer).latency = 100..=100;
        let message = Message {
            delivery: Delivery::Reliable(ReliableOptions {
                timeout: 10 * SECOND,
                ..ReliableOptions::default()
            }),
            ..Message::new("say", "1")
        };
        world.act(peer, |client, now| client.send(now, message));
        world.run(SECOND / 50);
        world.freeze(peer);
        world.run(120 * SECOND);
        world.thaw(peer);
        world.run(5 * SECOND);
        world.take_settled(peer).remove(0).1
    });
    assert_eq!(outcome, Ok("null".into()));
    assert_eq!(hasty, Err(SendError::Timeout));
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Row {
    id: String,
    version: u64,
    title: String,
}

impl Row {
    fn new(id: &str, version: u64, title: &str) -> Self {
        Self {
            id: id.to_owned(),
            version,
            title: title.to_owned(),
        }
    }
}

impl ListItem for Row {
    fn id(&self) -> RowId {
        RowId::from(&self.id)
    }

    fn version(&self) -> Option<u64> {
        Some(self.version)
    }
}

/// What a client shows of a server that starts again in memory, and counts the versions of its rows anew.
fn after_the_server_forgot(positions: bool) -> Vec<String> {
    let mut world = World::new(11);
    world.server.abilities.positions = positions;
    let rows = Rc::new(RefCell::new(vec![Row::new("a", 5, "five")]));
    let read = Rc::clone(&rows);
    world.on_fetch(move |_, _| Ok(read.borrow().clone()));
    let peer = world.connect();
    let by_id = ListOptions::<Row>::default().with_sort(|a, b| a.id.cmp(&b.id));
    let spec = ListSpec::new(Some("rows".into())).with_options(by_id);
    world
        .act(peer, |client, now| {
            client.observe_list(now, &key!["rows"], spec, &QueryOptions::default())
        })
        .expect("the key is free");
    world.run(5 * SECOND);
    let deleted = r#"{"action":"delete","item":{"id":"b","version":2}}"#;
    world.server.publish("rows", "list:update", deleted);
    world.run(SECOND);
    assert_eq!(titles(&world, peer), ["five"]);

    world.take_down(peer);
    world.run(SECOND);
    world.server.restart(false);
    *rows.borrow_mut() = vec![Row::new("a", 1, "fresh"), Row::new("b", 1, "again")];
    world.heal(peer);
    world.run(10 * SECOND);
    titles(&world, peer)
}

fn titles(world: &World, peer: PeerId) -> Vec<String> {
    let list = world.client(peer).list::<Row>(&key!["rows"]);
    let list = list.expect("the list has been fetched");
    list.iter().map(|row| row.title.clone()).collect()
}

#[test]
#[ignore = "says something only of a core that can be broken: `cargo xtask test --only sabotage`"]
fn who_takes_a_new_history_for_the_old_one_shows_ghosts() {
    for (rule, positions) in [(Rule::NewHistory, true), (Rule::DoubtedHistory, false)] {
        let (shown, ghosts) = both(rule, || after_the_server_forgot(positions));
        assert_eq!(shown, ["fresh", "again"], "{rule:?}");
        assert_eq!(ghosts, ["five"], "{rule:?}");
    }
}
