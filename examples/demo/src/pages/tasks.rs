//! Tasks: a sorted list in two levels. This page knows which tasks there are and in which order;
//! each row knows its own task, so that an edit renders one row. What somebody does shows at once,
//! and settles when the server has it.

mod board;
mod change;
mod drag;
mod editor;
mod failure;
mod move_buttons;
mod new_task;
mod place;
mod row;
mod use_changes;

use self::{board::TaskBoard, new_task::NewTaskForm, use_changes::use_changes};
use crate::{
    session::use_session,
    states::{Empty, Failure, Loading},
    user::Me,
};
use realtime_demo_types::Task;
use realtime_yew::prelude::*;
use yew::prelude::*;

/// The channel of the board.
const CHANNEL: &str = "tasks";

#[derive(PartialEq, Properties)]
pub(crate) struct TasksPageProps {
    pub(crate) me: Me,
}

/// The task board.
#[component]
pub(crate) fn TasksPage(props: &TasksPageProps) -> Html {
    let session = use_session();
    let tasks = use_realtime_list(
        key!["tasks"],
        Fetcher::<Vec<Task>>::positioned(move || session.clone().get("/api/tasks".into())),
        UseRealtimeListOptions::default()
            .with_channel(CHANNEL)
            .with_persist()
            .with_render_on(RenderOn::Order)
            .with_sort_key(|task: &Task| task.position)
            .with_conflicts(ConflictPolicy::MergeFields {
                same_field: Side::Theirs,
            }),
    );
    let on_change = use_changes(&tasks.list_ref(), &props.me);
    html! {
        <section class="page page--narrow" data-testid="page-tasks" aria-labelledby="tasks-title">
            <header class="page__head">
                <h1 id="tasks-title">{ "Tasks" }</h1>
                <p class="page__lead">
                    { "One list for everybody: open this page twice and edit in both." }
                </p>
            </header>
            <NewTaskForm on_change={&on_change} />
            <div>
                if let (Some(error), true) = (tasks.error(), tasks.is_empty()) {
                    <Failure
                        what="the tasks"
                        reason={error.to_string()}
                        on_retry={tasks.refetch_callback()}
                    />
                } else if tasks.is_loading() {
                    <Loading what="the tasks" bars={5} />
                } else if tasks.is_empty() {
                    <Empty title="Nothing to do" hint="Add a task above, and everybody has it." />
                } else {
                    <TaskBoard {tasks} {on_change} />
                }
            </div>
        </section>
    }
}
