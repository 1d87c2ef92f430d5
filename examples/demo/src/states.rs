//! States: what a page shows instead of data.

use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct LoadingProps {
    /// What is on its way, for those who cannot see the grey bars.
    pub(crate) what: AttrValue,
    /// How many bars.
    #[prop_or(3)]
    pub(crate) bars: usize,
    /// How they are laid out, if not one below the other.
    #[prop_or_default]
    pub(crate) class: Classes,
}

/// Grey bars in the place of what is on its way.
#[component]
pub(crate) fn Loading(props: &LoadingProps) -> Html {
    html! {
        <div class={classes!("loading", props.class.clone())} data-testid="loading" role="status">
            <span class="visually-hidden">{ format!("Loading {}…", props.what) }</span>
            for bar in 0..props.bars {
                <span key={bar} class="loading__bar" aria-hidden="true"></span>
            }
        </div>
    }
}

#[derive(PartialEq, Properties)]
pub(crate) struct FailureProps {
    /// What could not be had.
    pub(crate) what: AttrValue,
    /// Why.
    pub(crate) reason: AttrValue,
    pub(crate) on_retry: Callback<()>,
}

/// What went wrong, and a button to try again.
#[component]
pub(crate) fn Failure(props: &FailureProps) -> Html {
    let onclick = props.on_retry.reform(|_: MouseEvent| ());
    html! {
        <div class="notice notice--bad" data-testid="error" role="alert">
            <p class="notice__title">{ format!("Could not load {}", props.what) }</p>
            <p class="notice__text">{ &props.reason }</p>
            <button class="button" type="button" data-testid="retry" {onclick}>
                { "Try again" }
            </button>
        </div>
    }
}

#[derive(PartialEq, Properties)]
pub(crate) struct EmptyProps {
    pub(crate) title: AttrValue,
    /// What to do about it.
    pub(crate) hint: AttrValue,
}

/// There is nothing, and that is fine.
#[component]
pub(crate) fn Empty(props: &EmptyProps) -> Html {
    html! {
        <div class="notice" data-testid="empty">
            <p class="notice__title">{ &props.title }</p>
            <p class="notice__text">{ &props.hint }</p>
        </div>
    }
}
