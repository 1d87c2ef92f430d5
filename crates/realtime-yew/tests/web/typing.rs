//! Typing: who types.

use crate::support::seconds;
use realtime_yew::{prelude::*, testing::TestBed};
use std::time::Duration;
use wasm_bindgen_test::wasm_bindgen_test;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
struct ComposerProps {
    #[prop_or(AttrValue::Static("Ada"))]
    name: AttrValue,
    #[prop_or(AttrValue::Static("room"))]
    channel: AttrValue,
}

#[component]
fn Composer(props: &ComposerProps) -> Html {
    let typing = use_typing_indicator(
        &props.channel,
        "u1",
        &props.name,
        UseTypingIndicatorOptions::default(),
    );
    let key = {
        let typing = typing.clone();
        move |_| typing.on_input("Hello")
    };
    let clear = {
        let typing = typing.clone();
        move |_| typing.on_input("")
    };
    html! {
        <div>
            <TypingIndicator users={typing.typing_users()} />
            <button id="key" onclick={key} />
            <button id="clear" onclick={clear} />
        </div>
    }
}

const LIN: &str = r#"{"channel":"room","id":"u2","name":"Lin"}"#;
const TEXT: &str = ".rt-typing__text";

#[wasm_bindgen_test]
async fn keys_are_told_at_once_and_then_every_so_often() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <Composer /> });
    bed.settle().await;
    for _ in 0..20 {
        page.click("#key");
        bed.pass(Duration::from_millis(200)).await;
    }
    // Four seconds of keys: one start at once, and one every 1.2 s.
    assert_eq!(bed.server().count("typing:start"), 4);
    assert_eq!(bed.server().count("typing:stop"), 0);
}

#[wasm_bindgen_test]
async fn three_seconds_after_the_last_key_we_have_stopped() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <Composer /> });
    bed.settle().await;
    page.click("#key");
    bed.pass(Duration::from_millis(2_900)).await;
    assert_eq!(bed.server().count("typing:stop"), 0);
    bed.pass(Duration::from_millis(200)).await;
    assert_eq!(bed.server().count("typing:stop"), 1);
}

#[wasm_bindgen_test]
async fn an_emptied_field_and_an_unmount_stop_at_once() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <Composer /> });
    bed.settle().await;
    page.click("#key");
    page.click("#clear");
    bed.settle().await;
    assert_eq!(bed.server().count("typing:stop"), 1);
    bed.pass(seconds(2)).await;
    page.click("#key");
    bed.settle().await;
    page.set(html! { <i /> });
    bed.settle().await;
    assert_eq!(bed.server().count("typing:stop"), 2);
    assert_eq!(bed.client().subscription_count(), 0);
}

#[wasm_bindgen_test]
async fn a_peer_is_shown_until_they_stop() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <Composer /> });
    bed.settle().await;
    bed.server().publish("room", "typing:start", LIN);
    bed.settle().await;
    assert_eq!(page.text(TEXT), "Lin is typing…");
    bed.server().publish("room", "typing:stop", LIN);
    bed.settle().await;
    assert_eq!(page.text(TEXT), "");
    assert_eq!(page.count(".rt-typing"), 1);
}

#[wasm_bindgen_test]
async fn a_peer_who_falls_silent_is_cleared_after_three_seconds() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <Composer /> });
    bed.settle().await;
    bed.server().publish("room", "typing:start", LIN);
    bed.pass(Duration::from_millis(2_500)).await;
    assert_eq!(page.text(TEXT), "Lin is typing…");
    bed.pass(Duration::from_millis(600)).await;
    assert_eq!(page.text(TEXT), "");
}

#[wasm_bindgen_test]
async fn our_own_echo_is_not_shown() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <Composer /> });
    bed.settle().await;
    bed.server().publish(
        "room",
        "typing:start",
        r#"{"channel":"room","id":"u1","name":"Ada"}"#,
    );
    bed.settle().await;
    assert_eq!(page.text(TEXT), "");
}

#[wasm_bindgen_test]
async fn another_channel_shows_none_of_the_old_ones_typists() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <Composer /> });
    bed.settle().await;
    bed.server().publish("room", "typing:start", LIN);
    bed.settle().await;
    page.set(html! { <Composer channel="other" /> });
    realtime_yew::testing::flush().await;
    assert_eq!(page.text(TEXT), "");
    bed.pass(seconds(10)).await;
    assert_eq!(bed.server().subscribers("room"), 0);
}

#[wasm_bindgen_test]
async fn another_name_is_not_seen_as_stopping() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <Composer /> });
    bed.settle().await;
    page.click("#key");
    page.set(html! { <Composer name="Ada L." /> });
    bed.pass(seconds(1)).await;
    assert_eq!(bed.server().count("typing:stop"), 0);
    page.click("#key");
    bed.pass(seconds(1)).await;
    let server = bed.server();
    let last = server.requests.last().expect("there was a start");
    assert_eq!(last.envelope["data"]["name"], "Ada L.");
}

#[wasm_bindgen_test]
async fn nothing_is_queued_while_there_is_no_connection() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <Composer /> });
    bed.settle().await;
    bed.set_unreachable(true);
    bed.cut();
    page.click("#key");
    bed.pass(seconds(5)).await;
    bed.set_unreachable(false);
    bed.pass(seconds(60)).await;
    assert_eq!(bed.server().count("typing:start"), 0);
}
