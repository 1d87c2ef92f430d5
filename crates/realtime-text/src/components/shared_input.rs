//! Shared input: one line that many people edit at once.

use super::{carets::SharedCarets, field::SharedField};
use crate::{TextError, UseSharedTextOptions};
use yew::prelude::*;

/// What a [`SharedInput`] is told.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct SharedInputProps {
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

/// An input of one line that many people edit at once; a line break of somebody else's shows as a space.
///
/// ```
/// use realtime_text::SharedInput;
/// use yew::prelude::*;
///
/// #[component]
/// fn Title() -> Html {
///     html! { <SharedInput channel="notes" name="title" label="Title" /> }
/// }
/// ```
#[component]
pub fn SharedInput(props: &SharedInputProps) -> Html {
    let SharedInputProps {
        channel,
        name,
        label,
        options,
        carets,
        read_only,
        placeholder,
        on_error,
        class,
    } = props.clone();
    html! {
        <SharedField
            {channel} {name} {label} {options} {carets} {read_only} {placeholder} {on_error} {class} rows={None::<u32>}
        />
    }
}
