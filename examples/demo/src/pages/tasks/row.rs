//! One task. The row watches its own item, so it renders when this task changes and not when
//! another one does.

use super::{
    change::Change,
    drag::{DragHandlers, DragStep},
    editor::TitleEditor,
    failure::RowFailure,
    move_buttons::MoveButtons,
    place::Place,
};
use crate::browser::focus;
use realtime_demo_types::Task;
use realtime_yew::prelude::*;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(super) struct TaskRowProps {
    pub(super) id: String,
    pub(super) list: ListRef<Task>,
    /// Where one place up and one place down are; `None` at the ends of the list.
    pub(super) up: Option<Place>,
    pub(super) down: Option<Place>,
    /// Where the row that is being dragged would land, if that is beside this one.
    pub(super) landing: Option<Place>,
    /// Whether this is the row that is being dragged.
    pub(super) is_dragged: bool,
    pub(super) on_change: Callback<Change>,
    pub(super) on_drag: Callback<DragStep>,
}

#[component]
pub(super) fn TaskRow(props: &TaskRowProps) -> Html {
    let row = use_realtime_item(&props.list, &props.id);
    let is_editing = use_state_eq(|| false);
    let edit_button = use_node_ref();
    let was_editing = use_mut_ref(|| false);
    use_effect_with(*is_editing, {
        let edit_button = edit_button.clone();
        move |is_editing| {
            // The focus was in the editor, which is gone.
            if was_editing.replace(*is_editing) {
                focus(&edit_button);
            }
        }
    });

    // The row may render once more after its task has gone and before the list has heard of it.
    let Some(task) = row.item() else {
        return html! { <li hidden=true></li> };
    };

    let TaskRowProps { on_change, .. } = props;
    let id = || task.id.clone();
    let toggle = {
        let (id, done) = (id(), !task.done);
        on_change.reform(move |_: Event| Change::Tick {
            id: id.clone(),
            done,
        })
    };
    let delete = {
        let id = id();
        on_change.reform(move |_: MouseEvent| Change::Delete { id: id.clone() })
    };
    let on_move = {
        let id = id();
        on_change.reform(move |place| Change::Move {
            id: id.clone(),
            place,
        })
    };
    let on_save = {
        let id = id();
        on_change.reform(move |title| Change::Rename {
            id: id.clone(),
            title,
        })
    };
    let edit = {
        let is_editing = is_editing.clone();
        move |_: MouseEvent| is_editing.set(true)
    };
    let close_editor = {
        let is_editing = is_editing.clone();
        Callback::from(move |()| is_editing.set(false))
    };
    let class = classes!(
        "task",
        task.done.then_some("task--done"),
        props.is_dragged.then_some("task--dragged"),
        props.landing.as_ref().map(|place| match place {
            Place::Before(_) => "task--landing-above",
            Place::After(_) => "task--landing-below",
        }),
    );
    let drag = DragHandlers::new(&props.id, &props.on_drag);
    html! {
        <li
            {class}
            data-testid="task"
            data-id={task.id.clone()}
            data-version={task.version.to_string()}
            data-state={state(row.state())}
            aria-busy={row.is_pending().to_string()}
        >
            <div class="task__line">
                <span
                    class="task__grip"
                    data-testid="task-grip"
                    title="Drag to move"
                    aria-hidden="true"
                    onpointerdown={drag.on_down}
                    onpointermove={drag.on_move}
                    onpointerup={drag.on_up}
                    onlostpointercapture={drag.on_lost}
                />
                <label class="task__done">
                    <input
                        type="checkbox"
                        data-testid="task-done"
                        checked={task.done}
                        onchange={toggle}
                    />
                    <span class="visually-hidden">{ format!("Done: {}", task.title) }</span>
                </label>
                <div class="task__main">
                    if *is_editing {
                        <TitleEditor
                            title={task.title.clone()}
                            {on_save}
                            on_close={close_editor}
                        />
                    } else {
                        <div class="task__body">
                            <div class="task__text">
                                <span class="task__title" data-testid="task-title">
                                    { &task.title }
                                </span>
                                <span class="task__meta">
                                    { note(&task, row.is_pending()) }
                                </span>
                            </div>
                            <div class="task__buttons">
                                <MoveButtons
                                    title={task.title.clone()}
                                    up={props.up.clone()}
                                    down={props.down.clone()}
                                    {on_move}
                                />
                                <button
                                    ref={edit_button}
                                    class="button button--icon"
                                    type="button"
                                    data-testid="task-edit"
                                    aria-label={format!("Edit {}", task.title)}
                                    onclick={edit}
                                >
                                    { "✎" }
                                </button>
                                <button
                                    class="button button--icon"
                                    type="button"
                                    data-testid="task-delete"
                                    aria-label={format!("Delete {}", task.title)}
                                    onclick={delete}
                                >
                                    { "✕" }
                                </button>
                            </div>
                        </div>
                    }
                </div>
            </div>
            <RowFailure {row} />
        </li>
    }
}

/// How a row stands, for styles and tests.
const fn state(state: &ItemState) -> &'static str {
    match state {
        ItemState::Synced => "synced",
        ItemState::Pending => "pending",
        ItemState::Failed { .. } => "failed",
    }
}

/// What stands below the title.
fn note(task: &Task, is_pending: bool) -> String {
    if is_pending {
        return "Saving…".to_owned();
    }
    let assignee = task.assignee.as_ref().map(|name| format!("for {name}"));
    let editor = task
        .edited_by
        .as_ref()
        .map(|name| format!("edited by {name}"));
    let notes: Vec<String> = assignee.into_iter().chain(editor).collect();
    notes.join(" · ")
}
