//! Tests of the log: numbers, queues and outages.

use super::*;
use crate::NodeId;
use serde::Deserialize;
use std::collections::BTreeSet;
use tokio::sync::oneshot::{self, Receiver};

/// A machine that does nothing: the log only asks what sort its commands are.
#[derive(Debug)]
pub(crate) struct Idle;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Command {
    Change(String),
    Pass,
    /// Who says so, and what.
    Say(u64, String),
    Depart(u64),
    RollCall,
}

type Outcome = &'static str;

impl Machine for Idle {
    type Command = Command;
    type Outcome = Outcome;
    type Snapshot = ();

    fn apply(&mut self, _: Command, _: u64) -> Outcome {
        "done"
    }

    fn save(&self) {}

    fn load(&mut self, (): ()) {}

    fn in_new_epoch((): ()) {}

    fn begin_epoch() -> Command {
        Command::RollCall
    }

    fn class(command: &Command) -> Class {
        match command {
            Command::Change(_) => Class::Change,
            Command::Pass => Class::Passing,
            Command::Say(..) => Class::Part,
            Command::Depart(_) => Class::PartEnds,
            Command::RollCall => Class::Ends,
        }
    }

    fn unavailable() -> Outcome {
        "unavailable"
    }

    fn unconfirmed() -> Outcome {
        "unconfirmed"
    }

    fn node(&self) -> NodeId {
        "n".into()
    }

    fn nodes(&self) -> BTreeSet<NodeId> {
        BTreeSet::new()
    }

    fn gone(_: NodeId) -> Command {
        Command::RollCall
    }

    fn is_gone(_: &Command, _: &NodeId) -> bool {
        false
    }

    fn roll_call(&self) -> Command {
        Command::RollCall
    }

    fn announcements(&self) -> Vec<Command> {
        Vec::new()
    }

    fn places(command: Command) -> Vec<(String, Command)> {
        match &command {
            Command::Say(who, _) | Command::Depart(who) => vec![(who.to_string(), command)],
            _ => Vec::new(),
        }
    }

    fn holds(&self, _: &Command) -> bool {
        true
    }
}

fn log() -> Log<Idle> {
    let mut log = Log::new(EntryId::default());
    log.come_up(Command::RollCall, |_| true);
    log.take();
    log.arrived();
    log
}

fn change() -> Command {
    Command::Change("ACME".to_owned())
}

fn request() -> (Waiter<Outcome>, Receiver<Outcome>) {
    let (sender, outcome) = oneshot::channel();
    let tell = |said| {
        let _ = sender.send(said);
    };
    (Waiter::new(tell), outcome)
}

fn taken(log: &mut Log<Idle>) -> Vec<Command> {
    let read = |sending: Sending| serde_json::from_str(&sending.text).unwrap();
    log.take().into_iter().map(read).collect()
}

#[test]
fn commands_are_numbered_and_taken_in_order() {
    let mut log = log();
    for _ in 0..limits::BATCH + 5 {
        assert!(log.push(change(), Waiter::Nobody).is_none());
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
    let large = |text: &str| Command::Change(text.repeat(limits::BATCH_BYTES / 2));
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
        assert!(log.push(change(), Waiter::Nobody).is_none());
    }
    let (waiter, _outcome) = request();
    let refused = log.push(change(), waiter).map(|(_, outcome)| outcome);
    assert_eq!(refused, Some("unavailable"));
    assert!(log.push(Command::Depart(1), Waiter::Nobody).is_none());
    assert_eq!(
        (log.queued(), log.stats.unavailable),
        (limits::QUEUE + 1, 1)
    );
}

#[test]
fn what_was_not_handed_over_is_refused_when_the_log_is_out_of_reach_and_the_rest_waits() {
    let mut log = log();
    let (handed_over, _first) = request();
    log.push(change(), handed_over);
    let in_hand = log.take();
    let (queued, _second) = request();
    log.push(change(), queued);
    let said = Command::Say(1, "ada".to_owned());
    log.push(said.clone(), Waiter::Nobody);
    log.push(change(), Waiter::Nobody);
    assert_eq!(log.go_down().len(), 1);
    assert_eq!((log.stats.unavailable, log.stats.given_up), (1, 1));
    assert!(log.go_down().is_empty(), "it is down already");
    assert_eq!(log.unanswered(), 1);
    assert!(log.waiter(in_hand[0].ticket).is_some());
    assert_eq!(taken(&mut log), [said]);
}

#[test]
fn what_is_known_of_presence_follows_an_outage_and_changes_are_refused_during_it() {
    let mut log = log();
    log.go_down();
    let (waiter, _outcome) = request();
    let refused = log.push(Command::Pass, waiter).map(|(_, outcome)| outcome);
    assert_eq!(refused, Some("unavailable"), "somebody waits for it");
    assert!(
        log.push(change(), Waiter::Nobody).is_some(),
        "nothing is lost in silence"
    );
    assert!(log.push(Command::Pass, Waiter::Nobody).is_none());
    assert_eq!(log.stats.given_up, 1);
    let say = |who, what: &str| Command::Say(who, what.to_owned());
    for said in [say(1, "ada"), say(2, "lin"), say(3, "sam"), say(2, "eve")] {
        assert!(log.push(said, Waiter::Nobody).is_none());
    }
    log.push(Command::Depart(1), Waiter::Nobody);
    let is_open = |said: &Command| !matches!(said, Command::Say(3, _));
    log.come_up(Command::RollCall, is_open);
    assert_eq!(
        taken(&mut log),
        [Command::RollCall, Command::Depart(1), say(2, "eve")]
    );
    assert_eq!(log.down_since(), None);
}

#[test]
fn waiters_are_found_by_number() {
    let mut log = log();
    let before = log.last_ticket;
    for _ in 0..3 {
        log.push(change(), request().0);
    }
    assert_eq!(log.waiters_up_to(before + 2).len(), 2);
    assert_eq!(log.unanswered(), 1);
    let (waiter, mut outcome) = request();
    log.push(change(), waiter);
    log.waiter(before + 4).expect("it waits").tell("done");
    assert_eq!(outcome.try_recv(), Ok("done"));
}
