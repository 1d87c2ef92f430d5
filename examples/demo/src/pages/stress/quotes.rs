//! The list, with a window or whole, and its rows.

use super::{meter::Meter, setting::Setting};
use crate::{format, states::Loading};
use js_sys::Date;
use realtime_demo_types::Quote;
use realtime_yew::prelude::*;
use yew::prelude::*;

/// The height of a row, in CSS pixels.
const ROW: f64 = 36.0;

#[derive(PartialEq, Properties)]
pub(super) struct QuotesProps {
    pub(super) list: ListRef<Quote>,
    pub(super) setting: Setting,
    pub(super) meter: Meter,
}

#[component]
pub(super) fn Quotes(props: &QuotesProps) -> Html {
    let QuotesProps {
        list,
        setting,
        meter,
    } = props;
    let view = use_memo(setting.is_sorted, |is_sorted| match is_sorted {
        true => ViewOptions::default().with_sort_key(|quote: &Quote| quote.price),
        false => ViewOptions::default(),
    });
    let row = use_callback(meter.clone(), |row: VirtualRow<Quote>, meter| {
        html! { <QuoteRow list={row.list} id={row.id} {meter} /> }
    });
    if setting.is_windowed {
        html! {
            <VirtualList<Quote>
                class="stress__window"
                {list}
                view={(*view).clone()}
                {row}
                window={WindowOptions::fixed(ROW)}
                label="Quotes"
                loading={html! { <Loading what="the quotes" bars={6} /> }}
            />
        }
    } else {
        html! { <Whole {list} view={(*view).clone()} {meter} /> }
    }
}

#[derive(PartialEq, Properties)]
struct WholeProps {
    list: ListRef<Quote>,
    view: ViewOptions<Quote>,
    meter: Meter,
}

/// Every row is on the page.
#[component]
fn Whole(props: &WholeProps) -> Html {
    let quotes = use_realtime_list_view(&props.list, &props.view);
    if !quotes.has_data() {
        return html! { <Loading what="the quotes" bars={6} /> };
    }
    html! {
        <div class="stress__whole" role="list" aria-label="Quotes" tabindex="0">
            for id in quotes.ids() {
                <div key={id.to_string()} class="stress__row" role="listitem">
                    <QuoteRow list={quotes.list_ref()} id={id.clone()} meter={props.meter.clone()} />
                </div>
            }
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct QuoteRowProps {
    list: ListRef<Quote>,
    id: RowId,
    meter: Meter,
}

/// One quote, which watches itself.
#[component]
fn QuoteRow(props: &QuoteRowProps) -> Html {
    let quote = use_realtime_item(&props.list, &props.id).item();
    use_effect_with(props.meter.clone(), |meter| {
        let meter = meter.clone();
        meter.row_came();
        move || meter.row_went()
    });
    let (version, at) = quote
        .as_ref()
        .map_or((0, 0), |quote| (quote.version, quote.at));
    let was_shown = use_mut_ref(|| false);
    use_effect_with(version, {
        let meter = props.meter.clone();
        move |_| {
            // A row that has just come may show what was sent long ago.
            let sent = if was_shown.replace(true) { at } else { 0 };
            meter.row_shown(sent as f64, Date::now());
        }
    });
    let price = quote.map_or(0, |quote| quote.price);
    let last = use_mut_ref(|| (price, "flat"));
    let direction = {
        let mut last = last.borrow_mut();
        let direction = match price.cmp(&last.0) {
            std::cmp::Ordering::Greater => "up",
            std::cmp::Ordering::Less => "down",
            std::cmp::Ordering::Equal => last.1,
        };
        *last = (price, direction);
        direction
    };
    html! {
        <div class="stress__quote" data-testid="quote">
            <span class="stress__id">{ format!("#{}", props.id) }</span>
            <span class="stress__version">{ changes(version.saturating_sub(1)) }</span>
            <span class="stress__price" data-direction={direction}>
                { format::price(f64::from(price) / 100.0) }
            </span>
        </div>
    }
}

fn changes(count: u64) -> String {
    match count {
        1 => "1 change".to_owned(),
        count => format!("{} changes", format::count(count)),
    }
}
