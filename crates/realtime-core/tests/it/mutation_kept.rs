//! Mutations that outlive their page: kept on a disk, shown again, sent once.

use crate::mutation_board::{
    Answers, Card, SECOND, cards, create, delete, edit, mutate, outcomes, put, serve, state, title,
};
use realtime_core::{
    Client, ClientOptions, Interruption, ItemState, ListOptions, ListSpec, Mutation, MutationError,
    PersistOptions, QueryOptions, RecordEdit, RecordSpec, StoreTable, key,
    testing::{DiskId, PeerId, World},
};
use serde_json::json;
use std::{rc::Rc, time::Duration};

const MOMENT: Duration = Duration::from_millis(20);

pub(crate) fn options() -> PersistOptions {
    PersistOptions::new("app").with_build("1")
}

/// A page that keeps the board and what is done to it.
pub(crate) fn open(world: &mut World, disk: DiskId, options: PersistOptions) -> PeerId {
    let peer = world.add(ClientOptions::new("ws://server.test/ws"));
    world.plug_in(peer, disk);
    world.act(peer, |client, now| client.persist_mutations(now, options));
    watch(world, peer);
    world.act(peer, Client::connect);
    peer
}

fn watch(world: &mut World, peer: PeerId) {
    let options = ListOptions::default().with_sort(|a: &Card, b| a.title.cmp(&b.title));
    let spec = ListSpec::new(Some("cards".into()))
        .with_options(options)
        .with_persist();
    world
        .act(peer, |client, now| {
            client.observe_list(now, &cards(), spec, &QueryOptions::default())
        })
        .expect("the key is free");
}

pub(crate) fn titles(world: &World, peer: PeerId) -> Vec<String> {
    let list = world.client(peer).list::<Card>(&cards());
    let list = list.expect("the list is there");
    list.iter().map(|card| card.title.clone()).collect()
}

pub(crate) fn kept(world: &World, disk: DiskId) -> usize {
    world.disk(disk).keys(StoreTable::Outbox).len()
}

pub(crate) fn durable(mutation: Mutation) -> Mutation {
    mutation.with_persist()
}

#[test]
fn what_was_done_offline_is_shown_after_a_reload_and_carried_out_once() {
    let mut world = World::new(1);
    let board = serve(&mut world);
    board.borrow_mut().answers = Answers::Whole;
    put(&mut world, &board, "c-a", |card| card.title = "a".into());
    let disk = world.add_disk();
    let first = open(&mut world, disk, options());
    world.run(10 * SECOND);
    world.take_down(first);
    let made = mutate(&mut world, first, durable(create("tmp-1", "new")));
    mutate(&mut world, first, durable(title("tmp-1", "newer")));
    mutate(&mut world, first, durable(title("c-a", "b")));
    assert!(!world.client(first).mutation(made).unwrap().is_durable);
    world.run(MOMENT);
    assert!(world.client(first).mutation(made).unwrap().is_durable);
    assert_eq!(
        (kept(&world, disk), titles(&world, first)),
        (3, vec!["b".to_owned(), "newer".into()])
    );
    world.kill(first);

    let peer = open(&mut world, disk, options());
    world.run(MOMENT);
    assert_eq!(titles(&world, peer), ["b", "newer"]);
    assert_eq!(state(&world, peer, "c-a"), ItemState::Pending);
    world.run(10 * SECOND);
    assert_eq!(titles(&world, peer), ["b", "newer"]);
    assert_eq!(state(&world, peer, "c-a"), ItemState::Synced);
    let mut written = board.borrow().written.clone();
    written.sort();
    assert_eq!(written, ["b", "new", "newer"]);
    assert_eq!(
        (kept(&world, disk), world.client(peer).overlay_len(&cards())),
        (0, 0)
    );
    assert_eq!(world.fetched(peer).len(), 0);
}

#[test]
fn what_was_on_its_way_when_the_page_went_is_sent_under_the_id_it_had() {
    for answered in [false, true] {
        let mut world = World::new(2);
        let board = serve(&mut world);
        put(&mut world, &board, "c-a", |card| card.title = "a".into());
        let disk = world.add_disk();
        let first = open(&mut world, disk, options());
        world.run(10 * SECOND);
        world.link_mut(first).latency = 200..=200;
        mutate(&mut world, first, durable(title("c-a", "b")));
        let until = if answered { 390 } else { 150 };
        world.run(Duration::from_millis(until));
        let (is_done, is_kept) = (board.borrow().written.len(), kept(&world, disk));
        assert_eq!((is_done, is_kept), (usize::from(answered), 1));
        world.kill(first);
        let peer = open(&mut world, disk, options());
        world.run(10 * SECOND);
        assert_eq!(
            (titles(&world, peer), kept(&world, disk)),
            (vec!["b".to_owned()], 0)
        );
        assert_eq!(board.borrow().written, ["b"]);
    }
}

#[test]
fn nothing_is_sent_before_the_disk_says_that_it_may_have_been_or_has_had_its_time() {
    for (latency, sent_after) in [(300, 300), (5_000, 1_000)] {
        let mut world = World::new(3);
        let board = serve(&mut world);
        put(&mut world, &board, "c-a", |card| card.title = "a".into());
        let disk = world.add_disk();
        let peer = open(&mut world, disk, options());
        world.run(10 * SECOND);
        world.disk_mut(disk).latency = latency..=latency;
        world.link_mut(peer).latency = 0..=0;
        let sent = |world: &World| {
            let requests = world.server.requests.iter();
            requests
                .filter(|it| it.text("event") == "card:edit")
                .count()
        };
        mutate(&mut world, peer, durable(title("c-a", "b")));
        world.run(Duration::from_millis(sent_after - 1));
        assert_eq!(sent(&world), 0, "{latency}");
        world.run(Duration::from_millis(2));
        assert_eq!(sent(&world), 1, "{latency}");
    }
}

#[test]
fn a_server_that_takes_its_time_is_not_late_because_the_disk_was_waited_for() {
    let mut world = World::new(4);
    let board = serve(&mut world);
    board.borrow_mut().answers = Answers::Whole;
    put(&mut world, &board, "c-a", |card| card.title = "a".into());
    let disk = world.add_disk();
    let peer = open(&mut world, disk, options());
    world.run(10 * SECOND);
    world.link_mut(peer).latency = 1_500..=1_500;
    let id = mutate(&mut world, peer, durable(title("c-a", "b")));
    world.run(30 * SECOND);
    assert_eq!(outcomes(&mut world, peer), [(id, "confirmed")]);
    assert_eq!(world.client(peer).stats().mutations.retried, 0);
    assert_eq!(board.borrow().written, ["b"]);
}

#[test]
fn what_was_sent_longer_ago_than_the_server_remembers_is_asked_about() {
    for (was_sent, retries) in [(false, false), (true, false), (true, true)] {
        let mut world = World::new(4);
        let board = serve(&mut world);
        put(&mut world, &board, "c-a", |card| card.title = "a".into());
        let disk = world.add_disk();
        let first = open(&mut world, disk, options());
        world.run(10 * SECOND);
        if was_sent {
            world.swallow(first);
        } else {
            world.take_down(first);
        }
        mutate(&mut world, first, durable(title("c-a", "b")));
        world.run(SECOND);
        world.kill(first);
        world.run(2 * 3_600 * SECOND);
        let peer = open(&mut world, disk, options());
        world.run(10 * SECOND);
        if !was_sent {
            assert_eq!(board.borrow().written, ["b"]);
            continue;
        }
        assert_eq!(titles(&world, peer), ["b"]);
        assert!(board.borrow().written.is_empty());
        let ItemState::Failed { mutation, error } = state(&world, peer, "c-a") else {
            panic!("it is asked about");
        };
        let old = MutationError::Interrupted {
            why: Interruption::Old,
            was_sent: true,
        };
        assert_eq!(error, old);
        assert_eq!(outcomes(&mut world, peer), [(mutation, "failed")]);
        assert_eq!(kept(&world, disk), 1, "until somebody has decided");
        if retries {
            world.act(peer, |client, now| client.retry_mutation(now, mutation));
            world.run(10 * SECOND);
            assert_eq!(board.borrow().written, ["b"]);
        } else {
            world.act(peer, |client, now| client.dismiss_mutation(now, mutation));
            world.run(10 * SECOND);
            assert_eq!(titles(&world, peer), ["a"]);
        }
        assert_eq!(kept(&world, disk), 0);
    }
}

#[test]
fn what_another_build_has_made_or_had_failed_is_asked_about() {
    let mut world = World::new(5);
    let board = serve(&mut world);
    put(&mut world, &board, "c-a", |card| card.title = "a".into());
    let disk = world.add_disk();
    let first = open(&mut world, disk, options());
    world.run(10 * SECOND);
    let refused = durable(title("c-a", "refused")).with_keep_failed(true);
    mutate(&mut world, first, refused);
    world.run(SECOND);
    world.take_down(first);
    mutate(&mut world, first, durable(create("own-1", "new")));
    world.run(SECOND);
    world.kill(first);

    let peer = open(&mut world, disk, options().with_build("2"));
    world.run(10 * SECOND);
    let why = |id: &str| match state(&world, peer, id) {
        ItemState::Failed {
            error: MutationError::Interrupted { why, .. },
            ..
        } => Some(why),
        _ => None,
    };
    assert!(matches!(why("c-a"), Some(Interruption::Failed(text)) if text.contains("invalid")));
    assert_eq!(why("own-1"), Some(Interruption::OtherBuild));
    assert!(board.borrow().written.is_empty());
}

#[test]
fn what_nobody_observes_is_sent_all_the_same() {
    let mut world = World::new(6);
    let board = serve(&mut world);
    let disk = world.add_disk();
    let first = open(&mut world, disk, options());
    world.take_down(first);
    mutate(&mut world, first, durable(create("own-1", "new")));
    world.run(SECOND);
    world.kill(first);
    let peer = world.add(ClientOptions::new("ws://server.test/ws"));
    world.plug_in(peer, disk);
    world.act(peer, |client, now| client.persist_mutations(now, options()));
    world.act(peer, Client::connect);
    world.run(10 * SECOND);
    assert_eq!(board.borrow().written, ["new"]);
    assert_eq!(kept(&world, disk), 0);
}

#[test]
fn an_edit_of_a_row_that_got_its_id_meanwhile_is_kept_under_that_id() {
    let mut world = World::new(7);
    let board = serve(&mut world);
    board.borrow_mut().answers = Answers::Whole;
    let disk = world.add_disk();
    let first = open(&mut world, disk, options());
    world.run(10 * SECOND);
    // The edit waits for another of its scope, which is under way for long.
    mutate(
        &mut world,
        first,
        durable(create("tmp-1", "new")).with_scope("s"),
    );
    world.link_mut(first).latency = 100..=100;
    mutate(
        &mut world,
        first,
        durable(title("tmp-1", "newer")).with_scope("s"),
    );
    for count in [2, 1] {
        while kept(&world, disk) != count {
            world.run(Duration::from_millis(1));
        }
    }
    let [left] = &*world.disk(disk).keys(StoreTable::Outbox) else {
        panic!()
    };
    let text = world
        .disk(disk)
        .get(StoreTable::Outbox, left)
        .expect("it is there");
    assert!(
        text.contains(r#""id":"c1""#) && !text.contains("tmp-1"),
        "{text}"
    );
    world.kill(first);
    let peer = open(&mut world, disk, options());
    world.run(10 * SECOND);
    assert_eq!(titles(&world, peer), ["newer"]);
    assert_eq!(board.borrow().written, ["new", "newer"]);
}

#[test]
fn what_annuls_each_other_leaves_nothing_on_the_disk() {
    let mut world = World::new(8);
    let board = serve(&mut world);
    let disk = world.add_disk();
    let first = open(&mut world, disk, options());
    world.run(10 * SECOND);
    world.take_down(first);
    mutate(&mut world, first, durable(create("tmp-1", "new")));
    world.run(SECOND);
    mutate(&mut world, first, durable(delete("tmp-1")));
    world.run(SECOND);
    assert_eq!(kept(&world, disk), 0);
    world.kill(first);
    let peer = open(&mut world, disk, options());
    world.run(10 * SECOND);
    assert!(titles(&world, peer).is_empty() && board.borrow().written.is_empty());
}

#[test]
fn a_record_is_edited_again_and_what_a_function_makes_cannot_be_kept() {
    let mut world = World::new(9);
    world.on_fetch(|_, _| Ok::<String, _>("theirs".to_owned()));
    let disk = world.add_disk();
    let open = |world: &mut World| {
        let peer = world.add(ClientOptions::new("ws://server.test/ws"));
        world.plug_in(peer, disk);
        world.act(peer, |client, now| client.persist_mutations(now, options()));
        let spec = RecordSpec::<String>::new().with_persist();
        world
            .act(peer, |client, now| {
                client.observe_record(now, &key!["text"], spec, &QueryOptions::default())
            })
            .expect("the key is free");
        peer
    };
    let write = |edit| {
        let message = realtime_core::Message::new("write", "1");
        Mutation::new(message)
            .with_edit(realtime_core::Edit::record(key!["text"], edit))
            .with_persist()
    };
    let first = open(&mut world);
    world.run(10 * SECOND);
    mutate(&mut world, first, write(RecordEdit::Set("ours".to_owned())));
    let apply = RecordEdit::<String>::Apply(Rc::new(|text| format!("{text}!")));
    let applied = mutate(&mut world, first, write(apply));
    world.run(SECOND);
    assert!(!world.client(first).mutation(applied).unwrap().is_durable);
    assert_eq!(world.client(first).stats().mutations.not_kept, 1);
    assert_eq!(kept(&world, disk), 1);
    world.kill(first);
    let peer = open(&mut world);
    world.run(SECOND);
    let shown = world.client(peer).record::<String>(&key!["text"]);
    assert_eq!(shown.as_deref().map(String::as_str), Some("ours"));
}

#[test]
fn signing_out_leaves_nothing_behind() {
    let mut world = World::new(10);
    serve(&mut world);
    let disk = world.add_disk();
    let first = open(&mut world, disk, options());
    world.run(10 * SECOND);
    world.take_down(first);
    mutate(&mut world, first, durable(create("own-1", "new")));
    world.run(SECOND);
    world.act(first, Client::sign_out);
    world.run(SECOND);
    assert_eq!((kept(&world, disk), world.disk(disk).bytes()), (0, 0));
}

#[test]
fn nonsense_in_the_outbox_is_reported_left_alone_and_harms_nothing() {
    let mut world = World::new(11);
    let board = serve(&mut world);
    let disk = world.add_disk();
    let now = world.now();
    for (key, text) in [
        ("a", ""),
        ("b", "null"),
        ("c", r#"{"format":7}"#),
        ("d", "[[[["),
    ] {
        world.disk_mut(disk).put(StoreTable::Outbox, key, now, text);
    }
    let peer = open(&mut world, disk, options());
    world.run(10 * SECOND);
    assert_eq!(world.take_faults(peer).len(), 4);
    assert_eq!(kept(&world, disk), 4);
    mutate(
        &mut world,
        peer,
        durable(edit("c-a", json!({ "title": "b" }))),
    );
    world.run(10 * SECOND);
    assert!(board.borrow().written.is_empty(), "there is no such card");
}

#[test]
fn an_edit_of_a_row_whose_insert_is_not_kept_is_kept_once_the_row_has_its_id() {
    let mut world = World::new(12);
    let board = serve(&mut world);
    board.borrow_mut().answers = Answers::Whole;
    let disk = world.add_disk();
    let first = open(&mut world, disk, options());
    world.run(10 * SECOND);
    world.link_mut(first).latency = 100..=100;
    mutate(&mut world, first, create("tmp-1", "new"));
    mutate(&mut world, first, durable(title("tmp-1", "newer")));
    world.run(MOMENT);
    assert_eq!(
        kept(&world, disk),
        0,
        "nobody else would know which row is meant"
    );
    while kept(&world, disk) == 0 {
        world.run(Duration::from_millis(1));
    }
    assert!(board.borrow().written.len() < 2);
    world.kill(first);
    open(&mut world, disk, options());
    world.run(10 * SECOND);
    assert_eq!(board.borrow().written, ["new", "newer"]);
}

#[test]
fn an_edit_of_a_row_whose_insert_is_done_and_was_not_kept_waits_for_the_rows_id() {
    let mut world = World::new(15);
    let board = serve(&mut world);
    board.borrow_mut().echoes = false;
    board.borrow_mut().events = false;
    let disk = world.add_disk();
    let first = open(&mut world, disk, options());
    world.run(10 * SECOND);
    mutate(&mut world, first, create("own-1", "new"));
    mutate(&mut world, first, durable(title("own-1", "newer")));
    world.run(SECOND);
    mutate(&mut world, first, durable(title("own-1", "newest")));
    world.run(MOMENT);
    // Done, but nothing has told the row's id yet.
    assert_eq!((board.borrow().written.len(), kept(&world, disk)), (1, 0));
    world.run(60 * SECOND);
    assert_eq!(board.borrow().written, ["new", "newer", "newest"]);
    assert_eq!(kept(&world, disk), 0);
}

#[test]
fn an_insert_is_kept_until_its_rows_have_ids_for_the_sake_of_who_edits_them() {
    let mut world = World::new(13);
    let board = serve(&mut world);
    board.borrow_mut().echoes = false;
    board.borrow_mut().events = false;
    let disk = world.add_disk();
    let first = open(&mut world, disk, options());
    world.run(10 * SECOND);
    mutate(&mut world, first, durable(create("own-1", "new")));
    mutate(&mut world, first, durable(title("own-1", "newer")));
    world.run(SECOND);
    // Done, but nothing has told the row's id yet.
    assert_eq!((board.borrow().written.len(), kept(&world, disk)), (1, 2));
    world.run(60 * SECOND);
    assert_eq!(board.borrow().written, ["new", "newer"]);
    assert_eq!(kept(&world, disk), 0);
}

#[test]
fn a_delete_that_waited_for_an_insert_waits_on_after_a_reload_though_that_has_failed() {
    let mut world = World::new(14);
    let board = serve(&mut world);
    let disk = world.add_disk();
    let first = open(&mut world, disk, options());
    world.run(10 * SECOND);
    world.link_mut(first).latency = 100..=100;
    let insert = durable(create("tmp-1", "refused")).with_keep_failed(true);
    mutate(&mut world, first, insert);
    world.run(MOMENT);
    mutate(&mut world, first, durable(delete("tmp-1")));
    world.run(SECOND);
    assert_eq!(kept(&world, disk), 2);
    world.kill(first);
    let peer = open(&mut world, disk, options());
    world.run(10 * SECOND);
    let asked = world.server.requests.iter();
    let asked = asked.filter(|it| it.text("event") == "card:delete").count();
    assert_eq!((asked, board.borrow().written.len()), (0, 0));
    let failed = world.client(peer).stats().mutations.failed_kept;
    assert_eq!(failed, 1);
}
