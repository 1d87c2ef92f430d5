//! The list, over a socket that all tabs share.

use realtime_size_pages::{row, use_seeded_rows};
use realtime_yew::prelude::*;
use yew::prelude::*;

#[component]
fn App() -> Html {
    let options = RealtimeOptions::default().with_tabs("rows");
    html! { <RealtimeProvider url="/ws" {options}><Rows /></RealtimeProvider> }
}

#[component]
fn Rows() -> Html {
    let rows = use_seeded_rows();
    match rows.error() {
        Some(error) => html! { <p>{ error.to_string() }</p> },
        None => html! { <ul>for item in rows.iter() { { row(&item) } }</ul> },
    }
}

fn main() {
    yew::Renderer::<App>::new().render();
}
