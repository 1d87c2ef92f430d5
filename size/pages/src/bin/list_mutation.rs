//! An optimistic change of the list.

use realtime_size_pages::{Rename, Rows};
use realtime_yew::prelude::*;
use yew::prelude::*;

#[component]
fn App() -> Html {
    html! { <RealtimeProvider url="/ws"><Rows /><Rename /></RealtimeProvider> }
}

fn main() {
    yew::Renderer::<App>::new().render();
}
