//! Tests of the log: numbers, queues and outages.

use super::*;
use crate::{command::Done, hub::ConnectionId, typing::Typing};
use serde_json::{from_value, json};
use tokio::sync::oneshot::{self, Receiver};

fn log() -> Log {
    let mut log = Log::new("n".into(), EntryId::default());
    log.come_up(Vec::new());
    log.take();
    log.arrived();
    log
}

fn peer(connection: u64) -> Peer {
    Peer {
        node: "n".into(),
        connection: ConnectionId(connection),
    }
}

fn step() -> Command {
    Command::Step {
        symbol: "ACME".into(),
    }
}

fn announce(connection: u64, user: &str) -> Command {
    let text = format!(r#"{{"user":{{"id":"{user}","name":"Ada"}},"status":"online"}}"#);
    Command::Announce {
        peer: peer(connection),
        channel: "room:a".into(),
        announcement: serde_json::from_str(&text).unwrap(),
    }
}

fn request() -> (Waiter, Receiver<Outcome>) {
    let (sender, outcome) = oneshot::channel();
    (Waiter::Request(sender), outcome)
}

/// What is sent, in short.
fn taken(log: &mut Log) -> Vec<String> {
    let short = |sending: Sending| {
        let command: serde_json::Value = serde_json::from_str(&sending.text).unwrap();
        let (name, data) = command.as_object().unwrap().iter().next().unwrap();
        let peer = data["peer"].as_str().unwrap_or_default();
        let user = data["announcement"]["user"]["id"]
            .as_str()
            .unwrap_or_default();
        format!("{name} {peer} {user}").trim_end().to_owned()
    };
    log.take().into_iter().map(short).collect()
}

#[test]
fn commands_are_numbered_and_taken_in_order() {
    let mut log = log();
    for _ in 0..limits::BATCH + 5 {
        assert!(log.push(step(), Waiter::Nobody).is_none());
    }
    let first = log.take();
    let second = log.take();
    assert_eq!((first.len(), second.len()), (limits::BATCH, 5));
    let tickets = first.iter().chain(&second).map(|sending| sending.ticket);
    assert!(tickets.is_sorted_by(|a, b| a + 1 == *b));
    assert!(log.busy().is_some(), "they may not be in the log yet");
    log.arrived();
    assert!(log.busy().is_none());
}

#[test]
fn one_batch_has_no_more_bytes_than_it_may_but_for_a_single_large_command() {
    let mut log = log();
    let large = |text: &str| Command::Step {
        symbol: text.repeat(limits::BATCH_BYTES / 2),
    };
    for text in ["ab", "a", "b"] {
        log.push(large(text), Waiter::Nobody);
    }
    assert_eq!(log.take().len(), 1);
    assert_eq!(log.take().len(), 1);
    assert_eq!(log.take().len(), 1);
    assert_eq!(log.queued_bytes, 0);
}

#[test]
fn a_full_queue_refuses_but_what_ends_something_always_fits() {
    let mut log = log();
    for _ in 0..limits::QUEUE {
        assert!(log.push(step(), Waiter::Nobody).is_none());
    }
    let (waiter, _outcome) = request();
    let refused = log.push(step(), waiter).map(|(_, outcome)| outcome);
    assert_eq!(refused, Some(Err(Refusal::UNAVAILABLE)));
    let depart = Command::Depart {
        peer: peer(1),
        channels: vec!["room:a".into()],
    };
    assert!(log.push(depart, Waiter::Nobody).is_none());
    assert_eq!(
        (log.queued(), log.stats.unavailable),
        (limits::QUEUE + 1, 1)
    );
}

#[test]
fn what_was_not_handed_over_is_refused_when_the_log_is_out_of_reach_and_the_rest_waits() {
    let mut log = log();
    let (handed_over, _first) = request();
    log.push(step(), handed_over);
    let in_hand = log.take();
    let (queued, _second) = request();
    log.push(step(), queued);
    log.push(announce(1, "ada"), Waiter::Nobody);
    log.push(step(), Waiter::Nobody);
    assert_eq!(log.go_down().len(), 1);
    assert_eq!((log.stats.unavailable, log.stats.given_up), (1, 1));
    assert!(log.go_down().is_empty(), "it is down already");
    assert_eq!(log.unanswered(), 1);
    assert!(log.waiter(in_hand[0].ticket).is_some());
    assert_eq!(taken(&mut log), ["announce c1-n ada"]);
}

#[test]
fn what_is_known_of_presence_follows_an_outage_and_changes_are_refused_during_it() {
    let mut log = log();
    log.go_down();
    let (waiter, _outcome) = request();
    let refused = log.push(step(), waiter).map(|(_, outcome)| outcome);
    assert_eq!(refused, Some(Err(Refusal::UNAVAILABLE)));
    let message = Command::Tasks {
        edit: from_value(json!({"create": {"title": "Write"}})).unwrap(),
        once: None,
    };
    assert!(
        log.push(message, Waiter::Nobody).is_some(),
        "nothing is lost in silence"
    );
    let typing: Typing = from_value(json!({"id": "ada"})).unwrap();
    let start = Command::StartTyping {
        peer: peer(1),
        channel: "room:a".into(),
        typing,
    };
    assert!(log.push(start, Waiter::Nobody).is_none());
    assert_eq!(log.stats.given_up, 1);

    for (connection, user) in [(1, "ada"), (2, "lin"), (3, "sam"), (2, "eve")] {
        assert!(
            log.push(announce(connection, user), Waiter::Nobody)
                .is_none()
        );
    }
    let depart = Command::Depart {
        peer: peer(1),
        channels: vec!["room:a".into()],
    };
    assert!(log.push(depart, Waiter::Nobody).is_none());
    log.forget(ConnectionId(3));
    log.come_up(vec![ConnectionId(1), ConnectionId(2)]);
    assert_eq!(
        taken(&mut log),
        ["prune", "depart c1-n", "announce c2-n eve"]
    );
    assert_eq!(log.down_since(), None);
}

#[test]
fn waiters_are_found_by_number() {
    let mut log = log();
    let before = log.last_ticket;
    for _ in 0..3 {
        log.push(step(), request().0);
    }
    assert_eq!(log.waiters_up_to(before + 2).len(), 2);
    assert_eq!(log.unanswered(), 1);
    let (waiter, mut outcome) = request();
    log.push(step(), waiter);
    let Some(Waiter::Request(sender)) = log.waiter(before + 4) else {
        panic!("it waits");
    };
    sender.send(Ok(Done::Nothing)).unwrap();
    assert_eq!(outcome.try_recv().unwrap(), Ok(Done::Nothing));
}
