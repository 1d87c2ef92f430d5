//! Buttons that move a row without dragging it.

use super::place::Place;
use crate::browser::{focus, focused_element};
use web_sys::Element;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(super) struct MoveButtonsProps {
    pub(super) title: AttrValue,
    /// Where one place up and one place down are; `None` at the ends of the list.
    pub(super) up: Option<Place>,
    pub(super) down: Option<Place>,
    pub(super) on_move: Callback<Place>,
}

#[derive(Clone, Copy, PartialEq)]
enum Way {
    Up,
    Down,
}

/// A button up and one down. The one that was pressed keeps the focus when the row moves, so that
/// it can be pressed again; at the end of the list, the other one gets it.
#[component]
pub(super) fn MoveButtons(props: &MoveButtonsProps) -> Html {
    let MoveButtonsProps {
        title,
        up,
        down,
        on_move,
    } = props;
    let (up_button, down_button) = (use_node_ref(), use_node_ref());
    let pressed = use_mut_ref(|| None::<Way>);
    use_effect_with((up.clone(), down.clone()), {
        let (up_button, down_button) = (up_button.clone(), down_button.clone());
        let pressed = pressed.clone();
        move |(up, down)| {
            if let (Some(way), true) = (pressed.take(), is_focus_lost(&[&up_button, &down_button]))
            {
                match (way, up, down) {
                    (Way::Up, Some(_), _) | (Way::Down, _, None) => focus(&up_button),
                    (Way::Down, _, Some(_)) | (Way::Up, None, _) => focus(&down_button),
                }
            }
        }
    });
    let press = |way: Way, place: &Option<Place>| {
        let (pressed, place, on_move) = (pressed.clone(), place.clone(), on_move.clone());
        move |_: MouseEvent| {
            if let Some(place) = place.clone() {
                *pressed.borrow_mut() = Some(way);
                on_move.emit(place);
            }
        }
    };
    html! {
        <div class="move-buttons">
            <button
                ref={up_button}
                class="button button--icon"
                type="button"
                data-testid="task-up"
                aria-label={format!("Move {title} up")}
                disabled={up.is_none()}
                onclick={press(Way::Up, up)}
            >
                { "↑" }
            </button>
            <button
                ref={down_button}
                class="button button--icon"
                type="button"
                data-testid="task-down"
                aria-label={format!("Move {title} down")}
                disabled={down.is_none()}
                onclick={press(Way::Down, down)}
            >
                { "↓" }
            </button>
        </div>
    }
}

/// Whether the focus went nowhere when the row moved, as browsers take it from what they move. If
/// somebody works elsewhere by now, they are left alone.
fn is_focus_lost(buttons: &[&NodeRef]) -> bool {
    focused_element().is_none_or(|focused| {
        focused.tag_name() == "BODY"
            || buttons
                .iter()
                .any(|button| button.cast::<Element>().as_ref() == Some(&focused))
    })
}
