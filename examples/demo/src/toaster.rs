//! Notifications and other short messages as toasts, whatever page is shown.

use crate::toasts::{Toast, ToastKind, Toasts, use_toasts};
use realtime_demo_types::{Level, Notification};
use realtime_yew::prelude::*;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct ToasterProps {
    pub(crate) children: Html,
}

/// Shows every notification for a while, and what its children have to say.
#[component]
pub(crate) fn Toaster(props: &ToasterProps) -> Html {
    let toasts = use_toasts();
    use_realtime_event("notification", Some("notifications"), {
        let toasts = toasts.clone();
        move |event: &ReceivedEvent| {
            toasts.push(match event.parse::<Notification>() {
                Ok(notification) => Toast::new(kind(notification.level), notification.title),
                Err(error) => Toast::error(error.to_string()),
            });
        }
    });
    let push = use_callback((), {
        let toasts = toasts.clone();
        move |toast: Toast, ()| toasts.push(toast)
    });
    html! {
        <>
            <ContextProvider<Callback<Toast>> context={push}>
                { props.children.clone() }
            </ContextProvider<Callback<Toast>>>
            <aside aria-label="New notifications">
                <Toasts {toasts} />
            </aside>
        </>
    }
}

/// Shows a toast, from anywhere under the [`Toaster`].
#[hook]
pub(crate) fn use_toaster() -> Callback<Toast> {
    use_context::<Callback<Toast>>().unwrap_or_default()
}

const fn kind(level: Level) -> ToastKind {
    match level {
        Level::Info => ToastKind::Info,
        Level::Success => ToastKind::Success,
        Level::Warning => ToastKind::Warning,
        Level::Error => ToastKind::Error,
    }
}
