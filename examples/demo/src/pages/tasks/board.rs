//! The list itself, and moving its rows.

use super::{change::Change, drag::Drag, place::Place, row::TaskRow};
use realtime_demo_types::Task;
use realtime_yew::prelude::*;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(super) struct TaskBoardProps {
    pub(super) tasks: UseRealtimeListHandle<Task>,
    pub(super) on_change: Callback<Change>,
}

/// The rows, in order.
#[component]
pub(super) fn TaskBoard(props: &TaskBoardProps) -> Html {
    let TaskBoardProps { tasks, on_change } = props;
    let ids: Vec<String> = tasks.ids().map(|id| id.to_string()).collect();
    // What is shown of it comes with the next render, and a pointer may be quicker.
    let held = use_mut_ref(|| None::<Drag>);
    let drag = use_state_eq(|| None::<Drag>);
    let on_drag = {
        let deps = (drag.setter(), on_change.clone());
        use_callback(deps, move |step, (shown, on_change)| {
            let (next, moved) = Drag::next(held.borrow().as_ref(), step);
            held.replace(next.clone());
            shown.set(next);
            if let Some((id, place)) = moved {
                on_change.emit(Change::Move { id, place });
            }
        })
    };
    let at = |index: Option<usize>| index.and_then(|index| ids.get(index)).cloned();
    html! {
        <div class="board">
            <ul class="tasks" data-testid="tasks">
                for (index, id) in ids.iter().enumerate() {
                    <TaskRow
                        key={tasks.row_key(id)}
                        id={id.clone()}
                        list={tasks.list_ref()}
                        up={at(index.checked_sub(1)).map(Place::Before)}
                        down={at(Some(index + 1)).map(Place::After)}
                        landing={drag.as_ref().and_then(|drag| drag.landing_at(id))}
                        is_dragged={drag.as_ref().is_some_and(|drag| drag.is_of(id))}
                        {on_change}
                        on_drag={&on_drag}
                    />
                }
            </ul>
        </div>
    }
}
