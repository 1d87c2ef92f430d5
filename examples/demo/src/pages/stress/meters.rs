//! The figures, twice a second.

use super::{
    frames::Frames,
    meter::{Figures, Meter},
};
use crate::format;
use js_sys::Date;
use realtime_demo_types::Quote;
use realtime_yew::prelude::*;
use yew::prelude::*;

/// How often the figures are written, in milliseconds: they are to be read.
const EVERY: f64 = 500.0;

#[derive(PartialEq, Properties)]
pub(super) struct MetersProps {
    pub(super) list: ListRef<Quote>,
    pub(super) meter: Meter,
}

/// What happened since the figures were last written.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Rates {
    events: f64,
    renders: f64,
}

#[component]
pub(super) fn Meters(props: &MetersProps) -> Html {
    let (figures, rates) = use_figures(&props.meter);
    let length = use_memo((), |()| {
        ListSelector::new(|quotes: &ListSnapshot<Quote>| quotes.len())
    });
    let length = use_realtime_list_selector(&props.list, &length);
    let Figures {
        frames_per_second,
        gap_p95,
        gap_most,
        delay_p50,
        delay_p99,
        rows,
    } = figures;
    let whole = |value: f64| format::count(value.max(0.0).round() as u64);
    let delay = |value: Option<f64>| match value {
        Some(value) => format!("{} ms", whole(value)),
        None => "–".to_owned(),
    };
    html! {
        <dl class="stress__meters">
            { tile("meter-fps", "Frames a second", whole(frames_per_second), String::new()) }
            {
                tile("meter-gap", "Frame gap, p95", format!("{gap_p95:.1} ms"),
                    format!("longest {gap_most:.0} ms"))
            }
            { tile("meter-events", "Events a second", whole(rates.events), String::new()) }
            {
                tile("meter-delay", "Event to page", delay(delay_p50),
                    format!("p99 {}", delay(delay_p99)))
            }
            {
                tile("meter-rows", "Rows on the page", format::count(rows.into()),
                    format!("of {}", format::count(*length as u64)))
            }
            { tile("meter-renders", "Renders a second", whole(rates.renders), String::new()) }
        </dl>
    }
}

fn tile(id: &'static str, label: &'static str, value: String, more: String) -> Html {
    html! {
        <div class="stress__meter" data-testid={id}>
            <dt>{ label }</dt>
            <dd class="stress__value">{ value }</dd>
            <dd class="stress__more">{ more }</dd>
        </div>
    }
}

#[hook]
fn use_figures(meter: &Meter) -> (Figures, Rates) {
    let client = use_realtime_client();
    let shown = use_state_eq(|| (Figures::default(), Rates::default()));
    let set = shown.setter();
    use_effect_with((client, meter.clone()), move |(client, meter)| {
        let (client, meter) = (client.clone(), meter.clone());
        let mut last = None::<(f64, u64, u64)>;
        let frames = Frames::new(move |time| {
            meter.frame(time);
            let (then, events, renders) =
                *last.get_or_insert_with(|| (time, client.stats().events, meter.renders()));
            let passed = time - then;
            if passed < EVERY {
                return;
            }
            let now = (time, client.stats().events, meter.renders());
            let rate =
                |before: u64, after: u64| after.saturating_sub(before) as f64 * 1_000.0 / passed;
            let rates = Rates {
                events: rate(events, now.1),
                renders: rate(renders, now.2),
            };
            last = Some(now);
            set.set((meter.figures(Date::now()), rates));
        });
        move || drop(frames)
    });
    *shown
}
