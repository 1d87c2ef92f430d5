//! Lists: rows that come, change, move and go, and who renders for it.

use crate::support::{Count, Task, seconds, task};
use realtime_yew::{prelude::*, testing::TestBed};
use wasm_bindgen_test::wasm_bindgen_test;
use yew::prelude::*;

fn options() -> UseRealtimeListOptions<Task> {
    UseRealtimeListOptions::default()
        .with_channel("tasks")
        .with_sort(|a: &Task, b: &Task| a.title.cmp(&b.title))
}

async fn fetch() -> Result<Vec<Task>, FetchError> {
    Ok(vec![task(1, "Bake"), task(2, "Call"), task(3, "Dig")])
}

#[derive(PartialEq, Properties)]
struct TasksProps {
    #[prop_or_default]
    renders: Count,
    #[prop_or_default]
    rows: Count,
    #[prop_or_default]
    initial: bool,
}

#[component]
fn Tasks(props: &TasksProps) -> Html {
    props.renders.up();
    let tasks = use_realtime_list(key!["tasks"], fetch, options());
    html! {
        <ul data-loading={tasks.is_loading().to_string()}>
            for task in &tasks {
                <li key={task.id}>{ &task.title }</li>
            }
        </ul>
    }
}

#[derive(PartialEq, Properties)]
struct RowProps {
    list: ListRef<Task>,
    id: RowId,
    renders: Count,
}

#[component]
fn Row(props: &RowProps) -> Html {
    props.renders.up();
    let task = use_realtime_item(&props.list, &props.id).item();
    html! { <li>{ task.map(|task| task.title.clone()) }</li> }
}

#[component]
fn TwoLevels(props: &TasksProps) -> Html {
    props.renders.up();
    let options = match props.initial {
        true => options().with_initial_data(vec![task(1, "Bake")]),
        false => options(),
    };
    let tasks = use_realtime_list(
        key!["tasks"],
        fetch,
        options.with_render_on(RenderOn::Order),
    );
    html! {
        <ul>
            for id in tasks.ids() {
                <Row key={id.to_string()} id={id.clone()} list={tasks.list_ref()} renders={props.rows.clone()} />
            }
        </ul>
    }
}

fn publish(bed: &TestBed, data: &str) {
    bed.server().publish("tasks", "list:update", data);
}

fn rows(page: &realtime_yew::testing::Mounted) -> String {
    let html = page.html().replace("</li>", " ");
    let mut text = String::new();
    let mut inside = false;
    for letter in html.chars() {
        match letter {
            '<' => inside = true,
            '>' => inside = false,
            letter if !inside => text.push(letter),
            _ => {}
        }
    }
    text.trim().to_owned()
}

#[wasm_bindgen_test]
async fn a_list_loads_sorted_and_follows_create_update_and_delete() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <Tasks /> });
    realtime_yew::testing::flush().await;
    assert!(page.html().contains(r#"data-loading="true""#));
    bed.settle().await;
    assert_eq!(rows(&page), "Bake Call Dig");
    publish(
        &bed,
        r#"{"action":"create","item":{"id":4,"version":1,"title":"Alter"}}"#,
    );
    bed.settle().await;
    assert_eq!(rows(&page), "Alter Bake Call Dig");
    publish(
        &bed,
        r#"{"action":"update","item":{"id":1,"version":2,"title":"Zip"}}"#,
    );
    bed.settle().await;
    assert_eq!(rows(&page), "Alter Call Dig Zip");
    publish(&bed, r#"{"action":"delete","item":{"id":2}}"#);
    bed.settle().await;
    assert_eq!(rows(&page), "Alter Dig Zip");
}

#[wasm_bindgen_test]
async fn an_older_version_changes_nothing_and_renders_nothing() {
    let bed = TestBed::new();
    let renders = Count::default();
    let page = bed.mount(html! { <Tasks renders={renders.clone()} /> });
    bed.settle().await;
    renders.take();
    publish(
        &bed,
        r#"{"action":"update","item":{"id":1,"version":1,"title":"Old"}}"#,
    );
    bed.settle().await;
    assert_eq!((rows(&page), renders.take()), ("Bake Call Dig".into(), 0));
}

#[wasm_bindgen_test]
async fn only_the_touched_row_renders() {
    let bed = TestBed::new();
    let (lists, items) = (Count::default(), Count::default());
    let page = bed.mount(html! { <TwoLevels renders={lists.clone()} rows={items.clone()} /> });
    bed.settle().await;
    assert_eq!(rows(&page), "Bake Call Dig");
    lists.take();
    items.take();
    publish(
        &bed,
        r#"{"action":"update","item":{"id":2,"version":2,"title":"Cash"}}"#,
    );
    bed.settle().await;
    assert_eq!(rows(&page), "Bake Cash Dig");
    assert_eq!((lists.take(), items.take()), (0, 1));
}

#[wasm_bindgen_test]
async fn a_new_row_renders_the_order_and_itself_and_no_other_row() {
    let bed = TestBed::new();
    let (lists, items) = (Count::default(), Count::default());
    let page = bed.mount(html! { <TwoLevels renders={lists.clone()} rows={items.clone()} /> });
    bed.settle().await;
    lists.take();
    items.take();
    publish(
        &bed,
        r#"{"action":"create","item":{"id":4,"version":1,"title":"Alter"}}"#,
    );
    bed.settle().await;
    assert_eq!(rows(&page), "Alter Bake Call Dig");
    assert_eq!((lists.take(), items.take()), (1, 1));
}

#[wasm_bindgen_test]
async fn a_row_that_moves_renders_the_order_and_itself() {
    let bed = TestBed::new();
    let (lists, items) = (Count::default(), Count::default());
    let page = bed.mount(html! { <TwoLevels renders={lists.clone()} rows={items.clone()} /> });
    bed.settle().await;
    lists.take();
    items.take();
    publish(
        &bed,
        r#"{"action":"update","item":{"id":1,"version":2,"title":"Zip"}}"#,
    );
    bed.settle().await;
    assert_eq!(rows(&page), "Call Dig Zip");
    assert_eq!((lists.take(), items.take()), (1, 1));
}

#[wasm_bindgen_test]
async fn rows_of_the_initial_data_come_alive_though_they_mount_before_their_list() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <TwoLevels initial=true /> });
    realtime_yew::testing::flush().await;
    assert_eq!(rows(&page), "Bake");
    bed.settle().await;
    assert_eq!(rows(&page), "Bake Call Dig");
    publish(
        &bed,
        r#"{"action":"update","item":{"id":1,"version":2,"title":"Bake bread"}}"#,
    );
    bed.settle().await;
    assert_eq!(rows(&page), "Bake bread Call Dig");
}

#[component]
fn OneRow() -> Html {
    let list = use_memo((), |()| ListRef::<Task>::from(key!["tasks"]));
    let task = use_realtime_item(&list, &2).item();
    html! { <b>{ task.map(|task| task.title.clone()) }</b> }
}

#[wasm_bindgen_test]
async fn a_row_may_be_shown_elsewhere_by_the_lists_key() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <><OneRow /><Tasks /></> });
    bed.settle().await;
    assert_eq!(page.text("b"), "Call");
    publish(&bed, r#"{"action":"delete","item":{"id":2}}"#);
    bed.settle().await;
    assert_eq!(page.text("b"), "");
}

#[wasm_bindgen_test]
async fn a_row_follows_its_list_into_a_new_life_in_the_cache() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <><OneRow /><Tasks /></> });
    bed.settle().await;
    page.set(html! { <><OneRow /><i /></> });
    bed.pass(seconds(400)).await;
    assert_eq!(page.text("b"), "");
    page.set(html! { <><OneRow /><Tasks /></> });
    bed.settle().await;
    assert_eq!(page.text("b"), "Call");
    publish(
        &bed,
        r#"{"action":"update","item":{"id":2,"version":2,"title":"Cash"}}"#,
    );
    bed.settle().await;
    assert_eq!(page.text("b"), "Cash");
}

#[wasm_bindgen_test]
async fn lists_unsubscribe_when_they_unmount() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <><TwoLevels /><Tasks /></> });
    bed.settle().await;
    assert_eq!(bed.server().count("subscribe"), 1);
    page.unmount();
    bed.pass(seconds(400)).await;
    assert_eq!(bed.client().subscription_count(), 0);
    assert_eq!(bed.client().stats().queries.observers, 0);
    assert_eq!(bed.server().subscribers("tasks"), 0);
}

#[component]
fn Renamer() -> Html {
    let client = use_realtime_client();
    use_effect_with((), move |()| {
        let set = client.set_list(&key!["tasks"], vec![task(2, "Renamed")]);
        assert_eq!(set, Ok(true), "the list is mounted");
    });
    html! { <i /> }
}

/// Effects run child before parent, so the child's comes between this render and this effect.
#[component]
fn RenamedRow() -> Html {
    let list = use_memo((), |()| ListRef::<Task>::from(key!["tasks"]));
    let task = use_realtime_item(&list, &2).item();
    html! { <b>{ task.map(|task| task.title.clone()) }<Renamer /></b> }
}

#[wasm_bindgen_test]
async fn a_change_between_a_render_and_its_subscription_is_not_missed() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <div><Tasks key="tasks" /></div> });
    bed.settle().await;
    page.set(html! { <div><Tasks key="tasks" /><RenamedRow key="row" /></div> });
    bed.settle().await;
    assert_eq!(page.text("b"), "Renamed");
}
