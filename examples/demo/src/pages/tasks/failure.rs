//! Failure: what stands in a row whose change the server did not take.

use crate::format::reason;
use realtime_demo_types::Task;
use realtime_yew::UseRealtimeItemHandle;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(super) struct RowFailureProps {
    pub(super) row: UseRealtimeItemHandle<Task>,
}

/// Why it failed, and what can be done about it; nothing as long as nothing has failed.
#[component]
pub(super) fn RowFailure(props: &RowFailureProps) -> Html {
    let row = &props.row;
    let retry = {
        let row = row.clone();
        move |_: MouseEvent| row.retry()
    };
    let dismiss = {
        let row = row.clone();
        move |_: MouseEvent| row.dismiss()
    };
    html! {
        <div class="task__failure" role="alert">
            if let Some(error) = row.error() {
                <p class="field-error" data-testid="task-error">
                    { format!("Not saved: {}", reason(&error.clone().into())) }
                </p>
                <button class="button" type="button" data-testid="task-retry" onclick={retry}>
                    { "Try again" }
                </button>
                <button class="button" type="button" data-testid="task-dismiss" onclick={dismiss}>
                    { "Dismiss" }
                </button>
            }
        </div>
    }
}
