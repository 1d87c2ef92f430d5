//! One stop for the keyboard, and ways from row to row.

use super::stage::{Stage, find, focus, rows};
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
async fn arrows_pages_and_ends_go_from_row_to_row_and_what_is_reached_is_seen() {
    let stage = Stage::with(1_000).await;
    focus(".rt-virtual__scroller");
    for (key, reached) in [
        ("ArrowDown", "0: 0"),
        ("ArrowDown", "1: 10"),
        ("ArrowUp", "0: 0"),
        ("PageDown", "10: 100"),
        ("PageDown", "20: 200"),
        ("PageUp", "10: 100"),
        ("End", "999: 9990"),
        ("ArrowDown", "999: 9990"),
        ("PageUp", "989: 9890"),
        ("Home", "0: 0"),
    ] {
        stage.press(key).await;
        assert_eq!(stage.focused(), reached, "{key}");
        assert!(
            stage.seen().iter().any(|row| row == reached),
            "{key}: {reached} is seen"
        );
    }
}

#[wasm_bindgen_test]
async fn keys_in_a_rows_own_controls_and_with_modifiers_are_none_of_its_business() {
    let stage = Stage::with(1_000).await;
    focus(".rt-virtual__row button");
    stage.press("ArrowDown").await;
    assert_eq!(stage.focused(), "0: 0", "the button still has the focus");
    let tag = web_sys::window()
        .unwrap()
        .document()
        .unwrap()
        .active_element()
        .unwrap()
        .tag_name();
    assert_eq!(tag, "BUTTON");
}

#[wasm_bindgen_test]
async fn a_row_with_the_focus_keeps_it_while_the_list_scrolls_and_changes() {
    let stage = Stage::with(1_000).await;
    focus(".rt-virtual__scroller");
    stage.press("ArrowDown").await;
    stage.press("ArrowDown").await;
    stage.scroll(10_000).await;
    assert_eq!(stage.focused(), "1: 10", "though it is far above");
    assert_eq!(stage.place(1), Some(20.0 - 10_000.0));
    assert_eq!(stage.seen()[0], "500: 5000");
    stage.put(5_000, 0).await;
    stage.put(1, 11).await;
    assert_eq!(stage.focused(), "1: 11");
    stage.put(1, 8_005).await;
    assert_eq!(stage.focused(), "1: 8005", "it moved from above to below");
    stage.press("ArrowUp").await;
    assert_eq!(stage.focused(), "800: 8000");
    assert!(rows().len() <= 30, "{} rows", rows().len());
}

#[wasm_bindgen_test]
async fn a_control_in_a_row_keeps_the_focus_when_its_row_moves() {
    let stage = Stage::with(1_000).await;
    focus(".rt-virtual__row button");
    stage.put(0, 35).await;
    assert_eq!(stage.seen()[3], "0: 35");
    let document = web_sys::window().unwrap().document().unwrap();
    let active = document.active_element().unwrap();
    assert_eq!(
        (active.tag_name(), stage.focused()),
        ("BUTTON".into(), "0: 35".into())
    );
}

#[wasm_bindgen_test]
async fn when_the_row_with_the_focus_goes_the_one_in_its_place_has_it() {
    let stage = Stage::with(1_000).await;
    focus(".rt-virtual__scroller");
    for _ in 0..3 {
        stage.press("ArrowDown").await;
    }
    assert_eq!(stage.focused(), "2: 20");
    stage.remove(2).await;
    assert_eq!(stage.focused(), "3: 30");
    stage.press("ArrowDown").await;
    assert_eq!(stage.focused(), "4: 40");
}

#[wasm_bindgen_test]
async fn when_the_focus_leaves_the_list_no_row_is_kept_for_it() {
    let stage = Stage::with(1_000).await;
    focus(".rt-virtual__scroller");
    stage.press("ArrowDown").await;
    stage.scroll(10_000).await;
    assert!(stage.place(0).is_some());
    find(".rt-virtual__row").blur().unwrap();
    stage.bed.settle().await;
    assert_eq!(stage.place(0), None);
    stage.scroll(12_000).await;
    let document = web_sys::window().unwrap().document().unwrap();
    let active = document.active_element().map(|it| it.tag_name());
    assert_eq!(active.as_deref(), Some("BODY"), "nobody takes it back");
}
