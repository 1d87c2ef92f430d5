//! The form for a new task.

use super::change::Change;
use crate::browser::value_of;
use realtime_demo_types::limits;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(super) struct NewTaskFormProps {
    pub(super) on_change: Callback<Change>,
}

/// Adds a task at the end of the list, where it shows at once.
#[component]
pub(super) fn NewTaskForm(props: &NewTaskFormProps) -> Html {
    let title = use_state(String::new);
    let oninput = {
        let title = title.clone();
        move |event: InputEvent| title.set(value_of(&event))
    };
    let onsubmit = {
        let (title, on_change) = (title.clone(), props.on_change.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            let new = title.trim().to_owned();
            if !new.is_empty() {
                on_change.emit(Change::Create { title: new });
                title.set(String::new());
            }
        }
    };
    html! {
        <form class="new-task" {onsubmit}>
            <div class="row">
                <input
                    class="field row__grow"
                    data-testid="new-task"
                    aria-label="New task"
                    placeholder="What is to be done?"
                    maxlength={limits::TITLE.to_string()}
                    value={(*title).clone()}
                    {oninput}
                />
                <button class="button button--strong" data-testid="add-task">{ "Add" }</button>
            </div>
        </form>
    }
}
