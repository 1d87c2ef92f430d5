//! Editing a title in its row.

use super::{
    CHANNEL,
    message::{OfTask, UPDATE},
};
use crate::{
    browser::{focus, value_of},
    command::use_command,
    user::Me,
};
use realtime_demo_types::limits;
use web_sys::HtmlInputElement;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(super) struct TitleEditorProps {
    pub(super) id: String,
    pub(super) title: AttrValue,
    pub(super) me: Me,
    /// Saved or given up: time to show the title again.
    pub(super) on_close: Callback<()>,
}

/// A field with the title. Enter saves and Escape gives up; it stays open, with what was typed,
/// until the server has taken it.
#[component]
pub(super) fn TitleEditor(props: &TitleEditorProps) -> Html {
    let text = use_state(|| props.title.to_string());
    let save = use_command(CHANNEL);
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
        let (text, save) = (text.clone(), save.clone());
        move |event: InputEvent| {
            save.dismiss();
            text.set(value_of(&event));
        }
    };
    let onsubmit = {
        let TitleEditorProps {
            id,
            title,
            me,
            on_close,
        } = props;
        let (id, title, me, on_close) = (id.clone(), title.clone(), me.clone(), on_close.clone());
        let (text, save) = (text.clone(), save.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            let new = text.trim();
            if new.is_empty() || new == title.as_str() {
                on_close.emit(());
            } else if !save.is_sending() {
                let on_close = on_close.clone();
                let message = OfTask::titled(&id, new.to_owned(), &me.name);
                save.send(UPDATE, &message, move || on_close.emit(()));
            }
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
                    readonly={save.is_sending()}
                    {oninput}
                    {onkeydown}
                />
                <button class="button button--strong" aria-busy={save.is_sending().to_string()}>
                    { if save.is_sending() { "Saving…" } else { "Save" } }
                </button>
                <button class="button" type="button" onclick={cancel}>{ "Cancel" }</button>
            </div>
            <p class="field-error" role="alert">{ save.error() }</p>
        </form>
    }
}
