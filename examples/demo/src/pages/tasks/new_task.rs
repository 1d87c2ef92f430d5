//! The form for a new task.

use super::{CHANNEL, message::CREATE};
use crate::{browser::value_of, command::use_command, user::Me};
use realtime_demo_types::{NewTask, limits};
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(super) struct NewTaskFormProps {
    pub(super) me: Me,
}

/// Adds a task at the end of the list. The title stays in the field until the server has taken it.
#[component]
pub(super) fn NewTaskForm(props: &NewTaskFormProps) -> Html {
    let title = use_state(String::new);
    let create = use_command(CHANNEL);
    let oninput = {
        let (title, create) = (title.clone(), create.clone());
        move |event: InputEvent| {
            create.dismiss();
            title.set(value_of(&event));
        }
    };
    let onsubmit = {
        let (title, create, me) = (title.clone(), create.clone(), props.me.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            if create.is_sending() || title.trim().is_empty() {
                return;
            }
            let new = NewTask {
                title: title.trim().to_owned(),
                assignee: None,
                edited_by: Some(me.name.to_string()),
            };
            let clear = title.setter();
            create.send(CREATE, &new, move || clear.set(String::new()));
        }
    };
    html! {
        <form class="new-task" {onsubmit}>
            <div class="row">
                <input
                    class="field row__grow"
                    data-testid="new-task"
                    aria-label="New task"
                    aria-describedby="new-task-error"
                    placeholder="What is to be done?"
                    maxlength={limits::TITLE.to_string()}
                    value={(*title).clone()}
                    readonly={create.is_sending()}
                    {oninput}
                />
                <button
                    class="button button--strong"
                    data-testid="add-task"
                    aria-busy={create.is_sending().to_string()}
                >
                    { if create.is_sending() { "Adding…" } else { "Add" } }
                </button>
            </div>
            <p id="new-task-error" class="field-error" role="alert">{ create.error() }</p>
        </form>
    }
}
