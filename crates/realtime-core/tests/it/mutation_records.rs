//! Optimistic edits of one record, and of several queries at once.

use crate::mutation_board::{SECOND, mutate, outcomes, watch};
use realtime_core::{
    Client, ConflictPolicy, Edit, ItemState, Message, Mutation, Patch, QueryKey, QueryOptions,
    RecordEdit, RecordSpec, Side, key,
    testing::{PeerId, World},
};
use serde_json::{Value, json};
use std::{cell::RefCell, rc::Rc, time::Duration};

type Doc = Value;

fn doc() -> QueryKey {
    key!["doc"]
}

/// A server with one document, whose event is either the whole of it or only says that there is
/// something to fetch.
fn serve(world: &mut World, event: &'static str) -> Rc<RefCell<Doc>> {
    let truth = Rc::new(RefCell::new(json!({ "title": "old", "likes": 0 })));
    let read = Rc::clone(&truth);
    world.on_fetch(move |key, _| {
        let truth = read.borrow().clone();
        Ok(if *key == doc() {
            truth
        } else {
            truth["likes"].clone()
        })
    });
    let write = Rc::clone(&truth);
    world.server.on("doc:edit", move |server, request| {
        let patch = request.envelope["data"].to_string();
        let new: Doc = realtime_core::merge_patch(&*write.borrow(), &patch).unwrap();
        *write.borrow_mut() = new.clone();
        let id = Some(request.text("id"));
        server.publish_as("doc", event, &new.to_string(), id);
        Ok(Value::Null)
    });
    truth
}

fn open(world: &mut World) -> PeerId {
    open_with(world, ConflictPolicy::LastWriterWins)
}

fn open_with(world: &mut World, policy: ConflictPolicy<Doc>) -> PeerId {
    let peer = world.connect();
    let channel = || Some("doc".into());
    let spec = RecordSpec::<Doc>::new()
        .with_conflicts(policy)
        .on("doc:new", channel(), Patch::replace())
        .on("doc:stale", channel(), Patch::invalidate(doc()));
    world
        .act(peer, |client, now| {
            client.observe_record(now, &doc(), spec, &QueryOptions::default())
        })
        .unwrap();
    world.run(SECOND);
    peer
}

fn edit(patch: &Value) -> Mutation {
    let patch: Rc<str> = patch.to_string().into();
    Mutation::new(Message::new("doc:edit", &*patch).on("doc"))
        .with_edit(Edit::record::<Doc>(doc(), RecordEdit::Patch(patch)))
}

fn title(client: &Client) -> String {
    let value = client.record::<Doc>(&doc()).unwrap();
    value["title"].as_str().unwrap().to_owned()
}

#[test]
fn a_record_shows_an_edit_at_once_and_until_the_server_says_it_too() {
    for event in ["doc:new", "doc:stale", "doc:other"] {
        let mut world = World::new(1);
        serve(&mut world, event);
        let peer = open(&mut world);
        let mutation = mutate(&mut world, peer, edit(&json!({ "title": "new" })));
        let state = |client: &Client| client.query_state::<Doc>(&doc());
        assert_eq!(state(world.client(peer)), ItemState::Pending);
        watch(&mut world, peer, 12 * SECOND, |client| {
            assert_eq!(title(client), "new", "{event}");
        });
        assert_eq!(state(world.client(peer)), ItemState::Synced);
        assert_eq!(outcomes(&mut world, peer), [(mutation, "confirmed")]);
        assert_eq!(world.client(peer).overlay_len(&doc()), 0);
        // An event with the value needs no fetch; the other servers cost one.
        let fetches = if event == "doc:new" { 1 } else { 2 };
        assert_eq!(world.fetched(peer).len(), fetches, "{event}");
    }
}

#[test]
fn a_function_is_applied_again_to_whatever_the_server_says() {
    let mut world = World::new(2);
    let truth = serve(&mut world, "doc:new");
    let peer = open(&mut world);
    world.take_down(peer);
    let like = |value: &Doc| {
        let mut liked = value.clone();
        liked["likes"] = (value["likes"].as_i64().unwrap_or(0) + 1).into();
        liked
    };
    let mutation = Mutation::new(Message::new("doc:edit", "null"))
        .with_edit(Edit::record(doc(), RecordEdit::Apply(Rc::new(like))))
        .with_data(|sending| sending.patch(0).unwrap_or("{}").to_owned());
    mutate(&mut world, peer, mutation);
    let likes = |world: &World| world.client(peer).record::<Doc>(&doc()).unwrap()["likes"].clone();
    assert_eq!(likes(&world), 1);
    truth.borrow_mut()["likes"] = 10.into();
    world.act(peer, |client, now| client.refetch(now, &doc()));
    world.run(3 * SECOND);
    assert_eq!(likes(&world), 11);
    world.heal(peer);
    world.run(10 * SECOND);
    assert_eq!(truth.borrow()["likes"], 11);
    assert_eq!(likes(&world), 11);
}

#[test]
fn each_query_that_an_edit_shows_in_lets_it_go_by_itself() {
    let mut world = World::new(3);
    serve(&mut world, "doc:new");
    let peer = open(&mut world);
    let total = key!["total"];
    world
        .act(peer, |client, now| {
            let spec = RecordSpec::<Value>::new();
            client.observe_record(now, &total, spec, &QueryOptions::default())
        })
        .unwrap();
    world.run(SECOND);
    let plus = RecordEdit::Apply(Rc::new(|it: &Value| json!(it.as_i64().unwrap_or(0) + 5)));
    let mutation = edit(&json!({ "likes": 5 })).with_edit(Edit::record(total.clone(), plus));
    mutate(&mut world, peer, mutation);
    // No event brings the total: it is fetched when nothing has shown it for five seconds.
    watch(&mut world, peer, 12 * SECOND, |client| {
        assert_eq!(client.record::<Value>(&total).as_deref(), Some(&json!(5)));
        let likes = client.record::<Doc>(&doc()).unwrap()["likes"].clone();
        assert_eq!(likes, 5);
    });
    let client = world.client(peer);
    assert_eq!(
        (client.overlay_len(&doc()), client.overlay_len(&total)),
        (0, 0)
    );
    assert_eq!(world.fetched(peer).last(), Some(&total));
    assert_eq!(world.client(peer).stats().mutations.refetched, 1);
}

#[test]
fn a_result_is_in_conflict_with_an_edit_only_as_the_events_that_came_meanwhile_leave_it() {
    let mut world = World::new(4);
    world.server.abilities.positions = false;
    let truth = serve(&mut world, "doc:new");
    let same_field = Side::Theirs;
    let peer = open_with(&mut world, ConflictPolicy::MergeFields { same_field });
    world.fetch_reads_early = true;
    world.fetch_latency = 2_000..=2_000;
    world.act(peer, |client, now| client.refetch(now, &doc()));
    world.run(Duration::from_millis(100));
    truth.borrow_mut()["title"] = "theirs".into();
    let theirs = truth.borrow().to_string();
    world.server.publish("doc", "doc:new", &theirs);
    world.run(Duration::from_millis(100));
    world.stall(peer);
    let mutation = mutate(&mut world, peer, edit(&json!({ "title": "mine" })));
    watch(&mut world, peer, 3 * SECOND, |client| {
        assert_eq!(title(client), "mine");
    });
    world.heal(peer);
    world.run(10 * SECOND);
    assert_eq!(outcomes(&mut world, peer), [(mutation, "confirmed")]);
    assert_eq!(truth.borrow()["title"], "mine");
}
