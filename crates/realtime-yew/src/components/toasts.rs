//! A stack of short messages.

use crate::hooks::{Toast, ToastId, ToastKind, UseToastsHandle};
use std::rc::Rc;
use yew::prelude::*;

/// What a [`Toasts`] is told.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct ToastsProps {
    /// The stack, from [`use_toasts`](crate::use_toasts).
    pub toasts: UseToastsHandle,
    /// More class names for the outer element.
    #[prop_or_default]
    pub class: Classes,
}

/// Shows a stack of toasts. None goes by itself while somebody reads: from when the pointer moves on
/// the stack until it leaves, and while the keyboard focus is there. A toast that comes under a
/// pointer at rest goes like any other.
///
/// ```
/// use realtime_yew::prelude::*;
/// use yew::prelude::*;
///
/// #[component]
/// fn Greeter() -> Html {
///     let toasts = use_toasts(UseToastsOptions::default());
///     let onclick = {
///         let toasts = toasts.clone();
///         move |_| {
///             toasts.push("Hello");
///         }
///     };
///     html! {
///         <div>
///             <button {onclick}>{ "Greet" }</button>
///             <Toasts {toasts} />
///         </div>
///     }
/// }
/// ```
#[component]
pub fn Toasts(props: &ToastsProps) -> Html {
    let toasts = &props.toasts;
    let pause = {
        let toasts = toasts.clone();
        Callback::from(move |()| toasts.pause())
    };
    let resume = {
        let toasts = toasts.clone();
        Callback::from(move |()| toasts.resume())
    };
    // Browsers tell of a pointer on the stack when the stack has come to the pointer, too.
    let pointer = use_mut_ref(|| None);
    let on_move = {
        let (pointer, pause) = (Rc::clone(&pointer), pause.clone());
        move |event: MouseEvent| {
            let at = (event.screen_x(), event.screen_y());
            if pointer.replace(Some(at)).is_some_and(|was| was != at) {
                pause.emit(());
            }
        }
    };
    let on_leave = resume.reform(move |_: MouseEvent| {
        pointer.take();
    });
    html! {
        <ol
            class={classes!("rt-toasts", props.class.clone())}
            aria-label="Notifications"
            onmousemove={on_move}
            onmouseleave={on_leave}
            onfocusin={pause.reform(|_| ())}
            onfocusout={resume.reform(|_| ())}
        >
            for (id, toast) in toasts.toasts().iter() {
                { row(toasts, *id, toast) }
            }
        </ol>
    }
}

fn row(toasts: &UseToastsHandle, id: ToastId, toast: &Toast) -> Html {
    let role = match toast.kind {
        ToastKind::Warning | ToastKind::Error => "alert",
        ToastKind::Info | ToastKind::Success => "status",
    };
    let onclick = {
        let toasts = toasts.clone();
        move |_| toasts.dismiss(id)
    };
    html! {
        <li
            key={id.to_string()}
            class={classes!("rt-toast", format!("rt-toast--{}", toast.kind.as_str()))}
            data-testid="toast"
        >
            // On the text, as an item of a list may have no other role.
            <span class="rt-toast__text" {role}>{ &toast.text }</span>
            <button class="rt-toast__dismiss" type="button" aria-label="Dismiss" {onclick}>{ "×" }</button>
        </li>
    }
}
