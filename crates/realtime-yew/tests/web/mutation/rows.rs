//! Rows, and what they show while a mutation is under way.

use super::board::{Act, board, edit, open, shown};
use crate::support::seconds;
use realtime_core::MutationStatus;
use realtime_yew::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::HtmlInputElement;

#[wasm_bindgen_test]
async fn an_edit_shows_at_once_and_settles_once() {
    let (bed, board) = board(RealtimeOptions::default());
    let (page, hand) = open(&bed, &board).await;
    hand.act(edit("n1", "Bake bread")).await;
    assert_eq!(shown(&page, "n1"), ("Bake bread".into(), "pending"));
    assert!(hand.get().is_pending());
    bed.settle().await;
    assert_eq!(shown(&page, "n1"), ("Bake bread".into(), "synced"));
    assert_eq!(board.log.take(), [r#"saved Some("Bake bread")"#]);
    let handle = hand.get();
    assert_eq!(handle.status(), Some(&MutationStatus::Settled));
    assert_eq!(handle.data().map(|note| note.version), Some(2));
    assert_eq!(handle.pending(), 0);
    assert_eq!(bed.server().count("note:edit"), 1);
    bed.pass(seconds(60)).await;
    assert_eq!(shown(&page, "n1"), ("Bake bread".into(), "synced"));
    assert_eq!(bed.server().count("note:edit"), 1);
}

#[wasm_bindgen_test]
async fn only_the_edited_row_renders_for_an_edit_and_for_its_state() {
    let (bed, board) = board(RealtimeOptions::default());
    let (page, hand) = open(&bed, &board).await;
    hand.act(edit("n1", "Bake bread")).await;
    assert_eq!(board.rows.take(), 1);
    bed.settle().await;
    assert_eq!(shown(&page, "n1"), ("Bake bread".into(), "synced"));
    assert_eq!(board.rows.take(), 1);
}

#[wasm_bindgen_test]
async fn a_refused_edit_goes_and_says_why() {
    let (bed, board) = board(RealtimeOptions::default());
    let (page, hand) = open(&bed, &board).await;
    hand.act(edit("n1", "")).await;
    assert_eq!(shown(&page, "n1"), (String::new(), "pending"));
    bed.settle().await;
    assert_eq!(shown(&page, "n1"), ("Bake".into(), "synced"));
    let error = hand.get().error().unwrap().to_string();
    assert!(error.contains("a note needs a text"), "{error}");
    assert_eq!(board.log.take(), [error]);
}

#[wasm_bindgen_test]
async fn a_kept_failure_stays_on_the_row_until_it_is_retried() {
    let (bed, board) = board(RealtimeOptions::default());
    let (page, hand) = open(&bed, &board).await;
    board.notes.borrow_mut().retain(|note| note.id != "n2");
    hand.act(Act::Keep("n2".into(), "Call home".into())).await;
    bed.settle().await;
    assert_eq!(shown(&page, "n2"), ("Call home".into(), "failed"));
    assert!(page.text("em").is_empty(), "the other row has not failed");
    assert!(page.html().contains("there is no such note"));
    board
        .notes
        .borrow_mut()
        .push(super::board::note("n2", "Call"));
    assert!(page.click(r#"[data-id="n2"] .retry"#));
    realtime_yew::testing::flush().await;
    assert_eq!(shown(&page, "n2"), ("Call home".into(), "pending"));
    assert!(hand.get().is_pending() && hand.get().error().is_none());
    bed.settle().await;
    assert_eq!(shown(&page, "n2"), ("Call home".into(), "synced"));
    assert_eq!(hand.get().status(), Some(&MutationStatus::Settled));
}

#[wasm_bindgen_test]
async fn a_kept_failure_that_is_dismissed_leaves_what_the_server_has() {
    let (bed, board) = board(RealtimeOptions::default());
    let (page, hand) = open(&bed, &board).await;
    hand.act(Act::Keep("n1".into(), String::new())).await;
    bed.settle().await;
    assert_eq!(shown(&page, "n1"), (String::new(), "failed"));
    assert!(page.click(r#"[data-id="n1"] .dismiss"#));
    realtime_yew::testing::flush().await;
    assert_eq!(shown(&page, "n1"), ("Bake".into(), "synced"));
}

#[wasm_bindgen_test]
async fn a_new_row_keeps_its_element_and_the_focus_in_it_when_the_server_names_it() {
    let (bed, board) = board(RealtimeOptions::default());
    let (page, hand) = open(&bed, &board).await;
    hand.act(Act::Add("Dig".into())).await;
    assert_eq!(page.count("li"), 3);
    let document = web_sys::window().unwrap().document().unwrap();
    let field = document.query_selector("li[data-state=pending] input");
    let field: HtmlInputElement = field.unwrap().unwrap().unchecked_into();
    field.focus().unwrap();
    bed.settle().await;
    assert_eq!(shown(&page, "n3"), ("Dig".into(), "synced"));
    assert_eq!(page.count("li"), 3);
    let focused = document.active_element().unwrap();
    assert!(focused.is_same_node(Some(&field)), "{}", page.html());
    assert!(page.html().contains(r#"data-id="n3""#));
}

#[wasm_bindgen_test]
async fn an_edit_of_a_row_that_has_no_id_yet_is_sent_under_the_id_it_gets() {
    let (bed, board) = board(RealtimeOptions::default());
    let (page, hand) = open(&bed, &board).await;
    hand.act(Act::Add("Dig".into())).await;
    let temporary = bed
        .client()
        .list::<super::board::Note>(&key!["notes"])
        .unwrap();
    let temporary = temporary.ids().next_back().unwrap().to_string();
    assert!(temporary.starts_with("tmp-"), "{temporary}");
    hand.act(edit(&temporary, "Dig deeper")).await;
    assert_eq!(shown(&page, &temporary), ("Dig deeper".into(), "pending"));
    bed.settle().await;
    assert_eq!(shown(&page, "n3"), ("Dig deeper".into(), "synced"));
    assert_eq!(board.notes.borrow()[2].text, "Dig deeper");
}

#[wasm_bindgen_test]
async fn other_peoples_changes_show_while_an_edit_waits() {
    let (bed, board) = board(RealtimeOptions::default());
    let (page, hand) = open(&bed, &board).await;
    bed.server()
        .on("note:paint", |_, _| Ok(serde_json::Value::Null));
    hand.act(Act::Paint("n1".into(), "blue".into())).await;
    for (id, text) in [("n1", "Bake cake"), ("n2", "Call home")] {
        let event =
            format!(r#"{{"action":"update","item":{{"id":"{id}","version":2,"text":"{text}"}}}}"#);
        bed.server().publish("notes", "list:update", &event);
    }
    bed.settle().await;
    assert_eq!(shown(&page, "n1").0, "Bake cake");
    assert_eq!(shown(&page, "n2"), ("Call home".into(), "synced"));
}

#[wasm_bindgen_test]
async fn edits_made_without_a_connection_wait_and_are_sent_once_when_there_is_one() {
    let (bed, board) = board(RealtimeOptions::default());
    let (page, hand) = open(&bed, &board).await;
    bed.set_unreachable(true);
    bed.cut();
    bed.settle().await;
    hand.act(edit("n1", "Bake bread")).await;
    hand.act(edit("n1", "Bake two")).await;
    hand.act(Act::Add("Dig".into())).await;
    bed.pass(seconds(120)).await;
    assert_eq!(shown(&page, "n1"), ("Bake two".into(), "pending"));
    assert_eq!(hand.get().status(), Some(&MutationStatus::Queued));
    assert_eq!(
        (hand.get().pending(), bed.client().pending_mutations()),
        (3, 3)
    );
    bed.set_unreachable(false);
    bed.pass(seconds(40)).await;
    assert_eq!(shown(&page, "n1"), ("Bake two".into(), "synced"));
    assert_eq!(shown(&page, "n3"), ("Dig".into(), "synced"));
    assert_eq!(bed.server().count("note:edit"), 2);
    assert_eq!(bed.server().count("note:add"), 1);
    assert_eq!(
        (hand.get().pending(), bed.client().pending_mutations()),
        (0, 0)
    );
}

#[wasm_bindgen_test]
async fn the_same_field_changed_by_somebody_else_is_reported_and_theirs_is_kept() {
    let (bed, board) = board(RealtimeOptions::default());
    let (page, hand) = open(&bed, &board).await;
    bed.set_unreachable(true);
    bed.cut();
    bed.settle().await;
    hand.act(edit("n1", "Ours")).await;
    board.notes.borrow_mut()[0].text = "Theirs".into();
    let event = r#"{"action":"update","item":{"id":"n1","version":2,"text":"Theirs"}}"#;
    bed.server().publish("notes", "list:update", event);
    bed.set_unreachable(false);
    bed.pass(seconds(40)).await;
    assert_eq!(shown(&page, "n1"), ("Theirs".into(), "synced"));
    assert_eq!(board.log.take(), ["text kept Theirs", "saved None"]);
    assert_eq!(bed.server().count("note:edit"), 0);
}
