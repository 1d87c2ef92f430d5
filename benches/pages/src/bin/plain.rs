//! The way for long lists: the list renders when rows come, go or move, and each row watches itself.

use realtime_bench_pages::{LiveRow, Parameters};
use realtime_yew::prelude::*;
use yew::prelude::*;

#[component]
fn List() -> Html {
    let parameters = use_memo((), |()| Parameters::read());
    let options = parameters.options().with_render_on(RenderOn::Order);
    let rows = use_realtime_list(parameters.key(), parameters.fetcher(), options);
    html! {
        <div class="list">
            for id in rows.ids() {
                <LiveRow key={id.as_str().unwrap_or_default()} id={id.clone()} list={rows.list_ref()} />
            }
        </div>
    }
}

#[component]
fn App() -> Html {
    html! { <RealtimeProvider url="/ws"><List /></RealtimeProvider> }
}

fn main() {
    yew::Renderer::<App>::new().render();
}
