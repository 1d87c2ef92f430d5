//! Stress: one list of up to 100,000 rows, with up to 1,000 changes a second, and what it costs the page.

mod controls;
mod frames;
mod meter;
mod meters;
mod quotes;
mod setting;

use self::{controls::Controls, meter::Meter, meters::Meters, quotes::Quotes, setting::Setting};
use crate::states::Failure;
use realtime_demo_types::Quote;
use realtime_yew::prelude::*;
use std::time::Duration;
use yew::prelude::*;

/// The stress page.
#[component]
pub(crate) fn StressPage() -> Html {
    let setting = use_state_eq(Setting::default);
    let meter = use_memo((), |()| Meter::default());
    let quotes = use_realtime_list(
        key!["stress", setting.rows, setting.per_second],
        Fetcher::<Vec<Quote>>::positioned({
            let path = setting.path();
            move || get_json_list(path.clone())
        }),
        UseRealtimeListOptions::default()
            .with_channel(setting.channel())
            .with_render_on(RenderOn::Status)
            // Events keep it fresh.
            .with_stale_time(Duration::MAX)
            .with_query(query_options()),
    );
    let on_change = {
        let setting = setting.setter();
        Callback::from(move |new: Setting| setting.set(new))
    };
    html! {
        <section class="page" data-testid="page-stress" aria-labelledby="stress-title">
            <header class="page__head">
                <h1 id="stress-title">{ "Stress" }</h1>
                <p class="page__lead">
                    { "One list, as long and as restless as you like, and what it costs this page." }
                </p>
            </header>
            <Controls setting={*setting} {on_change} />
            <Meters list={quotes.list_ref()} meter={(*meter).clone()} />
            <div class="panel stress__list">
                if let Some(error) = quotes.error() {
                    <Failure
                        what="the quotes"
                        reason={error.to_string()}
                        on_retry={quotes.refetch_callback()}
                    />
                } else {
                    <Quotes list={quotes.list_ref()} setting={*setting} meter={(*meter).clone()} />
                }
            </div>
        </section>
    }
}

/// A list that nobody looks at any longer is not kept for long: it may be a big one.
fn query_options() -> QueryOptions {
    let mut options = QueryOptions::default();
    options.gc_time = Duration::from_secs(5);
    options
}
