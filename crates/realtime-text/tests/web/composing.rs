//! Composing: while an input method composes, the field is its own, and nothing is lost meanwhile.

use crate::support::{Area, CHANNEL, NAME, Text};
use realtime_text::{SharedTextarea, UPDATE};
use realtime_yew::testing::TestBed;
use wasm_bindgen_test::wasm_bindgen_test;
use yew::prelude::*;

#[wasm_bindgen_test]
async fn edits_of_others_are_held_while_an_input_method_composes_and_come_in_around_what_it_gave() {
    let bed = TestBed::new();
    let text = Text::serve(&bed, "日本");
    let page = bed.mount(html! { <SharedTextarea channel={CHANNEL} name={NAME} label="Notes" /> });
    bed.settle().await;
    let area = Area::of(&page);
    area.focus(2);
    area.compose("compositionstart");
    area.type_text("ご");
    text.insert(&bed, 0, 0, "私の");
    text.insert(&bed, 4, 0, "!");
    bed.settle().await;
    assert_eq!(area.value(), "日本ご", "the field is the input method's");
    assert_eq!(
        bed.server().count(UPDATE),
        0,
        "half a word is nobody's business"
    );
    area.0.set_selection_range(2, 3).unwrap();
    area.write("語");
    area.compose("compositionend");
    bed.settle().await;
    assert_eq!(text.says(), "私の日本語!");
    assert_eq!((area.value().as_str(), area.caret()), ("私の日本語!", 5));
}

#[wasm_bindgen_test]
async fn a_composition_that_the_field_loses_is_taken_as_it_stands() {
    let bed = TestBed::new();
    let text = Text::serve(&bed, "");
    let page = bed.mount(html! { <SharedTextarea channel={CHANNEL} name={NAME} label="Notes" /> });
    bed.settle().await;
    let area = Area::of(&page);
    area.focus(0);
    area.compose("compositionstart");
    area.type_text("ご");
    area.0.blur().unwrap();
    bed.settle().await;
    assert_eq!(text.says(), "ご");
}

#[wasm_bindgen_test]
async fn thousands_of_edits_of_others_during_one_composition_change_nothing_of_what_is_meant() {
    let bed = TestBed::new();
    let text = Text::serve(&bed, "begin end");
    let page = bed.mount(html! { <SharedTextarea channel={CHANNEL} name={NAME} label="Notes" /> });
    bed.settle().await;
    let area = Area::of(&page);
    area.focus(9);
    area.compose("compositionstart");
    area.type_text("!");
    for round in 0..50 {
        for _ in 0..100 {
            text.insert(&bed, 5, 0, "x");
        }
        bed.settle().await;
        assert_eq!(area.value(), "begin end!", "round {round}");
    }
    area.compose("compositionend");
    bed.settle().await;
    let all = format!("begin{} end!", "x".repeat(5_000));
    assert_eq!((text.says(), area.value()), (all.clone(), all));
}
