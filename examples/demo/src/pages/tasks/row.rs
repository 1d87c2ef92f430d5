//! One task. The row watches its own item, so it renders when this task changes and not when
//! another one does.

use super::{
    CHANNEL,
    drag::{DragHandlers, DragStep},
    editor::TitleEditor,
    message::{DELETE, OfTask, Place, UPDATE},
    move_buttons::MoveButtons,
};
use crate::{browser::focus, command::use_command, user::Me};
use realtime_demo_types::Task;
use realtime_yew::prelude::*;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(super) struct TaskRowProps {
    pub(super) id: String,
    pub(super) list: ListRef<Task>,
    pub(super) me: Me,
    /// Where one place up and one place down are; `None` at the ends of the list.
    pub(super) up: Option<Place>,
    pub(super) down: Option<Place>,
    /// Where the row that is being dragged would land, if that is beside this one.
    pub(super) landing: Option<Place>,
    pub(super) on_move: Callback<(String, Place)>,
    pub(super) on_drag: Callback<DragStep>,
}

#[component]
pub(super) fn TaskRow(props: &TaskRowProps) -> Html {
    let task = use_realtime_item(&props.list, &props.id);
    let command = use_command(CHANNEL);
    let is_editing = use_state_eq(|| false);
    let row = use_node_ref();
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
    let Some(task) = task else {
        return html! { <li hidden=true></li> };
    };

    let toggle = {
        let (command, me, task) = (command.clone(), props.me.clone(), task.clone());
        move |_: Event| command.send(UPDATE, &OfTask::done(&task.id, !task.done, &me.name), || ())
    };
    let delete = {
        let (command, id) = (command.clone(), props.id.clone());
        move |_: MouseEvent| command.send(DELETE, &OfTask::only(&id), || ())
    };
    let on_move = {
        let id = props.id.clone();
        props.on_move.reform(move |place| (id.clone(), place))
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
        props.landing.as_ref().map(|place| match place {
            Place::Before(_) => "task--landing-above",
            Place::After(_) => "task--landing-below",
        }),
    );
    let drag = DragHandlers::new(&props.id, &row, &props.on_drag);
    html! {
        <li
            ref={row}
            {class}
            data-testid="task"
            data-id={task.id.clone()}
            data-version={task.version.to_string()}
            aria-busy={command.is_sending().to_string()}
            ondragover={drag.on_over}
            ondrop={drag.on_drop}
        >
            <div class="task__line">
                <span
                    class="task__grip"
                    draggable="true"
                    title="Drag to move"
                    aria-hidden="true"
                    ondragstart={drag.on_start}
                    ondragend={drag.on_end}
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
                            id={task.id.clone()}
                            title={task.title.clone()}
                            me={&props.me}
                            on_close={close_editor}
                        />
                    } else {
                        <div class="task__body">
                            <div class="task__text">
                                <span class="task__title" data-testid="task-title">
                                    { &task.title }
                                </span>
                                <span class="task__meta">
                                    { note(&task, command.is_sending()) }
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
            <p class="field-error" role="alert">{ command.error() }</p>
        </li>
    }
}

/// What stands below the title.
fn note(task: &Task, is_sending: bool) -> String {
    if is_sending {
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
