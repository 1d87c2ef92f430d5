//! The list itself, and moving its rows.

use super::{
    CHANNEL,
    drag::Drag,
    message::{MOVE, OfTask, Place},
    row::TaskRow,
};
use crate::{command::use_command, user::Me};
use realtime_demo_types::Task;
use realtime_yew::prelude::*;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(super) struct TaskBoardProps {
    /// The tasks' ids, in order.
    pub(super) ids: Vec<String>,
    pub(super) list: ListRef<Task>,
    pub(super) me: Me,
}

/// The rows, in order.
#[component]
pub(super) fn TaskBoard(props: &TaskBoardProps) -> Html {
    let TaskBoardProps { ids, list, me } = props;
    let command = use_command(CHANNEL);
    let drag = use_state_eq(|| None::<Drag>);
    let on_move = {
        let (command, me) = (command.clone(), me.clone());
        Callback::from(move |(id, place): (String, Place)| {
            command.send(MOVE, &OfTask::moved(&id, place, &me.name), || ());
        })
    };
    let on_drag = {
        let (drag, on_move) = (drag.clone(), on_move.clone());
        Callback::from(move |step| {
            let (next, moved) = Drag::next(drag.as_ref(), step);
            drag.set(next);
            if let Some(moved) = moved {
                on_move.emit(moved);
            }
        })
    };
    let at = |index: Option<usize>| index.and_then(|index| ids.get(index)).cloned();
    html! {
        <div class="board">
            <p class="field-error" role="alert">{ command.error() }</p>
            <ul class="tasks" data-testid="tasks">
                for (index, id) in ids.iter().enumerate() {
                    <TaskRow
                        key={id.as_str()}
                        id={id.clone()}
                        {list}
                        {me}
                        up={at(index.checked_sub(1)).map(Place::Before)}
                        down={at(Some(index + 1)).map(Place::After)}
                        landing={drag.as_ref().and_then(|drag| drag.landing_at(id))}
                        on_move={&on_move}
                        on_drag={&on_drag}
                    />
                }
            </ul>
        </div>
    }
}
