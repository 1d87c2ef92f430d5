//! A page that a server has rendered and fetched for: the browser takes it over and fetches nothing.

use crate::support::{Count, Task, seconds, task};
use realtime_core::{Position, testing::ScriptedServer};
use realtime_yew::{PageError, PageSeeds, ServerPage, prelude::*, testing::TestBed};
use std::{rc::Rc, time::Duration};
use wasm_bindgen_test::wasm_bindgen_test;
use yew::{LocalServerRenderer, prelude::*};

/// Who fetches: a server, which reads this, or the browser, which reads that.
#[derive(Clone)]
struct Source {
    tasks: Rc<Positioned<Vec<Task>>>,
    motd: Option<&'static str>,
    fetches: Count,
}

impl PartialEq for Source {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.tasks, &other.tasks)
    }
}

#[derive(Clone, PartialEq, Properties)]
struct AppProps {
    client: RealtimeClient,
    seeds: PageSeeds,
    source: Source,
}

#[component]
fn App(props: &AppProps) -> Html {
    let fallback = html! { <i class="fallback">{ "Wait" }</i> };
    html! {
        <RealtimeProvider client={props.client.clone()} seeds={props.seeds.clone()}>
            <ConnectionIndicator />
            <Total />
            <Suspense {fallback}>
                <Tasks source={props.source.clone()} />
                <Motd source={props.source.clone()} />
            </Suspense>
            <Room />
        </RealtimeProvider>
    }
}

#[derive(PartialEq, Properties)]
struct SourceProps {
    source: Source,
}

#[component]
fn Tasks(props: &SourceProps) -> HtmlResult {
    let Source { tasks, fetches, .. } = props.source.clone();
    let fetch = Fetcher::positioned(move || {
        fetches.up();
        std::future::ready(Ok::<_, FetchError>((*tasks).clone()))
    });
    let options = UseRealtimeListOptions::default()
        .with_channel("tasks")
        .with_render_on(RenderOn::Order)
        .with_seed();
    let tasks = use_realtime_list_suspense(key!["tasks"], fetch, options)?;
    if tasks.is_loading() {
        return Ok(html! { <i>{ "Loading" }</i> });
    }
    let refetching = tasks.is_refetching().then(|| html! { <u /> });
    Ok(html! {
        <ul class="tasks">
            for id in tasks.ids() {
                <Row key={tasks.row_key(&id)} id={id.clone()} list={tasks.list_ref()} />
            }
            { refetching }
        </ul>
    })
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
fn Motd(props: &SourceProps) -> HtmlResult {
    let Source {
        tasks,
        motd,
        fetches,
    } = props.source.clone();
    let fetch = Fetcher::positioned(move || {
        fetches.up();
        let position = tasks.position.clone();
        async move {
            match motd {
                Some(motd) => Ok::<_, FetchError>(Positioned {
                    data: motd.to_owned(),
                    position,
                }),
                None => std::future::pending().await,
            }
        }
    });
    let options = UseRealtimeQueryOptions::default()
        .with_event("motd")
        .with_channel("tasks")
        .with_seed();
    let motd = use_realtime_query_suspense(key!["motd"], fetch, options)?;
    Ok(match motd.data() {
        Some(motd) => html! { <p>{ motd.to_string() }</p> },
        None => html! { <i>{ "Loading" }</i> },
    })
}

/// Shows something of the tasks without waiting for them.
#[component]
fn Total() -> Html {
    let list = use_memo((), |()| ListRef::<Task>::from(key!["tasks"]));
    let view = use_realtime_list_view(&list, &ViewOptions::default());
    match view.has_data() {
        true => html! { <b>{ view.len() }</b> },
        false => html! { <em>{ "?" }</em> },
    }
}

#[component]
fn Room() -> Html {
    let room = use_presence(
        "room",
        User::new("u1", "Ada"),
        UsePresenceOptions::default(),
    );
    html! { <OnlineUsers users={room.online_users()} /> }
}

/// What a server has sent.
struct Sent {
    html: String,
    script: String,
}

fn positioned(server: &ScriptedServer, tasks: &[Task]) -> Positioned<Vec<Task>> {
    let (epoch, seq) = server.position("tasks");
    Positioned {
        data: tasks.to_vec(),
        position: Some(Position {
            epoch: epoch.into(),
            seq,
        }),
    }
}

async fn send(page: ServerPage, tasks: Positioned<Vec<Task>>, motd: Option<&'static str>) -> Sent {
    let server = TestBed::new();
    let props = AppProps {
        client: server.client(),
        seeds: page.seeds(),
        source: Source {
            tasks: Rc::new(tasks),
            motd,
            fetches: Count::default(),
        },
    };
    let html = LocalServerRenderer::<App>::with_props(props).render().await;
    assert_eq!(server.attempts(), 0);
    Sent {
        html,
        script: page.script(),
    }
}

impl Sent {
    /// What the browser finds in the page.
    fn seeds(&self) -> PageSeeds {
        let document = web_sys::window().unwrap().document().unwrap();
        let holder = document.create_element("div").unwrap();
        holder.set_inner_html(&self.script);
        document.body().unwrap().append_child(&holder).unwrap();
        let seeds = PageSeeds::from_page();
        holder.remove();
        seeds
    }

    fn props(&self, bed: &TestBed) -> AppProps {
        AppProps {
            client: bed.client(),
            seeds: self.seeds(),
            source: Source {
                tasks: Rc::new(vec![task(9, "Fetched")].into()),
                motd: Some("Fetched"),
                fetches: Count::default(),
            },
        }
    }
}

const BOTH: [(u64, &str); 2] = [(1, "Write"), (2, "Read")];

fn both() -> Vec<Task> {
    BOTH.map(|(id, title)| task(id, title)).to_vec()
}

fn bed() -> TestBed {
    let bed = TestBed::new();
    bed.server().publish("tasks", "other", "1");
    bed
}

/// The markup without what Yew puts between, which hydration takes away.
fn elements(html: &str) -> String {
    let mut left = String::new();
    let mut rest = html;
    while let Some((before, comment)) = rest.split_once("<!--") {
        left.push_str(before);
        rest = comment.split_once("-->").map_or("", |(_, after)| after);
    }
    left + rest
}

#[wasm_bindgen_test]
async fn a_page_is_taken_over_as_it_is_without_a_fetch_and_without_a_flash() {
    let bed = bed();
    let tasks = positioned(&bed.server(), &both());
    let sent = send(ServerPage::new(), tasks, Some("Hello")).await;
    assert!(
        sent.html.contains("Write") && sent.html.contains("Hello"),
        "{}",
        sent.html
    );
    assert!(sent.html.contains("<em>?</em>"), "{}", sent.html);
    assert!(!sent.html.contains("<u>"), "{}", sent.html);
    // Until the browser has the page, things happen.
    let rename = r#"{"action":"update","item":{"id":1,"version":2,"title":"Rewrite"}}"#;
    bed.server().publish("tasks", "list:update", rename);
    let create = r#"{"action":"create","item":{"id":3,"version":1,"title":"Rest"}}"#;
    bed.server().publish("tasks", "list:update", create);

    let props = sent.props(&bed);
    assert_eq!(props.seeds.error(), None);
    let page = bed.hydrate::<App>(props.clone(), &sent.html);
    // Yew renders in a microtask.
    for _ in 0..20 {
        assert_eq!(page.count(".fallback"), 0);
        assert_eq!(page.count(".tasks li"), 2, "{page:?}");
        realtime_yew::testing::flush().await;
    }
    let shown = elements(&page.html());
    assert!(shown.contains("Write"), "{shown}");
    assert_eq!(
        page.text("b"),
        "2",
        "what does not wait shows what is there"
    );

    bed.pass(seconds(10)).await;
    assert_eq!(page.text(".tasks"), "RewriteReadRest");
    assert_eq!(
        (page.text("p"), page.text("b")),
        ("Hello".into(), "3".into())
    );
    assert_eq!(page.text(".rt-connection__label"), "Connected");
    assert_eq!(props.source.fetches.get(), 0);
    assert_eq!(bed.take_warnings(), [""; 0]);
    let stats = bed.client().stats();
    assert_eq!((stats.seeds.refused, stats.seeds.restored), (0, 2));
}

#[wasm_bindgen_test]
async fn an_empty_list_is_taken_over_as_empty() {
    let bed = bed();
    let tasks = positioned(&bed.server(), &[]);
    let sent = send(ServerPage::new(), tasks, Some("Hello")).await;
    assert!(sent.html.contains("tasks"), "{}", sent.html);
    let props = sent.props(&bed);
    let page = bed.hydrate::<App>(props.clone(), &sent.html);
    for _ in 0..20 {
        assert_eq!((page.count(".tasks"), page.count("i")), (1, 0), "{page:?}");
        realtime_yew::testing::flush().await;
    }
    bed.pass(seconds(10)).await;
    assert_eq!((page.count(".tasks li"), page.text("b")), (0, "0".into()));
    assert_eq!(props.source.fetches.get(), 0);
    let create = r#"{"action":"create","item":{"id":3,"version":1,"title":"Rest"}}"#;
    bed.server().publish("tasks", "list:update", create);
    bed.settle().await;
    assert_eq!(page.text(".tasks"), "Rest");
}

#[wasm_bindgen_test]
async fn where_the_server_cannot_say_what_was_missed_there_is_one_fetch_of_each() {
    for keeps_history in [true, false] {
        let bed = bed();
        let tasks = positioned(&bed.server(), &both());
        let sent = send(ServerPage::new(), tasks, Some("Hello")).await;
        if keeps_history {
            bed.server().shorten_recoveries("tasks", 1);
            bed.server().publish("tasks", "other", "1");
        }
        bed.server().restart(keeps_history);
        let props = sent.props(&bed);
        let page = bed.hydrate::<App>(props.clone(), &sent.html);
        realtime_yew::testing::flush().await;
        assert_eq!(page.text(".tasks"), "WriteRead");
        bed.pass(seconds(10)).await;
        assert_eq!(
            page.text(".tasks"),
            "Fetched",
            "keeps_history={keeps_history}"
        );
        assert_eq!(
            props.source.fetches.get(),
            2,
            "one for each, keeps_history={keeps_history}"
        );
    }
}

#[wasm_bindgen_test]
async fn what_the_server_did_not_wait_for_is_fetched_once_without_a_flash() {
    let bed = bed();
    let tasks = positioned(&bed.server(), &both());
    let hurry = ServerPage::new().with_time_budget(Duration::from_millis(1));
    let sent = send(hurry, tasks, None).await;
    assert!(sent.html.contains("Write") && sent.html.contains("<i>Loading</i>"));
    let props = sent.props(&bed);
    let page = bed.hydrate::<App>(props.clone(), &sent.html);
    realtime_yew::testing::flush().await;
    assert_eq!(
        (page.text("i"), page.count(".fallback")),
        ("Loading".into(), 0)
    );
    bed.pass(seconds(10)).await;
    assert_eq!(
        (page.text("p"), page.text(".tasks")),
        ("Fetched".into(), "WriteRead".into())
    );
    assert_eq!(props.source.fetches.get(), 1);
    assert_eq!(bed.take_warnings(), [""; 0]);
}

#[wasm_bindgen_test]
async fn a_page_of_another_build_is_rendered_anew_and_its_rows_are_shown_until_they_are_fetched() {
    let bed = bed();
    let tasks = positioned(&bed.server(), &both());
    let sent = send(ServerPage::new().with_build("1"), tasks, Some("Hello")).await;
    let props = sent.props(&bed);
    let seeds = props.seeds.clone().with_build("2");
    assert_eq!(seeds.error(), Some(PageError::OtherBuild));
    let props = AppProps { seeds, ..props };
    let page = bed.mount(html! { <App ..props.clone() /> });
    realtime_yew::testing::flush().await;
    assert_eq!(
        (page.text(".tasks"), page.text("p")),
        ("WriteRead".into(), "Hello".into())
    );
    bed.pass(seconds(10)).await;
    assert_eq!(
        (page.text(".tasks"), page.text("p")),
        ("Fetched".into(), "Fetched".into())
    );
    assert_eq!(props.source.fetches.get(), 2);
    let warnings = bed.take_warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("another build"), "{warnings:?}");
}

#[wasm_bindgen_test]
async fn nothing_is_shown_of_a_page_of_another_user_or_of_a_damaged_one() {
    let bed = bed();
    let tasks = positioned(&bed.server(), &both());
    let page = ServerPage::new().with_user("ada");
    let sent = send(page, tasks, Some("Hello")).await;
    let damaged = Sent {
        html: sent.html.clone(),
        script: sent.script.replace("Write", "Wrote"),
    };
    for (sent, error) in [
        (&sent, PageError::OtherUser),
        (&damaged, PageError::Damaged),
    ] {
        let bed = TestBed::new();
        let props = sent.props(&bed);
        let seeds = props.seeds.clone().with_user("lin");
        assert_eq!(seeds.error(), Some(error));
        let props = AppProps { seeds, ..props };
        let page = bed.mount(html! { <App ..props.clone() /> });
        realtime_yew::testing::flush().await;
        assert_eq!((page.count(".tasks li"), page.count(".fallback")), (0, 1));
        bed.pass(seconds(10)).await;
        assert_eq!(
            (page.text(".tasks"), page.text("p")),
            ("Fetched".into(), "Fetched".into())
        );
        let warnings = bed.take_warnings();
        assert_eq!(warnings.len(), 1, "{warnings:?}");
    }
    assert_eq!(bed.client().stats().seeds.restored, 0);
}

#[wasm_bindgen_test]
async fn a_page_that_no_server_rendered_is_no_reason_to_complain() {
    let bed = bed();
    let seeds = PageSeeds::from_page();
    assert_eq!(seeds.error(), Some(PageError::Missing));
    let source = Source {
        tasks: Rc::new(both().into()),
        motd: Some("Hello"),
        fetches: Count::default(),
    };
    let client = bed.client();
    let page = bed.mount(html! { <App {client} {seeds} source={source.clone()} /> });
    bed.pass(seconds(10)).await;
    assert_eq!(
        (page.text(".tasks"), page.text("p")),
        ("WriteRead".into(), "Hello".into())
    );
    assert_eq!(bed.take_warnings(), [""; 0]);
}
