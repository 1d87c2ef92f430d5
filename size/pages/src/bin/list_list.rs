//! A second list beside the first, of another type.

use realtime_size_pages::{Notes, Rows};
use realtime_yew::prelude::*;
use yew::prelude::*;

#[component]
fn App() -> Html {
    html! { <RealtimeProvider url="/ws"><Rows /><Notes /></RealtimeProvider> }
}

fn main() {
    yew::Renderer::<App>::new().render();
}
