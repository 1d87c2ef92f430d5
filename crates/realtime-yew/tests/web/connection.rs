//! Connection: how it stands, and how it looks.

use crate::support::{Count, seconds};
use realtime_yew::{prelude::*, testing::TestBed};
use std::time::Duration;
use wasm_bindgen_test::wasm_bindgen_test;
use yew::prelude::*;

const LABEL: &str = ".rt-connection__label";

#[derive(PartialEq, Properties)]
struct TroubleProps {
    renders: Count,
}

#[component]
fn Trouble(props: &TroubleProps) -> Html {
    props.renders.up();
    let connection = use_connection();
    let disconnect = {
        let connection = connection.clone();
        move |_| connection.disconnect()
    };
    html! {
        <div>
            <p>{ format!("{:?} {}", connection.status(), connection.trouble()) }</p>
            <button id="disconnect" onclick={disconnect} />
        </div>
    }
}

#[wasm_bindgen_test]
async fn the_status_follows_the_connection() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <ConnectionIndicator /> });
    realtime_yew::testing::flush().await;
    assert_eq!(page.text(LABEL), "Connecting…");
    bed.settle().await;
    assert_eq!(page.text(LABEL), "Connected");
    bed.set_unreachable(true);
    bed.cut();
    bed.settle().await;
    assert_eq!(page.text(LABEL), "Reconnecting…");
    bed.set_unreachable(false);
    bed.pass(seconds(60)).await;
    assert_eq!(page.text(LABEL), "Connected");
}

#[wasm_bindgen_test]
async fn the_countdown_counts_and_the_button_does_not_wait_for_it() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <ConnectionIndicator /> });
    bed.settle().await;
    bed.set_unreachable(true);
    bed.cut();
    let mut waits = Vec::new();
    for _ in 0..240 {
        bed.pass(Duration::from_millis(250)).await;
        waits.push(page.text(".rt-connection__retry"));
    }
    waits.dedup();
    // Wherever the jitter put the attempts, some wait of several seconds was counted down.
    assert!(
        waits
            .windows(2)
            .any(|two| two == ["next try in 3 s", "next try in 2 s"]),
        "{waits:?}"
    );
    let before = bed.attempts();
    bed.set_unreachable(false);
    assert!(page.click(".rt-connection__button"));
    bed.settle().await;
    assert_eq!(bed.attempts(), before + 1);
    assert_eq!(page.text(LABEL), "Connected");
}

#[wasm_bindgen_test]
async fn people_are_told_only_of_trouble_that_lasts() {
    let bed = TestBed::new();
    let renders = Count::default();
    let page = bed.mount(html! { <Trouble renders={renders.clone()} /> });
    bed.settle().await;
    bed.set_unreachable(true);
    bed.cut();
    bed.pass(seconds(4)).await;
    assert_eq!(page.text("p"), "Reconnecting false");
    bed.pass(seconds(2)).await;
    assert_eq!(page.text("p"), "Reconnecting true");
}

#[wasm_bindgen_test]
async fn a_disconnect_is_final_until_the_button_is_pressed() {
    let bed = TestBed::new();
    let page =
        bed.mount(html! { <><Trouble renders={Count::default()} /><ConnectionIndicator /></> });
    bed.settle().await;
    page.click("#disconnect");
    bed.pass(seconds(600)).await;
    assert_eq!(
        (page.text(LABEL), bed.attempts()),
        ("Disconnected".into(), 1)
    );
    assert_eq!(bed.goodbyes(), [1000]);
    page.click(".rt-connection__button");
    bed.settle().await;
    assert_eq!(page.text(LABEL), "Connected");
}

#[wasm_bindgen_test]
async fn a_quiet_healthy_connection_renders_nothing() {
    let bed = TestBed::new();
    let renders = Count::default();
    let _page = bed.mount(html! { <Trouble renders={renders.clone()} /> });
    bed.settle().await;
    bed.pass(seconds(1)).await;
    renders.take();
    for _ in 0..10 {
        bed.pass(seconds(10)).await;
    }
    // The round trip of the first ping is news; that it is still the same is not.
    assert!(renders.take() <= 1);
}
