//! The whole app: one connection for all pages.

use crate::{
    browser::{focus, set_title},
    header::Header,
    offline::OfflineBanner,
    pages::{NotesPage, NotificationsPage, PricesPage, RoomPage, StressPage, TasksPage},
    protocol::Protocol,
    route::{Route, use_route},
    session::Session,
    toaster::Toaster,
    user::{first_name, use_me},
};
use realtime_yew::{PersistOptions, prelude::*};
use yew::prelude::*;

/// The demo.
#[component]
pub(crate) fn App() -> Html {
    let protocol = use_state(Protocol::of_address);
    let name = use_state(|| AttrValue::from(first_name()));
    let session = use_state(|| Session::open(&name));
    // Always the same: other options would be another client.
    let options = use_memo((), |()| {
        let session = (*session).clone();
        // Every tab is another user, but for those that say in their address who they are.
        let tabs = format!("realtime-yew demo {}", session.user_id());
        let sign_in = move || session.clone().sign_in();
        let kept = PersistOptions::new(format!("realtime-yew demo over {}", protocol.word()))
            .with_build(env!("CARGO_PKG_VERSION"));
        (protocol.options())
            .with_token(sign_in)
            .with_tabs(&tabs)
            .with_persist_mutations(kept)
    });
    // What is kept over page loads is this user's.
    let user = realtime_yew::Session::from(session.user_id());
    html! {
        <ContextProvider<Session> context={(*session).clone()}>
            <RealtimeProvider
                url={protocol.url()}
                session={user}
                options={(*options).clone()}
            >
                <Toaster>
                    <Frame protocol={*protocol} session={(*session).clone()} name={&*name} />
                </Toaster>
            </RealtimeProvider>
        </ContextProvider<Session>>
    }
}

#[derive(PartialEq, Properties)]
struct FrameProps {
    protocol: Protocol,
    session: Session,
    /// The visitor's first name.
    name: AttrValue,
}

/// What surrounds every page.
#[component]
fn Frame(props: &FrameProps) -> Html {
    let route = use_route();
    let (me, rename) = use_me(&props.session, &props.name);
    let main = use_node_ref();
    let shown_before = use_mut_ref(|| false);

    // A page that appears is where a keyboard or a screen reader goes on; the first one is there
    // from the start.
    use_effect_with(route.clone(), {
        let main = main.clone();
        move |route| {
            set_title(&format!("{} · realtime-yew demo", route.title()));
            if shown_before.replace(true) {
                focus(&main);
            }
        }
    });
    let skip = {
        let main = main.clone();
        move |event: MouseEvent| {
            // The address after `#` belongs to the router.
            event.prevent_default();
            focus(&main);
        }
    };

    html! {
        <div class="app">
            <a class="skip-link" href="#main" onclick={skip}>{ "Skip to content" }</a>
            <Header
                route={route.clone()}
                me={me.clone()}
                on_rename={rename}
                protocol={props.protocol}
            />
            <OfflineBanner />
            <main id="main" ref={main} tabindex="-1">
                {
                    match route {
                        Route::Prices => html! { <PricesPage /> },
                        Route::Tasks => html! { <TasksPage {me} /> },
                        Route::Room(room) => html! { <RoomPage {room} {me} /> },
                        Route::Notes => html! { <NotesPage {me} /> },
                        Route::Notifications => html! { <NotificationsPage {me} /> },
                        Route::Stress => html! { <StressPage /> },
                    }
                }
            </main>
        </div>
    }
}
