//! The shortest way: one hook that gives all rows.

use realtime_bench_pages::{Cells, Parameters};
use realtime_yew::prelude::*;
use std::rc::Rc;
use yew::prelude::*;

#[component]
fn List() -> Html {
    let parameters = use_memo((), |()| Parameters::read());
    let rows = use_realtime_list(parameters.key(), parameters.fetcher(), parameters.options());
    html! {
        <div class="list">
            for row in rows.iter() {
                <Cells key={&*row.id} row={Rc::clone(&row)} />
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
