//! Edits of several rows at once, and the ids that the server gives them.

use crate::mutation_board::{SECOND, mutate, watch};
use realtime_core::{
    Client, Edit, ListEdit, ListItem, ListSpec, Message, Mutation, MutationError, MutationEvent,
    Position, QueryKey, QueryOptions, RowId, key,
    query::Fetched,
    testing::{PeerId, ScriptedServer, World},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{cell::RefCell, rc::Rc, time::Duration};

/// A note that tells under which id its author made it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Note {
    id: String,
    version: u64,
    text: String,
    #[serde(default)]
    made_as: Option<String>,
}

impl ListItem for Note {
    fn id(&self) -> RowId {
        RowId::from(&self.id)
    }

    fn version(&self) -> Option<u64> {
        Some(self.version)
    }

    fn temporary_id(&self) -> Option<RowId> {
        self.made_as.as_ref().map(RowId::from)
    }
}

fn note(id: &str, text: &str) -> Note {
    Note {
        id: id.into(),
        version: 1,
        text: text.into(),
        made_as: None,
    }
}

fn notes() -> QueryKey {
    key!["notes"]
}

type Truth = Rc<RefCell<Vec<Note>>>;

fn serve(world: &mut World, rows: &[Note]) -> Truth {
    let truth = Rc::new(RefCell::new(rows.to_vec()));
    let read = Rc::clone(&truth);
    world.on_positioned_fetch(move |_, server| {
        let (epoch, seq) = server.position("notes");
        let epoch = epoch.as_str().into();
        let position = Position { epoch, seq };
        Ok(Fetched::new(read.borrow().clone()).with_position(position))
    });
    truth
}

fn open(world: &mut World) -> PeerId {
    let peer = world.connect();
    world
        .act(peer, |client, now| {
            let spec = ListSpec::<Note>::new(Some("notes".into()));
            client.observe_list(now, &notes(), spec, &QueryOptions::default())
        })
        .unwrap();
    world.run(SECOND);
    peer
}

fn texts(client: &Client) -> Vec<String> {
    let list = client.list::<Note>(&notes()).unwrap();
    list.iter().map(|note| note.text.clone()).collect()
}

fn publish(server: &mut ScriptedServer, action: &str, item: &Value, id: &str) {
    let data = json!({ "action": action, "item": item }).to_string();
    server.publish_as("notes", "list:update", &data, Some(id));
}

fn insert(mutation: Mutation, id: &str, text: &str) -> Mutation {
    mutation.with_edit(Edit::list(notes(), ListEdit::Insert(note(id, text))))
}

#[test]
fn a_mutation_of_two_rows_settles_each_by_its_own_event() {
    let mut world = World::new(1);
    serve(&mut world, &[note("n1", "a"), note("n2", "b")]);
    world.server.on("shout", |server, request| {
        for (id, text) in [("n1", "A"), ("n2", "B")] {
            let item = json!({ "id": id, "version": 2, "text": text });
            publish(server, "update", &item, request.text("id"));
        }
        Ok(Value::Null)
    });
    let peer = open(&mut world);
    // Each event takes its own time.
    world.link_mut(peer).latency = 1..=200;
    let update = |id: &str, text: &str| {
        let patch = json!({ "text": text }).to_string().into();
        let id = id.into();
        Edit::list(notes(), ListEdit::<Note>::Update { id, patch })
    };
    let shout = Mutation::new(Message::new("shout", "null"));
    mutate(
        &mut world,
        peer,
        shout
            .with_edit(update("n1", "A"))
            .with_edit(update("n2", "B")),
    );
    watch(&mut world, peer, 2 * SECOND, |client| {
        assert_eq!(texts(client), ["A", "B"]);
    });
    assert_eq!(world.client(peer).overlay_len(&notes()), 0);
    assert_eq!(world.fetched(peer).len(), 1);
}

#[test]
fn rows_made_together_get_their_ids_in_order_and_edits_of_them_are_sent_with_those() {
    for echoed in [true, false] {
        let mut world = World::new(2);
        serve(&mut world, &[]);
        let make = |id: &str, text: &str| json!({ "id": id, "version": 1, "text": text });
        world.server.on("make", move |server, request| {
            let items = [make("n1", "a"), make("n2", "b")];
            if echoed {
                for item in &items {
                    publish(server, "create", item, request.text("id"));
                }
                return Ok(Value::Null);
            }
            Ok(json!({ "items": items }))
        });
        let peer = open(&mut world);
        let both = Mutation::new(Message::new("make", "null"));
        let both = insert(insert(both, "temp-a", "a"), "temp-b", "b");
        mutate(&mut world, peer, both);
        let temporary = String::from("temp-b");
        let name = Mutation::new(Message::new("touch", "null"))
            .with_edit(Edit::list(
                notes(),
                ListEdit::<Note>::Update {
                    id: (&temporary).into(),
                    patch: "{}".into(),
                },
            ))
            .with_data(move |sending| json!(sending.id(&temporary)).to_string());
        mutate(&mut world, peer, name);
        watch(&mut world, peer, 2 * SECOND, |client| {
            assert_eq!(texts(client), ["a", "b"]);
            let list = client.list::<Note>(&notes()).unwrap();
            let keys: Vec<String> = list.keys().map(|key| key.to_string()).collect();
            assert_eq!(keys, ["temp-a", "temp-b"]);
        });
        let ids: Vec<_> = world
            .client(peer)
            .list::<Note>(&notes())
            .unwrap()
            .ids()
            .collect();
        assert_eq!(ids, ["n1", "n2"]);
        let touch = (world.server.requests.iter()).find(|it| it.text("event") == "touch");
        assert_eq!(touch.unwrap().envelope["data"], "n2", "echoed: {echoed}");
    }
}

#[test]
fn a_row_that_a_fetch_brings_before_the_answer_is_known_by_the_id_it_was_made_under() {
    let mut world = World::new(3);
    let truth = serve(&mut world, &[]);
    let write = Rc::clone(&truth);
    world.server.on("make", move |server, request| {
        let made = Note {
            made_as: Some("temp-a".into()),
            ..note("n1", "a")
        };
        write.borrow_mut().push(made.clone());
        publish(server, "create", &json!(made), request.text("id"));
        Ok(Value::Null)
    });
    let peer = open(&mut world);
    world.link_mut(peer).latency = 300..=300;
    world.fetch_latency = 1..=1;
    let make = Mutation::new(Message::new("make", "null"));
    mutate(&mut world, peer, insert(make, "temp-a", "a"));
    world.run(Duration::from_millis(350));
    world.act(peer, |client, now| client.refetch(now, &notes()));
    watch(&mut world, peer, SECOND, |client| {
        let list = client.list::<Note>(&notes()).unwrap();
        let keys: Vec<String> = list.keys().map(|key| key.to_string()).collect();
        assert_eq!(keys, ["temp-a"]);
    });
    assert_eq!(world.client(peer).overlay_len(&notes()), 0);
}

#[test]
fn a_new_row_can_be_moved_before_it_has_its_id_and_stands_where_the_server_puts_it_after() {
    let mut world = World::new(4);
    serve(&mut world, &[note("n1", "a"), note("n2", "b")]);
    world.server.on("make", |server, request| {
        let item = json!({ "id": "n3", "version": 1, "text": "c" });
        let changes = json!([
            { "action": "create", "item": item },
            { "action": "move", "item": { "id": "n3" }, "before": "n2" },
        ]);
        let data = json!({ "action": "batch", "changes": changes }).to_string();
        server.publish_as("notes", "list:update", &data, Some(request.text("id")));
        Ok(Value::Null)
    });
    let peer = open(&mut world);
    let make = insert(Mutation::new(Message::new("make", "null")), "temp-c", "c");
    let place = ListEdit::<Note>::MoveBefore {
        id: "temp-c".into(),
        before: Some("n2".into()),
    };
    mutate(&mut world, peer, make.with_edit(Edit::list(notes(), place)));
    watch(&mut world, peer, 2 * SECOND, |client| {
        assert_eq!(texts(client), ["a", "c", "b"]);
    });
    assert_eq!(world.client(peer).overlay_len(&notes()), 0);
}

/// The server answers `make` with nothing, and tells of the row `id` after a while, or never.
fn answer_nothing(world: &mut World, truth: &Truth, id: Option<&'static str>, tells: bool) {
    let truth = Rc::clone(truth);
    world.server.on("make", move |server, request| {
        let made = request.envelope["data"]["id"].as_str().unwrap_or_default();
        let row = note(id.unwrap_or(made), "made");
        truth.borrow_mut().push(row.clone());
        if tells {
            let data = json!({ "action": "create", "item": row }).to_string();
            let message = Some(request.text("id"));
            server.publish_after(2 * SECOND, "notes", "list:update", &data, message);
        }
        Ok(Value::Null)
    });
}

fn make(id: &str) -> Mutation {
    let data = json!({ "id": id }).to_string();
    insert(Mutation::new(Message::new("make", data)), id, "made")
}

fn rewrite(id: &str, text: &str) -> Mutation {
    let patch = json!({ "text": text }).to_string().into();
    let row = id.to_owned();
    let edit = ListEdit::<Note>::Update {
        id: (&row).into(),
        patch,
    };
    Mutation::new(Message::new("rewrite", "null"))
        .with_edit(Edit::list(notes(), edit))
        .with_data(move |sending| json!({ "id": sending.id(&row) }).to_string())
}

/// The ids under which edits have been sent.
fn rewritten(world: &World) -> Vec<String> {
    let requests = world.server.requests.iter();
    let rewrites = requests.filter(|request| request.text("event") == "rewrite");
    rewrites
        .map(|request| {
            request.envelope["data"]["id"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        })
        .collect()
}

#[test]
fn edits_of_a_new_row_wait_for_the_event_that_tells_its_id_when_the_answer_does_not() {
    let mut world = World::new(6);
    let truth = serve(&mut world, &[]);
    answer_nothing(&mut world, &truth, Some("n1"), true);
    let peer = open(&mut world);
    mutate(&mut world, peer, make("temp-1"));
    mutate(&mut world, peer, rewrite("temp-1", "before the answer"));
    world.run(SECOND);
    assert_eq!(
        world.client(peer).pending_mutations(),
        1,
        "the row was made"
    );
    mutate(&mut world, peer, rewrite("temp-1", "after the answer"));
    world.run(SECOND / 2);
    assert_eq!(rewritten(&world), [""; 0]);
    assert_eq!(texts(world.client(peer)), ["after the answer"]);
    world.run(2 * SECOND);
    assert_eq!(rewritten(&world), ["n1", "n1"]);
    mutate(&mut world, peer, rewrite("temp-1", "after the event"));
    world.run(SECOND);
    assert_eq!(rewritten(&world), ["n1", "n1", "n1"]);
}

#[test]
fn edits_of_a_new_row_whose_id_nothing_tells_fail_as_those_of_a_failed_insert() {
    let mut world = World::new(7);
    let truth = serve(&mut world, &[]);
    answer_nothing(&mut world, &truth, Some("n1"), false);
    let peer = open(&mut world);
    let made = mutate(&mut world, peer, make("temp-1"));
    let edits = [
        mutate(&mut world, peer, rewrite("temp-1", "one")),
        mutate(&mut world, peer, rewrite("temp-1", "two")),
    ];
    world.run(4 * SECOND);
    assert_eq!(texts(world.client(peer)), ["two"]);
    assert_eq!(world.client(peer).pending_mutations(), 2);
    // The fetch that looks for the row brings it under an id that nobody can connect with it.
    world.run(4 * SECOND);
    assert_eq!(texts(world.client(peer)), ["made"]);
    let failed: Vec<_> = world.take_mutations(peer).into_iter().collect();
    for edit in edits {
        assert!(failed.iter().any(|(id, event)| *id == edit
            && matches!(event, MutationEvent::Failed { error: MutationError::Dropped { by }, .. } if *by == made)));
    }
    assert_eq!(world.client(peer).overlay_len(&notes()), 0);
    assert_eq!(rewritten(&world), [""; 0]);
}

#[test]
fn edits_of_a_new_row_that_keeps_its_id_go_on_when_an_event_or_a_fetch_shows_it() {
    for tells in [true, false] {
        let mut world = World::new(8);
        let truth = serve(&mut world, &[]);
        answer_nothing(&mut world, &truth, None, tells);
        let peer = open(&mut world);
        mutate(&mut world, peer, make("own-1"));
        mutate(&mut world, peer, rewrite("own-1", "mine"));
        world.run(9 * SECOND);
        assert_eq!(rewritten(&world), ["own-1"], "{tells}");
        let failures = world.client(peer).stats().mutations.failed;
        assert_eq!(failures, 0, "{tells}");
    }
}

#[test]
fn edits_of_a_new_row_do_not_wait_when_the_answer_says_that_it_keeps_its_id() {
    let mut world = World::new(9);
    serve(&mut world, &[]);
    world.server.on("make", |_, request| {
        Ok(json!({ "id": request.envelope["data"]["id"] }))
    });
    let peer = open(&mut world);
    mutate(&mut world, peer, make("own-1"));
    mutate(&mut world, peer, rewrite("own-1", "mine"));
    world.run(SECOND);
    assert_eq!(rewritten(&world), ["own-1"]);
}

#[test]
fn a_real_row_that_has_a_temporary_id_for_its_own_is_itself() {
    let mut world = World::new(10);
    serve(&mut world, &[]);
    world.server.on("make", |server, request| {
        publish(
            server,
            "create",
            &json!(note("a", "made")),
            request.text("id"),
        );
        Ok(json!({ "id": "a" }))
    });
    let peer = open(&mut world);
    mutate(&mut world, peer, make("temp-1"));
    world.run(SECOND);
    let keys = |world: &World| -> Vec<String> {
        let list = world.client(peer).list::<Note>(&notes()).unwrap();
        list.keys().map(|key| key.to_string()).collect()
    };
    assert_eq!(keys(&world), ["temp-1"]);
    publish(
        &mut world.server,
        "create",
        &json!(note("temp-1", "theirs")),
        "x",
    );
    world.run(SECOND);
    assert_eq!(keys(&world), ["a", "temp-1"]);
    assert_eq!(texts(world.client(peer)), ["made", "theirs"]);
    mutate(&mut world, peer, rewrite("temp-1", "mine"));
    world.run(SECOND / 10);
    assert_eq!(rewritten(&world), ["temp-1"]);
}

#[test]
fn edits_of_a_new_row_whose_list_is_gone_before_its_id_is_known_are_not_sent_under_another() {
    let mut world = World::new(11);
    let truth = serve(&mut world, &[]);
    answer_nothing(&mut world, &truth, Some("n1"), true);
    let peer = open(&mut world);
    let made = mutate(&mut world, peer, make("temp-1"));
    let edit = mutate(&mut world, peer, rewrite("temp-1", "mine"));
    world.run(SECOND);
    world.act(peer, |client, now| client.forget(now, &notes()));
    world.run(10 * SECOND);
    assert_eq!(rewritten(&world), [""; 0]);
    let failed = world.take_mutations(peer);
    assert!(failed.iter().any(|(id, event)| *id == edit
        && matches!(event, MutationEvent::Failed { error: MutationError::Dropped { by }, .. } if *by == made)));
}

#[test]
fn an_answer_that_is_a_list_is_the_apps_and_names_no_row() {
    let mut world = World::new(12);
    serve(&mut world, &[]);
    world.server.on("make", |_, _| {
        Ok(json!([{ "id": "n1", "version": 1 }, [{ "id": "n2", "version": 1 }]]))
    });
    let peer = open(&mut world);
    mutate(&mut world, peer, make("temp-1"));
    world.run(SECOND);
    let client = world.client(peer);
    let id = client.current_id(&notes(), "temp-1");
    assert_eq!(id, "temp-1");
}
