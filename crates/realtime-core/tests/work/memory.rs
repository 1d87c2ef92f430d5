//! Memory held: what the allocator has given and not got back.

use crate::{
    lists::{framed, listing, rows},
    quote::Quote,
    wire::Wire,
};
use allocation_counter::measure;
use realtime_core::{ChannelName, PresenceOptions, RosterLease, TypingLease, TypingOptions, User};
use std::time::Duration;

const ROWS: u32 = 1_000;
/// How often the memory is looked at in an hour.
const QUARTERS: usize = 4;
const QUARTER: u32 = 900;

/// What a page hears: rows that change, come and go, cursors, people who type.
struct Traffic {
    wire: Wire,
    room: ChannelName,
    _shares: (RosterLease, TypingLease),
    seq: u64,
    next_row: u32,
}

impl Traffic {
    fn new() -> Self {
        let mut wire = listing(ROWS, true);
        let room = ChannelName::from("room");
        let me = User::new("me", "Me");
        let (now, client) = (wire.now, &mut wire.client);
        let typing = client.open_typing(now, &room, me.id.clone(), "Me", TypingOptions::default());
        let joined = client.join(now, &room, me, PresenceOptions::default());
        let shares = (joined.unwrap(), typing.unwrap());
        wire.pump();
        Self {
            wire,
            room,
            _shares: shares,
            seq: 0,
            next_row: ROWS,
        }
    }

    fn list(&mut self, data: &str) {
        self.seq += 1;
        self.wire.frame(&framed(self.seq, data));
    }

    /// A second of it, and what a page reads meanwhile.
    fn second(&mut self, second: u32) {
        for change in 0..5 {
            let row = (second * 5 + change).wrapping_mul(7_919) % ROWS;
            let price = second.wrapping_mul(2_654_435_761).wrapping_add(change);
            let version = u64::from(second) + 2;
            self.list(&format!(
                r#"{{"action":"update","item":{{"id":{row},"version":{version},"price":{price}}}}}"#
            ));
        }
        for _ in 0..2 {
            let row = self.next_row;
            self.next_row += 1;
            self.list(&format!(
                r#"{{"action":"create","item":{{"id":{row},"version":1,"price":{second}}}}}"#
            ));
            self.list(&format!(
                r#"{{"action":"delete","item":{{"id":{row},"version":2}}}}"#
            ));
        }
        let guest = second % 50;
        let user = format!(r#""userId":"u{guest}","user":{{"id":"u{guest}","name":"Guest"}}"#);
        self.wire.frame(&format!(
            r#"{{"event":"presence:update","channel":"room","data":{{{user},"status":"online","connectionId":"c{second}","metadata":{{"cursor":{second}}}}}}}"#
        ));
        self.wire.frame(&format!(
            r#"{{"event":"typing:start","channel":"room","data":{{"channel":"room","id":"u{guest}","name":"Guest"}}}}"#
        ));
        self.wire.pass(Duration::from_secs(1));
        self.wire.client.take_changes();
        assert!(self.wire.client.list::<Quote>(&rows()).is_some());
        assert!(self.wire.client.presence(&self.room).is_some());
    }
}

#[test]
fn an_hour_of_traffic_leaves_nothing_behind() {
    /// Room that maps and queues keep for more.
    const SLACK: i64 = 64 << 10;
    let mut traffic = Traffic::new();
    let mut held = [0; QUARTERS];
    for (quarter, held) in (0..).zip(&mut held) {
        let memory = measure(|| {
            for second in 0..QUARTER {
                traffic.second(quarter * QUARTER + second);
            }
        });
        *held = memory.bytes_current;
    }
    let stats = traffic.wire.client.stats();
    assert_eq!(stats.faults, 0);
    assert!(stats.events > 30_000, "{} events", stats.events);
    // The first quarter fills what is remembered for ten minutes, such as rows that were deleted.
    let later: i64 = held[1..].iter().sum();
    assert!(later <= SLACK, "bytes more held, by quarters: {held:?}");
}

/// Bytes for each row of a list, its own included.
fn bytes_per_row(size: u32) -> i64 {
    let mut wire = None;
    let memory = measure(|| wire = Some(listing(size, true)));
    drop(wire);
    memory.bytes_current / i64::from(size)
}

#[test]
fn a_row_takes_no_more_memory_in_a_long_list_than_in_a_short_one() {
    let [few, many] = [1_000, 100_000].map(bytes_per_row);
    assert!(
        many <= few + few / 10,
        "{many} bytes a row, and {few} in a short list"
    );
    println!("{many} bytes a row");
    // 40 bytes are the row and its two counts of references.
    assert!(many <= 256, "{many} bytes a row");
}
