//! Pages that a server renders: what is in them, in their script, and in neither.

mod app;

use app::{App, AppProps, Count, Fetch, Tasks, TasksProps, at_7, render, seeds_of, task};
use realtime_yew::{PageSeeds, ServerPage, prelude::*};
use std::{
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::task::LocalSet;
use yew::{LocalServerRenderer, ServerRenderer, prelude::*};

const LOADING: &str = "<i>Loading</i>";

#[tokio::test]
async fn what_a_page_shows_is_in_its_script_with_where_the_channel_stood() {
    let page = ServerPage::new();
    let fetch = Fetch::of(&[task(1, "Write"), task(2, "Read")]);
    let html = render(&page, html! { <Tasks fetch={fetch.clone()} /> }).await;
    assert_eq!(html, "<ul><li>Read</li><li>Write</li></ul>");
    assert_eq!(fetch.count.get(), 1);

    let seeds = seeds_of(&page.script());
    assert_eq!(seeds.len(), 1);
    assert_eq!(seeds[0].key, key!["tasks"]);
    assert!(
        seeds[0].text.contains(r#"["tasks","b1",7]"#),
        "{}",
        seeds[0].text
    );
    let stats = page.stats();
    assert_eq!((stats.seeds, stats.bytes), (1, seeds[0].text.len()));
    assert_eq!(
        (stats.late, stats.failed, stats.oversized, stats.unseeded),
        (0, 0, 0, 0)
    );
}

#[derive(PartialEq, Properties)]
struct MotdProps {
    text: String,
}

#[component]
fn Motd(props: &MotdProps) -> HtmlResult {
    let text = props.text.clone();
    let motd = use_realtime_query_suspense(
        key!["motd"],
        move || std::future::ready(Ok::<_, FetchError>(text.clone())),
        UseRealtimeQueryOptions::default()
            .with_event("motd")
            .with_seed(),
    )?;
    Ok(html! { <p>{ motd.data().map(|text| text.to_string()) }</p> })
}

#[tokio::test]
async fn nothing_in_the_data_ends_the_script() {
    let evil = "</script><script>alert(1)</script><!-- & \u{2028}\u{2029} \\u003c \" \\";
    let page = ServerPage::new();
    let html = render(&page, html! { <Motd text={evil} /> }).await;
    assert!(!html.contains("<script>alert"), "{html}");
    let script = page.script();
    assert_eq!(script.matches('<').count(), 2, "{script}");
    assert!(!script.contains(['&', '\u{2028}', '\u{2029}']), "{script}");
    let seeds = seeds_of(&script);
    assert!(
        seeds[0]
            .text
            .contains(&serde_json::to_string(evil).unwrap())
    );
}

#[tokio::test]
async fn several_components_of_one_key_share_one_fetch() {
    let page = ServerPage::new();
    let fetch = Fetch::of(&[task(1, "Write")]);
    let tasks = html! { <Tasks fetch={fetch.clone()} /> };
    let html = render(&page, html! { <>{ tasks.clone() }{ tasks }</> }).await;
    assert_eq!(html, "<ul><li>Write</li></ul><ul><li>Write</li></ul>");
    assert_eq!((fetch.count.get(), page.stats().seeds), (1, 1));
}

#[tokio::test]
async fn what_a_hook_shows_that_does_not_wait_does_not_depend_on_who_renders_first() {
    let fetch = Fetch::of(&[task(1, "Write")]);
    let tasks = html! { <Tasks {fetch} /> };
    let before = html! { <><Count />{ tasks.clone() }</> };
    let after = html! { <>{ tasks }<Late /></> };
    let count = "<b>0 Pending</b>";
    let rows = "<ul><li>Write</li></ul>";
    let html = render(&ServerPage::new(), before).await;
    assert_eq!(html, format!("{count}{rows}"));
    let html = render(&ServerPage::new(), after).await;
    assert_eq!(html, format!("{rows}{count}"));
}

/// Counts the tasks when they have long been fetched.
#[component]
fn Late() -> HtmlResult {
    let pause = || async {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    };
    let _ = yew::suspense::use_future(pause)?;
    Ok(html! { <Count /> })
}

#[tokio::test(start_paused = true)]
async fn what_comes_too_late_is_rendered_as_loading_and_left_to_the_browser() {
    let page = ServerPage::new().with_time_budget(Duration::from_millis(300));
    let never = Fetch::new(std::future::pending);
    let start = tokio::time::Instant::now();
    let tasks = html! { <Tasks fetch={never.clone()} /> };
    let html = render(&page, html! { <>{ tasks }<Motd text="Hello" /></> }).await;
    assert_eq!(html, format!("{LOADING}<p>Hello</p>"));
    assert_eq!(start.elapsed().as_millis(), 300);
    let stats = page.stats();
    assert_eq!((stats.late, stats.seeds), (1, 1));
    assert_eq!(seeds_of(&page.script())[0].key, key!["motd"]);
}

#[component]
fn OneAfterTheOther(props: &TasksProps) -> HtmlResult {
    let slow = || async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        Ok::<_, FetchError>(1)
    };
    let options = || {
        UseRealtimeQueryOptions::default()
            .with_event("n")
            .with_seed()
    };
    let one = use_realtime_query_suspense(key!["n", 1], slow, options())?;
    let two = use_realtime_query_suspense(key!["n", 2], slow, options())?;
    let three = use_realtime_query_suspense(key!["n", 3], slow, options())?;
    let shown = [one, two, three].map(|it| it.data().is_some());
    Ok(html! { <><p>{ format!("{shown:?}") }</p><Tasks ..props.clone() /></> })
}

#[tokio::test(start_paused = true)]
async fn the_time_is_that_of_the_whole_page() {
    let page = ServerPage::new().with_time_budget(Duration::from_millis(300));
    let fetch = Fetch::of(&[]);
    let start = tokio::time::Instant::now();
    let html = render(&page, html! { <OneAfterTheOther fetch={fetch.clone()} /> }).await;
    assert_eq!(html, format!("<p>[true, false, false]</p>{LOADING}"));
    assert_eq!(start.elapsed().as_millis(), 300);
    assert_eq!(fetch.count.get(), 0, "what would be late is not begun");
    assert_eq!(page.stats().late, 3);
}

#[tokio::test]
async fn an_error_never_leaves_the_server() {
    let secret = "no such table: accounts_of_ada";
    let page = ServerPage::new();
    let fetch = Fetch::new(move || std::future::ready(Err(FetchError::permanent(secret))));
    let html = render(&page, html! { <Tasks {fetch} /> }).await;
    assert_eq!(html, LOADING);
    assert!(seeds_of(&page.script()).is_empty());
    assert!(!page.script().contains("accounts"));
    assert_eq!(page.stats().failed, 1);
}

#[tokio::test]
async fn a_fetcher_that_panics_costs_its_own_query_and_no_more() {
    let page = ServerPage::new();
    let fetch = Fetch::new(|| async { panic!("a fetcher of the app's") });
    let tasks = html! { <Tasks {fetch} /> };
    let html = render(&page, html! { <>{ tasks }<Motd text="Hello" /></> }).await;
    assert_eq!(html, format!("{LOADING}<p>Hello</p>"));
    assert_eq!((page.stats().failed, page.stats().seeds), (1, 1));
}

#[tokio::test]
async fn what_cannot_be_handed_over_is_not_fetched() {
    let page = ServerPage::new();
    let fetch = Fetch::of(&[task(1, "Write")]);
    let html = render(
        &page,
        html! { <Tasks fetch={fetch.clone()} is_seeded=false /> },
    )
    .await;
    assert_eq!((html.as_str(), fetch.count.get()), (LOADING, 0));
    assert_eq!(page.stats().unseeded, 1);
}

#[tokio::test]
async fn what_is_too_large_is_left_to_the_browser_as_a_whole() {
    let page = ServerPage::new().with_max_bytes(500);
    let many: Vec<_> = (0..100).map(|id| task(id, "Write")).collect();
    let tasks = html! { <Tasks fetch={Fetch::of(&many)} /> };
    let html = render(
        &page,
        html! { <>{ tasks.clone() }<Motd text="Hello" />{ tasks }</> },
    )
    .await;
    assert_eq!(html, format!("{LOADING}<p>Hello</p>{LOADING}"));
    let stats = page.stats();
    assert_eq!((stats.oversized, stats.seeds), (1, 1));
    assert!(stats.bytes < 500 && !page.script().contains("Write"));
}

#[derive(PartialEq, Properties)]
struct MineProps {
    user: usize,
}

/// Tasks of one user, which take a while.
#[component]
fn Mine(props: &MineProps) -> HtmlResult {
    let user = props.user;
    let fetch = Fetcher::positioned(move || async move {
        for _ in 0..user % 7 {
            tokio::task::yield_now().await;
        }
        Ok::<_, FetchError>(at_7(vec![task(1, &format!("secret-of-{user}."))]))
    });
    let options = UseRealtimeListOptions::default()
        .with_channel("mine")
        .with_seed();
    let tasks = use_realtime_list_suspense(key!["mine"], fetch, options)?;
    Ok(html! { for task in tasks.iter() { <p>{ &task.title }</p> } })
}

#[derive(PartialEq, Properties)]
struct MyAppProps {
    user: usize,
    seeds: PageSeeds,
}

#[component]
fn MyApp(props: &MyAppProps) -> Html {
    html! {
        <RealtimeProvider url="/ws" seeds={props.seeds.clone()}>
            <Suspense><Mine user={props.user} /></Suspense>
        </RealtimeProvider>
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_requests_at_a_time_each_gets_its_own_users_rows_alone() {
    const USERS: usize = 400;
    let done = Arc::<AtomicUsize>::default();
    let requests = (0..USERS).map(|user| {
        let done = Arc::clone(&done);
        tokio::spawn(async move {
            let page = ServerPage::new()
                .with_time_budget(Duration::from_secs(60))
                .with_user(user.to_string());
            let seeds = page.seeds();
            let app = ServerRenderer::<MyApp>::with_props(move || MyAppProps { user, seeds });
            let html = app.hydratable(false).render().await;
            done.fetch_add(1, Ordering::Relaxed);
            (html, page.script())
        })
    });
    let requests: Vec<_> = requests.collect();
    for (user, request) in requests.into_iter().enumerate() {
        let (html, script) = request.await.expect("it was rendered");
        let own = format!("secret-of-{user}.");
        assert_eq!(html, format!("<p>{own}</p>"));
        assert_eq!(script.matches("secret-of-").count(), 1);
        assert!(script.contains(&own));
    }
    assert_eq!(done.load(Ordering::Relaxed), USERS);
}

#[derive(PartialEq, Properties)]
struct OneClientProps {
    client: RealtimeClient,
    user: usize,
    seeds: PageSeeds,
}

/// An app that gives all its pages one client.
#[component]
fn OneClient(props: &OneClientProps) -> Html {
    html! {
        <RealtimeProvider client={props.client.clone()} seeds={props.seeds.clone()}>
            <Suspense><Mine user={props.user} /></Suspense>
        </RealtimeProvider>
    }
}

#[tokio::test]
async fn a_client_that_serves_a_second_page_has_nothing_left_of_the_first() {
    let client = RealtimeClient::new("/ws", RealtimeOptions::default());
    for user in [1, 2] {
        let page = ServerPage::new();
        let props = OneClientProps {
            client: client.clone(),
            user,
            seeds: page.seeds(),
        };
        let app = LocalServerRenderer::<OneClient>::with_props(props).hydratable(false);
        let html = LocalSet::new().run_until(app.render()).await;
        assert_eq!(html, format!("<p>secret-of-{user}.</p>"));
        assert!(page.script().contains(&format!("secret-of-{user}.")));
    }
}

#[tokio::test]
async fn a_page_for_no_browser_needs_no_seeds_and_shows_errors() {
    let fetch = Fetch::of(&[task(1, "Write")]);
    let rows = html! { <Tasks {fetch} is_seeded=false /> };
    let html = plain(rows).await;
    assert_eq!(html, "<ul><li>Write</li></ul>");
    let fetch = Fetch::new(|| std::future::ready(Err(FetchError::permanent("gone"))));
    let html = plain(html! { <Tasks {fetch} /> }).await;
    assert_eq!(html, "<ul>the fetch failed: gone</ul>");
}

async fn plain(children: Html) -> String {
    let props = AppProps {
        seeds: PageSeeds::default(),
        children,
    };
    let app = LocalServerRenderer::<App>::with_props(props).hydratable(false);
    LocalSet::new().run_until(app.render()).await
}

#[tokio::test(start_paused = true)]
async fn nothing_of_a_page_is_left_when_it_has_been_rendered() {
    let page = ServerPage::new().with_time_budget(Duration::from_millis(300));
    let done = Fetch::of(&[task(1, "Write")]);
    let failed = Fetch::new(|| std::future::ready(Err(FetchError::permanent("gone"))));
    let late = Fetch::new(std::future::pending);
    for fetch in [done, failed, late] {
        let held = Rc::downgrade(&fetch.count);
        let _ = render(&page, html! { <Tasks {fetch} /> }).await;
        assert_eq!(
            held.strong_count(),
            0,
            "the fetcher, and whatever it holds, is gone"
        );
    }
    let stats = page.stats();
    assert_eq!((stats.seeds, stats.failed, stats.late), (1, 1, 1));
}

/// An app that hands a client down by itself.
#[component]
fn WithoutProvider() -> Html {
    let client = use_memo((), |()| {
        RealtimeClient::new("/ws", RealtimeOptions::default())
    });
    html! {
        <ContextProvider<RealtimeClient> context={(*client).clone()}>
            <Suspense><Motd text="Hello" /></Suspense>
        </ContextProvider<RealtimeClient>>
    }
}

#[tokio::test]
async fn a_hook_that_waits_is_served_without_a_provider_and_with_seeds_for_a_browser() {
    let app = LocalServerRenderer::<WithoutProvider>::new().hydratable(false);
    let html = LocalSet::new().run_until(app.render()).await;
    assert_eq!(html, "<p>Hello</p>");
    let props = AppProps {
        seeds: PageSeeds::from_page(),
        children: html! { <Motd text="Hello" /> },
    };
    let app = LocalServerRenderer::<App>::with_props(props).hydratable(false);
    let html = LocalSet::new().run_until(app.render()).await;
    assert_eq!(html, "<p>Hello</p>");
}
