//! Notifications as toasts, whatever page is shown.

use realtime_demo_types::{Level, Notification};
use realtime_yew::prelude::*;
use yew::prelude::*;

/// Shows every notification for a while.
#[component]
pub(crate) fn Toaster() -> Html {
    let toasts = use_toasts(UseToastsOptions::default());
    use_realtime_event("notification", Some("notifications"), {
        let toasts = toasts.clone();
        move |event: &ReceivedEvent| {
            toasts.push(match event.parse::<Notification>() {
                Ok(notification) => Toast::new(kind(notification.level), notification.title),
                Err(error) => Toast::error(error.to_string()),
            });
        }
    });
    html! {
        <aside aria-label="New notifications">
            <Toasts {toasts} />
        </aside>
    }
}

const fn kind(level: Level) -> ToastKind {
    match level {
        Level::Info => ToastKind::Info,
        Level::Success => ToastKind::Success,
        Level::Warning => ToastKind::Warning,
        Level::Error => ToastKind::Error,
    }
}
