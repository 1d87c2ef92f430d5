//! One record: data, events, keys, errors and pauses.

use crate::support::{Count, Log, Stock, seconds, stock};
use realtime_yew::{UseRealtimeQueryHandle, prelude::*, testing::TestBed};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen_test::wasm_bindgen_test;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
struct PriceProps {
    #[prop_or(AttrValue::Static("ACME"))]
    symbol: AttrValue,
    #[prop_or(1.0)]
    price: f64,
    #[prop_or(true)]
    enabled: bool,
    #[prop_or_default]
    fails: bool,
    #[prop_or_default]
    hangs: bool,
    #[prop_or_default]
    fetches: Count,
    #[prop_or_default]
    renders: Log<(AttrValue, Option<Stock>)>,
    #[prop_or_default]
    handle: Keep<UseRealtimeQueryHandle<Stock>>,
}

/// Takes a handle out of its component.
#[derive(Clone)]
struct Keep<H>(Rc<RefCell<Option<H>>>);

impl<H> Default for Keep<H> {
    fn default() -> Self {
        Self(Rc::default())
    }
}

impl<H: Clone> Keep<H> {
    fn get(&self) -> H {
        self.0.borrow().clone().expect("the component has rendered")
    }
}

impl<H> PartialEq for Keep<H> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

#[component]
fn Price(props: &PriceProps) -> Html {
    let fetcher = {
        let (symbol, price) = (props.symbol.to_string(), props.price);
        let (fails, hangs) = (props.fails, props.hangs);
        let fetches = props.fetches.clone();
        move || {
            fetches.up();
            let symbol = symbol.clone();
            async move {
                if hangs {
                    std::future::pending::<()>().await;
                }
                if fails {
                    return Err(FetchError::permanent("no such stock"));
                }
                Ok(stock(&symbol, price))
            }
        }
    };
    let price = use_realtime_query(
        key!["stock", props.symbol.as_str()],
        fetcher,
        UseRealtimeQueryOptions::default()
            .with_event("stock:update")
            .with_channel(format!("stocks:{}", props.symbol))
            .with_enabled(props.enabled),
    );
    *props.handle.0.borrow_mut() = Some(price.clone());
    props
        .renders
        .note((props.symbol.clone(), price.data().as_deref().cloned()));
    html! {
        <dl>
            <dd id="price">{ price.data().map(|stock| stock.price) }</dd>
            <dd id="loading">{ price.is_loading() }</dd>
            <dd id="live">{ price.is_live() }</dd>
            <dd id="error">{ price.error().map(ToString::to_string) }</dd>
            <dd id="event-error">{ price.event_error().is_some() }</dd>
        </dl>
    }
}

fn update(price: f64) -> String {
    format!(r#"{{"symbol":"ACME","price":{price}}}"#)
}

#[wasm_bindgen_test]
async fn a_record_loads_and_then_follows_its_events() {
    let bed = TestBed::new();
    let renders = Log::default();
    let page = bed.mount(html! { <Price renders={renders.clone()} /> });
    bed.settle().await;
    assert_eq!(renders.take()[0].1, None);
    assert_eq!(
        (page.text("#price"), page.text("#loading")),
        ("1".into(), "false".into())
    );
    assert_eq!(page.text("#live"), "true");
    bed.server()
        .publish("stocks:ACME", "stock:update", &update(2.5));
    bed.settle().await;
    assert_eq!(page.text("#price"), "2.5");
}

#[wasm_bindgen_test]
async fn many_events_between_two_frames_render_once_and_show_the_last() {
    let bed = TestBed::new();
    let renders = Log::default();
    let page = bed.mount(html! { <Price renders={renders.clone()} /> });
    bed.settle().await;
    renders.take();
    for tick in 1..=200 {
        bed.server()
            .publish("stocks:ACME", "stock:update", &update(f64::from(tick)));
    }
    bed.settle().await;
    assert_eq!(renders.take().len(), 1);
    assert_eq!(page.text("#price"), "200");
}

#[wasm_bindgen_test]
async fn an_event_that_changes_nothing_renders_nothing() {
    let bed = TestBed::new();
    let renders = Log::default();
    let _page = bed.mount(html! { <Price renders={renders.clone()} /> });
    bed.settle().await;
    renders.take();
    bed.server()
        .publish("stocks:ACME", "stock:update", &update(1.0));
    bed.settle().await;
    assert_eq!(renders.take(), []);
}

#[wasm_bindgen_test]
async fn another_key_never_shows_the_data_of_the_old_one() {
    let bed = TestBed::new();
    let renders = Log::default();
    let page = bed.mount(html! { <Price renders={renders.clone()} /> });
    bed.settle().await;
    page.set(html! { <Price symbol="EMCA" price={9.0} renders={renders.clone()} /> });
    bed.settle().await;
    assert_eq!(page.text("#price"), "9");
    let mut seen = false;
    for (symbol, data) in renders.take() {
        assert!(
            data.as_ref().is_none_or(|stock| symbol == stock.symbol),
            "{symbol} {data:?}"
        );
        seen |= symbol == "EMCA" && data.is_none();
    }
    assert!(seen, "the first render of the new key shows nothing");
}

#[wasm_bindgen_test]
async fn a_key_that_is_still_cached_is_shown_in_the_very_same_render() {
    let bed = TestBed::new();
    let renders = Log::default();
    let page = bed.mount(html! { <Price renders={renders.clone()} /> });
    bed.settle().await;
    page.set(html! { <Price symbol="EMCA" renders={renders.clone()} /> });
    bed.settle().await;
    renders.take();
    page.set(html! { <Price renders={renders.clone()} /> });
    bed.settle().await;
    assert_eq!(renders.take()[0].1, Some(stock("ACME", 1.0)));
}

#[wasm_bindgen_test]
async fn unmounting_unsubscribes_and_stops_timers_and_fetches() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <><Price /><Price symbol="EMCA" hangs=true /></> });
    bed.settle().await;
    assert_eq!(bed.client().running_fetches(), 1);
    assert_eq!(bed.server().subscribers("stocks:ACME"), 1);
    page.unmount();
    bed.settle().await;
    assert_eq!(bed.client().subscription_count(), 0);
    // A subscription is kept for a moment, data for five minutes after its last fetch.
    bed.pass(seconds(600)).await;
    assert_eq!(bed.server().subscribers("stocks:ACME"), 0);
    assert_eq!(bed.client().running_fetches(), 0);
    assert_eq!(bed.client().stats().queries.entries, 0);
    bed.client().disconnect();
    bed.advance(seconds(600));
    assert_eq!(bed.clock().armed_timers(), 0);
}

#[wasm_bindgen_test]
async fn a_paused_query_neither_fetches_nor_subscribes_until_it_goes_on() {
    let bed = TestBed::new();
    let fetches = Count::default();
    let page = bed.mount(html! { <Price enabled=false fetches={fetches.clone()} /> });
    bed.pass(seconds(10)).await;
    assert_eq!(
        (fetches.get(), bed.server().subscribers("stocks:ACME")),
        (0, 0)
    );
    assert_eq!(page.text("#loading"), "false");
    page.set(html! { <Price fetches={fetches.clone()} /> });
    bed.settle().await;
    assert_eq!(
        (fetches.get(), bed.server().subscribers("stocks:ACME")),
        (1, 1)
    );
    page.set(html! { <Price enabled=false fetches={fetches.clone()} /> });
    bed.pass(seconds(10)).await;
    assert_eq!(bed.server().subscribers("stocks:ACME"), 0);
    assert_eq!(page.text("#price"), "1");
}

#[wasm_bindgen_test]
async fn a_failed_fetch_shows_its_error_until_a_refetch_works() {
    let bed = TestBed::new();
    let handle = Keep::default();
    let page = bed.mount(html! { <Price fails=true handle={handle.clone()} /> });
    bed.settle().await;
    assert_eq!(page.text("#error"), "the fetch failed: no such stock");
    // The newest closure is the one that is called.
    page.set(html! { <Price price={4.0} handle={handle.clone()} /> });
    bed.settle().await;
    handle.get().refetch_callback().emit(());
    bed.settle().await;
    assert_eq!(
        (page.text("#error"), page.text("#price")),
        (String::new(), "4".into())
    );
}

#[wasm_bindgen_test]
async fn the_refetch_callback_is_the_same_in_every_render() {
    let bed = TestBed::new();
    let handle = Keep::default();
    let page = bed.mount(html! { <Price handle={handle.clone()} /> });
    realtime_yew::testing::flush().await;
    let first = handle.get();
    bed.settle().await;
    page.set(html! { <Price price={2.0} handle={handle.clone()} /> });
    bed.settle().await;
    assert!(first.refetch_callback() == handle.get().refetch_callback());
    assert!(first != handle.get());
}

#[wasm_bindgen_test]
async fn commands_of_a_handle_that_outlived_its_component_do_no_harm() {
    let bed = TestBed::new();
    let handle = Keep::default();
    let page = bed.mount(html! { <Price handle={handle.clone()} /> });
    bed.settle().await;
    page.unmount();
    bed.pass(seconds(400)).await;
    let handle = handle.get();
    handle.refetch();
    handle.invalidate();
    assert_eq!(handle.set_data(stock("ACME", 3.0)), Ok(false));
    assert_eq!(handle.age(), None);
    bed.settle().await;
    assert_eq!(handle.data().as_deref(), Some(&stock("ACME", 1.0)));
}

#[wasm_bindgen_test]
async fn an_event_of_the_wrong_shape_is_told_on_the_handle_and_the_next_one_counts() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <Price /> });
    bed.settle().await;
    bed.server()
        .publish("stocks:ACME", "stock:update", r#"{"symbol":7}"#);
    bed.settle().await;
    assert_eq!(
        (page.text("#event-error"), page.text("#price")),
        ("true".into(), "1".into())
    );
    bed.server()
        .publish("stocks:ACME", "stock:update", &update(3.0));
    bed.settle().await;
    assert_eq!(
        (page.text("#event-error"), page.text("#price")),
        ("false".into(), "3".into())
    );
}

#[wasm_bindgen_test]
async fn data_set_by_hand_is_shown_without_waiting_for_a_frame() {
    let bed = TestBed::new();
    let handle = Keep::default();
    let page = bed.mount(html! { <Price handle={handle.clone()} /> });
    bed.settle().await;
    assert_eq!(handle.get().set_data(stock("ACME", 7.0)), Ok(true));
    realtime_yew::testing::flush().await;
    assert_eq!(page.text("#price"), "7");
}

#[wasm_bindgen_test]
async fn a_hidden_page_is_kept_up_to_date_without_frames() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <Price /> });
    bed.settle().await;
    bed.set_visible(false);
    bed.server()
        .publish("stocks:ACME", "stock:update", &update(5.0));
    bed.settle().await;
    assert_eq!(page.text("#price"), "1");
    bed.pass(seconds(1)).await;
    assert_eq!(page.text("#price"), "5");
}

#[wasm_bindgen_test]
async fn a_page_shown_again_shows_at_once_what_happened_meanwhile() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <Price /> });
    bed.settle().await;
    bed.set_visible(false);
    bed.server()
        .publish("stocks:ACME", "stock:update", &update(5.0));
    bed.deliver();
    bed.set_visible(true);
    realtime_yew::testing::flush().await;
    assert_eq!(page.text("#price"), "5");
}

#[derive(PartialEq, Properties)]
struct OtherTypeProps {
    #[prop_or(AttrValue::Static("ACME"))]
    symbol: AttrValue,
    #[prop_or_default]
    errors: Log<bool>,
}

#[component]
fn OtherType(props: &OtherTypeProps) -> Html {
    let text = use_realtime_query(
        key!["stock", props.symbol.as_str()],
        || async { Ok::<_, FetchError>(String::from("text")) },
        UseRealtimeQueryOptions::default(),
    );
    props.errors.note(text.error().is_some());
    html! { <p id="mismatch">{ text.error().map(ToString::to_string) }{ text.data().map(|_| "data") }</p> }
}

#[wasm_bindgen_test]
async fn one_key_with_two_types_is_an_error_on_the_second_handle() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <><Price /><OtherType /></> });
    bed.settle().await;
    assert_eq!(page.text("#price"), "1");
    assert!(page.text("#mismatch").contains("another type"), "{page:?}");
}

#[wasm_bindgen_test]
async fn another_key_never_shows_the_error_of_the_old_one() {
    let bed = TestBed::new();
    let errors = Log::default();
    let page = bed.mount(html! { <><Price /><OtherType errors={errors.clone()} /></> });
    bed.settle().await;
    assert_eq!(errors.take().last(), Some(&true));
    page.set(html! { <><Price /><OtherType symbol="free" errors={errors.clone()} /></> });
    bed.settle().await;
    assert!(errors.take().iter().all(|error| !error));
    assert_eq!(page.text("#mismatch"), "data");
}

#[derive(PartialEq, Properties)]
struct RisesProps {
    renders: Count,
}

#[component]
fn Rises(props: &RisesProps) -> Html {
    props.renders.up();
    let rises = use_realtime_query(
        key!["stock", "ACME"],
        || async { Ok::<_, FetchError>(stock("ACME", 1.0)) },
        UseRealtimeQueryOptions::default()
            .with_event("stock:update")
            .with_channel("stocks:ACME")
            .with_select(|stock: &Stock| stock.price > 10.0),
    );
    html! { <p>{ rises.data().as_deref().copied() }</p> }
}

#[wasm_bindgen_test]
async fn a_selector_renders_only_when_what_it_selects_changes() {
    let bed = TestBed::new();
    let renders = Count::default();
    let page = bed.mount(html! { <Rises renders={renders.clone()} /> });
    bed.settle().await;
    assert_eq!(page.text("p"), "false");
    renders.take();
    for price in [2.0, 3.0, 4.0] {
        bed.server()
            .publish("stocks:ACME", "stock:update", &update(price));
        bed.settle().await;
    }
    assert_eq!(renders.take(), 0);
    bed.server()
        .publish("stocks:ACME", "stock:update", &update(11.0));
    bed.settle().await;
    assert_eq!((renders.take(), page.text("p")), (1, "true".into()));
}
