//! Moving a row without dragging it.

use super::message::Place;
use web_sys::HtmlElement;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(super) struct MoveButtonsProps {
    pub(super) title: AttrValue,
    /// Where one place up and one place down are; `None` at the ends of the list.
    pub(super) up: Option<Place>,
    pub(super) down: Option<Place>,
    pub(super) on_move: Callback<Place>,
}

/// A button up and one down. The one that was pressed keeps the focus when the row moves, so that it can be pressed
/// again; at the end of the list, the other one gets it.
#[component]
pub(super) fn MoveButtons(props: &MoveButtonsProps) -> Html {
    let MoveButtonsProps {
        title,
        up,
        down,
        on_move,
    } = props;
    let buttons = [use_node_ref(), use_node_ref()];
    let pressed = use_mut_ref(|| None::<NodeRef>);
    use_effect_with((up.clone(), down.clone()), {
        let (pressed, buttons) = (pressed.clone(), buttons.clone());
        move |(up, down)| {
            let usable = [up.is_some(), down.is_some()];
            let enabled = buttons
                .iter()
                .zip(usable)
                .filter(|(_, usable)| *usable)
                .map(|(button, _)| button);
            let button = pressed.take().and_then(|pressed| {
                enabled
                    .clone()
                    .find(|button| **button == pressed)
                    .or(enabled.clone().next())
                    .cloned()
            });
            if let Some(button) = button.and_then(|button| button.cast::<HtmlElement>()) {
                // It fails only on elements that cannot have the focus.
                let _ = button.focus();
            }
        }
    });
    let press = |button: &NodeRef, place: &Option<Place>| {
        let (pressed, button, place, on_move) = (
            pressed.clone(),
            button.clone(),
            place.clone(),
            on_move.clone(),
        );
        move |_: MouseEvent| {
            if let Some(place) = place.clone() {
                *pressed.borrow_mut() = Some(button.clone());
                on_move.emit(place);
            }
        }
    };
    let [up_button, down_button] = &buttons;
    html! {
        <div class="move-buttons">
            <button
                ref={up_button}
                class="button button--icon"
                type="button"
                data-testid="task-up"
                aria-label={format!("Move {title} up")}
                disabled={up.is_none()}
                onclick={press(up_button, up)}
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
                onclick={press(down_button, down)}
            >
                { "↓" }
            </button>
        </div>
    }
}
