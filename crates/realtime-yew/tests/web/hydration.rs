//! The first render in the browser is the server's.

use crate::support::{Count, Task, seconds, task};
use realtime_core::Position;
use realtime_yew::{prelude::*, testing::TestBed};
use wasm_bindgen_test::wasm_bindgen_test;
use yew::{LocalServerRenderer, prelude::*};

#[derive(Clone, PartialEq, Properties)]
struct AppProps {
    client: RealtimeClient,
}

#[component]
fn App(props: &AppProps) -> Html {
    html! {
        <RealtimeProvider client={props.client.clone()}>
            <ConnectionIndicator />
            <Page />
        </RealtimeProvider>
    }
}

#[component]
fn Page() -> Html {
    let tasks = use_realtime_list(
        key!["tasks"],
        || async { Ok::<_, FetchError>(vec![task(1, "Write"), task(2, "Read")]) },
        UseRealtimeListOptions::default()
            .with_channel("tasks")
            .with_initial_data(vec![task(1, "Write")]),
    );
    let motd = use_realtime_query(
        key!["motd"],
        || async { Ok::<_, FetchError>(String::from("Hello")) },
        UseRealtimeQueryOptions::default().with_event("motd"),
    );
    let room = use_presence(
        "room",
        User::new("u1", "Ada"),
        UsePresenceOptions::default(),
    );
    let typing = use_typing_indicator("room", "u1", "Ada", UseTypingIndicatorOptions::default());
    html! {
        <main>
            <ul>
                for task in tasks.iter() {
                    { row(&task) }
                }
            </ul>
            if let Some(motd) = motd.data() {
                <p id="motd">{ motd.to_string() }</p>
            } else {
                <i>{ "Loading" }</i>
            }
            <OnlineUsers users={room.online_users()} />
            <TypingIndicator users={typing.typing_users()} />
        </main>
    }
}

fn row(task: &Task) -> Html {
    html! { <li key={task.id}>{ &task.title }</li> }
}

#[wasm_bindgen_test]
async fn a_page_from_the_server_is_taken_over_and_comes_alive() {
    let server = TestBed::new();
    let props = AppProps {
        client: server.client(),
    };
    let html = LocalServerRenderer::<App>::with_props(props).render().await;
    assert_eq!(server.attempts(), 0);
    assert!(html.contains("Write") && html.contains("Loading") && !html.contains("Ada"));

    let bed = TestBed::new();
    let page = bed.hydrate::<App>(
        AppProps {
            client: bed.client(),
        },
        &html,
    );
    realtime_yew::testing::flush().await;
    bed.settle().await;
    assert_eq!(page.count("li"), 3, "two tasks and one user: {page:?}");
    assert_eq!(page.text("#motd"), "Hello");
    assert_eq!(page.text(".rt-connection__label"), "Connected");
}

#[derive(Clone, PartialEq, Properties)]
struct PreparedProps {
    client: RealtimeClient,
    tasks: Vec<Task>,
    position: Option<Position>,
    fetches: Count,
}

#[component]
fn PreparedApp(props: &PreparedProps) -> Html {
    html! {
        <RealtimeProvider client={props.client.clone()}>
            <Prepared ..props.clone() />
        </RealtimeProvider>
    }
}

/// Shows what the server has read, and where the channel stood then.
#[component]
fn Prepared(props: &PreparedProps) -> Html {
    let fetches = props.fetches.clone();
    let tasks = use_realtime_list(
        key!["tasks"],
        move || {
            fetches.up();
            async { Ok::<_, FetchError>(Vec::<Task>::new()) }
        },
        UseRealtimeListOptions::default()
            .with_channel("tasks")
            .with_initial_data(Positioned {
                data: props.tasks.clone(),
                position: props.position.clone(),
            }),
    );
    let fetches = props.fetches.clone();
    let first = use_realtime_query(
        key!["first"],
        move || {
            fetches.up();
            async { Ok::<_, FetchError>(task(0, "None")) }
        },
        UseRealtimeQueryOptions::default()
            .with_event("first")
            .with_channel("tasks")
            .with_initial_data(Positioned {
                data: props.tasks[0].clone(),
                position: props.position.clone(),
            }),
    );
    html! {
        <main>
            <ul>
                for task in tasks.iter() {
                    { row(&task) }
                }
            </ul>
            <p>{ first.data().map(|task| task.title.clone()) }</p>
            <b>{ tasks.is_live() && first.is_live() }</b>
        </main>
    }
}

#[wasm_bindgen_test]
async fn what_comes_with_the_page_and_its_position_is_not_fetched_again() {
    let bed = TestBed::new();
    bed.server().publish("tasks", "other", "1");
    let (epoch, seq) = bed.server().position("tasks");
    let props = PreparedProps {
        client: bed.client(),
        tasks: vec![task(1, "Write"), task(2, "Read")],
        position: Some(Position {
            epoch: epoch.into(),
            seq,
        }),
        fetches: Count::default(),
    };
    let renderer = LocalServerRenderer::<PreparedApp>::with_props(props.clone());
    let html = renderer.render().await;
    // What happens until the browser has the page.
    let rename = r#"{"action":"update","item":{"id":1,"version":2,"title":"Rewrite"}}"#;
    bed.server().publish("tasks", "list:update", rename);
    let page = bed.hydrate::<PreparedApp>(props.clone(), &html);
    bed.pass(seconds(10)).await;
    assert_eq!((page.count("li"), page.text("li")), (2, "Rewrite".into()));
    assert_eq!(
        (page.text("p"), page.text("b")),
        ("Write".into(), "true".into())
    );
    assert_eq!(props.fetches.get(), 0);
}
