//! Changes of the board, made and, where its rows cannot show how that went, told of.

use super::change::Change;
use crate::{format::reason, toaster::use_toaster, toasts::Toast, user::Me};
use realtime_demo_types::Task;
use realtime_yew::{prelude::*, realtime_core::Conflict};
use yew::prelude::*;

/// Makes changes of the board.
#[hook]
pub(super) fn use_changes(tasks: &ListRef<Task>, me: &Me) -> Callback<Change> {
    let client = use_realtime_client();
    let toast = use_toaster();
    let on_error = {
        let (toast, client, key) = (toast.clone(), client.clone(), tasks.key().clone());
        move |change: &Change, error: &MutateError| {
            let is_gone = |id: &String| client.item::<Task>(&key, id).is_none();
            let what = match change {
                Change::Move { .. } => "The task was not moved",
                Change::Delete { .. } => "The task was not deleted",
                Change::Rename { id, .. } | Change::Tick { id, .. } if is_gone(id) => {
                    "The task was not changed"
                }
                // They are kept, and their row says why they failed.
                Change::Create { .. } | Change::Rename { .. } | Change::Tick { .. } => return,
            };
            toast.emit(Toast::error(format!("{what}: {}", reason(error))));
        }
    };
    let on_conflict = {
        let (client, key) = (client.clone(), tasks.key().clone());
        move |_: &Change, conflict: &Conflict| {
            let id = conflict.id.as_ref();
            let task = id.and_then(|id| client.item::<Task>(&key, id));
            let by = task.and_then(|task| task.edited_by.clone());
            toast.emit(Toast::info(lost(&conflict.field, by.as_deref())));
        }
    };
    let options = UseRealtimeMutationOptions::default()
        .with_on_error(on_error)
        .with_on_conflict(on_conflict);
    let (tasks, name) = (tasks.clone(), me.name.clone());
    use_realtime_mutation(
        move |change: &Change| change.spec(&client, &tasks, &name),
        options,
    )
    .mutate_callback()
}

/// Says that someone else's change of `field` was kept, and not ours.
fn lost(field: &str, by: Option<&str>) -> String {
    let by = by.unwrap_or("Somebody");
    let did = match field {
        "done" => "ticked the task",
        "position" => "moved the task",
        field => return format!("{by} changed the {field} at the same time; theirs was kept"),
    };
    format!("{by} {did} at the same time; theirs was kept")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_edit_is_told_with_what_was_kept_and_whose_it_is() {
        assert_eq!(
            lost("title", Some("Lin")),
            "Lin changed the title at the same time; theirs was kept"
        );
        assert_eq!(
            lost("position", None),
            "Somebody moved the task at the same time; theirs was kept"
        );
    }
}
