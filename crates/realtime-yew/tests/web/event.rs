//! Every event of one name.

use crate::support::Log;
use realtime_yew::{prelude::*, testing::TestBed};
use wasm_bindgen_test::wasm_bindgen_test;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
struct ListenerProps {
    heard: Log<String>,
    #[prop_or_default]
    prefix: AttrValue,
    #[prop_or(Some(AttrValue::Static("room")))]
    channel: Option<AttrValue>,
}

#[component]
fn Listener(props: &ListenerProps) -> Html {
    let count = use_state(|| 0);
    let (heard, prefix) = (props.heard.clone(), props.prefix.clone());
    use_realtime_event("notification", props.channel.as_deref(), {
        let count = count.clone();
        move |event: &ReceivedEvent| {
            heard.note(format!("{prefix}{}", event.data));
            count.set(*count + 1);
        }
    });
    html! { <p>{ *count }</p> }
}

#[wasm_bindgen_test]
async fn every_event_is_heard_in_order_though_they_come_faster_than_frames() {
    let bed = TestBed::new();
    let heard = Log::default();
    let _page = bed.mount(html! { <Listener heard={heard.clone()} /> });
    bed.settle().await;
    for number in 0..100 {
        bed.server()
            .publish("room", "notification", &number.to_string());
    }
    bed.settle().await;
    let expected: Vec<_> = (0..100).map(|number| number.to_string()).collect();
    assert_eq!(heard.take(), expected);
}

#[wasm_bindgen_test]
async fn the_newest_callback_is_called_and_nothing_is_subscribed_anew() {
    let bed = TestBed::new();
    let heard = Log::default();
    let page = bed.mount(html! { <Listener heard={heard.clone()} prefix="a" /> });
    bed.settle().await;
    bed.server().publish("room", "notification", "1");
    bed.settle().await;
    page.set(html! { <Listener heard={heard.clone()} prefix="b" /> });
    bed.settle().await;
    bed.server().publish("room", "notification", "2");
    bed.settle().await;
    assert_eq!(heard.take(), ["a1", "b2"]);
    assert_eq!(bed.server().count("subscribe"), 1);
}

#[wasm_bindgen_test]
async fn without_a_channel_events_of_no_channel_are_heard() {
    let bed = TestBed::new();
    let heard = Log::default();
    let _page = bed.mount(html! { <Listener heard={heard.clone()} channel={None::<AttrValue>} /> });
    bed.settle().await;
    bed.server()
        .send_raw(r#"{"event":"notification","data":"all"}"#);
    bed.server()
        .send_raw(r#"{"event":"another","data":"none"}"#);
    bed.settle().await;
    assert_eq!(heard.take(), ["\"all\""]);
    assert_eq!(bed.server().count("subscribe"), 0);
}

#[wasm_bindgen_test]
async fn nothing_is_heard_after_unmounting() {
    let bed = TestBed::new();
    let heard = Log::default();
    let page = bed.mount(html! { <Listener heard={heard.clone()} /> });
    bed.settle().await;
    page.unmount();
    realtime_yew::testing::flush().await;
    bed.server().publish("room", "notification", "1");
    bed.settle().await;
    assert_eq!(heard.take(), [""; 0]);
}

#[wasm_bindgen_test]
async fn malformed_frames_are_told_to_the_app_and_the_next_event_is_heard() {
    let errors = Log::default();
    let bed = TestBed::with_options(RealtimeOptions::default().with_on_error({
        let errors = errors.clone();
        move |error: RealtimeError| errors.note(error.to_string())
    }));
    let heard = Log::default();
    let _page = bed.mount(html! { <Listener heard={heard.clone()} /> });
    bed.settle().await;
    for broken in ["{", "[1]", "\"", r#"{"event":"notification","channel":7}"#] {
        bed.server().send_raw(broken);
    }
    bed.server().publish("room", "notification", "1");
    bed.settle().await;
    assert!(errors.take().len() >= 3);
    assert_eq!(heard.take(), ["1"]);
}
