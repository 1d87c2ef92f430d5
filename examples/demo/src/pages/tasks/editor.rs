//! Editor of a title, in its row.

use crate::browser::{focus, value_of};
use realtime_demo_types::limits;
use web_sys::HtmlInputElement;
use yew::prelude::*;

#[derive(Clone, PartialEq, Properties)]
pub(super) struct TitleEditorProps {
    pub(super) title: AttrValue,
    pub(super) on_save: Callback<String>,
    /// Saved or given up: time to show the title again.
    pub(super) on_close: Callback<()>,
}

/// A field with the title. Enter saves and Escape gives up.
#[component]
pub(super) fn TitleEditor(props: &TitleEditorProps) -> Html {
    let text = use_state(|| props.title.to_string());
    let field = use_node_ref();
    use_effect_with((), {
        let field = field.clone();
        move |()| {
            focus(&field);
            if let Some(field) = field.cast::<HtmlInputElement>() {
                field.select();
            }
        }
    });
    let oninput = {
        let text = text.clone();
        move |event: InputEvent| text.set(value_of(&event))
    };
    let onsubmit = {
        let TitleEditorProps {
            title,
            on_save,
            on_close,
        } = props.clone();
        let text = text.clone();
        move |event: SubmitEvent| {
            event.prevent_default();
            let new = text.trim();
            if !new.is_empty() && new != title.as_str() {
                on_save.emit(new.to_owned());
            }
            on_close.emit(());
        }
    };
    let onkeydown = {
        let on_close = props.on_close.clone();
        move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                on_close.emit(());
            }
        }
    };
    let cancel = props.on_close.reform(|_: MouseEvent| ());
    html! {
        <form class="task__editor" {onsubmit}>
            <div class="row">
                <input
                    ref={field}
                    class="field row__grow"
                    data-testid="task-input"
                    aria-label={format!("Title of {}", props.title)}
                    maxlength={limits::TITLE.to_string()}
                    value={(*text).clone()}
                    {oninput}
                    {onkeydown}
                />
                <button class="button button--strong">{ "Save" }</button>
                <button class="button" type="button" onclick={cancel}>{ "Cancel" }</button>
            </div>
        </form>
    }
}
