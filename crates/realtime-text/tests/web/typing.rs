//! Typing: what a user types goes to the server, and what others type comes in around the caret.

use crate::support::{Area, CHANNEL, NAME, Text, element};
use realtime_text::{SharedInput, SharedTextarea, UPDATE, UseSharedTextOptions, use_shared_text};
use realtime_yew::testing::{Mounted, TestBed};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::HtmlInputElement;
use yew::prelude::*;

fn notes() -> Html {
    html! { <SharedTextarea channel={CHANNEL} name={NAME} label="Notes" /> }
}

fn state(page: &Mounted) -> String {
    element(page, ".rt-text")
        .get_attribute("data-state")
        .unwrap()
}

#[wasm_bindgen_test]
async fn a_text_that_was_there_is_shown_and_what_is_typed_goes_to_the_server() {
    let bed = TestBed::new();
    let text = Text::serve(&bed, "hello 😀 world");
    bed.set_unreachable(true);
    let page = bed.mount(notes());
    bed.settle().await;
    assert_eq!(state(&page), "loading");
    assert!(
        Area::of(&page).0.read_only(),
        "nothing is typed into a text that is not there"
    );
    bed.set_unreachable(false);
    bed.pass(std::time::Duration::from_secs(5)).await;
    let area = Area::of(&page);
    assert_eq!(
        (area.value().as_str(), &*state(&page)),
        ("hello 😀 world", "saved")
    );
    area.focus(9);
    area.type_text("big ");
    assert_eq!(area.value(), "hello 😀 big world");
    bed.settle().await;
    assert_eq!(text.says(), "hello 😀 big world");
    assert_eq!((area.caret(), &*state(&page)), (13, "saved"));
}

#[wasm_bindgen_test]
async fn what_others_type_comes_in_and_the_caret_stays_between_its_letters() {
    let bed = TestBed::new();
    let text = Text::serve(&bed, "hello world");
    let page = bed.mount(notes());
    bed.settle().await;
    let area = Area::of(&page);
    area.focus(6);
    text.insert(&bed, 0, 0, "oh, ");
    text.insert(&bed, 15, 0, "!");
    bed.settle().await;
    assert_eq!(
        (area.value().as_str(), area.caret()),
        ("oh, hello world!", 10)
    );
    text.insert(&bed, 8, 4, "");
    bed.settle().await;
    assert_eq!(
        (area.value().as_str(), area.caret()),
        ("oh, hellrld!", 8),
        "what was around it is gone"
    );
}

#[wasm_bindgen_test]
async fn keys_between_an_event_and_its_frame_are_where_the_user_meant_them() {
    let bed = TestBed::new();
    let text = Text::serve(&bed, "hello world");
    let page = bed.mount(notes());
    bed.settle().await;
    let area = Area::of(&page);
    area.focus(11);
    text.insert(&bed, 0, 0, "oh, ");
    // It is in the document, and not on the screen.
    bed.deliver();
    assert_eq!(area.value(), "hello world");
    area.type_text("!");
    assert_eq!(
        (area.value().as_str(), area.caret()),
        ("oh, hello world!", 16)
    );
    bed.settle().await;
    assert_eq!(text.says(), "oh, hello world!");
}

#[wasm_bindgen_test]
async fn undo_takes_back_what_this_user_has_typed_and_nothing_else() {
    let bed = TestBed::new();
    let text = Text::serve(&bed, "hello");
    let page = bed.mount(notes());
    bed.settle().await;
    let area = Area::of(&page);
    area.focus(5);
    area.type_text(" world");
    bed.settle().await;
    text.insert(&bed, 0, 0, "oh, ");
    bed.settle().await;
    area.key("z", false);
    assert_eq!(area.value(), "oh, hello");
    area.key("z", false);
    assert_eq!(area.value(), "oh, hello", "the rest is somebody else's");
    area.key("Z", true);
    bed.settle().await;
    assert_eq!(text.says(), "oh, hello world");
}

#[wasm_bindgen_test]
async fn edits_without_a_connection_are_sent_merged_when_it_is_back() {
    let bed = TestBed::new();
    let text = Text::serve(&bed, "");
    let page = bed.mount(notes());
    bed.settle().await;
    bed.set_unreachable(true);
    bed.cut();
    bed.settle().await;
    let area = Area::of(&page);
    area.focus(0);
    for letter in ["o", "f", "f", "l", "i", "n", "e"] {
        area.type_text(letter);
        bed.settle().await;
    }
    assert_eq!(state(&page), "unsaved");
    text.document().text(NAME);
    let sent_before = bed.server().count(UPDATE);
    bed.set_unreachable(false);
    for _ in 0..40 {
        bed.pass(std::time::Duration::from_secs(1)).await;
    }
    assert_eq!((text.says().as_str(), &*state(&page)), ("offline", "saved"));
    let messages = bed.server().count(UPDATE) - sent_before;
    assert!(messages <= 2, "{messages} messages");
}

#[wasm_bindgen_test]
async fn a_refusal_is_said_and_nothing_typed_is_lost() {
    let bed = TestBed::new();
    let text = Text::serve(&bed, "");
    let page = bed.mount(notes());
    bed.settle().await;
    bed.server().on(UPDATE, |_, _| {
        Err(realtime_yew::realtime_core::ServerError::new(
            "forbidden",
            "the notes are read only",
        ))
    });
    let area = Area::of(&page);
    area.focus(0);
    area.type_text("mine");
    bed.settle().await;
    assert_eq!(state(&page), "error");
    assert!(page.text(".rt-text__state").contains("read only"));
    assert_eq!((area.value().as_str(), text.says().as_str()), ("mine", ""));
}

#[wasm_bindgen_test]
async fn a_line_shows_line_breaks_of_others_as_spaces_and_keeps_their_places() {
    let bed = TestBed::new();
    let text = Text::serve(&bed, "one\ntwo");
    let page = bed.mount(html! { <SharedInput channel={CHANNEL} name={NAME} label="Title" /> });
    bed.settle().await;
    let line: HtmlInputElement = element(&page, "input").unchecked_into();
    assert_eq!(line.value(), "one two");
    line.set_value("one two!");
    line.set_selection_range(8, 8).unwrap();
    page.fire("input", "input");
    bed.settle().await;
    assert_eq!(text.says(), "one\ntwo!");
}

#[wasm_bindgen_test]
async fn a_field_that_is_only_read_says_so_to_the_browser() {
    let bed = TestBed::new();
    Text::serve(&bed, "hello");
    let page = bed.mount(html! {
        <SharedTextarea channel={CHANNEL} name={NAME} label="Notes" read_only=true />
    });
    bed.settle().await;
    let area = Area::of(&page);
    assert!(area.0.read_only());
    assert_eq!(area.value(), "hello");
    let label = element(&page, "label").get_attribute("for").unwrap();
    assert_eq!(label, area.0.id());
}

#[component]
fn Buttons() -> Html {
    let text = use_shared_text(CHANNEL, NAME, UseSharedTextOptions::default());
    let insert = {
        let text = text.clone();
        move |_| drop(text.replace(0..5, "HELLO"))
    };
    let undo = {
        let text = text.clone();
        move |_| text.undo()
    };
    html! {
        <>
            <output>{ text.text() }</output>
            <button id="insert" onclick={insert} />
            <button id="undo" onclick={undo} disabled={!text.can_undo()} />
        </>
    }
}

#[wasm_bindgen_test]
async fn a_page_edits_by_commands_and_all_that_show_the_text_follow() {
    let bed = TestBed::new();
    let text = Text::serve(&bed, "hello world");
    let page = bed.mount(html! { <><Buttons />{ notes() }</> });
    bed.settle().await;
    page.click("#insert");
    bed.settle().await;
    assert_eq!(
        (
            page.text("output").as_str(),
            Area::of(&page).value().as_str()
        ),
        ("HELLO world", "HELLO world")
    );
    page.click("#undo");
    bed.settle().await;
    assert_eq!(page.text("output"), "hello world");
    assert_eq!(text.says(), "hello world");
    assert_eq!(
        bed.server().count(realtime_text::SYNC),
        1,
        "one document for both"
    );
}
