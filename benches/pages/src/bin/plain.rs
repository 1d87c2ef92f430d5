//! The way for long lists: the list renders when rows come, go or move, and each row watches itself.

use realtime_bench_pages::{Parameters, Row, cells};
use realtime_yew::prelude::*;
use std::rc::Rc;
use yew::prelude::*;

#[component]
fn List() -> Html {
    let parameters = use_memo((), |()| Parameters::read());
    let rows =
        use_realtime_list_order(parameters.key(), parameters.fetcher(), parameters.options());
    html! {
        <div class="list">
            for id in rows.ids() {
                <LiveRow key={&*id} id={Rc::clone(&id)} list={rows.list_ref()} />
            }
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct LiveRowProps {
    id: Rc<str>,
    list: ListRef<Row>,
}

#[component]
fn LiveRow(props: &LiveRowProps) -> Html {
    match use_realtime_item(&props.list, &props.id) {
        Some(row) => cells(&row),
        None => html! { <div class="row" /> },
    }
}

#[component]
fn App() -> Html {
    html! { <RealtimeProvider url="/ws"><List /></RealtimeProvider> }
}

fn main() {
    yew::Renderer::<App>::new().render();
}
