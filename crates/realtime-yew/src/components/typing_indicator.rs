//! Typing indicator: who is typing, in a sentence.

use realtime_core::Typist;
use std::rc::Rc;
use yew::prelude::*;

/// What a [`TypingIndicator`] is told.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct TypingIndicatorProps {
    /// Who is typing: a typing handle's `typing_users()`.
    pub users: Rc<[Rc<Typist>]>,
    /// More class names for the outer element.
    #[prop_or_default]
    pub class: Classes,
}

/// "Ada is typing…", "Ada and Lin are typing…", "3 people are typing…", or an empty line.
///
/// A polite live region: a screen reader says it when it has nothing better to say. It keeps its
/// place when nobody types, so the page does not jump.
///
/// ```
/// use realtime_yew::prelude::*;
/// use yew::prelude::*;
///
/// #[component]
/// fn Dots() -> Html {
///     let typing =
///         use_typing_indicator("room:lobby", "u1", "Ada", UseTypingIndicatorOptions::default());
///     html! { <TypingIndicator users={typing.typing_users()} /> }
/// }
/// ```
#[component]
pub fn TypingIndicator(props: &TypingIndicatorProps) -> Html {
    let sentence = sentence(&props.users);
    let active = sentence.is_some().then_some("rt-typing--active");
    let class = classes!("rt-typing", active, props.class.clone());
    html! {
        <div {class} role="status" aria-live="polite">
            <span class="rt-typing__dots" aria-hidden="true"><i></i><i></i><i></i></span>
            <span class="rt-typing__text">{ sentence }</span>
        </div>
    }
}

fn sentence(users: &[Rc<Typist>]) -> Option<String> {
    Some(match users {
        [] => return None,
        [one] => format!("{} is typing…", one.name),
        [one, two] => format!("{} and {} are typing…", one.name, two.name),
        more => format!("{} people are typing…", more.len()),
    })
}
