//! The list itself, and moving its rows.

use super::{
    CHANNEL,
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

/// What a row tells of its being dragged, or of another one over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DragStep {
    /// This row was taken up.
    Start(String),
    /// The dragged row is here now.
    Over(Place),
    /// It was put down where it was last.
    Drop,
    /// It was put down, or let go elsewhere.
    End,
}

/// A row that is being dragged, and where it would land.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Drag {
    id: String,
    over: Option<Place>,
}

/// The rows, in order.
#[component]
pub(super) fn TaskBoard(props: &TaskBoardProps) -> Html {
    let drag = use_state_eq(|| None::<Drag>);
    let command = use_command(CHANNEL);
    let on_move = {
        let (command, me) = (command.clone(), props.me.clone());
        Callback::from(move |(id, place): (String, Place)| {
            command.send(MOVE, &OfTask::moved(&id, place, &me.name), || ());
        })
    };
    let on_drag = {
        let (drag, on_move) = (drag.clone(), on_move.clone());
        Callback::from(move |step| {
            let next = match (step, (*drag).clone()) {
                (DragStep::Start(id), _) => Some(Drag { id, over: None }),
                (DragStep::Over(place), Some(Drag { id, .. })) => {
                    let over = (place.neighbour() != id).then_some(place);
                    Some(Drag { id, over })
                }
                (
                    DragStep::Drop,
                    Some(Drag {
                        id,
                        over: Some(place),
                    }),
                ) => {
                    on_move.emit((id, place));
                    None
                }
                _ => None,
            };
            drag.set(next);
        })
    };
    let over = drag.as_ref().and_then(|drag| drag.over.clone());
    let ids = &props.ids;
    let at = |index: Option<usize>| index.and_then(|index| ids.get(index)).cloned();
    html! {
        <div class="board">
            <p class="field-error" role="alert">{ command.error() }</p>
            <ul class="tasks" data-testid="tasks">
                for (index, id) in ids.iter().enumerate() {
                    <TaskRow
                        key={id.as_str()}
                        id={id.clone()}
                        list={&props.list}
                        me={&props.me}
                        up={at(index.checked_sub(1)).map(Place::Before)}
                        down={at(Some(index + 1)).map(Place::After)}
                        landing={over.clone().filter(|place| place.neighbour() == id)}
                        on_move={&on_move}
                        on_drag={&on_drag}
                    />
                }
            </ul>
        </div>
    }
}
