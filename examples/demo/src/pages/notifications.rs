//! Notifications: the list of past ones is a query that grows by events. The toasts are the app's
//! (see `toaster`), so that they come on every page.

use crate::{
    clock::{iso_time, local_time},
    session::use_session,
    states::{Empty, Failure, Loading},
    user::Me,
};
use realtime_demo_types::{Level, NewNotification, Notification};
use realtime_yew::prelude::*;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// How many are kept, as on the server.
const KEPT: usize = 100;

#[derive(PartialEq, Properties)]
pub(crate) struct NotificationsPageProps {
    pub(crate) me: Me,
}

/// Past notifications, the newest first.
#[component]
pub(crate) fn NotificationsPage(props: &NotificationsPageProps) -> Html {
    let session = use_session();
    let notifications = use_realtime_query(
        key!["notifications"],
        Fetcher::<Vec<Notification>>::positioned(move || {
            session.clone().get("/api/notifications".into())
        }),
        UseRealtimeQueryOptions::default()
            .with_event("notification")
            .with_channel("notifications")
            .with_on_update(with_newest),
    );
    html! {
        <section
            class="page page--narrow"
            data-testid="page-notifications"
            aria-labelledby="notifications-title"
        >
            <header class="page__head">
                <h1 id="notifications-title">{ "Notifications" }</h1>
                <p class="page__lead">{ "Sent over REST, heard by everybody as an event." }</p>
            </header>
            <SendForm me={&props.me} />
            <div>
                {
                    match (notifications.data(), notifications.error()) {
                        (Some(past), _) if past.is_empty() => html! {
                            <Empty
                                title="No notifications yet"
                                hint="Send one: it pops up on every page that is open."
                            />
                        },
                        (Some(past), _) => html! {
                            <ol class="notifications">
                                for notification in past.iter().rev() {
                                    { entry(notification) }
                                }
                            </ol>
                        },
                        (None, Some(error)) => html! {
                            <Failure
                                what="the notifications"
                                reason={error.to_string()}
                                on_retry={notifications.refetch_callback()}
                            />
                        },
                        (None, None) => html! { <Loading what="the notifications" /> },
                    }
                }
            </div>
        </section>
    }
}

/// The list with one more at its end.
fn with_newest(new: Notification, past: Option<&Vec<Notification>>) -> Option<Vec<Notification>> {
    let past = past?;
    let excess = (past.len() + 1).saturating_sub(KEPT);
    Some(past.iter().skip(excess).cloned().chain([new]).collect())
}

fn entry(notification: &Notification) -> Html {
    let level = match notification.level {
        Level::Info => "info",
        Level::Success => "success",
        Level::Warning => "warning",
        Level::Error => "error",
    };
    html! {
        <li
            key={notification.id.as_str()}
            class="notification"
            data-testid="notification"
            data-level={level}
        >
            <p class="notification__title">{ &notification.title }</p>
            <p class="notification__text">{ notification.body.clone() }</p>
            <p class="notification__foot">
                <span class="notification__level">{ level }</span>
                <time datetime={iso_time(notification.at)}>{ local_time(notification.at) }</time>
            </p>
        </li>
    }
}

#[derive(PartialEq, Properties)]
struct SendFormProps {
    me: Me,
}

/// Sends a notification, each time at another level.
#[component]
fn SendForm(props: &SendFormProps) -> Html {
    const LEVELS: [Level; 4] = [Level::Info, Level::Success, Level::Warning, Level::Error];
    let session = use_session();
    let sent = use_state(|| 0);
    let error = use_state_eq(|| None::<String>);
    let onclick = {
        let (sent, error, me) = (sent.clone(), error.setter(), props.me.clone());
        move |_: MouseEvent| {
            let new = NewNotification {
                level: LEVELS[*sent % LEVELS.len()],
                title: format!("{} says hello", me.name),
                body: Some("Everybody who has the demo open sees this.".to_owned()),
            };
            sent.set(*sent + 1);
            let (session, error) = (session.clone(), error.clone());
            spawn_local(async move {
                error.set(session.post("/api/notifications", &new).await.err());
            });
        }
    };
    html! {
        <div class="send-notification">
            <button class="button button--strong" type="button" data-testid="notify" {onclick}>
                { "Send a notification" }
            </button>
            <p class="field-error" role="alert">{ (*error).clone() }</p>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(number: usize) -> Notification {
        Notification {
            id: format!("n{number}"),
            level: Level::Info,
            title: String::new(),
            body: None,
            at: 0,
        }
    }

    #[test]
    fn the_newest_comes_last_and_the_oldest_makes_way() {
        let past: Vec<_> = (0..KEPT).map(numbered).collect();
        let now = with_newest(numbered(KEPT), Some(&past)).unwrap();
        assert_eq!(now.len(), KEPT);
        assert_eq!((&now[0].id[..], &now[KEPT - 1].id[..]), ("n1", "n100"));
        let first = with_newest(numbered(0), Some(&Vec::new())).unwrap();
        assert_eq!(first, [numbered(0)]);
    }

    #[test]
    fn nothing_is_shown_before_the_past_ones_are_known() {
        assert_eq!(with_newest(numbered(0), None), None);
    }
}
