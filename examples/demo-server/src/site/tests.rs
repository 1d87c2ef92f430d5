//! Tests of what makes it possible to have the same state in several processes.

use super::*;
use crate::command::{BoardEdit, Once};
use fastrand::Rng;
use realtime_server::texts::Base64;
use serde_json::{Value, from_value, json, to_value};
use yrs::{ClientID, Doc, Options, ReadTxn, Text, Transact, Update, updates::decoder::Decode};

const START: u64 = 1_700_000_000_000;

fn site() -> Site {
    let hub = Hub::new();
    let mut site = Site::new(World::new("e1".into(), START), hub);
    let epoch = "e1".to_owned();
    site.apply(Command::Hub(Change::BeginEpoch { epoch }), START)
        .unwrap();
    site
}

fn peer(node: &str, connection: u64) -> replica::Peer {
    from_value(json!(format!("c{connection}-{node}"))).unwrap()
}

fn any_peer(rng: &mut Rng) -> replica::Peer {
    peer(["a", "b"][rng.usize(..2)], rng.u64(1..4))
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
    let name = world.clock().to_string();
    let once = |rng: &mut Rng| Once::new(&rng.u32(..40).to_string(), &[["x", "y"][rng.usize(..2)]]);
    let channel = format!("room:r{}", rng.u32(..3));
    let peer = any_peer(rng);
    match rng.u32(..15) {
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
            Command::Hub(Change::Announce {
                peer,
                channel,
                announcement,
            })
        }
        8 => {
            let typing = from_value(json!({"id": format!("u{}", rng.u32(..3))})).unwrap();
            Command::Hub(Change::StartTyping {
                peer,
                channel,
                typing,
            })
        }
        9 => Command::Hub(Change::Depart {
            peer,
            channels: vec![channel],
        }),
        10 => Command::Hub(Change::Prune {
            node: peer.node,
            open: vec![peer.connection],
        }),
        11 => Command::Hub(Change::Expire { life_ms: 20_000 }),
        13 => Command::Text {
            update: any_update(world, rng),
            once: Some(once(rng)),
        },
        12 => Command::Reserve {
            symbol: "ACME".into(),
            count: 3,
            length_ms: 1_000,
        },
        _ => Command::Prices {
            nudges: world.market.draw(rng, world.clock()),
        },
    }
}

/// An edit of the text; now and then one that builds on another that nobody has sent.
fn any_update(world: &World, rng: &mut Rng) -> Base64 {
    let doc = Doc::with_options(Options::with_client_id(ClientID::new(rng.u64(..3))));
    let text = doc.get_or_insert_text("body");
    let whole = world.notes.clone().sync(&Base64(vec![0])).unwrap();
    let whole = Update::decode_v1(&whole.update).unwrap();
    doc.transact_mut().apply_update(whole).unwrap();
    let builds_on_another = rng.u8(..5) == 0;
    let mut write = |piece| {
        let before = doc.transact().state_vector();
        let mut transaction = doc.transact_mut();
        let length = text.len(&transaction);
        if length > 3 && rng.bool() {
            text.remove_range(&mut transaction, rng.u32(..length - 1), 2);
        } else {
            text.insert(&mut transaction, rng.u32(0..=length), piece);
        }
        drop(transaction);
        doc.transact().encode_diff_v1(&before)
    };
    let first = write("ab");
    Base64(if builds_on_another { write("c") } else { first })
}

/// A command as another process reads it.
fn sent(command: &Command) -> Command {
    serde_json::from_str(&serde_json::to_string(command).unwrap()).unwrap()
}

/// The state as another process reads it.
fn copied(site: &Site) -> Site {
    let text = serde_json::to_string(&site.save()).unwrap();
    let mut copy = Site::new(World::new("other".into(), 0), Hub::new());
    copy.load(serde_json::from_str(&text).unwrap());
    copy
}

fn read(site: &Site) -> Value {
    to_value(site.save()).unwrap()
}

#[test]
fn the_same_commands_make_the_same_state_also_from_a_copy_on() {
    for seed in 0..12 {
        let mut rng = Rng::with_seed(seed);
        let (mut one, mut other) = (site(), site());
        for step in 0..400 {
            let command = any_command(&one.world, &mut rng);
            // Entries of a log have times of a clock that may also stand still.
            let now = START + rng.u64(..500) * step;
            let outcome = one.apply(sent(&command), now);
            assert_eq!(other.apply(command, now), outcome);
            if rng.u32(..50) == 0 {
                other = copied(&other);
            }
        }
        assert_eq!(read(&one), read(&other), "seed {seed}");
        assert!(read(&one)["world"]["notes"].is_string(), "seed {seed}");
        assert!(one.world.totals.events > 50, "{:?}", one.world.totals);
    }
}

#[test]
fn another_epoch_keeps_the_state_and_what_was_answered_but_not_the_history() {
    let mut site = site();
    let edit = || BoardEdit::Create(from_value(json!({"title": "Write"})).unwrap());
    let create = || Command::Tasks {
        edit: edit(),
        once: Some(Once::new("m", &["x"])),
    };
    let done = site.apply(create(), START);
    let epoch = "e2".to_owned();
    site.apply(Command::Hub(Change::BeginEpoch { epoch }), START)
        .unwrap();
    let position = site.hub.position("tasks");
    assert_eq!((position.epoch.as_str(), position.seq), ("e2", 1));
    assert_eq!(site.world.epoch, "e2");
    assert_eq!(read(&site)["hub"]["open"]["tasks"]["history"], json!([]));
    assert_eq!(site.apply(create(), START), done);
    assert_eq!(site.world.board.tasks().len(), 7);
}

#[test]
fn only_the_sockets_of_a_gone_process_leave() {
    let mut site = site();
    let announce = |node: &str, number| {
        let text = r#"{"user":{"id":"u","name":"Ada"},"status":"online"}"#;
        Command::Hub(Change::Announce {
            peer: peer(node, number),
            channel: "room:a".into(),
            announcement: serde_json::from_str(text).unwrap(),
        })
    };
    for (node, number) in [("a", 1), ("a", 2), ("b", 1)] {
        site.apply(announce(node, number), START).unwrap();
    }
    let present = |site: &Site| -> Vec<String> {
        let roster = read(site)["hub"]["open"]["room:a"]["roster"].clone();
        let roster = roster.as_object().unwrap();
        roster.keys().cloned().collect()
    };
    let prune = |open: &[u64]| {
        Command::Hub(Change::Prune {
            node: "a".into(),
            open: from_value(json!(open)).unwrap(),
        })
    };
    site.apply(prune(&[2]), START).unwrap();
    assert_eq!(present(&site), ["c1-b", "c2-a"]);
    site.apply(prune(&[]), START).unwrap();
    assert_eq!(present(&site), ["c1-b"]);
}
