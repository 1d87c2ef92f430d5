//! The header: where to go, how the connection stands, who one is.

use crate::{protocol::Protocol, route::Route, theme::ThemeToggle, user::Me};
use realtime_yew::{TabRole, prelude::*};
use web_sys::HtmlInputElement;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct HeaderProps {
    pub(crate) route: Route,
    pub(crate) me: Me,
    pub(crate) on_rename: Callback<AttrValue>,
    pub(crate) protocol: Protocol,
}

#[component]
pub(crate) fn Header(props: &HeaderProps) -> Html {
    html! {
        <header class="header">
            <div class="header__bar">
                <p class="brand">
                    <span>
                        { "realtime-yew" }
                        <Spoken protocol={props.protocol} />
                    </span>
                </p>
                <NameField name={props.me.name.clone()} on_rename={props.on_rename.clone()} />
                <Connection />
                <ThemeToggle />
            </div>
            <Navigation route={props.route.clone()} />
        </header>
    }
}

#[derive(PartialEq, Properties)]
struct NavigationProps {
    route: Route,
}

#[component]
fn Navigation(props: &NavigationProps) -> Html {
    let pages = [
        Route::Prices,
        Route::Tasks,
        Route::lobby(),
        Route::Notes,
        Route::Notifications,
        Route::Stress,
    ];
    html! {
        <nav class="nav" aria-label="Pages">
            for page in pages {
                <a
                    key={page.title()}
                    class="nav__link"
                    href={page.href()}
                    aria-current={page.is_same_page(&props.route).then_some("page")}
                >
                    { page.title() }
                </a>
            }
        </nav>
    }
}

#[derive(PartialEq, Properties)]
struct SpokenProps {
    protocol: Protocol,
}

/// What is spoken with the server.
#[component]
fn Spoken(props: &SpokenProps) -> Html {
    let protocol = props.protocol;
    html! {
        <small class="brand__protocol" data-testid="protocol" data-protocol={protocol.word()}>
            { format!("over {}", protocol.title()) }
        </small>
    }
}

/// The connection's status, and a button that breaks it to show how it mends.
#[component]
fn Connection() -> Html {
    let client = use_realtime_client();
    let connection = use_connection();
    // The server hangs up without a word when it gets this: to the client, a network failure.
    let cut = move |_| client.emit_volatile("demo:cut", None, &());
    html! {
        <div class="connection" data-testid="connection" data-status={word(connection.status())}>
            <ConnectionIndicator />
            <Tabs role={connection.tab_role()} count={connection.tab_count()} />
            <button
                class="button button--quiet"
                type="button"
                data-testid="cut"
                disabled={!connection.is_connected()}
                onclick={cut}
            >
                { "Cut the connection" }
            </button>
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct TabsProps {
    role: TabRole,
    count: usize,
}

/// How many tabs share the connection, and whether this one has it.
#[component]
fn Tabs(props: &TabsProps) -> Html {
    let (word, title) = match props.role {
        TabRole::Leader => ("leader", "this tab has the connection"),
        TabRole::Follower => ("follower", "another tab has the connection"),
        TabRole::Joining => ("joining", "looking for other tabs"),
        _ => ("alone", "this tab shares nothing"),
    };
    html! {
        <small
            class="connection__tabs"
            data-testid="tabs"
            data-role={word}
            data-count={props.count.to_string()}
            {title}
        >
            if props.count > 1 {
                { format!("{} tabs, {title}", props.count) }
            } else {
                // A tab that is opened from here is the same user's, and shares the connection.
                <a href={another_tab()} target="_blank" rel="opener" data-testid="another-tab">
                    { "Open another tab" }
                </a>
            }
        </small>
    }
}

/// The address of this page.
fn another_tab() -> String {
    let location = web_sys::window().map(|window| window.location());
    location
        .and_then(|location| location.href().ok())
        .unwrap_or_default()
}

const fn word(status: ConnectionStatus) -> &'static str {
    match status {
        ConnectionStatus::Connecting => "connecting",
        ConnectionStatus::Connected => "connected",
        ConnectionStatus::Reconnecting => "reconnecting",
        ConnectionStatus::Disconnected => "disconnected",
    }
}

#[derive(PartialEq, Properties)]
struct NameFieldProps {
    name: AttrValue,
    on_rename: Callback<AttrValue>,
}

#[component]
fn NameField(props: &NameFieldProps) -> Html {
    let onchange = {
        let NameFieldProps { name, on_rename } = props;
        let (name, on_rename) = (name.clone(), on_rename.clone());
        move |event: Event| {
            let field: HtmlInputElement = event.target_unchecked_into();
            match field.value().trim() {
                "" => field.set_value(&name),
                new => on_rename.emit(new.to_owned().into()),
            }
        }
    };
    html! {
        <label class="name-field">
            <span class="name-field__label">{ "Your name" }</span>
            <input
                class="field"
                data-testid="name-field"
                value={props.name.clone()}
                maxlength="40"
                autocomplete="nickname"
                {onchange}
            />
        </label>
    }
}
