//! Model of the outbox: whatever happens, every send settles exactly once, and the caps hold.

use proptest::prelude::*;
use realtime_core::{
    Instant, MessageId,
    outbox::{Delivery, Message, Outbox, OutboxLimits, OutboxOutput, ReliableOptions, SendId},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

const LIMITS: OutboxLimits = OutboxLimits {
    messages: 6,
    bytes: 120,
    message_bytes: 40,
};

#[derive(Clone, Debug)]
enum Step {
    Push { class: u8, key: u8, size: usize },
    Up,
    Down,
    End,
    Block(bool),
    Poll(usize),
    AckTransmitted(prop::sample::Index),
    AckText(String),
    Cancel(u64),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..4_u8, 0..3_u8, 0..60_usize)
            .prop_map(|(class, key, size)| Step::Push { class, key, size }),
        2 => Just(Step::Up),
        2 => Just(Step::Down),
        1 => Just(Step::End),
        1 => any::<bool>().prop_map(Step::Block),
        4 => (1..8_usize).prop_map(Step::Poll),
        3 => any::<prop::sample::Index>().prop_map(Step::AckTransmitted),
        1 => "m-[0-9]{1,3}".prop_map(Step::AckText),
        1 => (0..40_u64).prop_map(Step::Cancel),
        3 => (0..20_000_u64).prop_map(Step::Wait),
    ]
}

#[derive(Default)]
struct Seen {
    pushed: Vec<SendId>,
    settled: BTreeMap<SendId, usize>,
    ids: Vec<MessageId>,
    /// Ids in the order of their first transmission on this link.
    this_link: Vec<MessageId>,
    over: BTreeSet<MessageId>,
}

impl Seen {
    fn poll(&mut self, outbox: &mut Outbox, most: usize) {
        for _ in 0..most {
            match outbox.poll_output() {
                None => break,
                Some(OutboxOutput::Transmit { id, .. }) => {
                    let Some(id) = id else { continue };
                    assert!(
                        !self.over.contains(&id),
                        "{id} was sent after it had settled"
                    );
                    assert!(!self.this_link.contains(&id), "{id} twice on one link");
                    self.ids.push(id.clone());
                    self.this_link.push(id);
                }
                Some(OutboxOutput::Settled { send, .. }) => {
                    *self.settled.entry(send).or_default() += 1;
                }
            }
        }
    }
}

fn run(steps: Vec<Step>) {
    let mut outbox = Outbox::new(LIMITS, "m");
    let mut seen = Seen::default();
    let mut now = Instant::from_millis(5);
    for step in steps {
        match step {
            Step::Push { class, key, size } => {
                let delivery = match class {
                    0 => Delivery::default(),
                    1 => Delivery::Reliable(ReliableOptions {
                        ack: false,
                        ..Default::default()
                    }),
                    2 => Delivery::Latest(key.to_string().into()),
                    _ => Delivery::Volatile,
                };
                let message = Message::new("e", "x".repeat(size)).with(delivery);
                seen.pushed.push(outbox.push(now, message));
            }
            Step::Up => {
                outbox.down(now);
                seen.this_link.clear();
                outbox.up(now);
            }
            Step::Down => outbox.down(now),
            Step::End => outbox.disconnected_for_good(now),
            Step::Block(blocked) => outbox.set_blocked(now, blocked),
            Step::Poll(most) => seen.poll(&mut outbox, most),
            Step::AckTransmitted(index) => {
                if !seen.ids.is_empty() {
                    let id = index.get(&seen.ids).clone();
                    outbox.acked(now, &id, Ok("null"));
                    seen.over.insert(id);
                }
            }
            Step::AckText(id) => {
                outbox.acked(now, &id.as_str().into(), Ok("null"));
            }
            Step::Cancel(index) => {
                if let Some(send) = seen.pushed.get(index as usize) {
                    outbox.cancel(*send);
                }
            }
            Step::Wait(millis) => {
                now = now + Duration::from_millis(millis);
                outbox.handle_timeout(now);
            }
        }
        let stats = outbox.stats();
        assert!(stats.held <= LIMITS.messages);
        assert!(stats.held_bytes <= LIMITS.bytes);
        assert!(
            outbox
                .next_deadline()
                .is_none_or(|at| at + Duration::from_millis(1) > now)
        );
    }

    // In the end the link comes up, stays quiet, and every timer fires.
    outbox.down(now);
    seen.this_link.clear();
    outbox.up(now);
    seen.poll(&mut outbox, usize::MAX);
    while let Some(at) = outbox.next_deadline() {
        now = now.max(at);
        outbox.handle_timeout(now);
        assert!(outbox.next_deadline().is_none_or(|next| next > at));
    }
    seen.poll(&mut outbox, usize::MAX);
    assert_eq!((outbox.stats().held, outbox.stats().held_bytes), (0, 0));
    let once: BTreeMap<SendId, usize> = seen.pushed.iter().map(|send| (*send, 1)).collect();
    assert_eq!(seen.settled, once);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn every_send_settles_exactly_once_and_the_caps_hold(
        steps in prop::collection::vec(step(), 0..120)
    ) {
        run(steps);
    }
}
