//! New rows that are made past the socket, by a function whose answer holds the whole item.

use crate::mutation_board::{SECOND, mutate, outcomes};
use realtime_core::{
    Edit, Input, ListEdit, ListItem, ListOptions, ListSpec, Mutation, MutationId, QueryKey,
    QueryOptions, RowId, key,
    testing::{PeerId, World},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

/// With a version or without, as the server has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Memo {
    id: String,
    #[serde(default)]
    version: Option<u64>,
    text: String,
    /// The server's clock.
    #[serde(default)]
    made: Option<u64>,
}

impl ListItem for Memo {
    fn id(&self) -> RowId {
        RowId::from(&self.id)
    }

    fn version(&self) -> Option<u64> {
        self.version
    }
}

fn memos() -> QueryKey {
    key!["memos"]
}

/// A client with an empty list.
fn open(sorted: bool) -> (World, PeerId) {
    let mut world = World::new(1);
    world.on_fetch(|_, _| Ok(Vec::<Memo>::new()));
    let peer = world.connect();
    let options = match sorted {
        true => ListOptions::default().with_sort(|a: &Memo, b| a.text.cmp(&b.text)),
        false => ListOptions::default(),
    };
    let spec = ListSpec::new(Some("memos".into())).with_options(options);
    world
        .act(peer, |client, now| {
            client.observe_list(now, &memos(), spec, &QueryOptions::default())
        })
        .unwrap();
    world.run(SECOND);
    world.link_mut(peer).latency = 1..=1;
    (world, peer)
}

fn make(world: &mut World, peer: PeerId, id: &str, text: &str) -> MutationId {
    let memo = Memo {
        id: id.into(),
        version: None,
        text: text.into(),
        made: None,
    };
    let edit = Edit::list(memos(), ListEdit::Insert(memo));
    mutate(world, peer, Mutation::external("null").with_edit(edit))
}

fn made(id: &str, versioned: bool) -> Value {
    let mut item = json!({ "id": id, "text": "made", "made": 77 });
    if versioned {
        item["version"] = 1.into();
    }
    item
}

fn publish(world: &mut World, item: &Value) {
    let data = json!({ "action": "create", "item": item }).to_string();
    world.server.publish("memos", "list:update", &data);
}

fn answer(world: &mut World, peer: PeerId, mutation: MutationId, item: &Value) {
    let result = Ok(item.to_string().into());
    world.input(peer, Input::MutationFinished { mutation, result });
}

/// The rows by id and key.
fn shown(world: &World, peer: PeerId) -> Vec<(String, String)> {
    let list = world.client(peer).list::<Memo>(&memos()).unwrap();
    let rows = list.iter().zip(list.keys());
    rows.map(|(memo, key)| (memo.id.clone(), key.to_string()))
        .collect()
}

fn one(id: &str, key: &str) -> Vec<(String, String)> {
    vec![(id.to_owned(), key.to_owned())]
}

/// Sorted or not, with versions or not, the event before the answer or after it.
fn kinds() -> impl Iterator<Item = (bool, bool, bool)> {
    (0..8_u8).map(|kind| (kind & 1 > 0, kind & 2 > 0, kind & 4 > 0))
}

#[test]
fn a_row_whose_event_comes_before_its_answer_or_after_it_ends_as_one_and_is_not_fetched() {
    for (sorted, versioned, event_first) in kinds() {
        let kind = format!("sorted {sorted}, versioned {versioned}, event first {event_first}");
        let (mut world, peer) = open(sorted);
        let fetches = world.fetched(peer).len();
        let mutation = make(&mut world, peer, "temp-1", "made");
        assert_eq!(shown(&world, peer), one("temp-1", "temp-1"));
        let item = made("m1", versioned);
        if event_first {
            publish(&mut world, &item);
            world.run(Duration::from_millis(10));
        } else {
            answer(&mut world, peer, mutation, &item);
        }
        if event_first {
            assert_eq!(shown(&world, peer), one("temp-1", "temp-1"), "{kind}");
            answer(&mut world, peer, mutation, &item);
        } else {
            assert_eq!(shown(&world, peer), one("m1", "temp-1"), "{kind}");
            publish(&mut world, &item);
            world.run(Duration::from_millis(10));
        }
        assert_eq!(shown(&world, peer), one("m1", "temp-1"), "{kind}");
        world.run(20 * SECOND);
        assert_eq!(shown(&world, peer), one("m1", "temp-1"), "{kind}");
        assert_eq!(world.fetched(peer).len(), fetches, "{kind}");
        assert_eq!(world.client(peer).overlay_len(&memos()), 0, "{kind}");
        assert_eq!(outcomes(&mut world, peer), [(mutation, "confirmed")]);
    }
}

#[test]
fn a_row_that_was_deleted_before_the_answer_came_stays_away() {
    let (mut world, peer) = open(true);
    let mutation = make(&mut world, peer, "temp-1", "made");
    let item = made("m1", false);
    publish(&mut world, &item);
    let gone = r#"{"action":"delete","item":{"id":"m1"}}"#;
    world.server.publish("memos", "list:update", gone);
    world.run(Duration::from_millis(10));
    answer(&mut world, peer, mutation, &item);
    world.run(20 * SECOND);
    assert_eq!(shown(&world, peer), []);
}

/// The rows by id, in the order of the ids.
fn ids(world: &World, peer: PeerId) -> Vec<String> {
    let mut ids: Vec<String> = shown(world, peer).into_iter().map(|(id, _)| id).collect();
    ids.sort();
    ids
}

#[test]
fn a_row_of_somebody_elses_that_looks_the_same_shows_as_soon_as_ours_has_its_id() {
    for (sorted, versioned, _) in kinds() {
        let (mut world, peer) = open(sorted);
        let mutation = make(&mut world, peer, "temp-1", "made");
        publish(&mut world, &made("theirs", versioned));
        world.run(Duration::from_millis(10));
        assert_eq!(ids(&world, peer), ["temp-1"]);
        // Of one edit one row is a duplicate, and one that looks different is none.
        publish(&mut world, &made("another", versioned));
        publish(&mut world, &json!({ "id": "else", "text": "else" }));
        world.run(Duration::from_millis(10));
        assert_eq!(ids(&world, peer), ["another", "else", "temp-1"]);
        answer(&mut world, peer, mutation, &made("ours", versioned));
        assert_eq!(ids(&world, peer), ["another", "else", "ours", "theirs"]);
    }
}

#[test]
fn a_row_that_looks_like_one_whose_request_failed_shows() {
    let (mut world, peer) = open(true);
    let mutation = make(&mut world, peer, "temp-1", "made");
    publish(&mut world, &made("theirs", false));
    world.run(Duration::from_millis(10));
    assert_eq!(ids(&world, peer), ["temp-1"]);
    let result = Err(realtime_core::FetchError::permanent("no"));
    world.input(peer, Input::MutationFinished { mutation, result });
    assert_eq!(ids(&world, peer), ["theirs"]);
}

#[test]
fn a_row_that_is_hidden_for_ours_goes_on_as_the_server_has_it() {
    let (mut world, peer) = open(true);
    let mutation = make(&mut world, peer, "temp-1", "made");
    publish(&mut world, &made("m1", false));
    let update = r#"{"action":"update","item":{"id":"m1","text":"changed"}}"#;
    world.server.publish("memos", "list:update", update);
    world.run(Duration::from_millis(10));
    assert_eq!(ids(&world, peer), ["temp-1"]);
    answer(&mut world, peer, mutation, &made("m1", false));
    assert_eq!(shown(&world, peer), one("m1", "temp-1"));
    let list = world.client(peer).list::<Memo>(&memos()).unwrap();
    assert_eq!(
        list.iter().next().map(|memo| memo.text.clone()),
        Some("changed".into())
    );
}

#[test]
fn an_answer_that_tells_no_id_leaves_one_row_until_a_fetch_tells_which_it_is() {
    let (mut world, peer) = open(true);
    let mutation = make(&mut world, peer, "temp-1", "made");
    publish(&mut world, &made("m1", false));
    world.run(Duration::from_millis(10));
    answer(&mut world, peer, mutation, &Value::Null);
    assert_eq!(ids(&world, peer), ["temp-1"]);
    world.on_fetch(|_, _| {
        let item = serde_json::from_value(made("m1", false)).unwrap();
        Ok(vec![Memo { ..item }])
    });
    world.run(20 * SECOND);
    assert_eq!(ids(&world, peer), ["m1"]);
    assert_eq!(world.client(peer).overlay_len(&memos()), 0);
}

#[test]
fn an_answer_that_a_snapshot_has_overtaken_makes_no_row_that_may_be_deleted() {
    let (mut world, peer) = open(true);
    let mutation = make(&mut world, peer, "temp-1", "made");
    publish(&mut world, &made("m1", false));
    let gone = r#"{"action":"delete","item":{"id":"m1"}}"#;
    world.server.publish("memos", "list:update", gone);
    world.run(Duration::from_millis(10));
    // A delete without a version is forgotten with the next snapshot.
    world.act(peer, |client, now| client.refetch(now, &memos()));
    world.run(Duration::from_millis(10));
    answer(&mut world, peer, mutation, &made("m1", false));
    world.run(20 * SECOND);
    assert_eq!(shown(&world, peer), []);
}
