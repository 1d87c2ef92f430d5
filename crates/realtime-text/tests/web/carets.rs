//! Carets: others are shown where they are, and learn where this user is.

use crate::support::{Area, CHANNEL, NAME, Text, element};
use realtime_text::{CaretMetadata, SharedCarets, SharedTextarea};
use realtime_yew::{prelude::*, testing::TestBed};
use wasm_bindgen_test::wasm_bindgen_test;
use yew::prelude::*;

#[component]
fn Notes() -> Html {
    let room = use_presence(
        CHANNEL,
        User::new("u1", "Ada"),
        UsePresenceOptions::default(),
    );
    html! {
        <SharedTextarea channel={CHANNEL} name={NAME} label="Notes" carets={SharedCarets::of(&room)} />
    }
}

#[wasm_bindgen_test]
async fn carets_of_others_stand_between_their_letters_with_a_name() {
    let bed = TestBed::new();
    let text = Text::serve(&bed, "hello world");
    let page = bed.mount(html! { <Notes /> });
    bed.settle().await;
    assert_eq!(page.count(".rt-text__caret"), 0);
    let caret = text.document().caret(NAME, 0, 5).unwrap();
    let metadata = serde_json::to_value(CaretMetadata {
        text: NAME.into(),
        cursor: caret,
    })
    .unwrap();
    let lin = serde_json::json!({
        "userId": "u2", "user": {"id": "u2", "name": "Lin"}, "status": "online", "metadata": metadata,
    });
    bed.server()
        .publish(CHANNEL, "presence:update", &lin.to_string());
    bed.settle().await;
    assert_eq!(page.count(".rt-text__caret"), 1);
    assert_eq!(page.text(".rt-text__name"), "Lin");
    assert_eq!(page.text(".rt-text__selected"), "hello");
    text.insert(&bed, 0, 0, "oh, ");
    bed.settle().await;
    assert_eq!(page.text(".rt-text__selected"), "hello");
    let layer = element(&page, ".rt-text__carets");
    assert_eq!(layer.get_attribute("aria-hidden").as_deref(), Some("true"));
    assert!(layer.text_content().unwrap().starts_with("oh, hello"));
}

#[wasm_bindgen_test]
async fn others_learn_where_the_caret_is_until_the_field_is_left() {
    let bed = TestBed::new();
    let text = Text::serve(&bed, "hello world");
    let page = bed.mount(html! { <Notes /> });
    bed.settle().await;
    let area = Area::of(&page);
    area.focus(6);
    page.fire("textarea", "select");
    bed.pass(std::time::Duration::from_millis(200)).await;
    let metadata = bed.server().members(CHANNEL)[0]["metadata"].clone();
    let told: CaretMetadata = serde_json::from_value(metadata).unwrap();
    assert_eq!(text.document().place(NAME, &told.cursor), Some((6, 6)));
    area.0.blur().unwrap();
    bed.pass(std::time::Duration::from_millis(200)).await;
    assert!(bed.server().members(CHANNEL)[0]["metadata"].is_null());
}
