//! Persistence: what a page finds in the browser's IndexedDB when it is loaded again.

use crate::{
    persistence_kit::{TasksProps, app, mount, options, until, write},
    support::{Count, seconds, until as until_shown},
};
use realtime_yew::{
    PersistOptions,
    prelude::*,
    testing::{Mounted, TestBed},
};
use wasm_bindgen_test::wasm_bindgen_test;
use yew::prelude::*;

#[wasm_bindgen_test]
async fn a_reload_has_the_rows_in_its_first_frame_and_fetches_nothing() {
    let mut bed = TestBed::with_options(options("reload"));
    let props = TasksProps::default();
    let page = mount(&bed, &props).await;
    assert_eq!(page.text("p"), "Bake Call");
    write(&bed).await;
    page.unmount();
    bed.server().publish(
        "tasks",
        "list:update",
        r#"{"action":"delete","item":{"id":2}}"#,
    );
    bed.reload(options("reload"));

    let again = TasksProps::default();
    let page = bed.mount(app(&again));
    // What the browser shows of the app, the first time that it shows anything of it.
    until_shown(|| page.count("p") == 1).await;
    assert_eq!(page.text("p"), "Bake Call");
    until(&bed, || page.text("p") == "Bake").await;
    assert_eq!(again.fetches.get(), 0);
    assert_eq!(props.fetches.get(), 1);
    let stats = bed.client().stats();
    assert_eq!((stats.store.restored, stats.queries.fetches), (1, 0));
}

#[wasm_bindgen_test]
async fn the_fallback_is_shown_while_the_database_is_read() {
    let bed = TestBed::with_options(options("fallback"));
    let client = bed.client();
    let page = Mounted::bare(html! {
        <RealtimeProvider {client} fallback={html! { <i>{ "…" }</i> }}>
            <b>{ "app" }</b>
        </RealtimeProvider>
    });
    realtime_yew::testing::flush().await;
    assert_eq!((page.count("i"), page.count("b")), (1, 0));
    until(&bed, || page.count("b") == 1).await;
    assert_eq!(page.count("i"), 0);
}

#[wasm_bindgen_test]
async fn a_page_that_need_not_wait_shows_its_app_at_once() {
    let bed = TestBed::with_options(options("at once"));
    let client = bed.client();
    let page = Mounted::bare(html! {
        <RealtimeProvider {client} wait_for_store={false}><b>{ "app" }</b></RealtimeProvider>
    });
    realtime_yew::testing::flush().await;
    assert_eq!(page.count("b"), 1);
}

#[wasm_bindgen_test]
async fn a_page_that_is_left_writes_what_has_changed_just_before() {
    let mut bed = TestBed::with_options(options("left"));
    let props = TasksProps::default();
    let page = mount(&bed, &props).await;
    write(&bed).await;
    bed.server().publish(
        "tasks",
        "list:update",
        r#"{"action":"delete","item":{"id":1}}"#,
    );
    until(&bed, || page.text("p") == "Call").await;
    page.unmount();
    bed.reload(options("left"));
    let again = TasksProps::default();
    mount(&bed, &again).await;
    assert_eq!(shown(&again), ["Call", "Call"]);
}

#[wasm_bindgen_test]
async fn the_rows_of_another_build_are_shown_and_fetched_anew() {
    let mut bed = TestBed::with_options(options("build"));
    let page = mount(&bed, &TasksProps::default()).await;
    write(&bed).await;
    page.unmount();
    let other = PersistOptions::new("build").with_build("2");
    bed.reload(RealtimeOptions::default().with_persist(other));
    let again = TasksProps::default();
    mount(&bed, &again).await;
    until(&bed, || again.fetches.get() == 1).await;
    assert_eq!(shown(&again).first().unwrap(), "Bake Call");
}

#[wasm_bindgen_test]
async fn signing_out_empties_the_database() {
    let mut bed = TestBed::with_options(options("sign out"));
    let page = mount(&bed, &TasksProps::default()).await;
    write(&bed).await;
    bed.client().sign_out();
    page.unmount();
    bed.reload(options("sign out"));
    let again = TasksProps::default();
    mount(&bed, &again).await;
    assert_eq!(again.fetches.get(), 1);
    assert_eq!(bed.client().stats().store.restored, 0);
}

#[wasm_bindgen_test]
async fn forgetting_a_user_who_is_not_here_deletes_what_was_kept_for_them() {
    let mut bed = TestBed::with_options(options("forget"));
    let page = mount(&bed, &TasksProps::default()).await;
    write(&bed).await;
    page.unmount();
    bed.reload(RealtimeOptions::default().with_persist(PersistOptions::new("forget")));
    bed.client().forget_user("");
    bed.reload(options("forget"));
    let again = TasksProps::default();
    mount(&bed, &again).await;
    assert_eq!(again.fetches.get(), 1);
}

/// What was rendered since the last call, but for the render before the list is observed, which no frame
/// shows.
fn shown(props: &TasksProps) -> Vec<String> {
    let renders = props.renders.take().into_iter();
    renders.skip_while(String::is_empty).collect()
}

#[derive(PartialEq, Properties)]
struct UserProps {
    client: RealtimeClient,
    user: &'static str,
    fetches: Count,
}

#[component]
fn OfUser(props: &UserProps) -> Html {
    let tasks = TasksProps {
        fetches: props.fetches.clone(),
        ..TasksProps::default()
    };
    html! {
        <RealtimeProvider client={props.client.clone()} session={props.user}>{ app(&tasks) }</RealtimeProvider>
    }
}

#[wasm_bindgen_test]
async fn each_user_has_a_database_and_the_next_one_finds_nothing_of_the_last() {
    let mut bed = TestBed::with_options(options("users"));
    let fetches = Count::default();
    for (user, expected) in [("ada", 1), ("bob", 2), ("ada", 2)] {
        let client = bed.client();
        let page = Mounted::bare(html! { <OfUser {client} {user} fetches={fetches.clone()} /> });
        until(&bed, || !page.text("p").is_empty()).await;
        assert_eq!(fetches.get(), expected, "{user}");
        write_if_new(&bed).await;
        page.unmount();
        bed.reload(options("users"));
    }
    // A client that serves one user and then another: the first has signed out.
    let client = bed.client();
    let of = |user| html! { <OfUser client={client.clone()} {user} fetches={fetches.clone()} /> };
    let page = Mounted::bare(of("ada"));
    until(&bed, || !page.text("p").is_empty()).await;
    page.set(of("bob"));
    until(&bed, || !page.text("p").is_empty()).await;
    assert_eq!(fetches.get(), 2, "both were kept");
    page.set(of("ada"));
    until(&bed, || !page.text("p").is_empty()).await;
    assert_eq!(fetches.get(), 3, "ada has signed out");
}

async fn write_if_new(bed: &TestBed) {
    if bed.client().stats().store.restored == 0 {
        write(bed).await;
    }
}

#[component]
fn Own() -> Html {
    let options = options("own").with_console(false);
    html! {
        <RealtimeProvider url="ws://127.0.0.1:9/" {options}><Reader /></RealtimeProvider>
    }
}

#[component]
fn Reader() -> Html {
    let client = use_realtime_client();
    let data = use_realtime_query(
        key!["price"],
        || async { Ok::<_, FetchError>(1.5) },
        UseRealtimeQueryOptions::default().with_persist(),
    );
    html! { <p data-restored={client.stats().store.restored.to_string()}>{ data.data().as_deref().copied() }</p> }
}

#[wasm_bindgen_test]
async fn a_provider_that_unmounts_leaves_what_is_kept_and_the_next_one_has_it() {
    for turn in 0..2 {
        let page = Mounted::bare(html! { <Own /> });
        for _ in 0..crate::support::GLANCES {
            realtime_yew::testing::flush().await;
            if page.text("p") == "1.5" {
                break;
            }
            crate::support::glance().await;
        }
        assert_eq!(page.text("p"), "1.5");
        let from_disk = page.html().contains("data-restored=\"1\"");
        assert_eq!(from_disk, turn == 1, "{}", page.html());
        page.unmount();
        realtime_yew::testing::flush().await;
    }
}

#[wasm_bindgen_test]
async fn nothing_is_written_within_half_a_second_after_a_change() {
    let bed = TestBed::with_options(options("quiet"));
    mount(&bed, &TasksProps::default()).await;
    assert_eq!(bed.client().stats().store.batches, 0);
    write(&bed).await;
    bed.pass(seconds(60)).await;
    assert_eq!(bed.client().stats().store.batches, 1);
}
