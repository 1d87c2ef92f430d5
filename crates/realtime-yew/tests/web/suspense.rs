//! A record that its component waits for.

use crate::support::{Count, seconds};
use realtime_yew::{prelude::*, testing::TestBed};
use wasm_bindgen_test::wasm_bindgen_test;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
struct MotdProps {
    #[prop_or(1)]
    id: u32,
    #[prop_or_default]
    fails: bool,
    #[prop_or_default]
    fetches: Count,
}

#[component]
fn Motd(props: &MotdProps) -> HtmlResult {
    let (id, fails) = (props.id, props.fails);
    let fetches = props.fetches.clone();
    let motd = use_realtime_query_suspense(
        key!["motd", id],
        move || {
            fetches.up();
            async move {
                match fails {
                    true => Err(FetchError::permanent("none")),
                    false => Ok(format!("motd {id}")),
                }
            }
        },
        UseRealtimeQueryOptions::default()
            .with_event("motd")
            .with_channel("motds"),
    )?;
    let error = motd.error().map(ToString::to_string);
    Ok(html! { <p>{ motd.data().map(|text| text.to_string()) }{ error }</p> })
}

fn page(motd: Html) -> Html {
    html! { <Suspense fallback={html! { <i>{ "wait" }</i> }}>{ motd }</Suspense> }
}

#[wasm_bindgen_test]
async fn the_fallback_is_shown_until_there_is_data() {
    let bed = TestBed::new();
    let fetches = Count::default();
    let mounted = bed.mount(page(html! { <Motd fetches={fetches.clone()} /> }));
    realtime_yew::testing::flush().await;
    assert_eq!(mounted.text("i"), "wait");
    bed.settle().await;
    assert_eq!(
        (mounted.text("p"), mounted.count("i")),
        ("motd 1".into(), 0)
    );
    assert_eq!(fetches.get(), 1);
}

#[wasm_bindgen_test]
async fn a_resumed_component_follows_events_and_unsubscribes() {
    let bed = TestBed::new();
    let mounted = bed.mount(page(html! { <Motd /> }));
    bed.settle().await;
    bed.server().publish("motds", "motd", r#""news""#);
    bed.settle().await;
    assert_eq!(mounted.text("p"), "news");
    mounted.unmount();
    bed.pass(seconds(400)).await;
    assert_eq!(bed.client().subscription_count(), 0);
    assert_eq!(bed.client().stats().queries.observers, 0);
}

#[wasm_bindgen_test]
async fn a_fetch_that_fails_resumes_with_the_error() {
    let bed = TestBed::new();
    let mounted = bed.mount(page(html! { <Motd fails=true /> }));
    bed.settle().await;
    assert_eq!(mounted.text("p"), "the fetch failed: none");
}

#[wasm_bindgen_test]
async fn another_key_suspends_again() {
    let bed = TestBed::new();
    let mounted = bed.mount(page(html! { <Motd /> }));
    bed.settle().await;
    mounted.set(page(html! { <Motd id=2 /> }));
    realtime_yew::testing::flush().await;
    assert_eq!(mounted.text("i"), "wait");
    bed.settle().await;
    assert_eq!(mounted.text("p"), "motd 2");
}

#[wasm_bindgen_test]
async fn unmounting_while_suspended_leaves_nothing_behind() {
    let bed = TestBed::new();
    let mounted = bed.mount(page(html! { <Motd /> }));
    realtime_yew::testing::flush().await;
    mounted.unmount();
    bed.pass(seconds(400)).await;
    assert_eq!(bed.client().subscription_count(), 0);
    assert_eq!(bed.client().stats().queries.observers, 0);
}
