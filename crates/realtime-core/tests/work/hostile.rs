//! Hostile input, sent to swell or stall the client: reading takes no more memory than the text is long, and
//! nothing is done over and over.

use crate::{
    edits::edit,
    lists::{framed, listing},
    quote::Quote,
    tally::Tally,
};
use allocation_counter::measure;
use realtime_core::{
    FrameRef,
    list::{KeyedList, ListOptions},
    wire::{
        Codec, JsonCodec,
        socketio::{SocketIoCodec, SocketIoOptions},
    },
};

const SIZE: usize = 1 << 18;

/// How many bytes are held at most while `read` runs, for each of `text`.
#[track_caller]
fn swells_at_most(percent: u64, text: &str, read: impl FnOnce(&str)) {
    let memory = measure(|| read(text));
    let limit = text.len() as u64 * percent / 100 + 8_192;
    assert!(
        memory.bytes_max <= limit,
        "{} bytes held for a text of {}: {:.40}",
        memory.bytes_max,
        text.len(),
        text
    );
}

fn filled(start: &str, element: &str, end: &str) -> String {
    let count = SIZE / element.len();
    format!("{start}{}{end}", vec![element; count].join(","))
}

#[test]
fn errors_of_any_shape_are_read_without_a_tree_of_them() {
    for error in [
        filled("[", "1", "]"),
        filled("[", "[]", "]"),
        filled(r#"{"code":["#, "{}", "]}"),
        filled(r#"{"message":{"a":["#, "0", "]}}"),
    ] {
        let answers = [
            format!(r#"{{"event":"ack","re":"q-1","error":{error}}}"#),
            format!(r#"{{"event":"error","data":{error}}}"#),
            format!(r#"{{"error":{error}}}"#),
        ];
        for frame in &answers {
            swells_at_most(1, frame, |frame| {
                let inbound = JsonCodec::default().decode(FrameRef::Text(frame));
                assert!(inbound.is_ok());
            });
        }
        let mut codec = SocketIoCodec::new(SocketIoOptions::new());
        let open = r#"0{"sid":"a","pingInterval":25000,"pingTimeout":20000}"#;
        assert!(codec.decode(FrameRef::Text(open)).is_ok());
        for packet in [format!(r#"430[{{"error":{error}}}]"#), format!("44{error}")] {
            swells_at_most(1, &packet, |packet| {
                assert!(codec.decode(FrameRef::Text(packet)).is_ok());
            });
        }
    }
}

#[test]
fn a_batch_of_what_is_no_change_is_counted_without_a_text_for_each() {
    for element in [
        "1",
        "\"x\"",
        "null",
        "[]",
        "{}",
        r#"{"item":{"id":1}}"#,
        r#"{"action":"x"}"#,
        r#"{"action":"x","item":{"id":1}}"#,
        r#"{"action":"batch","changes":[]}"#,
        r#"{"action":"update"}"#,
        r#"{"action":"update","item":{}}"#,
        r#"{"action":"delete","item":{"version":1}}"#,
        r#"{"action":"move","item":{"id":1}}"#,
    ] {
        let batch = |count: usize| {
            let elements = vec![element; count].join(",");
            format!(r#"{{"action":"batch","changes":[{elements}]}}"#)
        };
        let work = |count| {
            let (data, mut list) = (
                batch(count),
                KeyedList::<Quote>::new(ListOptions::default()),
            );
            Tally::of(|| {
                let applied = list.apply(crate::wire::NOW, &data).unwrap();
                assert_eq!(applied.malformed, count);
            })
        };
        let (few, many) = (work(10), work(100_000));
        assert_eq!(few.allocations, many.allocations, "{element}");
        assert!(many.bytes <= few.bytes + 64, "{element}: {many}");
    }
    // Through a client, and with an echo to look for in it.
    let mut wire = listing(10, false);
    let frame = framed(1, &filled(r#"{"action":"batch","changes":["#, "1", "]}"));
    swells_at_most(1, &frame, |frame| wire.frame(frame));
    assert_eq!(wire.client.stats().faults, 1);
}

/// The work of a frame that `frame` makes of the id of a message with an edit of one row.
fn work_about_an_edit(frame: impl Fn(&str) -> String) -> Tally {
    let mut wire = listing(10, true);
    edit(&mut wire, 0);
    let frame = frame(&wire.sent.pop().unwrap());
    Tally::of(|| wire.frame(&frame))
}

#[test]
fn an_answer_of_what_is_no_row_of_ours_is_read_without_a_text_or_a_list_for_each() {
    for element in [
        "1",
        "[]",
        "{}",
        r#"{"id":7}"#,
        r#"{"id":0}"#,
        r#"{"id":0,"version":2}"#,
        r#"{"version":2}"#,
    ] {
        let work = |count: usize| {
            let elements = vec![element; count].join(",");
            work_about_an_edit(|id| {
                format!(r#"{{"event":"ack","re":"{id}","data":{{"items":[{elements}]}}}}"#)
            })
        };
        let (few, many) = (work(10), work(10_000));
        assert_eq!(few.allocations, many.allocations, "{element}");
        // The answer itself is kept for the app.
        let limit = few.bytes + 3 * 10_000 * (element.len() as u64 + 1);
        assert!(many.bytes <= limit, "{element}: {many}");
        assert!(many.rows <= few.rows, "{element}: {many}");
    }
}

#[test]
fn an_echo_of_what_is_no_change_is_read_without_a_text_for_each() {
    for element in ["1", "{}", r#"{"action":"x"}"#, r#"{"action":"update"}"#] {
        let work = |count: usize| {
            let elements = vec![element; count].join(",");
            work_about_an_edit(|id| {
                format!(
                    r#"{{"event":"list:update","channel":"c","seq":1,"epoch":"e","id":"{id}","data":{{"action":"batch","changes":[{elements}]}}}}"#
                )
            })
        };
        let (few, many) = (work(10), work(10_000));
        assert_eq!(few.allocations, many.allocations, "{element}");
    }
}

#[test]
fn changes_and_items_that_cannot_be_read_leave_nothing_behind() {
    for data in [
        filled(r#"{"action":"batch","changes":["#, "{}", "]}"),
        filled(r#"{"action":"batch","changes":["#, r#"{"action":1}"#, "]}"),
        filled(r#"{"action":"snapshot","items":["#, "1", "]}"),
        filled(r#"{"action":"snapshot","items":["#, "{}", "]}"),
    ] {
        let mut list = KeyedList::<Quote>::new(ListOptions::default());
        swells_at_most(1, &data, |data| drop(list.apply(crate::wire::NOW, data)));
    }
}

#[test]
fn a_snapshot_of_far_more_rows_than_fit_is_not_read_to_its_end() {
    let options = ListOptions::default().with_max_items(100);
    let mut list = KeyedList::<Quote>::new(options);
    let data = filled(
        r#"{"action":"snapshot","items":["#,
        r#"{"id":1,"version":1,"price":1}"#,
        "]}",
    );
    swells_at_most(5, &data, |data| {
        let applied = list.apply(crate::wire::NOW, data).unwrap();
        assert_eq!(applied.rejected, SIZE / 30 - 200);
    });
    assert_eq!(list.len(), 1);
}

/// What is read of a packet with a placeholder in a placeholder in a placeholder: each key of one that is
/// unescaped costs an allocation, so reading again would be seen.
#[test]
fn placeholders_within_placeholders_are_read_once() {
    let work = |depth: usize| {
        let nested = r#"{"_placeholder":true,"\u0061":"#.repeat(depth);
        let text = format!(r#"451-["e",{nested}"#);
        let mut codec = SocketIoCodec::new(SocketIoOptions::new());
        let open = r#"0{"sid":"a","pingInterval":25000,"pingTimeout":20000}"#;
        assert!(codec.decode(FrameRef::Text(open)).is_ok());
        Tally::of(|| {
            assert!(codec.decode(FrameRef::Text(&text)).is_ok());
            assert!(codec.decode(FrameRef::Binary(&[1])).is_err());
        })
    };
    let (few, many) = (work(10), work(1_000));
    assert!(
        many.allocations <= few.allocations + 16,
        "few: {few}\nmany: {many}"
    );
}

#[test]
fn a_text_that_must_be_repaired_is_copied_once() {
    let text = format!(
        r#"{{"event":"e","data":["{}"]}}"#,
        r"\ud83d".repeat(SIZE / 6)
    );
    // Once for the repaired text with its room to grow, and once for the event's data.
    swells_at_most(320, &text, |text| {
        assert!(JsonCodec::default().decode(FrameRef::Text(text)).is_ok());
    });
}
