//! App whose pages the tests render: a list of tasks, shown by those who wait for it and by those who do not.

use realtime_core::Position;
use realtime_yew::{PageSeeds, ServerPage, prelude::*};
use serde::{Deserialize, Serialize};
use std::{cell::Cell, rc::Rc};
use tokio::task::LocalSet;
use yew::{LocalServerRenderer, prelude::*};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Task {
    pub(super) id: u64,
    pub(super) title: String,
}

impl ListItem for Task {
    fn id(&self) -> RowId {
        self.id.into()
    }
}

pub(super) fn task(id: u64, title: &str) -> Task {
    Task {
        id,
        title: title.to_owned(),
    }
}

/// Tasks as of event 7 of their channel.
pub(super) fn at_7<T>(data: T) -> Positioned<T> {
    Positioned {
        data,
        position: Some(Position {
            epoch: "b1".into(),
            seq: 7,
        }),
    }
}

/// What one request fetches, and how often.
#[derive(Clone)]
pub(super) struct Fetch {
    pub(super) run: Fetcher<Vec<Task>>,
    pub(super) count: Rc<Cell<usize>>,
}

impl PartialEq for Fetch {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.count, &other.count)
    }
}

impl Fetch {
    pub(super) fn new<Fut>(fetch: impl Fn() -> Fut + 'static) -> Self
    where
        Fut: Future<Output = Result<Vec<Task>, FetchError>> + 'static,
    {
        let count = Rc::<Cell<usize>>::default();
        let counted = Rc::clone(&count);
        let run = Fetcher::positioned(move || {
            counted.set(counted.get() + 1);
            let tasks = fetch();
            async move { tasks.await.map(at_7) }
        });
        Self { run, count }
    }

    pub(super) fn of(tasks: &[Task]) -> Self {
        let tasks = tasks.to_vec();
        Self::new(move || std::future::ready(Ok(tasks.clone())))
    }
}

#[derive(Clone, PartialEq, Properties)]
pub(super) struct TasksProps {
    pub(super) fetch: Fetch,
    #[prop_or(true)]
    pub(super) is_seeded: bool,
}

#[component]
pub(super) fn Tasks(props: &TasksProps) -> HtmlResult {
    let options = UseRealtimeListOptions::default()
        .with_channel("tasks")
        .with_sort(|a: &Task, b: &Task| a.title.cmp(&b.title));
    let options = match props.is_seeded {
        true => options.with_seed(),
        false => options,
    };
    let tasks = use_realtime_list_suspense(key!["tasks"], props.fetch.run.clone(), options)?;
    if tasks.is_loading() {
        return Ok(html! { <i>{ "Loading" }</i> });
    }
    let error = tasks.error().map(ToString::to_string);
    let is_refetching = tasks.is_refetching().then_some("refetching");
    Ok(html! {
        <ul>
            for id in tasks.ids() {
                <Row list={tasks.list_ref()} {id} />
            }
            { error }{ is_refetching }
        </ul>
    })
}

#[derive(PartialEq, Properties)]
pub(super) struct RowProps {
    pub(super) list: ListRef<Task>,
    pub(super) id: RowId,
}

#[component]
pub(super) fn Row(props: &RowProps) -> Html {
    let task = use_realtime_item(&props.list, &props.id).item();
    html! { <li>{ task.map(|task| task.title.clone()) }</li> }
}

/// Shows the same tasks without waiting for them.
#[component]
pub(super) fn Count() -> Html {
    let tasks = use_realtime_list(
        key!["tasks"],
        || async { Err::<Vec<Task>, _>(FetchError::permanent("this hook does not fetch here")) },
        UseRealtimeListOptions::default().with_channel("tasks"),
    );
    html! { <b>{ format!("{} {:?}", tasks.len(), tasks.status()) }</b> }
}

#[derive(Clone, PartialEq, Properties)]
pub(super) struct AppProps {
    pub(super) seeds: PageSeeds,
    pub(super) children: Html,
}

#[component]
pub(super) fn App(props: &AppProps) -> Html {
    html! {
        <RealtimeProvider url="/ws" seeds={props.seeds.clone()}>
            <Suspense>{ props.children.clone() }</Suspense>
        </RealtimeProvider>
    }
}

pub(super) async fn render(page: &ServerPage, children: Html) -> String {
    let props = AppProps {
        seeds: page.seeds(),
        children,
    };
    let app = LocalServerRenderer::<App>::with_props(props).hydratable(false);
    LocalSet::new().run_until(app.render()).await
}

/// The seeds in a page's script, with what was escaped as it was.
pub(super) fn seeds_of(script: &str) -> Vec<realtime_core::Seed> {
    let text = script
        .strip_prefix(r#"<script type="application/json" id="realtime-seed">"#)
        .and_then(|rest| rest.strip_suffix("</script>"))
        .unwrap_or_else(|| panic!("no script: {script}"));
    let block: serde_json::Value = serde_json::from_str(text).expect("it is JSON");
    let seeds = block["seeds"].as_array().expect("it has seeds").iter();
    seeds
        .map(|text| realtime_core::Seed::from_text(text.as_str().unwrap()).expect("it is whole"))
        .collect()
}
