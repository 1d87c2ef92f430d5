//! Carets: where others are, tied to letters.

use crate::editing::{document, splice, write};
use realtime_text::{Caret, CaretMetadata};
use serde_json::json;

#[test]
fn a_caret_stays_between_its_letters_whatever_others_write() {
    let (mut ada, mut bob) = (document(), document());
    bob.receive(&write(&mut ada, "notes", "hello world"))
        .unwrap();
    let caret = ada.caret("notes", 6, 11).unwrap();
    assert_eq!(bob.place("notes", &caret), Some((6, 11)));
    bob.edit("notes", &splice(0, 0, "oh, "), 0).unwrap();
    assert_eq!(bob.place("notes", &caret), Some((10, 15)));
    bob.edit("notes", &splice(8, 7, ""), 0).unwrap();
    assert_eq!(
        bob.place("notes", &caret),
        Some((8, 8)),
        "what was selected is gone"
    );
}

#[test]
fn a_caret_is_in_one_text_and_where_it_is_must_have_come() {
    let (mut ada, mut bob) = (document(), document());
    write(&mut ada, "notes", "hello");
    let caret = ada.caret("notes", 5, 5).unwrap();
    assert_eq!(
        bob.place("notes", &caret),
        None,
        "its letters have not come"
    );
    assert_eq!(ada.place("title", &caret), None);
    assert_eq!(ada.caret("notes", 6, 6), None, "there is no such place");
    let begin = ada.caret("notes", 0, 0).unwrap();
    assert_eq!(bob.place("notes", &begin), Some((0, 0)));
}

#[test]
fn metadata_is_what_editors_of_yjs_read() {
    let mut ada = document();
    let cursor = ada.caret("notes", 0, 0).unwrap();
    let metadata = CaretMetadata {
        text: "notes".into(),
        cursor,
    };
    let at_the_start = json!({"tname": "notes", "assoc": -1});
    assert_eq!(
        serde_json::to_value(&metadata).unwrap(),
        json!({"text": "notes", "cursor": {"anchor": at_the_start, "head": at_the_start}})
    );
    let of_yjs = json!({
        "anchor": {"type": null, "tname": "notes", "item": null, "assoc": 0},
        "head": {"type": null, "tname": "notes", "item": null, "assoc": 0},
    });
    let read: Caret = serde_json::from_value(of_yjs).unwrap();
    assert_eq!(ada.place("notes", &read), Some((0, 0)));
}

#[test]
fn a_hostile_caret_is_nowhere() {
    let mut ada = document();
    write(&mut ada, "notes", "hello");
    for item in [
        json!({"client": 1, "clock": 4_000_000_000_u32}),
        json!({"client": 9_007_199_254_740_991_u64, "clock": 0}),
    ] {
        let index = json!({"item": item, "assoc": 0});
        let caret = json!({"anchor": index, "head": index});
        if let Ok(caret) = serde_json::from_value::<Caret>(caret) {
            assert_eq!(ada.place("notes", &caret), None);
        }
    }
}
