//! A record beside the list.

use realtime_size_pages::{Quote, Rows};
use realtime_yew::prelude::*;
use yew::prelude::*;

#[component]
fn App() -> Html {
    html! { <RealtimeProvider url="/ws"><Rows /><Quote /></RealtimeProvider> }
}

fn main() {
    yew::Renderer::<App>::new().render();
}
