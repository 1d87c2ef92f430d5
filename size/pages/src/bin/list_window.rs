//! A window into the list, beside the plain list.

use realtime_size_pages::{Rows, Window};
use realtime_yew::prelude::*;
use yew::prelude::*;

#[component]
fn App() -> Html {
    html! { <RealtimeProvider url="/ws"><Rows /><Window /></RealtimeProvider> }
}

fn main() {
    yew::Renderer::<App>::new().render();
}
