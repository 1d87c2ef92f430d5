//! A list that a page keeps in the browser's real IndexedDB, and the page around it.

use crate::support::{Count, Task, glance, task};
use realtime_yew::{
    PersistOptions,
    prelude::*,
    testing::{Mounted, TestBed},
};
use yew::prelude::*;

/// What a page shows that keeps its list.
#[derive(Clone, Default, PartialEq, Properties)]
pub(crate) struct TasksProps {
    #[prop_or_default]
    pub(crate) fetches: Count,
    /// What each render showed.
    #[prop_or_default]
    pub(crate) renders: crate::support::Log<String>,
}

#[component]
pub(crate) fn Tasks(props: &TasksProps) -> Html {
    let fetches = props.fetches.clone();
    let fetch = move || {
        fetches.up();
        async { Ok::<_, FetchError>(vec![task(1, "Bake"), task(2, "Call")]) }
    };
    let options = UseRealtimeListOptions::<Task>::default()
        .with_channel("tasks")
        .with_persist();
    let tasks = use_realtime_list(key!["tasks"], fetch, options);
    let titles: Vec<String> = tasks.iter().map(|task| task.title.clone()).collect();
    let shown = titles.join(" ");
    props.renders.note(shown.clone());
    html! { <p>{ shown }</p> }
}

pub(crate) fn app(props: &TasksProps) -> Html {
    html! { <Tasks ..props.clone() /> }
}

/// Keeps everything under a name that no other test has.
pub(crate) fn options(name: &str) -> RealtimeOptions {
    RealtimeOptions::default().with_persist(PersistOptions::new(name).with_build("1"))
}

/// A page of this app that has read what was kept, and is live.
pub(crate) async fn mount(bed: &TestBed, props: &TasksProps) -> Mounted {
    let page = bed.mount(app(props));
    until(bed, || !page.text("p").is_empty()).await;
    page
}

/// Lets things happen until `is_done` says so. The disk is a real one, so this takes a while.
pub(crate) async fn until(bed: &TestBed, mut is_done: impl FnMut() -> bool) {
    for _ in 0..crate::support::GLANCES {
        bed.settle().await;
        if is_done() {
            return;
        }
        glance().await;
    }
    panic!("it has not come about");
}

/// Lets what has changed be written.
pub(crate) async fn write(bed: &TestBed) {
    let before = bed.client().stats().store.batches;
    bed.advance(std::time::Duration::from_millis(500));
    until(bed, || bed.client().stats().store.batches > before).await;
}
