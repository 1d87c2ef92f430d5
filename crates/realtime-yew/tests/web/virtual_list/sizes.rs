//! Rows as tall as their content, and lists taller than any element.

use super::stage::{QuotesProps, Stage, find, focus, props, rows};
use crate::support::{next_frame, until};
use realtime_yew::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

/// Rows of one, two and three lines, which are taken for 25 pixels each.
async fn measured() -> Stage {
    let stage = Stage::new(QuotesProps {
        window: WindowOptions::measured(25.0),
        ..props(1_000)
    })
    .await;
    // They have forty on average.
    until(|| height(".rt-virtual__content") > 1_000.0 * 25.0 + 10.0 * 15.0).await;
    stage
}

fn height(selector: &str) -> f64 {
    find(selector).get_bounding_client_rect().height()
}

/// Panics unless the rows lie one below the other.
fn check_rows() {
    let mut end = None;
    for row in rows() {
        let row = row.get_bounding_client_rect();
        assert!(
            end.is_none_or(|end: f64| (row.top() - end).abs() < 0.1),
            "a gap or an overlap"
        );
        end = Some(row.bottom());
    }
}

#[wasm_bindgen_test]
async fn rows_are_as_tall_as_what_is_in_them() {
    let stage = measured().await;
    check_rows();
    assert_eq!(stage.seen()[..3], ["0: 0", "1: 10", "2: 20"]);
    // Each where the heights of those above it put it, to what an engine rounds.
    let heights = rows().into_iter().map(|row| row.get_bounding_client_rect());
    let mut top = 0.0;
    for (id, row) in (0..3).zip(heights) {
        let place = stage.place(id).expect("it is seen");
        assert!((place - top).abs() < 0.1, "{id} lies at {place}, not {top}");
        let lines = f64::from(id % 3 + 1);
        let tall = row.height();
        assert!((tall - 20.0 * lines).abs() < 1.0, "{id} is {tall} tall");
        top += tall;
    }
}

#[wasm_bindgen_test]
async fn what_is_seen_stays_where_it_is_when_rows_above_turn_out_taller() {
    let stage = measured().await;
    stage.scroll(10_000).await;
    measure().await;
    let id = number(&stage.seen()[5]);
    let before = stage.place(id).expect("it is seen");
    // Rows that nobody has measured yet come near, from above.
    for step in 1..=6 {
        stage.scroll(10_000 - step * 30).await;
        measure().await;
        let moved = stage.place(id).expect("it is seen") - before;
        assert!(
            (moved - f64::from(step * 30)).abs() < 1.0,
            "{step}: {moved}"
        );
    }
    stage.rest().await;
    let before = stage.place(id).expect("it is seen");
    check_rows();
    // One above grows while one looks.
    let above = number(&rows()[0].text_content().expect("it says something"));
    let extent = height(".rt-virtual__content");
    let price = above * 10;
    let item = format!(r#"{{"id":{above},"price":{price},"lines":9}}"#);
    stage
        .publish(&format!(r#"{{"action":"update","item":{item}}}"#))
        .await;
    until(|| height(".rt-virtual__content") > extent + 100.0).await;
    assert!((stage.place(id).expect("it is seen") - before).abs() < 1.0);
}

/// The browser measures what is new on the page.
async fn measure() {
    next_frame().await;
    next_frame().await;
}

fn number(row: &str) -> u32 {
    let id = row.split(':').next().and_then(|id| id.parse().ok());
    id.unwrap_or_else(|| panic!("{row} begins with no id"))
}

#[wasm_bindgen_test]
async fn the_ends_of_a_measured_list_are_reached_by_key() {
    let stage = measured().await;
    focus(".rt-virtual__scroller");
    stage.press("End").await;
    assert_eq!(stage.focused(), "999: 9990");
    until(|| stage.seen().last().is_some_and(|row| row == "999: 9990")).await;
    stage.press("Home").await;
    assert_eq!(stage.seen()[0], "0: 0");
    check_rows();
}

#[wasm_bindgen_test]
async fn a_list_taller_than_any_element_is_reached_from_end_to_end() {
    let stage = Stage::new(QuotesProps {
        // Forty million pixels.
        window: WindowOptions::fixed(40_000.0),
        ..props(1_000)
    })
    .await;
    let height = height(".rt-virtual__content");
    // Firefox lays out more, but not to the pixel.
    assert!((1_000_000.0..=4_000_000.0).contains(&height), "{height}");
    stage.scroll(height as i32).await;
    stage.rest().await;
    assert_eq!(stage.seen(), ["999: 9990"]);
    let last = stage.place(999).expect("it is seen");
    assert!((last - (200.0 - 40_000.0)).abs() < 1.0, "it ends at {last}");
    let middle = (height as i32 - 200) / 2;
    stage.scroll(middle).await;
    let before = stage
        .place(500)
        .or(stage.place(499))
        .expect("it is the middle");
    stage.scroll(middle + 100).await;
    let after = stage
        .place(500)
        .or(stage.place(499))
        .expect("it is the middle");
    assert!(
        (before - after - 100.0).abs() < 1.0,
        "a turn of the wheel goes as far as anywhere, but for what an engine rounds: {before} to {after}"
    );
    stage.rest().await;
    let rested = stage
        .place(500)
        .or(stage.place(499))
        .expect("it is the middle");
    assert!((rested - after).abs() < 1.0);
    stage.scroll(0).await;
    let first = stage.place(0).expect("it is seen");
    assert!(first.abs() < 1.0, "it begins at {first}");
}

#[wasm_bindgen_test]
async fn another_window_size_shows_more_rows() {
    let stage = Stage::with(1_000).await;
    assert_eq!(stage.seen().len(), 10);
    find(".stage")
        .style()
        .set_property("block-size", "400px")
        .unwrap();
    until(|| rows().len() >= 24).await;
    assert_eq!(stage.seen().len(), 20);
}
