//! Shared textarea: many lines that many people edit at once.

use super::{carets::SharedCarets, field::SharedField};
use crate::{TextError, UseSharedTextOptions};
use yew::prelude::*;

/// What a [`SharedTextarea`] is told.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct SharedTextareaProps {
    /// The channel of the document.
    pub channel: AttrValue,
    /// The text's name in the document.
    pub name: AttrValue,
    /// What it is called: the label above it.
    pub label: AttrValue,
    /// How the text is followed and kept.
    #[prop_or_default]
    pub options: UseSharedTextOptions,
    /// Where others are, and where they learn that this user is. Default: nobody's carets are shown.
    #[prop_or_default]
    pub carets: Option<SharedCarets>,
    /// Shows the text and takes no edits. Default `false`.
    #[prop_or_default]
    pub read_only: bool,
    /// How many lines it has. Default 12.
    #[prop_or(12)]
    pub rows: u32,
    /// What stands in it while it is empty.
    #[prop_or_default]
    pub placeholder: Option<AttrValue>,
    /// Called when something typed was not taken, and is not in the field any more.
    #[prop_or_default]
    pub on_error: Option<Callback<TextError>>,
    /// More class names for the outer element.
    #[prop_or_default]
    pub class: Classes,
}

/// A textarea that many people edit at once: each sees the others' letters and carets, and keeps their own caret where it
/// is. Below it stands whether everything is saved.
///
/// ```
/// use realtime_text::SharedTextarea;
/// use yew::prelude::*;
///
/// #[component]
/// fn Notes() -> Html {
///     html! { <SharedTextarea channel="notes" name="body" label="Notes" /> }
/// }
/// ```
#[component]
pub fn SharedTextarea(props: &SharedTextareaProps) -> Html {
    let SharedTextareaProps {
        channel,
        name,
        label,
        options,
        carets,
        read_only,
        rows,
        placeholder,
        on_error,
        class,
    } = props.clone();
    html! {
        <SharedField
            {channel} {name} {label} {options} {carets} {read_only} {placeholder} {on_error} {class} rows={Some(rows)}
        />
    }
}
