//! Presence beside the list.

use realtime_size_pages::{Everybody, Rows};
use realtime_yew::prelude::*;
use yew::prelude::*;

#[component]
fn App() -> Html {
    html! { <RealtimeProvider url="/ws"><Rows /><Everybody /></RealtimeProvider> }
}

fn main() {
    yew::Renderer::<App>::new().render();
}
