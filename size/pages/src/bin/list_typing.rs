//! Typing indicator beside the list.

use realtime_size_pages::{Rows, Typing};
use realtime_yew::prelude::*;
use yew::prelude::*;

#[component]
fn App() -> Html {
    html! { <RealtimeProvider url="/ws"><Rows /><Typing /></RealtimeProvider> }
}

fn main() {
    yew::Renderer::<App>::new().render();
}
