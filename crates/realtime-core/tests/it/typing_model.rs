//! Typing between two rooms: what one does is what the other shows, within what the wire allows.

use proptest::{collection::vec, prelude::*, sample::select};
use realtime_core::{ChannelName, Instant, TypingOptions, UserId, typing::TypingRoom};
use std::{rc::Rc, time::Duration};

const TIMEOUT: u64 = 3_000;
const KEEP_ALIVE: u64 = 1_200;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Act {
    Key,
    Stop,
    Empty,
    DropStops,
}

fn acts() -> impl Strategy<Value = Vec<(u64, Act)>> {
    let pause = prop_oneof![3 => 1..400_u64, 1 => 400..3_600_u64];
    let act = prop_oneof![
        12 => Just(Act::Key),
        1 => Just(Act::Stop),
        1 => Just(Act::Empty),
        1 => Just(Act::DropStops),
    ];
    vec((pause, act), 0..80)
}

fn room(id: &str) -> TypingRoom {
    let mut room = TypingRoom::new(
        ChannelName::from("room"),
        UserId::from(id),
        id,
        TypingOptions::default(),
    );
    room.link_up(Instant::ZERO);
    room
}

/// A writer and a reader joined by a link without delay, stepped one millisecond at a time.
struct Pair {
    writer: TypingRoom,
    reader: TypingRoom,
    now: u64,
    stops_arrive: bool,
    starts: Vec<u64>,
    key_since_start: bool,
    typing_since: Option<u64>,
}

impl Pair {
    fn new() -> Self {
        Self {
            writer: room("writer"),
            reader: room("reader"),
            now: 0,
            stops_arrive: true,
            starts: Vec::new(),
            key_since_start: false,
            typing_since: None,
        }
    }

    fn step(&mut self) {
        self.now += 1;
        let now = Instant::from_millis(self.now);
        for room in [&mut self.writer, &mut self.reader] {
            if room.next_deadline().is_some_and(|due| due <= now) {
                room.handle_timeout(now);
            }
        }
        self.deliver();
        self.check();
    }

    fn act(&mut self, act: Act) {
        let now = Instant::from_millis(self.now);
        match act {
            Act::Key => {
                self.writer.start(now);
                self.key_since_start = true;
            }
            Act::Stop => self.writer.stop(now),
            Act::Empty => self.writer.input(now, true),
            Act::DropStops => self.stops_arrive = !self.stops_arrive,
        }
        self.deliver();
        self.check();
    }

    fn deliver(&mut self) {
        let now = Instant::from_millis(self.now);
        while let Some(out) = self.writer.poll_outgoing() {
            if out.event == "typing:start" {
                assert!(
                    self.starts
                        .last()
                        .is_none_or(|last| self.now - last >= KEEP_ALIVE),
                    "two starts within the keep-alive"
                );
                assert!(
                    std::mem::take(&mut self.key_since_start),
                    "a start without a key since the last one"
                );
                self.starts.push(self.now);
            } else if !self.stops_arrive {
                continue;
            }
            self.reader.receive(now, out.event, &out.data).unwrap();
        }
        match (self.writer.is_typing(), self.typing_since) {
            (true, None) => self.typing_since = Some(self.now),
            (false, Some(_)) => self.typing_since = None,
            _ => {}
        }
    }

    fn check(&self) {
        let shown = !self.reader.snapshot().is_empty();
        let fresh = self
            .starts
            .last()
            .is_some_and(|last| self.now - last < TIMEOUT);
        assert!(
            !shown || fresh,
            "shown without a start in the last three seconds"
        );
        let settled = self
            .typing_since
            .is_some_and(|since| self.now - since >= KEEP_ALIVE);
        assert!(
            shown || !settled,
            "typing and not shown: the indicator flickers"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_indicator_neither_flickers_nor_sticks(acts in acts()) {
        let mut pair = Pair::new();
        for (pause, act) in acts {
            for _ in 0..pause {
                pair.step();
            }
            pair.act(act);
        }
        pair.stops_arrive = false;
        for _ in 0..2 * TIMEOUT {
            pair.step();
        }
        prop_assert!(!pair.writer.is_typing());
        prop_assert!(pair.reader.snapshot().is_empty());
        prop_assert_eq!(pair.writer.next_deadline(), None);
        prop_assert_eq!(pair.reader.next_deadline(), None);
    }
}

proptest! {
    #[test]
    fn nothing_panics_and_caps_hold_whatever_arrives(
        frames in vec(
            (
                select(&["typing:start", "typing:stop", "typing:?"][..]),
                prop_oneof![
                    ".{0,20}",
                    (select(&["a", "b", "c", "d", "me", ""][..]), ".{0,9}").prop_map(|(id, name)| {
                        serde_json::json!({"id": id, "name": name}).to_string()
                    }),
                ],
                0..2_000_u64,
            ),
            0..60,
        ),
    ) {
        let mut room = TypingRoom::new(
            ChannelName::from("room"),
            UserId::from("me"),
            "Ada",
            TypingOptions::default().with_max_typists(2),
        );
        let mut now = Instant::ZERO;
        for (event, data, pause) in frames {
            now = now + Duration::from_millis(pause);
            let before = room.snapshot();
            let heard = room.receive(now, event, &data);
            let after = room.snapshot();
            if let Ok(changed) = heard {
                prop_assert_eq!(changed, !Rc::ptr_eq(&before, &after));
            }
            prop_assert!(after.len() <= 2);
            prop_assert!(after.iter().all(|typist| &*typist.id != "me" && !typist.name.is_empty()));
            prop_assert!(room.next_deadline().is_none_or(|due| due > now));
        }
    }
}
