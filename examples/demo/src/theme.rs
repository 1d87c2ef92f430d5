//! Light and dark: as the system has it, unless somebody wants the other one.

use crate::{
    browser::{local_storage, media, root_element},
    listener::Listener,
};
use yew::prelude::*;

const KEY: &str = "theme";
const SYSTEM_IS_DARK: &str = "(prefers-color-scheme: dark)";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Theme {
    Light,
    Dark,
}

impl Theme {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::Light => Self::Dark,
            Self::Dark => Self::Light,
        }
    }

    fn of_system() -> Self {
        if media(SYSTEM_IS_DARK).is_some_and(|query| query.matches()) {
            Self::Dark
        } else {
            Self::Light
        }
    }

    /// The one chosen earlier, or else the system's.
    fn load() -> Self {
        let kept = local_storage().and_then(|storage| storage.get_item(KEY).ok()?);
        match kept.as_deref() {
            Some("light") => Self::Light,
            Some("dark") => Self::Dark,
            _ => Self::of_system(),
        }
    }

    /// Keeps the choice. Back at the system's theme there is none to keep, and the page follows the
    /// system again.
    fn keep(self) {
        // Without storage the choice lasts as long as the page.
        if let Some(storage) = local_storage() {
            let _ = if self == Self::of_system() {
                storage.remove_item(KEY)
            } else {
                storage.set_item(KEY, self.as_str())
            };
        }
    }
}

/// A button that changes between light and dark.
#[component]
pub(crate) fn ThemeToggle() -> Html {
    let theme = use_state_eq(Theme::load);
    use_effect_with((), {
        let setter = theme.setter();
        move |()| {
            let listener = Listener::on_media(SYSTEM_IS_DARK, move || setter.set(Theme::load()));
            move || drop(listener)
        }
    });
    use_effect_with(*theme, |theme| {
        if let Some(root) = root_element() {
            // It fails only for a name that is none.
            let _ = root.set_attribute("data-theme", theme.as_str());
        }
    });
    let other = theme.other();
    let onclick = move |_: MouseEvent| {
        other.keep();
        theme.set(other);
    };
    html! {
        <button
            class="button button--icon theme-toggle"
            type="button"
            data-testid="theme"
            aria-label={format!("Change to the {} theme", other.as_str())}
            {onclick}
        >
            <span class="theme-toggle__picture" aria-hidden="true"></span>
        </button>
    }
}
