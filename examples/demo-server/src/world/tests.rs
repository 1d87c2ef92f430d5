//! Tests of what makes it possible to have the same state in several processes.

use super::*;
use crate::{
    command::BoardEdit,
    peer::{ConnectionId, NodeId},
};
use fastrand::Rng;
use serde_json::{Value, from_value, json, to_value};

const START: u64 = 1_700_000_000_000;

fn world() -> World {
    World::new("e1".into(), START, 50)
}

fn sockets() -> Connections {
    Connections::new(NodeId::random())
}

fn peer(rng: &mut Rng) -> Peer {
    Peer {
        node: ["a", "b"][rng.usize(..2)].into(),
        connection: ConnectionId(rng.u64(1..4)),
    }
}

/// One of all the commands there are, some of them to be refused.
fn any_command(world: &World, rng: &mut Rng) -> Command {
    let ids: Vec<String> = world
        .board
        .tasks()
        .iter()
        .map(|task| task.id.clone())
        .collect();
    let id = |rng: &mut Rng| rng.choice(&ids).cloned().unwrap_or_default();
    let name = world.clock.to_string();
    let once = |rng: &mut Rng| Once::new(&rng.u32(..40).to_string(), &[["x", "y"][rng.usize(..2)]]);
    let channel = format!("room:r{}", rng.u32(..3));
    let peer = peer(rng);
    match rng.u32(..14) {
        0 => {
            let edit = from_value(json!({"create": {"title": name}})).unwrap();
            let once = Some(once(rng));
            Command::Tasks { edit, once }
        }
        1 => {
            let edit =
                json!({"update": {"id": id(rng), "patch": {"title": name, "assignee": null}}});
            let (edit, once) = (from_value(edit).unwrap(), Some(once(rng)));
            Command::Tasks { edit, once }
        }
        2 | 3 => {
            let edit = json!({"move": {"id": id(rng), "to": {"before": id(rng)}}});
            let (edit, once) = (from_value(edit).unwrap(), None);
            Command::Tasks { edit, once }
        }
        4 => {
            let edit = BoardEdit::Delete { id: id(rng) };
            Command::Tasks { edit, once: None }
        }
        5 => {
            let text = if rng.bool() { "hello" } else { "" };
            let new = json!({"userId": "u", "name": "Ada", "text": text});
            let (new, once) = (from_value(new).unwrap(), Some(once(rng)));
            Command::Message {
                peer,
                channel,
                new,
                once,
            }
        }
        6 => Command::Notify {
            new: from_value(json!({"title": name})).unwrap(),
        },
        7 => {
            let user = format!("u{}", rng.u32(..3));
            let text = json!({"user": {"id": user, "name": "Ada"}, "status": "away", "metadata": {"at": [1.5, name]}});
            let announcement = serde_json::from_str(&text.to_string()).unwrap();
            Command::Announce {
                peer,
                channel,
                announcement,
            }
        }
        8 => {
            let typing = from_value(json!({"id": format!("u{}", rng.u32(..3))})).unwrap();
            Command::StartTyping {
                peer,
                channel,
                typing,
            }
        }
        9 => Command::Depart {
            peer,
            channels: vec![channel],
        },
        10 => Command::Prune {
            node: peer.node,
            open: vec![peer.connection],
        },
        11 => Command::Expire { life_ms: 20_000 },
        12 => Command::Reserve {
            symbol: "ACME".into(),
            count: 3,
            length_ms: 1_000,
        },
        _ => Command::Prices {
            nudges: world.market.draw(rng, world.clock),
        },
    }
}

/// A command as another process reads it.
fn sent(command: &Command) -> Command {
    serde_json::from_str(&serde_json::to_string(command).unwrap()).unwrap()
}

/// The state as another process reads it.
fn copied(world: &World) -> World {
    let text = serde_json::to_string(world).unwrap();
    World::read(&text, world.history).unwrap()
}

#[test]
fn the_same_commands_make_the_same_state_also_from_a_copy_on() {
    for seed in 0..12 {
        let mut rng = Rng::with_seed(seed);
        let (mut one, mut other) = (world(), world());
        let (mut here, mut there) = (sockets(), sockets());
        for step in 0..400 {
            let command = any_command(&one, &mut rng);
            // Entries of a log have times of a clock that may also stand still.
            let now = START + rng.u64(..500) * step;
            let outcome = one.apply(sent(&command), now, &mut here);
            assert_eq!(other.apply(command, now, &mut there), outcome);
            if rng.u32(..50) == 0 {
                other = copied(&other);
            }
        }
        assert_eq!(
            to_value(&one).unwrap(),
            to_value(&other).unwrap(),
            "seed {seed}"
        );
        assert!(one.totals.events > 50, "{:?}", one.totals);
    }
}

#[test]
fn another_epoch_keeps_the_state_and_what_was_answered_but_not_the_history() {
    let mut world = world();
    let edit = || BoardEdit::Create(from_value(json!({"title": "Write"})).unwrap());
    let create = || Command::Tasks {
        edit: edit(),
        once: Some(Once::new("m", &["x"])),
    };
    let done = world.apply(create(), START, &mut sockets());
    let begin = Command::BeginEpoch { epoch: "e2".into() };
    world.apply(begin, START, &mut sockets()).unwrap();
    let position = Position {
        epoch: "e2".into(),
        seq: 1,
    };
    assert_eq!(world.position(TASKS), position);
    assert!(world.channel(TASKS).unwrap().since(0).is_none());
    assert_eq!(world.apply(create(), START, &mut sockets()), done);
    assert_eq!(world.board.tasks().len(), 7);
}

#[test]
fn only_the_sockets_of_a_gone_process_leave() {
    let mut world = world();
    let announce = |node: &str, number| Command::Announce {
        peer: Peer {
            node: node.into(),
            connection: ConnectionId(number),
        },
        channel: "room:a".into(),
        announcement: serde_json::from_str(r#"{"user":{"id":"u","name":"Ada"},"status":"online"}"#)
            .unwrap(),
    };
    for (node, number) in [("a", 1), ("a", 2), ("b", 1)] {
        world
            .apply(announce(node, number), START, &mut sockets())
            .unwrap();
    }
    let present = |world: &World| -> Value {
        let roster = world.channel("room:a").map(|channel| &channel.roster);
        let members = roster.map(|roster| to_value(roster.sync()).unwrap()["members"].clone());
        let ids = members
            .iter()
            .flat_map(|members| members.as_array().unwrap());
        ids.map(|member| member["connectionId"].clone()).collect()
    };
    let prune = |open: &[u64]| Command::Prune {
        node: "a".into(),
        open: open.iter().map(|number| ConnectionId(*number)).collect(),
    };
    world.apply(prune(&[2]), START, &mut sockets()).unwrap();
    assert_eq!(present(&world), json!(["c2-a", "c1-b"]));
    world.apply(prune(&[]), START, &mut sockets()).unwrap();
    assert_eq!(present(&world), json!(["c1-b"]));
}
