//! Rows of a virtual list: which are on the page, and who renders for what.

use super::stage::{Stage, find, props, rows};
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
async fn of_a_thousand_rows_those_that_are_seen_are_on_the_page_and_a_few_around_them() {
    let stage = Stage::with(1_000).await;
    assert_eq!(stage.seen().len(), 10);
    assert_eq!(stage.seen()[..2], ["0: 0", "1: 10"]);
    assert!(rows().len() <= 20, "{} rows", rows().len());
    stage.scroll(10_000).await;
    assert_eq!(stage.seen()[..2], ["500: 5000", "501: 5010"]);
    assert!(rows().len() <= 30, "{} rows", rows().len());
    stage.scroll(20_000).await;
    assert_eq!(stage.seen()[9], "999: 9990");
}

#[wasm_bindgen_test]
async fn a_screen_reader_is_told_what_it_is_how_long_and_where_one_is() {
    let stage = Stage::with(1_000).await;
    stage.scroll(10_000).await;
    let scroller = find(".rt-virtual__scroller");
    let attribute = |name: &str| scroller.get_attribute(name).unwrap_or_default();
    assert_eq!(
        (attribute("role"), attribute("aria-label")),
        ("list".into(), "Quotes".into())
    );
    assert_eq!(
        (attribute("tabindex"), attribute("aria-busy")),
        ("0".into(), "false".into())
    );
    let start: usize = rows()[0]
        .get_attribute("aria-posinset")
        .unwrap()
        .parse()
        .unwrap();
    assert!(start <= 501);
    for (offset, row) in rows().iter().enumerate() {
        let attribute = |name: &str| row.get_attribute(name).unwrap_or_default();
        assert_eq!(
            (attribute("role"), attribute("aria-setsize")),
            ("listitem".into(), "1000".into())
        );
        assert_eq!(attribute("aria-posinset"), (start + offset).to_string());
    }
}

#[wasm_bindgen_test]
async fn a_change_of_a_row_renders_that_row_and_not_the_list() {
    let stage = Stage::with(1_000).await;
    let (sources, lists, rows) = (&stage.props.sources, &stage.props.lists, &stage.props.rows);
    let taken = || (sources.take(), lists.take(), rows.take());
    taken();
    stage.put(3, 31).await;
    assert_eq!(stage.seen()[3], "3: 31");
    assert_eq!(taken(), (0, 0, 1));
    stage.put(700, 7_001).await;
    assert_eq!(taken(), (0, 0, 0), "it is not on the page");
    stage.put(700, 3).await;
    assert_eq!(stage.seen()[1], "700: 3");
    let (sources, lists, rows) = taken();
    assert!(lists > 0, "it has moved to where one sees it");
    assert_eq!((sources, rows), (0, 1), "and no other row renders");
    stage.put(900, 8_003).await;
    assert_eq!(taken(), (0, 0, 0), "others moved where nobody looks");
}

#[wasm_bindgen_test]
async fn scrolling_by_a_row_renders_nothing_as_long_as_rows_are_ready() {
    let stage = Stage::with(1_000).await;
    stage.scroll(4_000).await;
    let (lists, rows) = (&stage.props.lists, &stage.props.rows);
    let taken = || (lists.take(), rows.take());
    taken();
    for top in [4_010, 4_030, 4_060] {
        stage.scroll(top).await;
    }
    assert_eq!(taken(), (0, 0));
    stage.scroll(4_120).await;
    let (lists, rows) = taken();
    assert!(lists > 0);
    assert!(rows <= 8, "those that stay do not render");
}

#[wasm_bindgen_test]
async fn a_list_that_loads_and_one_that_is_empty_say_so() {
    let stage = Stage::with(0).await;
    assert_eq!(stage.page.text(".rt-virtual__slot"), "nothing");
    stage.put(1, 10).await;
    assert_eq!(stage.page.text(".rt-virtual__slot"), "");
    assert_eq!(stage.seen(), ["1: 10"]);
    stage.remove(1).await;
    assert_eq!(stage.page.text(".rt-virtual__slot"), "nothing");
    drop(stage);
    let bed = realtime_yew::testing::TestBed::new();
    let page = bed.mount(yew::html! { <super::stage::Quotes len=5 /> });
    realtime_yew::testing::flush().await;
    assert_eq!(page.text(".rt-virtual__slot"), "loading");
}

#[wasm_bindgen_test]
async fn a_view_shows_what_it_lets_through_and_another_one_begins_at_the_top() {
    let mut stage = Stage::new(super::stage::QuotesProps {
        below: Some(5_000),
        ..props(1_000)
    })
    .await;
    stage.scroll(10_000).await;
    assert_eq!(stage.seen()[9], "499: 4990", "the last one");
    stage.put(700, 3).await;
    stage.scroll(0).await;
    assert_eq!(stage.seen()[..3], ["0: 0", "700: 3", "1: 10"]);
    stage.put(700, 5_001).await;
    assert_eq!(stage.seen()[..2], ["0: 0", "1: 10"]);
    stage.scroll(6_000).await;
    stage.set(|props| props.below = Some(35)).await;
    assert_eq!(stage.seen(), ["0: 0", "1: 10", "2: 20", "3: 30"]);
    stage.set(|props| props.below = None).await;
    assert_eq!(stage.seen()[..2], ["0: 0", "1: 10"]);
    assert_eq!(find(".rt-virtual__scroller").scroll_top(), 0);
}

#[wasm_bindgen_test]
async fn ten_thousand_rows_that_come_at_once_are_a_few_on_the_page_and_render_once() {
    let stage = Stage::with(0).await;
    let (lists, rendered) = (&stage.props.lists, &stage.props.rows);
    let taken = || (lists.take(), rendered.take());
    taken();
    let items: Vec<String> = (0..10_000)
        .map(|id| format!(r#"{{"id":{id},"price":{id}}}"#))
        .collect();
    let data = format!(r#"{{"action":"snapshot","items":[{}]}}"#, items.join(","));
    stage.publish(&data).await;
    assert_eq!(stage.seen()[..2], ["0: 0", "1: 1"]);
    assert!(rows().len() <= 30, "{} rows", rows().len());
    let (_, renders) = taken();
    assert!(renders <= 60, "{renders} renders of rows");
    // The same again, but for one row.
    let data = data.replace(r#"{"id":1,"price":1}"#, r#"{"id":1,"price":2}"#);
    stage.publish(&data).await;
    assert_eq!(taken(), (0, 1));
}

#[wasm_bindgen_test]
async fn a_list_that_unmounts_leaves_nothing_behind() {
    let stage = Stage::with(1_000).await;
    stage.scroll(500).await;
    stage.page.unmount();
    stage.bed.pass(crate::support::seconds(400)).await;
    assert_eq!(stage.bed.client().subscription_count(), 0);
    assert_eq!(stage.bed.client().stats().queries.observers, 0);
}
