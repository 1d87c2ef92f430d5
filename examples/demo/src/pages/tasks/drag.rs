//! Dragging a row to another place.

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
            (DragStep::Drop, Some(Self { id, over })) => (None, over.map(|place| (id, place))),
            (DragStep::Over(_) | DragStep::Drop, None) | (DragStep::End, _) => (None, None),
        }
    }

    /// Where the dragged row would land, if that is beside the row `id`.
    pub(super) fn landing_at(&self, id: &str) -> Option<Place> {
        self.over.clone().filter(|place| place.neighbour() == id)
    }
}

/// What a row does when it is dragged, or another one is dragged over it.
pub(super) struct DragHandlers {
    pub(super) on_start: Callback<DragEvent>,
    pub(super) on_over: Callback<DragEvent>,
    pub(super) on_drop: Callback<DragEvent>,
    pub(super) on_end: Callback<DragEvent>,
}

impl DragHandlers {
    /// Handlers of the row `id`, whose element is `row`.
    pub(super) fn new(id: &str, row: &NodeRef, on_drag: &Callback<DragStep>) -> Self {
        let on_start = {
            let (id, row) = (id.to_owned(), row.clone());
            on_drag.reform(move |event: DragEvent| {
                if let (Some(data), Some(row)) = (event.data_transfer(), row.cast::<Element>()) {
                    // Some browsers drag nothing that carries no data.
                    let _ = data.set_data("text/plain", &id);
                    data.set_effect_allowed("move");
                    data.set_drag_image(&row, 20, 20);
                }
                DragStep::Start(id.clone())
            })
        };
        let on_over = {
            let (id, row) = (id.to_owned(), row.clone());
            on_drag.reform(move |event: DragEvent| {
                // Without this, nothing may be dropped here.
                event.prevent_default();
                let is_above = row.cast::<Element>().is_some_and(|row| {
                    let area = row.get_bounding_client_rect();
                    f64::from(event.client_y()) < area.top() + area.height() / 2.0
                });
                DragStep::Over(if is_above {
                    Place::Before(id.clone())
                } else {
                    Place::After(id.clone())
                })
            })
        };
        let on_drop = on_drag.reform(|event: DragEvent| {
            event.prevent_default();
            DragStep::Drop
        });
        let on_end = on_drag.reform(|_| DragStep::End);
        Self {
            on_start,
            on_over,
            on_drop,
            on_end,
        }
    }
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
