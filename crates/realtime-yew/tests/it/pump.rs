//! The pump in virtual time, without a component: what goes in, what comes out, and in which order.

use realtime_core::SendError;
use realtime_yew::{AckError, prelude::*, testing::TestBed};
use serde_json::json;
use std::{cell::RefCell, rc::Rc, time::Duration};

fn connected() -> TestBed {
    let bed = TestBed::new();
    bed.client().connect();
    bed.deliver();
    bed
}

#[test]
fn nothing_happens_before_the_client_is_told_to_connect() {
    let bed = TestBed::new();
    bed.advance(Duration::from_secs(60));
    assert_eq!(bed.attempts(), 0);
    assert_eq!(bed.clock().armed_timers(), 0);
    assert_eq!(bed.page_listeners(), 0);
}

#[test]
fn a_client_connects_and_a_lost_connection_is_sought_again() {
    let bed = connected();
    assert_eq!(
        bed.client().connection().status,
        ConnectionStatus::Connected
    );
    bed.cut();
    assert_eq!(
        bed.client().connection().status,
        ConnectionStatus::Reconnecting
    );
    bed.advance(Duration::from_secs(30));
    assert_eq!(
        bed.client().connection().status,
        ConnectionStatus::Connected
    );
    assert_eq!(bed.attempts(), 2);
}

#[test]
fn the_last_clone_closes_the_connection_with_1000_and_leaves_nothing_behind() {
    let mut bed = connected();
    let clone = bed.client();
    bed.drop_client();
    assert_eq!(bed.goodbyes(), [0_u16; 0]);
    drop(clone);
    assert_eq!(bed.goodbyes(), [1000]);
    assert_eq!(bed.page_listeners(), 0);
    assert_eq!(bed.clock().armed_timers(), 0);
}

#[test]
fn a_page_that_goes_closes_the_socket_and_comes_back_with_a_new_one() {
    let bed = connected();
    bed.leave_page();
    assert_eq!(bed.goodbyes().len(), 1);
    bed.advance(Duration::from_secs(300));
    assert_eq!(bed.attempts(), 1);
    bed.return_to_page();
    bed.deliver();
    assert_eq!(
        bed.client().connection().status,
        ConnectionStatus::Connected
    );
}

#[test]
fn an_answered_send_resolves_with_the_answer() {
    let bed = connected();
    bed.server().on("sum", |_, request| {
        Ok(json!(request.envelope["data"][0].as_i64().unwrap() + 1))
    });
    let mut sum = bed.client().send_with_ack::<i64>("sum", None, &[41]);
    assert_eq!(poll(&mut sum), None);
    bed.deliver();
    assert_eq!(poll(&mut sum), Some(Ok(42)));
}

#[test]
fn an_answer_of_another_shape_is_an_error_and_not_a_panic() {
    let bed = connected();
    bed.server().on("sum", |_, _| Ok(json!("many")));
    let mut sum = bed.client().send_with_ack::<i64>("sum", None, &[41]);
    bed.deliver();
    assert!(matches!(poll(&mut sum), Some(Err(AckError::Decode(_)))));
}

#[test]
fn a_cancelled_send_resolves_as_cancelled() {
    let bed = TestBed::new();
    let mut sum = bed.client().send_with_ack::<i64>("sum", None, &[41]);
    sum.cancel();
    let cancelled = Some(Err(AckError::Send(SendError::Cancelled)));
    assert_eq!(poll(&mut sum), cancelled);
}

#[test]
fn a_send_outlives_its_client_as_disconnected() {
    let mut bed = TestBed::new();
    let mut sum = bed.client().send_with_ack::<i64>("sum", None, &[41]);
    bed.drop_client();
    let gone = Some(Err(AckError::Send(SendError::Disconnected)));
    assert_eq!(poll(&mut sum), gone);
}

#[test]
fn a_send_that_nobody_awaits_reports_its_failure_to_the_app() {
    let heard: Rc<RefCell<Vec<RealtimeError>>> = Rc::default();
    let bed = TestBed::with_options(RealtimeOptions::default().with_on_error({
        let heard = Rc::clone(&heard);
        move |error| heard.borrow_mut().push(error)
    }));
    bed.client().send("message", None, "hello");
    bed.client().emit_volatile("typing", None, "hello");
    bed.advance(Duration::from_secs(61));
    let heard = heard.borrow();
    assert!(
        matches!(&heard[..], [RealtimeError::Unsent { event, .. }] if &**event == "message"),
        "{heard:?}"
    );
}

#[test]
fn what_is_emitted_waits_for_the_connection_and_wants_no_answer() {
    let bed = TestBed::new();
    bed.server().abilities.answers = false;
    bed.client().emit("todo:add", Some("todos"), "Sweep");
    bed.client().connect();
    bed.deliver();
    assert_eq!(bed.server().count("todo:add"), 1);
    let sent = bed.server().requests.last().cloned();
    assert_eq!(sent.map(|sent| sent.envelope["id"].is_null()), Some(true));
    bed.cut();
    bed.advance(Duration::from_secs(90));
    assert_eq!(bed.server().count("todo:add"), 1);
    assert!(bed.take_warnings().is_empty());
}

#[test]
fn the_console_gets_each_warning_once() {
    let bed = connected();
    for broken in ["{", "{", "[]", "{"] {
        bed.server().send_raw(broken);
    }
    bed.deliver();
    let warnings = bed.take_warnings();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    // Without bounds a server that talks nonsense would fill the console.
    for number in 0..1_000 {
        bed.server().send_raw(&format!("nonsense {number} {{"));
        bed.server()
            .send_raw(&format!(r#"{{"event":"e","seq":"{number}x"}}"#));
    }
    bed.deliver();
    assert!(bed.take_warnings().len() <= 98);
}

#[test]
fn data_that_does_not_turn_into_json_is_an_error_and_sends_nothing() {
    let bed = connected();
    let unwritable = std::collections::BTreeMap::from([((1, 2), 3)]);
    let mut answer = bed.client().send_with_ack::<i64>("sum", None, &unwritable);
    assert!(matches!(poll(&mut answer), Some(Err(AckError::Encode(_)))));
    bed.deliver();
    assert_eq!(bed.server().count("sum"), 0);
}

#[test]
fn malformed_frames_are_reported_and_the_client_lives_on() {
    let heard: Rc<RefCell<Vec<RealtimeError>>> = Rc::default();
    let bed = TestBed::with_options(RealtimeOptions::default().with_on_error({
        let heard = Rc::clone(&heard);
        move |error| heard.borrow_mut().push(error)
    }));
    bed.client().connect();
    bed.deliver();
    for broken in ["", "{", "null", "[]", r#"{"event":7}"#, "\u{0}"] {
        bed.server().send_raw(broken);
    }
    bed.deliver();
    assert!(heard.borrow().len() >= 5, "{:?}", heard.borrow());
    assert_eq!(
        bed.client().connection().status,
        ConnectionStatus::Connected
    );
    bed.server().on("sum", |_, _| Ok(json!(1)));
    let mut sum = bed.client().send_with_ack::<i64>("sum", None, &());
    bed.deliver();
    assert_eq!(poll(&mut sum), Some(Ok(1)));
}

#[test]
fn an_error_callback_may_command_the_client() {
    let slot: Rc<RefCell<Option<RealtimeClient>>> = Rc::default();
    let bed = TestBed::with_options(RealtimeOptions::default().with_on_error({
        let slot = Rc::clone(&slot);
        move |_| {
            if let Some(client) = &*slot.borrow() {
                client.send("complaint", None, "broken frame");
                client.disconnect();
            }
        }
    }));
    bed.client().connect();
    bed.deliver();
    *slot.borrow_mut() = Some(bed.client());
    bed.server().send_raw("{");
    bed.deliver();
    assert_eq!(bed.server().count("complaint"), 1);
    assert_eq!(bed.goodbyes(), [1000]);
    slot.borrow_mut().take();
}

#[test]
fn a_full_socket_holds_volatile_messages_back_until_it_drains() {
    let bed = connected();
    bed.set_buffered(2 << 20);
    bed.client().emit_volatile("cursor", None, &1);
    bed.client().emit_volatile("cursor", None, &2);
    bed.deliver();
    assert_eq!(bed.server().count("cursor"), 1);
    bed.set_buffered(0);
    bed.advance(Duration::from_millis(60));
    bed.client().emit_volatile("cursor", None, &3);
    bed.deliver();
    assert_eq!(bed.server().count("cursor"), 2);
}

#[test]
fn a_disconnected_client_stays_away_until_it_is_told_to_reconnect() {
    let bed = connected();
    bed.client().disconnect();
    bed.advance(Duration::from_secs(600));
    assert_eq!(bed.attempts(), 1);
    bed.client().reconnect();
    bed.deliver();
    assert_eq!(
        bed.client().connection().status,
        ConnectionStatus::Connected
    );
}

fn poll<F: std::future::Future + Unpin>(future: &mut F) -> Option<F::Output> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::Pin::new(future).poll(&mut context) {
        std::task::Poll::Ready(output) => Some(output),
        std::task::Poll::Pending => None,
    }
}
