//! The way for lists of any length: only the rows in view are on the page.

use realtime_bench_pages::{LiveRow, Parameters, Row};
use realtime_yew::prelude::*;
use yew::prelude::*;

#[component]
fn List() -> Html {
    let parameters = use_memo((), |()| Parameters::read());
    let options = parameters.options().with_render_on(RenderOn::Status);
    let rows = use_realtime_list(parameters.key(), parameters.fetcher(), options);
    let row = use_callback((), |row: VirtualRow<Row>, ()| {
        html! { <LiveRow list={row.list} id={row.id} /> }
    });
    html! {
        <VirtualList<Row>
            class="list"
            list={rows.list_ref()}
            {row}
            window={WindowOptions::fixed(24.0)}
            label="Rows"
        />
    }
}

#[component]
fn App() -> Html {
    html! { <RealtimeProvider url="/ws"><List /></RealtimeProvider> }
}

fn main() {
    yew::Renderer::<App>::new().render();
}
