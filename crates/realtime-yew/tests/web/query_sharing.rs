//! Shared keys: what components of one key share, and what a reconnect costs.

use crate::support::{Count, seconds};
use realtime_core::Position;
use realtime_yew::{Fetcher, Positioned, prelude::*, testing::TestBed};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen_test::wasm_bindgen_test;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
struct ReaderProps {
    fetches: Count,
    #[prop_or_default]
    renders: Count,
}

#[component]
fn Reader(props: &ReaderProps) -> Html {
    props.renders.up();
    let fetches = props.fetches.clone();
    let value = use_realtime_query(
        key!["value"],
        move || {
            fetches.up();
            async { Ok::<_, FetchError>(1) }
        },
        UseRealtimeQueryOptions::default()
            .with_event("value")
            .with_channel("values"),
    );
    html! { <p>{ value.data().as_deref().copied() }</p> }
}

#[wasm_bindgen_test]
async fn two_components_share_one_subscription_and_one_fetch() {
    let bed = TestBed::new();
    let fetches = Count::default();
    let page = bed.mount(html! {
        <><Reader fetches={fetches.clone()} /><Reader fetches={fetches.clone()} /></>
    });
    bed.settle().await;
    assert_eq!(page.html(), "<p>1</p><p>1</p>");
    assert_eq!(fetches.get(), 1);
    assert_eq!(bed.server().count("subscribe"), 1);
    bed.server().publish("values", "value", "2");
    bed.settle().await;
    assert_eq!(page.html(), "<p>2</p><p>2</p>");
}

#[wasm_bindgen_test]
async fn the_other_component_goes_on_when_one_unmounts() {
    let bed = TestBed::new();
    let fetches = Count::default();
    let reader = || html! { <Reader fetches={fetches.clone()} /> };
    let page = bed.mount(html! { <div>{ reader() }{ reader() }</div> });
    bed.settle().await;
    page.set(html! { <div>{ reader() }</div> });
    bed.pass(seconds(30)).await;
    bed.server().publish("values", "value", "3");
    bed.settle().await;
    assert_eq!(page.html(), "<div><p>3</p></div>");
    assert_eq!(bed.server().count("unsubscribe"), 0);
}

#[wasm_bindgen_test]
async fn a_remount_within_a_moment_neither_unsubscribes_nor_subscribes_again() {
    let bed = TestBed::new();
    let fetches = Count::default();
    let page = bed.mount(html! { <Reader fetches={fetches.clone()} /> });
    bed.settle().await;
    page.set(html! { <i /> });
    bed.settle().await;
    page.set(html! { <Reader fetches={fetches.clone()} /> });
    bed.pass(seconds(30)).await;
    assert_eq!(bed.server().count("subscribe"), 1);
    assert_eq!(bed.server().count("unsubscribe"), 0);
}

#[wasm_bindgen_test]
async fn a_reconnect_subscribes_once_for_all() {
    let bed = TestBed::new();
    let fetches = Count::default();
    let page = bed.mount(html! {
        <><Reader fetches={fetches.clone()} /><Reader fetches={fetches.clone()} /></>
    });
    bed.settle().await;
    bed.cut();
    bed.server().publish("values", "value", "2");
    bed.pass(seconds(30)).await;
    assert_eq!(bed.server().count("subscribe"), 2);
    assert_eq!(bed.server().subscribers("values"), 1);
    assert_eq!(page.html(), "<p>2</p><p>2</p>");
}

#[wasm_bindgen_test]
async fn a_server_that_lost_its_history_causes_one_fetch_for_all() {
    let bed = TestBed::new();
    let fetches = Count::default();
    let _page = bed.mount(html! {
        <><Reader fetches={fetches.clone()} /><Reader fetches={fetches.clone()} /></>
    });
    bed.settle().await;
    bed.server().restart(false);
    bed.pass(seconds(30)).await;
    assert_eq!(fetches.get(), 2);
}

/// A sum, and where its channel stood when it was read.
type Read = (i64, Option<(String, u64)>);

#[derive(Clone, Default)]
struct Truth(Rc<RefCell<Read>>);

impl PartialEq for Truth {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

#[derive(PartialEq, Properties)]
struct SumProps {
    truth: Truth,
}

#[component]
fn Sum(props: &SumProps) -> Html {
    let truth = props.truth.clone();
    let fetcher = Fetcher::positioned(move || {
        let (data, position) = truth.0.borrow().clone();
        let position = position.map(|(epoch, seq)| Position {
            epoch: epoch.into(),
            seq,
        });
        async move { Ok::<_, FetchError>(Positioned { data, position }) }
    });
    let sum = use_realtime_query(
        key!["sum"],
        fetcher,
        UseRealtimeQueryOptions::default()
            .with_event("add")
            .with_channel("sums")
            .with_on_update(|add: i64, sum: Option<&i64>| sum.map(|sum| sum + add)),
    );
    html! { <p>{ sum.data().as_deref().copied() }</p> }
}

#[wasm_bindgen_test]
async fn an_event_that_the_fetch_already_contains_is_not_added_again() {
    let bed = TestBed::new();
    let truth = Truth::default();
    let page = bed.mount(html! { <Sum truth={truth.clone()} /> });
    // The subscription stands, the fetch has read the truth, and its answer is under way when the
    // events arrive: the first is in the answer, the second is not.
    *truth.0.borrow_mut() = (5, Some((bed.server().position("sums").0, 1)));
    realtime_yew::testing::flush().await;
    bed.deliver();
    bed.server().publish("sums", "add", "5");
    bed.server().publish("sums", "add", "10");
    bed.settle().await;
    assert_eq!(page.text("p"), "15");
}

#[derive(PartialEq, Properties)]
struct MergedProps {
    invalidates: bool,
    fetches: Count,
}

#[component]
fn Merged(props: &MergedProps) -> Html {
    let fetches = props.fetches.clone();
    let options = UseRealtimeQueryOptions::default()
        .with_event("stock:update")
        .with_channel("stocks");
    let options = match props.invalidates {
        true => options.with_invalidate(key!["stock"]),
        false => options.with_merge(),
    };
    let stock = use_realtime_query(
        key!["stock"],
        move || {
            fetches.up();
            async { Ok::<_, FetchError>(crate::support::stock("ACME", 1.0)) }
        },
        options,
    );
    html! { <p>{ stock.data().map(|stock| format!("{} {}", stock.symbol, stock.price)) }</p> }
}

#[wasm_bindgen_test]
async fn a_merge_changes_only_the_fields_an_event_has() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <Merged invalidates=false fetches={Count::default()} /> });
    bed.settle().await;
    bed.server()
        .publish("stocks", "stock:update", r#"{"price":2}"#);
    bed.settle().await;
    assert_eq!(page.text("p"), "ACME 2");
}

#[wasm_bindgen_test]
async fn an_invalidation_fetches_again_without_reading_the_event() {
    let bed = TestBed::new();
    let fetches = Count::default();
    let _page = bed.mount(html! { <Merged invalidates=true fetches={fetches.clone()} /> });
    bed.settle().await;
    bed.server().publish("stocks", "stock:update", "null");
    bed.pass(seconds(5)).await;
    assert_eq!(fetches.get(), 2);
}

#[component]
fn Chatty() -> Html {
    let client = use_realtime_client();
    let sum = use_realtime_query(
        key!["sum"],
        || async { Ok::<_, FetchError>(1) },
        UseRealtimeQueryOptions::default()
            .with_event("add")
            .with_channel("sums")
            .with_on_update(move |add: i64, sum: Option<&i64>| {
                client.send("added", None, &add);
                client.refetch(&key!["another"]);
                let _ = (
                    client.connection(),
                    client.stats(),
                    client.data::<i64>(&key!["sum"]),
                );
                sum.map(|sum| sum + add)
            }),
    );
    html! { <p>{ sum.data().as_deref().copied() }</p> }
}

#[wasm_bindgen_test]
async fn a_reducer_that_commands_the_client_does_no_harm_and_is_heard() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <Chatty /> });
    bed.settle().await;
    bed.server().publish("sums", "add", "2");
    bed.settle().await;
    assert_eq!(page.text("p"), "3");
    assert_eq!(bed.server().count("added"), 1);
}

#[component]
fn Outcome() -> Html {
    let value = use_realtime_query(
        key!["value"],
        || async { Ok::<_, FetchError>(1) },
        UseRealtimeQueryOptions::default()
            .with_event("value")
            .with_channel("values"),
    );
    html! { <p>{ format!("{:?} {:?}", value.data().as_deref(), value.recovery()) }</p> }
}

#[wasm_bindgen_test]
async fn a_handle_tells_how_each_subscription_turned_out() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <Outcome /> });
    bed.settle().await;
    assert_eq!(page.text("p"), "Some(1) Some(Fresh)");
    bed.set_unreachable(true);
    bed.cut();
    bed.server().publish("values", "value", "2");
    bed.set_unreachable(false);
    bed.pass(seconds(30)).await;
    assert_eq!(page.text("p"), "Some(2) Some(Recovered { missed: 1 })");
    bed.server().restart(false);
    bed.pass(seconds(30)).await;
    assert_eq!(page.text("p"), "Some(1) Some(Gap(EpochChanged))");
}
