//! Every hook under Yew's server renderer: prepared or empty, and never connected.

use realtime_yew::prelude::*;
use serde::{Deserialize, Serialize};
use yew::{LocalServerRenderer, prelude::*};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Task {
    id: u64,
    title: String,
}

impl ListItem for Task {
    fn id(&self) -> RowId {
        self.id.into()
    }
}

fn task(id: u64, title: &str) -> Task {
    Task {
        id,
        title: title.to_owned(),
    }
}

async fn never<T>() -> Result<T, FetchError> {
    panic!("a server must not fetch for a hook that does not suspend")
}

#[derive(PartialEq, Properties)]
struct StageProps {
    children: Html,
}

#[component]
fn Stage(props: &StageProps) -> Html {
    html! { <RealtimeProvider url="/ws">{ props.children.clone() }</RealtimeProvider> }
}

/// What a server sends for `html` under a provider.
pub(crate) async fn render(html: Html) -> String {
    LocalServerRenderer::<Stage>::with_props(StageProps { children: html })
        .hydratable(false)
        .render()
        .await
}

#[derive(PartialEq, Properties)]
struct RecordProps {
    #[prop_or_default]
    initial: Option<f64>,
    #[prop_or(true)]
    enabled: bool,
}

#[component]
fn Record(props: &RecordProps) -> Html {
    let mut options = UseRealtimeQueryOptions::default()
        .with_event("price")
        .with_channel("feed")
        .with_enabled(props.enabled);
    if let Some(initial) = props.initial {
        options = options.with_initial_data(initial);
    }
    let price = use_realtime_query(key!["price"], never::<f64>, options);
    html! {
        <p>{ format!("{:?} loading={} {:?}", price.data(), price.is_loading(), price.status()) }</p>
    }
}

#[tokio::test]
async fn a_query_without_data_renders_as_loading() {
    let html = render(html! { <Record /> }).await;
    assert_eq!(html, "<p>None loading=true Pending</p>");
}

#[tokio::test]
async fn a_paused_query_renders_as_not_loading() {
    let html = render(html! { <Record enabled={false} /> }).await;
    assert_eq!(html, "<p>None loading=false Pending</p>");
}

#[tokio::test]
async fn a_query_renders_its_initial_data() {
    let html = render(html! { <Record initial={1.5} /> }).await;
    assert_eq!(html, "<p>Some(1.5) loading=false Success</p>");
}

#[component]
fn Selected() -> Html {
    let options = UseRealtimeQueryOptions::default()
        .with_initial_data(task(1, "Write"))
        .with_select(|task: &Task| task.title.len());
    let title = use_realtime_query(key!["task"], never::<Task>, options);
    html! { <p>{ title.data().as_deref().copied() }</p> }
}

#[tokio::test]
async fn a_selector_works_on_initial_data() {
    assert_eq!(render(html! { <Selected /> }).await, "<p>5</p>");
}

#[derive(PartialEq, Properties)]
struct SuspendedProps {
    fails: bool,
}

#[component]
fn Suspended(props: &SuspendedProps) -> HtmlResult {
    let fails = props.fails;
    let motd = use_realtime_query_suspense(
        key!["motd"],
        move || async move {
            if fails {
                Err(FetchError::permanent("no motd today"))
            } else {
                Ok(String::from("Hello"))
            }
        },
        UseRealtimeQueryOptions::default().with_event("motd"),
    )?;
    let error = motd.error().map(ToString::to_string);
    Ok(html! { <p>{ motd.data().map(|text| text.to_string()) }{ error }</p> })
}

async fn render_suspended(fails: bool) -> String {
    let html = html! { <Suspense><Suspended {fails} /></Suspense> };
    tokio::task::LocalSet::new().run_until(render(html)).await
}

#[tokio::test]
async fn a_suspending_query_is_fetched_before_the_page_is_sent() {
    assert_eq!(render_suspended(false).await, "<p>Hello</p>");
}

#[tokio::test]
async fn a_suspending_query_that_fails_renders_its_error() {
    assert_eq!(
        render_suspended(true).await,
        "<p>the fetch failed: no motd today</p>"
    );
}

fn list_options() -> UseRealtimeListOptions<Task> {
    UseRealtimeListOptions::default()
        .with_channel("tasks")
        .with_sort(|a: &Task, b: &Task| a.title.cmp(&b.title))
}

#[component]
fn Loading() -> Html {
    let tasks = use_realtime_list(key!["tasks"], never::<Vec<Task>>, list_options());
    html! { <p>{ format!("{} loading={}", tasks.len(), tasks.is_loading()) }</p> }
}

#[tokio::test]
async fn a_list_without_data_renders_empty_and_as_loading() {
    assert_eq!(render(html! { <Loading /> }).await, "<p>0 loading=true</p>");
}

#[component]
fn Sorted() -> Html {
    let options = list_options().with_initial_data(vec![task(1, "Write"), task(2, "Read")]);
    let tasks = use_realtime_list(key!["tasks"], never::<Vec<Task>>, options);
    html! {
        <ul>
            for task in tasks.iter() {
                <li key={task.id}>{ &task.title }</li>
            }
        </ul>
    }
}

#[tokio::test]
async fn a_list_renders_its_initial_data_sorted() {
    assert_eq!(
        render(html! { <Sorted /> }).await,
        "<ul><li>Read</li><li>Write</li></ul>"
    );
}

#[derive(PartialEq, Properties)]
struct RowProps {
    list: ListRef<Task>,
    id: RowId,
}

#[component]
fn Row(props: &RowProps) -> Html {
    let task = use_realtime_item(&props.list, &props.id).item();
    html! { <li>{ task.map(|task| task.title.clone()) }</li> }
}

#[component]
fn TwoLevels() -> Html {
    let options = list_options().with_initial_data(vec![task(1, "Write"), task(2, "Read")]);
    let options = options.with_render_on(RenderOn::Order);
    let tasks = use_realtime_list(key!["tasks"], never::<Vec<Task>>, options);
    html! {
        <ul>
            for id in tasks.ids() {
                <Row key={id.to_string()} id={id.clone()} list={tasks.list_ref()} />
            }
        </ul>
    }
}

#[tokio::test]
async fn rows_that_watch_themselves_render_the_lists_initial_data() {
    assert_eq!(
        render(html! { <TwoLevels /> }).await,
        "<ul><li>Read</li><li>Write</li></ul>"
    );
}

#[component]
fn Room() -> Html {
    let options = UsePresenceOptions::default().with_initial_status(PresenceStatus::Busy);
    let room = use_presence("room", User::new("u1", "Ada"), options);
    let typing = use_typing_indicator("room", "u1", "Ada", UseTypingIndicatorOptions::default());
    // Commands of a render on a server go nowhere.
    room.update_status(PresenceStatus::Away);
    typing.start_typing();
    html! {
        <p>{ format!("{} {} {}", room.presence().len(), room.my_status(), typing.typing_users().len()) }</p>
    }
}

#[tokio::test]
async fn a_room_renders_empty_with_the_status_to_join_with() {
    assert_eq!(render(html! { <Room /> }).await, "<p>0 busy 0</p>");
}

#[component]
fn Changing() -> Html {
    let tasks = use_memo((), |()| ListRef::<Task>::from(key!["tasks"]));
    let rename = {
        let tasks = tasks.clone();
        use_realtime_mutation(
            move |title: &String| {
                MutationSpec::message("task:update", "tasks", title)
                    .with_edit(tasks.update(1, title))
            },
            UseRealtimeMutationOptions::default(),
        )
    };
    let row = use_realtime_item(&tasks, &1);
    // Commands of a render on a server go nowhere.
    rename.mutate(String::from("Read"));
    rename.retry();
    row.retry();
    let client = use_realtime_client();
    html! {
        <p>
            { format!("{:?} {} {:?}", rename.status(), rename.pending(), row.state()) }
            { client.pending_mutations() }
        </p>
    }
}

#[tokio::test]
async fn a_mutation_does_nothing_on_a_server() {
    assert_eq!(
        render(html! { <Changing /> }).await,
        "<p>None 0 Synced0</p>"
    );
}

#[component]
fn Listener() -> Html {
    use_realtime_event("notification", Some("room"), |_: &ReceivedEvent| {
        panic!("a server hears no events");
    });
    let client = use_realtime_client();
    html! { <p>{ client.stats().frames_sent }{ client.subscription_count() }</p> }
}

#[tokio::test]
async fn nothing_subscribes_or_connects_on_a_server() {
    assert_eq!(render(html! { <Listener /> }).await, "<p>00</p>");
}

#[component]
fn Bare() -> Html {
    let _ = use_connection();
    html! { <p /> }
}

#[tokio::test]
#[should_panic(expected = "RealtimeProvider")]
async fn a_hook_without_a_provider_panics_with_a_message_that_names_it() {
    LocalServerRenderer::<Bare>::new().render().await;
}

#[component]
fn Optional() -> Html {
    let client = use_context::<RealtimeClient>();
    html! { <p>{ client.is_some() }</p> }
}

#[tokio::test]
async fn a_component_may_ask_whether_there_is_a_provider() {
    let html = LocalServerRenderer::<Optional>::new()
        .hydratable(false)
        .render()
        .await;
    assert_eq!(html, "<p>false</p>");
    assert_eq!(render(html! { <Optional /> }).await, "<p>true</p>");
}
