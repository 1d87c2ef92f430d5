//! Drag of a row to another place.

use super::place::Place;
use web_sys::Element;
use yew::prelude::*;

/// What a row tells of its being dragged, or of another one over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DragStep {
    /// This row was taken up.
    Start(String),
    /// The dragged row is over one, and would land here.
    Over(Place),
    /// It is over none.
    Away,
    /// It was put down.
    Drop,
    /// It was let go, wherever that was.
    End,
}

/// A row that is being dragged, and where it would land.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Drag {
    id: String,
    over: Option<Place>,
}

impl Drag {
    /// The drag after `step`, and the move that it makes, if any.
    pub(super) fn next(
        drag: Option<&Self>,
        step: DragStep,
    ) -> (Option<Self>, Option<(String, Place)>) {
        match (step, drag.cloned()) {
            (DragStep::Start(id), _) => (Some(Self { id, over: None }), None),
            (DragStep::Over(place), Some(Self { id, .. })) => {
                let over = (place.neighbour() != id).then_some(place);
                (Some(Self { id, over }), None)
            }
            (DragStep::Away, Some(Self { id, .. })) => (Some(Self { id, over: None }), None),
            (DragStep::Drop, Some(Self { id, over })) => (None, over.map(|place| (id, place))),
            (DragStep::Over(_) | DragStep::Away | DragStep::Drop, None) | (DragStep::End, _) => {
                (None, None)
            }
        }
    }

    /// Whether the row `id` is the one that is dragged.
    pub(super) fn is_of(&self, id: &str) -> bool {
        self.id == id
    }

    /// Where the dragged row would land, if that is beside the row `id`.
    pub(super) fn landing_at(&self, id: &str) -> Option<Place> {
        self.over.clone().filter(|place| place.neighbour() == id)
    }
}

/// What a row's grip does under a mouse, a finger or a pen. The row is dragged as long as the grip has
/// the pointer to itself.
pub(super) struct DragHandlers {
    pub(super) on_down: Callback<PointerEvent>,
    pub(super) on_move: Callback<PointerEvent>,
    pub(super) on_up: Callback<PointerEvent>,
    /// The browser has taken the pointer away, or the row has gone.
    pub(super) on_lost: Callback<PointerEvent>,
}

impl DragHandlers {
    /// Handlers of the grip of the row `id`.
    pub(super) fn new(id: &str, on_drag: &Callback<DragStep>) -> Self {
        let id = id.to_owned();
        Self {
            on_down: telling(on_drag, move |event| {
                let is_main = event.is_primary() && event.button() == 0;
                let grip = event.target_dyn_into::<Element>().filter(|_| is_main)?;
                // Without this, a mouse would select text on its way.
                event.prevent_default();
                grip.set_pointer_capture(event.pointer_id()).ok()?;
                Some(DragStep::Start(id.clone()))
            }),
            on_move: telling(on_drag, |event| {
                let grip = event.target_dyn_into::<Element>()?;
                let is_held = grip.has_pointer_capture(event.pointer_id());
                let over = |place: Option<Place>| place.map_or(DragStep::Away, DragStep::Over);
                is_held.then(|| over(row_at(event.client_x(), event.client_y())))
            }),
            on_up: telling(on_drag, |_| Some(DragStep::Drop)),
            on_lost: telling(on_drag, |_| Some(DragStep::End)),
        }
    }
}

/// Tells what comes of an event, if anything does.
fn telling(
    on_drag: &Callback<DragStep>,
    step: impl Fn(PointerEvent) -> Option<DragStep> + 'static,
) -> Callback<PointerEvent> {
    let on_drag = on_drag.clone();
    Callback::from(move |event| {
        if let Some(step) = step(event) {
            on_drag.emit(step);
        }
    })
}

/// Where a row would land that is put down at this point of the window: before or after the row there.
fn row_at(x: i32, y: i32) -> Option<Place> {
    let document = crate::browser::window()?.document()?;
    let under = document.element_from_point(x as f32, y as f32)?;
    let row = under.closest(".task").ok()??;
    let id = row.get_attribute("data-id")?;
    let area = row.get_bounding_client_rect();
    let is_above = f64::from(y) < area.top() + area.height() / 2.0;
    Some(if is_above {
        Place::Before(id)
    } else {
        Place::After(id)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(steps: impl IntoIterator<Item = DragStep>) -> (Option<Drag>, Option<(String, Place)>) {
        steps.into_iter().fold((None, None), |(drag, _), step| {
            Drag::next(drag.as_ref(), step)
        })
    }

    fn start() -> DragStep {
        DragStep::Start("t1".into())
    }

    fn over(place: fn(String) -> Place, id: &str) -> DragStep {
        DragStep::Over(place(id.into()))
    }

    #[test]
    fn a_row_lands_where_it_was_last_held() {
        let steps = [start(), over(Place::Before, "t2"), over(Place::After, "t3")];
        let (drag, moved) = after(steps.clone());
        let drag = drag.unwrap();
        assert_eq!(moved, None);
        assert_eq!(drag.landing_at("t3"), Some(Place::After("t3".into())));
        assert_eq!(drag.landing_at("t2"), None);
        let (drag, moved) = after(steps.into_iter().chain([DragStep::Drop]));
        assert_eq!(
            (drag, moved),
            (None, Some(("t1".into(), Place::After("t3".into()))))
        );
    }

    #[test]
    fn a_row_put_down_on_itself_or_let_go_elsewhere_stays() {
        assert_eq!(
            after([start(), over(Place::After, "t1"), DragStep::Drop]),
            (None, None)
        );
        for end in [DragStep::End, DragStep::Drop] {
            let steps = [start(), over(Place::After, "t3"), DragStep::Away, end];
            assert_eq!(after(steps), (None, None));
        }
        assert_eq!(
            after([start(), over(Place::After, "t3"), DragStep::End]),
            (None, None)
        );
    }

    #[test]
    fn what_is_dragged_in_from_elsewhere_moves_nothing() {
        assert_eq!(
            after([over(Place::After, "t3"), DragStep::Drop]),
            (None, None)
        );
    }
}
