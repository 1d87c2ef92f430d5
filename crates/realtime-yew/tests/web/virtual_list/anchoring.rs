//! Anchors: what is seen stays where it is while the list changes elsewhere.

use super::stage::{Stage, find};
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
async fn rows_that_come_go_and_move_above_leave_what_is_seen_where_it_is() {
    let stage = Stage::with(1_000).await;
    stage.scroll(4_010).await;
    let before = stage.place(201);
    assert_eq!(before, Some(10.0));
    stage.put(5_000, 15).await;
    stage.put(5_001, 25).await;
    assert_eq!(stage.place(201), before, "while one still scrolls");
    stage.rest().await;
    assert_eq!(stage.place(201), before, "and afterwards");
    assert_eq!(find(".rt-virtual__scroller").scroll_top(), 4_050);
    stage.remove(7).await;
    stage.put(900, 3).await;
    stage.put(8, 9_005).await;
    assert_eq!(stage.place(201), before, "at rest as well");
    assert_eq!(find(".rt-virtual__scroller").scroll_top(), 4_030);
}

#[wasm_bindgen_test]
async fn nobody_writes_where_the_element_stands_until_the_last_scroll_is_long_past() {
    let stage = Stage::with(1_000).await;
    let top = || find(".rt-virtual__scroller").scroll_top();
    stage.scroll(4_010).await;
    stage.put(5_000, 15).await;
    // A fling: the events come so that each puts the end off.
    for moved in 1..=5 {
        stage.pass_millis(100).await;
        assert_eq!(top(), 4_000 + 10 * moved, "it is not broken off");
        stage.scroll(4_010 + 10 * moved).await;
    }
    stage.pass_millis(149).await;
    assert_eq!(top(), 4_060);
    assert_eq!(stage.place(201), Some(-40.0));
    stage.pass_millis(1).await;
    assert_eq!(top(), 4_080, "it is over, and the row above is made up for");
    assert_eq!(stage.place(201), Some(-40.0));
}

#[wasm_bindgen_test]
async fn a_scroll_that_a_jump_has_ended_does_not_end_the_next_one_early() {
    let stage = Stage::with(1_000).await;
    let top = || find(".rt-virtual__scroller").scroll_top();
    stage.scroll(4_010).await;
    stage.put(5_000, 15).await;
    stage.pass_millis(100).await;
    assert!(stage.page.click(".rt-virtual__new"));
    stage.bed.settle().await;
    assert_eq!(top(), 0);
    stage.scroll(2_000).await;
    stage.put(5_001, 16).await;
    stage.pass_millis(100).await;
    assert_eq!(top(), 2_000, "the alarm of the first one has rung");
    stage.pass_millis(50).await;
    assert_eq!(top(), 2_020);
}

#[wasm_bindgen_test]
async fn a_scroll_goes_on_over_rows_that_come_above_and_ends_where_the_list_begins() {
    let stage = Stage::with(1_000).await;
    stage.scroll(100).await;
    for id in 5_000..5_004 {
        stage.put(id, 0).await;
    }
    assert_eq!(
        find(".rt-virtual__scroller").scroll_top(),
        100,
        "nobody breaks it off"
    );
    stage.scroll(60).await;
    assert_eq!(
        stage.place(3),
        Some(0.0),
        "forty pixels up from the fifth row"
    );
    stage.scroll(0).await;
    assert_eq!(stage.place(0), Some(-80.0), "four rows are still above");
    assert_eq!(
        find(".rt-virtual__scroller").scroll_top(),
        80,
        "so it can go on"
    );
    stage.scroll(0).await;
    assert_eq!(stage.place(0), Some(0.0));
}

#[wasm_bindgen_test]
async fn at_the_top_one_sees_what_comes() {
    let stage = Stage::with(1_000).await;
    stage.put(5_000, 0).await;
    assert_eq!(stage.seen()[..3], ["0: 0", "5000: 0", "1: 10"]);
    assert!(find(".rt-virtual__new").has_attribute("hidden"));
}

#[wasm_bindgen_test]
async fn what_came_above_is_counted_and_a_button_leads_there() {
    let stage = Stage::with(1_000).await;
    stage.scroll(2_000).await;
    stage.rest().await;
    stage.put(5_000, 0).await;
    stage.put(5_001, 0).await;
    stage.put(900, 1).await;
    assert_eq!(
        stage.page.text(".rt-virtual__new"),
        "2 new above",
        "a row that moved is not new"
    );
    assert!(stage.page.click(".rt-virtual__new"));
    stage.bed.settle().await;
    assert_eq!(stage.seen()[..4], ["0: 0", "5000: 0", "5001: 0", "900: 1"]);
    assert_eq!(find(".rt-virtual__scroller").scroll_top(), 0);
    assert!(find(".rt-virtual__new").has_attribute("hidden"));
}

#[wasm_bindgen_test]
async fn a_list_that_shrinks_under_the_window_takes_it_along() {
    let stage = Stage::with(1_000).await;
    stage.scroll(20_000).await;
    stage.rest().await;
    let items: Vec<String> = (0..15)
        .map(|id| format!(r#"{{"id":{id},"price":{id}}}"#))
        .collect();
    stage
        .publish(&format!(
            r#"{{"action":"snapshot","items":[{}]}}"#,
            items.join(",")
        ))
        .await;
    assert_eq!(stage.seen()[9], "14: 14");
    assert_eq!(find(".rt-virtual__scroller").scroll_top(), 100);
}
