//! Views of lists and values derived from them: what they show, and who renders for it.

use crate::support::{Count, Task, task};
use realtime_yew::{prelude::*, testing::TestBed};
use wasm_bindgen_test::wasm_bindgen_test;
use yew::prelude::*;

async fn fetch() -> Result<Vec<Task>, FetchError> {
    Ok(vec![task(1, "bake"), task(2, "call"), task(3, "dig")])
}

#[derive(Clone, PartialEq, Properties)]
struct Props {
    text: AttrValue,
    sources: Count,
    views: Count,
    lengths: Count,
    firsts: Count,
}

fn props(text: &'static str) -> Props {
    Props {
        text: text.into(),
        sources: Count::default(),
        views: Count::default(),
        lengths: Count::default(),
        firsts: Count::default(),
    }
}

#[component]
fn Source(props: &Props) -> Html {
    props.sources.up();
    let tasks = use_realtime_list(
        key!["tasks"],
        fetch,
        UseRealtimeListOptions::default()
            .with_channel("tasks")
            .with_render_on(RenderOn::Status),
    );
    let list = tasks.list_ref();
    html! {
        <div data-loading={tasks.is_loading().to_string()}>
            <Found list={&list} text={&props.text} renders={props.views.clone()} />
            <Length list={&list} renders={props.lengths.clone()} />
            <First list={&list} renders={props.firsts.clone()} />
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct PartProps {
    list: ListRef<Task>,
    #[prop_or_default]
    text: AttrValue,
    renders: Count,
}

/// The tasks whose titles contain a text, the last first.
#[component]
fn Found(props: &PartProps) -> Html {
    props.renders.up();
    let view = use_memo(props.text.clone(), |text| {
        let text = text.clone();
        ViewOptions::default()
            .with_filter(move |task: &Task| task.title.contains(text.as_str()))
            .with_sort(|a, b| b.title.cmp(&a.title))
    });
    let tasks = use_realtime_list_view(&props.list, &view);
    let ids: Vec<String> = tasks.ids().map(|id| id.to_string()).collect();
    html! { <b>{ ids.join(" ") }</b> }
}

/// How many letters all titles have together.
#[component]
fn Length(props: &PartProps) -> Html {
    props.renders.up();
    let letters = use_memo((), |()| {
        ListSelector::tally(
            0_usize,
            |sum, task: &Task| *sum += task.title.len(),
            |sum, task| *sum -= task.title.len(),
        )
    });
    let letters = use_realtime_list_selector(&props.list, &letters);
    html! { <i>{ *letters }</i> }
}

#[component]
fn First(props: &PartProps) -> Html {
    props.renders.up();
    let first = use_memo((), |()| {
        ListSelector::new(|tasks: &ListSnapshot<Task>| tasks.get(0).map(|task| task.title.clone()))
    });
    let first = use_realtime_list_selector(&props.list, &first);
    html! { <u>{ (*first).clone() }</u> }
}

fn shown(page: &realtime_yew::testing::Mounted) -> (String, String, String) {
    (page.text("b"), page.text("i"), page.text("u"))
}

async fn put(bed: &TestBed, id: u64, version: u64, title: &str) {
    let data = format!(
        r#"{{"action":"upsert","item":{{"id":{id},"version":{version},"title":"{title}"}}}}"#
    );
    bed.server().publish("tasks", "list:update", &data);
    bed.settle().await;
}

#[wasm_bindgen_test]
async fn views_and_derived_values_follow_the_list_and_render_only_when_they_differ() {
    let bed = TestBed::new();
    let props = props("a");
    let page = bed.mount(html! { <Source ..props.clone() /> });
    bed.settle().await;
    assert_eq!(shown(&page), ("2 1".into(), "11".into(), "bake".into()));
    let taken = || {
        (
            props.sources.take(),
            props.views.take(),
            props.lengths.take(),
            props.firsts.take(),
        )
    };
    taken();
    put(&bed, 3, 2, "dag").await;
    assert_eq!(shown(&page), ("3 2 1".into(), "11".into(), "bake".into()));
    assert_eq!(
        taken(),
        (0, 1, 0, 0),
        "it entered the view, and is as long as before"
    );
    put(&bed, 3, 3, "day").await;
    assert_eq!(taken(), (0, 0, 0, 0), "nobody shows that");
    put(&bed, 2, 2, "calls").await;
    assert_eq!(shown(&page).1, "12");
    assert_eq!(taken(), (0, 0, 1, 0));
    put(&bed, 1, 2, "bikes").await;
    assert_eq!(shown(&page), ("3 2".into(), "13".into(), "bikes".into()));
    assert_eq!(taken(), (0, 1, 1, 1));
}

#[wasm_bindgen_test]
async fn another_view_shows_other_rows_in_the_same_render() {
    let bed = TestBed::new();
    let first = props("a");
    let page = bed.mount(html! { <Source ..first.clone() /> });
    bed.settle().await;
    first.views.take();
    page.set(html! { <Source ..Props { text: "i".into(), ..first.clone() } /> });
    realtime_yew::testing::flush().await;
    assert_eq!((page.text("b"), first.views.take()), ("3".into(), 1));
}

#[wasm_bindgen_test]
async fn views_give_back_what_they_hold_when_they_unmount() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <Source ..props("a") /> });
    bed.settle().await;
    assert!(bed.client().subscription_count() > 0);
    page.unmount();
    bed.pass(crate::support::seconds(400)).await;
    assert_eq!(bed.client().subscription_count(), 0);
    assert_eq!(bed.client().stats().queries.observers, 0);
}
