//! The list in two levels, beside the plain one.

use realtime_size_pages::{Order, Rows};
use realtime_yew::prelude::*;
use yew::prelude::*;

#[component]
fn App() -> Html {
    html! { <RealtimeProvider url="/ws"><Rows /><Order /></RealtimeProvider> }
}

fn main() {
    yew::Renderer::<App>::new().render();
}
