//! Controls: choose a list, and ask for a burst of changes.

use super::setting::{Setting, WHOLE};
use crate::{format, session::use_session};
use realtime_demo_types::{STRESS_RATES, STRESS_ROWS, StressBurst};
use wasm_bindgen_futures::spawn_local;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

/// How many changes a burst has.
const BURST: u32 = 5_000;

#[derive(PartialEq, Properties)]
pub(super) struct ControlsProps {
    pub(super) setting: Setting,
    pub(super) on_change: Callback<Setting>,
}

#[component]
pub(super) fn Controls(props: &ControlsProps) -> Html {
    let ControlsProps { setting, on_change } = props;
    let setting = *setting;
    let rows = on_change.reform(move |rows| Setting { rows, ..setting });
    let per_second = on_change.reform(move |per_second| Setting {
        per_second,
        ..setting
    });
    let sorted = on_change.reform(move |is_sorted| Setting {
        is_sorted,
        ..setting
    });
    let windowed = on_change.reform(move |is_windowed| setting.with_window(is_windowed));
    let is_too_long = move |rows: u32| !setting.is_windowed && rows > WHOLE;
    html! {
        <div class="stress__controls">
            { choice("Rows", "stress-rows", &STRESS_ROWS, setting.rows, is_too_long, rows) }
            {
                choice(
                    "Changes a second", "stress-rate", &STRESS_RATES, setting.per_second, |_| false,
                    per_second,
                )
            }
            { switch("Sorted by price", "stress-sorted", setting.is_sorted, sorted) }
            { switch("Windowed", "stress-windowed", setting.is_windowed, windowed) }
            <Burst {setting} />
        </div>
    }
}

fn choice(
    label: &'static str,
    id: &'static str,
    offered: &[u32],
    chosen: u32,
    is_disabled: impl Fn(u32) -> bool,
    on_change: Callback<u32>,
) -> Html {
    let onchange = move |event: Event| {
        let field: HtmlSelectElement = event.target_unchecked_into();
        if let Ok(value) = field.value().parse() {
            on_change.emit(value);
        }
    };
    html! {
        <label class="stress__choice">
            <span>{ label }</span>
            <select class="field" data-testid={id} {onchange}>
                for value in offered.iter().copied() {
                    <option
                        key={value}
                        value={value.to_string()}
                        selected={value == chosen}
                        disabled={is_disabled(value)}
                    >
                        { format::count(value.into()) }
                    </option>
                }
            </select>
        </label>
    }
}

fn switch(label: &'static str, id: &'static str, is_on: bool, on_change: Callback<bool>) -> Html {
    let onchange = move |event: Event| {
        let field: HtmlInputElement = event.target_unchecked_into();
        on_change.emit(field.checked());
    };
    html! {
        <label class="stress__switch">
            <input type="checkbox" data-testid={id} checked={is_on} {onchange} />
            <span>{ label }</span>
        </label>
    }
}

#[derive(PartialEq, Properties)]
struct BurstProps {
    setting: Setting,
}

/// Asks for many changes at once, beside those that come anyway.
#[component]
fn Burst(props: &BurstProps) -> Html {
    let session = use_session();
    let error = use_state_eq(|| None::<String>);
    let onclick = {
        let (path, error) = (props.setting.path(), error.setter());
        move |_: MouseEvent| {
            let (path, error) = (format!("{path}/burst"), error.clone());
            let session = session.clone();
            spawn_local(async move {
                let burst = StressBurst { count: BURST };
                error.set(session.post(&path, &burst).await.err());
            });
        }
    };
    html! {
        <div class="stress__burst">
            <button class="button" type="button" data-testid="stress-burst" {onclick}>
                { format!("Burst of {}", format::count(BURST.into())) }
            </button>
            <p class="field-error" role="alert">{ (*error).clone() }</p>
        </div>
    }
}
