//! Messages of the outbox: kept, sent, sent again, settled.

use realtime_core::{
    Instant, MessageId, ServerError,
    outbox::{
        Delivery, Message, Outbox, OutboxLimits, OutboxOutput, ReliableOptions, SendError, SendId,
    },
};
use std::time::Duration;

fn at(seconds: u64) -> Instant {
    Instant::from_millis(seconds * 1_000)
}

fn outbox() -> Outbox {
    Outbox::new(OutboxLimits::default(), "q7f")
}

fn message(data: &str) -> Message {
    Message::new("say", data)
}

fn latest(key: &str, data: &str) -> Message {
    message(data).with(Delivery::Latest(key.into()))
}

fn volatile(data: &str) -> Message {
    message(data).with(Delivery::Volatile)
}

fn unacked(data: &str) -> Message {
    message(data).with(Delivery::Reliable(ReliableOptions {
        ack: false,
        ..Default::default()
    }))
}

type Settled = (SendId, Result<String, SendError>);

/// What was sent and what settled since the last time.
fn drain(outbox: &mut Outbox) -> (Vec<String>, Vec<Settled>) {
    let (mut sent, mut settled) = (Vec::new(), Vec::new());
    while let Some(output) = outbox.poll_output() {
        match output {
            OutboxOutput::Transmit { data, .. } => sent.push(data.to_string()),
            OutboxOutput::Settled { send, result } => {
                settled.push((send, result.map(|data| data.to_string())));
            }
        }
    }
    (sent, settled)
}

fn sent(outbox: &mut Outbox) -> Vec<String> {
    drain(outbox).0
}

fn settled(outbox: &mut Outbox) -> Vec<Settled> {
    drain(outbox).1
}

fn id_of(outbox: &Outbox, send: SendId) -> MessageId {
    outbox.message_id(send).expect("a held message").clone()
}

#[test]
fn a_message_waits_for_the_link_and_settles_with_the_servers_answer() {
    let mut outbox = outbox();
    let send = outbox.push(at(0), message("1"));
    assert_eq!(sent(&mut outbox), [""; 0]);
    outbox.up(at(1));
    assert_eq!(sent(&mut outbox), ["1"]);
    let id = id_of(&outbox, send);
    assert!(outbox.acked(at(2), &id, Ok("{}")));
    assert_eq!(settled(&mut outbox), [(send, Ok("{}".into()))]);
    assert_eq!(outbox.next_deadline(), None);
    assert_eq!((outbox.stats().held, outbox.stats().held_bytes), (0, 0));
}

#[test]
fn a_refusal_of_the_server_settles_the_send_with_it() {
    let mut outbox = outbox();
    outbox.up(at(0));
    let send = outbox.push(at(0), message("1"));
    sent(&mut outbox);
    let error = ServerError {
        code: "invalid".into(),
        message: "text must not be empty".into(),
        retry_after: None,
    };
    let id = id_of(&outbox, send);
    outbox.acked(at(0), &id, Err(error.clone()));
    assert_eq!(
        settled(&mut outbox),
        [(send, Err(SendError::Server(error)))]
    );
}

#[test]
fn an_unanswered_message_is_sent_again_with_the_same_id_on_each_new_link() {
    let mut outbox = outbox();
    let send = outbox.push(at(0), message("1"));
    let id = id_of(&outbox, send);
    for link in 1..4 {
        outbox.up(at(link * 5));
        assert_eq!(
            outbox.poll_output(),
            Some(OutboxOutput::Transmit {
                send,
                id: Some(id.clone()),
                event: "say".into(),
                channel: None,
                data: "1".into(),
            })
        );
        assert_eq!(outbox.poll_output(), None);
        outbox.down(at(link * 5 + 4));
    }
    assert_eq!(outbox.stats().repeated, 2);
    // The answer to the last one may come just before it is sent yet again.
    outbox.up(at(21));
    assert!(outbox.acked(at(21), &id, Ok("null")));
    assert_eq!(
        drain(&mut outbox),
        (vec![], vec![(send, Ok("null".into()))])
    );
}

#[test]
fn messages_leave_in_the_order_they_came_and_again_in_that_order() {
    let mut outbox = outbox();
    for data in ["1", "2", "3"] {
        outbox.push(at(0), message(data));
    }
    outbox.up(at(1));
    assert_eq!(sent(&mut outbox), ["1", "2", "3"]);
    outbox.push(at(2), message("4"));
    outbox.down(at(2));
    outbox.push(at(3), message("5"));
    outbox.up(at(4));
    assert_eq!(sent(&mut outbox), ["1", "2", "3", "4", "5"]);
}

#[test]
fn the_timeout_counts_from_the_real_send() {
    let mut outbox = outbox();
    let send = outbox.push(at(0), message("1"));
    outbox.up(at(50));
    sent(&mut outbox);
    assert_eq!(outbox.next_deadline(), Some(at(60)));
    outbox.handle_timeout(Instant::from_millis(59_999));
    assert_eq!(settled(&mut outbox), []);
    outbox.handle_timeout(at(60));
    assert_eq!(settled(&mut outbox), [(send, Err(SendError::Timeout))]);
    assert_eq!(outbox.stats().timed_out, 1);
}

#[test]
fn a_message_that_finds_no_link_in_its_time_expires_and_is_never_sent() {
    let mut outbox = outbox();
    let send = outbox.push(at(0), message("1"));
    // Nobody fired the timer, and the link comes up too late.
    outbox.up(at(61));
    assert_eq!(
        drain(&mut outbox),
        (vec![], vec![(send, Err(SendError::Expired))])
    );
}

#[test]
fn a_message_sent_once_whose_link_does_not_return_has_timed_out() {
    let mut outbox = outbox();
    outbox.up(at(0));
    let send = outbox.push(at(0), message("1"));
    sent(&mut outbox);
    outbox.down(at(1));
    assert_eq!(outbox.next_deadline(), Some(at(60)));
    outbox.handle_timeout(at(60));
    // It may have been handled, so this is not "never sent".
    assert_eq!(settled(&mut outbox), [(send, Err(SendError::Timeout))]);
    outbox.up(at(61));
    assert_eq!(sent(&mut outbox), [""; 0]);
}

#[test]
fn an_answer_that_nothing_waits_for_is_ignored_and_counted() {
    let mut outbox = outbox();
    let unsent = outbox.push(at(0), message("1"));
    let guessed = id_of(&outbox, unsent);
    for id in [
        &*guessed,
        "q7f-99",
        "q7f-01",
        "q7f-+1",
        "q7f",
        "",
        "q7f--1",
        "q7f-99999999999999999999999",
    ] {
        assert!(!outbox.acked(at(0), &id.into(), Ok("null")), "{id:?}");
    }
    assert_eq!(outbox.stats().unknown_answers, 8);
    outbox.up(at(1));
    assert_eq!(sent(&mut outbox), ["1"]);
    // Only the very text that was sent names the message.
    assert!(!outbox.acked(at(1), &"q7f-01".into(), Ok("null")));
    assert!(outbox.acked(at(1), &guessed, Ok("null")));
    assert!(!outbox.acked(at(1), &guessed, Ok("null")));
}

#[test]
fn a_message_without_an_answer_settles_when_it_is_sent() {
    let mut outbox = outbox();
    let send = outbox.push(at(0), unacked("1"));
    assert_eq!(outbox.message_id(send), None);
    assert_eq!(drain(&mut outbox), (vec![], vec![]));
    outbox.up(at(1));
    let Some(OutboxOutput::Transmit { id: None, .. }) = outbox.poll_output() else {
        panic!("a message without an id");
    };
    assert_eq!(settled(&mut outbox), [(send, Ok("null".into()))]);
    outbox.down(at(2));
    outbox.up(at(3));
    assert_eq!(sent(&mut outbox), [""; 0]);
}

#[test]
fn only_the_newest_value_of_a_key_is_sent() {
    let mut outbox = outbox();
    let first = outbox.push(at(0), latest("cursor", "1"));
    let other = outbox.push(at(0), latest("status", "2"));
    let newest = outbox.push(at(0), latest("cursor", "3"));
    assert_eq!(settled(&mut outbox), [(first, Err(SendError::Superseded))]);
    outbox.up(at(1));
    let (sent, settled) = drain(&mut outbox);
    assert_eq!(sent, ["2", "3"]);
    assert_eq!(
        settled,
        [(other, Ok("null".into())), (newest, Ok("null".into()))]
    );
    // What was sent is no longer there to be replaced.
    outbox.push(at(2), latest("cursor", "4"));
    assert_eq!(drain(&mut outbox).0, ["4"]);
}

#[test]
fn volatile_messages_are_sent_now_or_never() {
    let mut outbox = outbox();
    let down = outbox.push(at(0), volatile("1"));
    assert_eq!(settled(&mut outbox), [(down, Err(SendError::Disconnected))]);
    outbox.up(at(1));
    let up = outbox.push(at(1), volatile("2"));
    assert_eq!(
        drain(&mut outbox),
        (vec!["2".into()], vec![(up, Ok("null".into()))])
    );
    // The link breaks before the socket was given the message.
    let late = outbox.push(at(2), volatile("3"));
    outbox.down(at(2));
    outbox.up(at(3));
    assert_eq!(
        drain(&mut outbox),
        (vec![], vec![(late, Err(SendError::Disconnected))])
    );
    assert_eq!(outbox.stats().disconnected, 2);
}

#[test]
fn a_full_socket_drops_the_volatile_and_makes_the_rest_wait() {
    let mut outbox = outbox();
    outbox.up(at(0));
    let before = outbox.push(at(0), volatile("1"));
    let kept = outbox.push(at(0), message("2"));
    outbox.set_blocked(at(0), true);
    let after = outbox.push(at(0), volatile("3"));
    outbox.push(at(0), latest("cursor", "4"));
    assert_eq!(
        drain(&mut outbox),
        (
            vec![],
            vec![
                (before, Err(SendError::Overflow)),
                (after, Err(SendError::Overflow))
            ]
        )
    );
    outbox.set_blocked(at(20), false);
    assert_eq!(sent(&mut outbox), ["2", "4"]);
    // The wait behind the full socket does not count.
    assert_eq!(outbox.next_deadline(), Some(at(30)));
    assert!(outbox.message_id(kept).is_some());
}

#[test]
fn blocking_in_the_middle_of_a_flush_keeps_the_rest() {
    let mut outbox = outbox();
    for data in ["1", "2", "3"] {
        outbox.push(at(0), message(data));
    }
    outbox.up(at(1));
    assert!(outbox.poll_output().is_some());
    outbox.set_blocked(at(1), true);
    assert_eq!(outbox.poll_output(), None);
    outbox.set_blocked(at(2), false);
    assert_eq!(sent(&mut outbox), ["2", "3"]);
}

#[test]
fn a_new_link_is_not_blocked() {
    let mut outbox = outbox();
    outbox.up(at(0));
    outbox.set_blocked(at(0), true);
    outbox.push(at(0), message("1"));
    outbox.down(at(1));
    outbox.up(at(2));
    assert_eq!(sent(&mut outbox), ["1"]);
}

#[test]
fn a_full_outbox_refuses_the_newcomer_by_count_and_by_bytes() {
    let by_count = OutboxLimits {
        messages: 2,
        ..Default::default()
    };
    // Each message has 3 bytes of name and 10 of data.
    let by_bytes = OutboxLimits {
        bytes: 30,
        ..Default::default()
    };
    for limits in [by_count, by_bytes] {
        let mut outbox = Outbox::new(limits, "q7f");
        outbox.push(at(0), message("1234567890"));
        outbox.push(at(0), message("1234567890"));
        let third = outbox.push(at(0), message("1234567890"));
        assert_eq!(settled(&mut outbox), [(third, Err(SendError::Overflow))]);
        assert_eq!(outbox.stats().held, 2);
        outbox.up(at(1));
        assert_eq!(sent(&mut outbox).len(), 2);
    }
}

#[test]
fn a_full_outbox_still_takes_a_newer_value_of_a_key_it_holds() {
    let mut outbox = Outbox::new(
        OutboxLimits {
            messages: 1,
            bytes: 6,
            ..Default::default()
        },
        "q7f",
    );
    let first = outbox.push(at(0), latest("cursor", "1"));
    outbox.push(at(0), latest("cursor", "222"));
    assert_eq!(settled(&mut outbox), [(first, Err(SendError::Superseded))]);
    // One that does not fit leaves the old value alone.
    let large = outbox.push(at(0), latest("cursor", "4444"));
    assert_eq!(settled(&mut outbox), [(large, Err(SendError::Overflow))]);
    outbox.up(at(1));
    assert_eq!(sent(&mut outbox), ["222"]);
}

#[test]
fn a_message_larger_than_allowed_is_refused_with_both_sizes() {
    let mut outbox = Outbox::new(
        OutboxLimits {
            message_bytes: 8,
            ..Default::default()
        },
        "q7f",
    );
    outbox.up(at(0));
    let send = outbox.push(at(0), message("123456"));
    let error = SendError::TooLarge { size: 9, limit: 8 };
    assert_eq!(drain(&mut outbox), (vec![], vec![(send, Err(error))]));
}

#[test]
fn a_cancelled_send_is_not_sent_and_settles_once() {
    let mut outbox = outbox();
    let send = outbox.push(at(0), message("1"));
    assert!(outbox.cancel(send));
    assert!(!outbox.cancel(send));
    outbox.up(at(1));
    assert_eq!(
        drain(&mut outbox),
        (vec![], vec![(send, Err(SendError::Cancelled))])
    );
    assert_eq!(outbox.next_deadline(), None);
}

#[test]
fn when_the_connection_ends_everything_settles_and_nothing_is_kept() {
    let mut outbox = outbox();
    outbox.up(at(0));
    let sent_once = outbox.push(at(0), message("1"));
    sent(&mut outbox);
    outbox.down(at(1));
    let waiting = outbox.push(at(1), latest("cursor", "2"));
    outbox.disconnected_for_good(at(2));
    let late = outbox.push(at(3), message("3"));
    assert_eq!(
        settled(&mut outbox),
        [sent_once, waiting, late].map(|send| (send, Err(SendError::Disconnected)))
    );

    // The app wants a link again: now it is worth waiting for.
    outbox.down(at(4));
    outbox.push(at(5), message("4"));
    outbox.up(at(6));
    assert_eq!(sent(&mut outbox), ["4"]);
}

#[test]
fn each_message_may_have_its_own_patience() {
    let mut outbox = outbox();
    outbox.up(at(0));
    let hasty = message("1").with(Delivery::Reliable(ReliableOptions {
        timeout: Duration::from_secs(1),
        ..Default::default()
    }));
    let hasty = outbox.push(at(0), hasty);
    outbox.push(at(0), message("2"));
    sent(&mut outbox);
    outbox.handle_timeout(at(1));
    assert_eq!(settled(&mut outbox), [(hasty, Err(SendError::Timeout))]);
    assert_eq!(outbox.next_deadline(), Some(at(10)));
}
